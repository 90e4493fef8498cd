"""Pages of titles, over HTTP: who sees what, what a refusal says, what a form keeps."""

import re
from datetime import date

from sqlalchemy import select

from allocation.leases.models import Condition, Lease
from premises.models import Occupancy
from tests.allocation.leases import make


async def test_the_list_offers_the_awards_that_wait_and_prepares_them(db, client):
    w = await make.world(db)
    with make.moment():
        landlord = await client(w.landlord.person)
        listed = await landlord.get("/titres")
        assert listed.status_code == 200
        assert listed.text.count('action="/titres"') == 2
        made = await landlord.post("/titres", data={"award": w.awards[0].id})
        lease = (await db.execute(select(Lease))).scalar_one()
        assert (made.status_code, made.headers["location"]) == (303, f"/titres/{lease.id}/modifier")
        assert (await landlord.get(made.headers["location"])).status_code == 200
        assert (await landlord.get("/titres")).text.count('action="/titres"') == 1


async def test_pages_of_a_title_are_closed_to_others(db, client):
    w, other = await make.world(db), await make.world(db)
    lease = await make.signed(db, w)
    with make.moment():
        for side, expected in ((w.landlord, 200), (w.tenants[0], 200), (w.tenants[1], 404), (other.landlord, 404)):
            browser = await client(side.person)
            for path in (f"/titres/{lease.id}", f"/titres/{lease.id}/document", f"/titres/{lease.id}/tfpb"):
                assert (await browser.get(path)).status_code == expected, (side.org.name, path)
        nobody = await client()
        asked = await nobody.get(f"/titres/{lease.id}")
        assert (asked.status_code, asked.headers["location"].split("?")[0]) == (303, "/connexion")


async def test_a_tenant_reads_the_draft_and_changes_nothing(db, client):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment():
        tenant = await client(w.tenants[0].person)
        shown = await tenant.get(f"/titres/{lease.id}")
        assert shown.status_code == 200
        assert "Signer le titre" not in shown.text
        assert (await tenant.get(f"/titres/{lease.id}/modifier")).status_code == 403
        assert (await tenant.post(f"/titres/{lease.id}/signature", data={"version": lease.version})).status_code == 403


def fields(html: str) -> dict[str, str]:
    """The edit form as a browser would send it back."""
    form = html[html.index('/modifier" class') :]
    found = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form))
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', form)
    for box in boxes:
        name = re.search(r'name="([^"]+)"', box)[1]
        found.pop(name, None)
        if "checked" in box:
            found[name] = "y"
    found |= {n: v.strip() for n, v in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S)}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


async def test_the_page_s_own_form_saves_what_it_shows_and_keeps_an_unreadable_date(db, client):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment():
        landlord = await client(w.landlord.person)
        typed = fields((await landlord.get(f"/titres/{lease.id}/modifier")).text)
        before = (lease.during, lease.area, lease.charges_cents_year, lease.circumstances, lease.use)
        saved = await landlord.post(f"/titres/{lease.id}/modifier", data=typed)
        assert saved.status_code == 303
        await db.refresh(lease)
        assert (lease.during, lease.area, lease.charges_cents_year, lease.circumstances, lease.use) == before
        typed["version"] = str(lease.version)
        refused = await landlord.post(
            f"/titres/{lease.id}/modifier", data={**typed, "last": "31 février", "use": "Atelier de vélos"}
        )
        assert refused.status_code == 422
        assert "31 février" in refused.text
        assert "Atelier de vélos" in refused.text


async def test_rules_answer_what_is_typed_and_keep_nothing(db, client):
    w = await make.world(db)
    lease = await make.draft(db, w)
    with make.moment():
        landlord = await client(w.landlord.person)
        typed = fields((await landlord.get(f"/titres/{lease.id}/modifier")).text) | {
            "title": "BAIL_DEROG",
            "last": "2030-06-01",
        }
        said = await landlord.post(f"/titres/{lease.id}/regles", data=typed, headers={"HX-Request-Type": "partial"})
    assert said.status_code == 200
    assert "<html" not in said.text
    assert "OCC-12" in said.text
    stored = (await db.execute(select(Lease.title, Lease.version).where(Lease.id == lease.id))).one()
    assert stored == ("COP", lease.version)


async def test_the_fragment_of_rules_is_the_one_the_page_shows(db, client):
    w = await make.world(db)
    lease = await make.draft(db, w, circumstances_proof="")
    with make.moment():
        landlord = await client(w.landlord.person)
        whole = (await landlord.get(f"/titres/{lease.id}/modifier")).text
        part = (
            await landlord.post(
                f"/titres/{lease.id}/regles", data=fields(whole), headers={"HX-Request-Type": "partial"}
            )
        ).text
    assert part.strip() in whole


async def test_signing_over_http_then_a_second_title_is_refused_in_words(db, client):
    w = await make.world(db, same_lot=True)
    first, second = await make.draft(db, w, 0), await make.draft(db, w, 1)
    with make.moment():
        landlord = await client(w.landlord.person)
        assert "Signer le titre" in (await landlord.get(f"/titres/{first.id}")).text
        done = await landlord.post(f"/titres/{first.id}/signature", data={"version": first.version})
        assert (done.status_code, done.headers["location"]) == (303, f"/titres/{first.id}")
        pdf = await landlord.get(f"/titres/{first.id}/document")
        assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        refused = await landlord.post(f"/titres/{second.id}/signature", data={"version": second.version})
    assert refused.status_code == 409
    assert "Fou de Coudre" in refused.text
    assert "du 1ᵉʳ janvier 2027 au 31 mai 2028" in refused.text
    assert len((await db.execute(select(Occupancy))).all()) == 1


async def test_the_page_reaches_back_to_the_scores_and_forward(db, client):
    from decimal import Decimal

    from allocation.selection.models import RankedScore

    w = await make.world(db)
    db.add(RankedScore(application_id=w.applications[0].id, score=Decimal("81.5"), rank=2, detail={}))
    lease = await make.signed(db, w)
    with make.moment():
        shown = (await (await client(w.landlord.person)).get(f"/titres/{lease.id}")).text
    for link in (
        f"/locaux/{w.lots[0].premises_id}", f"/appels/{w.call.id}", f"/candidatures/{w.applications[0].id}",
        f"/titres/{lease.id}/tfpb", f"/titres/{lease.id}/relogement", "#notes",
    ):  # fmt: skip
        assert f'href="{link}"' in shown, link
    assert "81,5" in shown


async def test_evidence_insurance_and_keys_over_http(db, client):
    w = await make.world(db)
    lease = await make.signed(db, w)
    condition = (await db.execute(select(Condition).where(Condition.lease_id == lease.id))).scalar_one()
    with make.moment(make.LIVING):
        landlord = await client(w.landlord.person)
        base = f"/titres/{lease.id}"
        empty = await landlord.post(f"{base}/assurance", data={"insurance": "Maif", "until": ""})
        assert empty.status_code == 422
        assert "Maif" in empty.text
        for path, data in (
            ("assurance", {"insurance": "Maif 12345", "until": "31/12/2027"}),
            ("cles", {"on": "2027-01-04", "inspected_on": "2027-01-04"}),
            (f"conditions/{condition.id}/preuve", {"preuve-evidence": "12 photos"}),
            ("reference", {"reference": "120", "basis": "Avis de valeur", "dated": "2026-09-01"}),
        ):
            assert (await landlord.post(f"{base}/{path}", data=data)).status_code == 303, path
        shown = (await landlord.get(base)).text
        assert (
            await landlord.post(f"{base}/conditions/{condition.id + 1}/preuve", data={"preuve-evidence": "x"})
        ).status_code == 404
    await db.refresh(lease)
    assert (lease.insured_until, lease.keys_handed_on) == (date(2027, 12, 31), date(2027, 1, 4))
    assert "12 photos" in shown
    assert "Fait" in shown


async def test_the_list_asks_the_same_number_of_questions_whatever_its_length(db, client, asked):
    w = await make.world(db, structures=3)
    await make.draft(db, w, 0)
    with make.moment():
        landlord = await client(w.landlord.person)
        await landlord.get("/titres")
        asked.clear()
        await landlord.get("/titres")
        one = len(asked)
        await make.draft(db, w, 1)
        await make.draft(db, w, 2)
        asked.clear()
        await landlord.get("/titres")
    assert len(asked) == one
