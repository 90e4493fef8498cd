"""Pages of applications over HTTP, without JavaScript and as htmx asks; two structures, two organisers."""

import io
from datetime import timedelta

import pikepdf
import pytest
from sqlalchemy import select

from calls import applications, queries
from calls.models import Application, ApplicationMember
from calls.sections import SECTIONS
from intervalle import clock
from intervalle.i18n import money
from tests.calls import make as calls
from tests.calls.browsing import form_of


@pytest.fixture
async def scene(db):
    """An open call, its city, a structure."""
    city, structure = await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")
    call = await calls.open_call(db, city)
    await db.commit()
    return city, structure, call


async def start(browser, call):
    page = await browser.get(f"/appels/{call.id}/candidater")
    made = await browser.post(f"/appels/{call.id}/candidater", data=form_of(page.text, f"/appels/{call.id}/candidater"))
    assert made.status_code == 303
    return made.headers["Location"].removesuffix("/dossier/projet")


ANSWERS = {
    "projet": {"project_name": "Atelier textile", "uses": ["workshop", "shop"], "jobs_fte": "3,5", "summary": "Coudre.", "utility": "Habitants."},
    "structure": {"neighbourhood": "y", "presentation": "Association.", "rooting": "Centre social."},
    "besoins": {"erp_type": "M", "public_count": "30", "staff_count": "4", "needs_water": "y", "fit": "Rez-de-chaussée."},
    "calendrier": {"wished_from": "1/3/2027", "wished_months": "18", "planning": "Ouverture en avril.", "insured": "y"},
    "presence": {"slots": ["0", "3", "13"], "sharing": "La cuisine."},
    "budget": {"budget_cents": "84 000", "max_charges_cents_m2_year": "42", "viability": "Ventes.", "ecology": "Réemploi."},
}  # fmt: skip


async def fill(browser, base):
    for section in SECTIONS[:6]:
        url = f"{base}/dossier/{section.slug}"
        form = form_of((await browser.get(url)).text, url)
        saved = await browser.post(url, data={**form, **ANSWERS[section.slug], "suite": "continuer"})
        assert saved.status_code == 303, saved.text
    url = f"{base}/dossier/lots"
    form = form_of((await browser.get(url)).text, url)
    first = next(name for name in form if name.endswith("-rank"))
    area = first.replace("rank", "area_min")
    return await browser.post(url, data={**form, first: "1", area: "40", "suite": "continuer"})


async def test_a_structure_applies_without_javascript_and_keeps_a_receipt(db, client, scene):
    _city, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        assert (await fill(browser, base)).headers["Location"] == f"{base}/dossier/partenaires"
        review = (await browser.get(base)).text
        for shown in (
            "Atelier textile",
            "3,5 ETP",
            money(84_000_00, 0),
            f"{money(42_00)}/m²/an",
            "40\xa0m²",
            "Le dossier est complet",
            "1ᵉʳ mars 2027, pour 18 mois",
            "assurée à l’entrée",
        ):
            assert shown in review
        sent = await browser.post(f"{base}/deposer")
        assert sent.headers["Location"] == f"{base}/recepisse"
        receipt = (await browser.get(f"{base}/recepisse")).text
        pdf = await browser.get(f"{base}/recepisse.pdf")
    application = (await db.execute(select(Application))).scalar_one()
    assert application.content_sha256 in receipt
    assert "20 septembre 2026 à 11\xa0h\xa000 (heure de Paris)" in receipt
    with pikepdf.open(io.BytesIO(pdf.content)) as document:
        assert str(document.Root.Lang) == "fr"
        assert document.Root.MarkInfo.Marked
        assert "Récépissé de dépôt C-01" in str(document.docinfo.get("/Title"))
    assert application.content["facts"]["slots"] == [0, 3, 13]


async def test_autosave_answers_with_its_hour_and_never_conflicts_with_itself(db, client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/projet"
        form = form_of((await browser.get(url)).text, url)
        # Three bursts of typing that left before the first answer came: all carry the version of the page.
        answers = [
            await browser.post(url, data={**form, "summary": text}, headers={"HX-Request-Type": "partial"})
            for text in ("Un", "Un atelier", "Un atelier ouvert")
        ]
    assert [a.status_code for a in answers] == [200, 200, 200]
    assert "Enregistré à 11\xa0h\xa000" in answers[-1].text
    assert "<html" not in answers[-1].text
    assert (await db.execute(select(Application.answers["summary"].astext))).scalar_one() == "Un atelier ouvert"


async def test_stale_tab_shows_both_texts_and_lets_choose_field_by_field(db, client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/projet"
        left, right = [form_of((await browser.get(url)).text, url) for _ in range(2)]
        assert (await browser.post(url, data={**left, "summary": "Texte A", "utility": "Besoin A"})).status_code == 303
        typed = {**right, "summary": "Texte B", "utility": "Besoin B"}
        auto = await browser.post(url, data=typed, headers={"HX-Request-Type": "partial"})
        assert auto.status_code == 409
        assert "comparer les deux textes" in auto.text
        both = await browser.post(url, data=typed)
        assert both.status_code == 409
        assert all(text in both.text for text in ("Texte A", "Texte B", "Besoin A", "Besoin B"))
        chosen = {**form_of(both.text, url), "prendre-summary": "1"}
        assert (await browser.post(url, data=chosen)).status_code == 303
    kept = (await db.execute(select(Application.answers))).scalar_one()
    assert (kept["summary"], kept["utility"]) == ("Texte A", "Besoin B")


async def test_stale_lots_show_both(db, client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/lots"
        left, right = [form_of((await browser.get(url)).text, url) for _ in range(2)]
        rank = next(name for name in left if name.endswith("-rank"))
        await browser.post(url, data={**left, rank: "1", rank.replace("rank", "area_min"): "30"})
        both = await browser.post(url, data={**right, rank: "2", rank.replace("rank", "area_min"): "50"})
    assert both.status_code == 409
    assert "1er choix, 30\xa0m²" in both.text
    assert 'value="50"' in both.text


async def test_unreadable_amounts_stay_as_typed_with_a_sentence(db, client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/budget"
        form = form_of((await browser.get(url)).text, url)
        saved = await browser.post(url, data={**form, "budget_cents": "douze mille <b>euros</b>"})
        assert saved.status_code == 303
        page = (await browser.get(url)).text
    assert 'value="douze mille &lt;b&gt;euros&lt;/b&gt;"' in page
    assert "Écrivez un montant en euros" in page


async def test_incomplete_deposit_lists_what_is_missing(client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        refused = await browser.post(f"{base}/deposer")
    assert refused.status_code == 422
    assert "Donnez un nom à votre projet." in refused.text
    assert "Classez au moins un lot qui vous convient." in refused.text


async def test_after_closing_the_draft_is_readable_and_late_text_is_kept_in_words(db, client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        await fill(browser, base)
        url = f"{base}/dossier/projet"
        open_page = form_of((await browser.get(url)).text, url)
    with clock.at(calls.CLOSING + timedelta(minutes=1)):
        page = (await browser.get(base)).text
        late = await browser.post(url, data={**open_page, "summary": "Tapé trop tard"})
        deposit = await browser.post(f"{base}/deposer")
        after = (await browser.get(base)).text
    assert "ce brouillon n’a pas été déposé et ne peut plus l’être" in page
    assert "Coudre." in page
    assert (late.status_code, late.headers["Location"]) == (303, base)
    assert "Tapé trop tard" in after
    assert deposit.status_code == 409
    assert "15 octobre 2026 à 12\xa0h\xa000" in deposit.text


async def test_expired_session_keeps_what_was_typed(client, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/projet"
        form = form_of((await browser.get(url)).text, url)
        stranger = await client()
        asked = await stranger.post(url, data={**form, "summary": "Deux heures de travail", "uses": ["shop", "sport"]})
    assert asked.status_code == 401
    carried = form_of(asked.text, "/connexion")
    assert carried["_saisie.summary"] == ["Deux heures de travail"]
    assert carried["_saisie.uses"] == ["shop", "sport"]


async def test_others_find_nothing(client, db, scene, monkeypatch):
    monkeypatch.setattr(queries, "READING_LIMITS", [])  # what the selection room adds has its own tests
    city, structure, call = scene
    rival, other_city = await calls.side(db, "ess_structure"), await calls.side(db)
    application = await calls.submitted(db, structure, call)
    await db.commit()
    paths = ["", "/dossier/projet", "/recepisse", "/recepisse.pdf", "/retirer"]

    async def seen(user):
        browser = await client(user)
        return [(await browser.get(f"/candidatures/{application.id}{path}")).status_code for path in paths]

    with calls.during():
        for user in (rival.person, other_city.person, city.person):
            assert await seen(user) == [404] * 5
        assert await seen(structure.person) == [200, 303, 200, 200, 200]
    with clock.at(calls.CLOSING):
        assert await seen(city.person) == [200, 303, 200, 200, 403]
        assert await seen(other_city.person) == [404] * 5
        browser = await client(city.person)
        assert (await browser.post(f"/candidatures/{application.id}/deposer")).status_code == 403


async def test_invited_structure_reads_accepts_and_is_told_apart(client, db, scene):
    _, structure, call = scene
    partner = await calls.side(db, "ess_structure", "Resport")
    partner.org.siren = "732829320"
    await db.commit()
    lead, guest = await client(structure.person), await client(partner.person)
    with calls.during():
        base = await start(lead, call)
        unknown = await lead.post(f"{base}/partenaires", data={"partner": "Inconnue"})
        assert unknown.status_code == 422
        assert "Aucune structure inscrite" in unknown.text
        asked = await lead.post(f"{base}/partenaires", data={"partner": "732 829 320", "area": "25"})
        assert asked.status_code == 303
        assert "vous invite à candidater ensemble" in (await guest.get("/candidatures")).text
        page = (await guest.get(base)).text
        answer = f"{base}/partenaires/{partner.org.id}/reponse"
        assert form_of(page, answer) == {}
        assert (await lead.post(answer, data={"reponse": "oui"})).status_code == 403
        assert (await guest.post(answer, data={"reponse": "oui"})).status_code == 303
        assert (await guest.post(f"{base}/dossier/projet", data={"version": "9"})).status_code == 403
    member = (await db.execute(select(ApplicationMember).execution_options(populate_existing=True))).scalar_one()
    assert (str(member.area), member.accepted_at is not None) == ("25.00", True)


async def test_typed_html_in_an_application_stays_text(client, db, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    evil = '<script>alert(1)</script><div hx-get="/x" hx-trigger="load">'
    with calls.during():
        base = await start(browser, call)
        url = f"{base}/dossier/projet"
        form = form_of((await browser.get(url)).text, url)
        await browser.post(url, data={**form, "summary": evil, "project_name": evil})
        for page in (await browser.get(base), await browser.get(url), await browser.get("/candidatures")):
            assert "<script>alert" not in page.text
            assert '<div hx-get="/x"' not in page.text


async def test_a_double_start_is_one_draft(client, db, scene):
    _, structure, call = scene
    browser = await client(structure.person)
    with calls.during():
        first, second = [await browser.post(f"/appels/{call.id}/candidater", data={}) for _ in range(2)]
    assert first.headers["Location"] == second.headers["Location"]
    assert (await db.execute(select(Application.number))).scalars().all() == [1]


async def test_take_back_and_withdraw_by_buttons(client, db, scene):
    _, structure, call = scene
    application = await calls.submitted(db, structure, call)
    await db.commit()
    browser, base = await client(structure.person), f"/candidatures/{application.id}"
    with calls.during():
        assert (await browser.post(f"{base}/reprendre")).status_code == 303
        assert (await browser.post(f"{base}/deposer")).status_code == 303
        assert (await browser.post(f"{base}/retirer")).status_code == 303
        assert "Retirée" in (await browser.get(base)).text
        assert (await browser.post(f"{base}/deposer")).status_code == 409
    assert (await db.execute(applications.submitted_of(call))).scalars().all() == []


async def test_the_project_budget_adds_up_line_by_line_without_javascript(db, client, scene):
    _, structure, call = scene
    application = await calls.ready(db, structure, call)
    await db.commit()
    browser, base = await client(structure.person), f"/candidatures/{application.id}"
    url = f"{base}/dossier/budget"
    lines = {
        "expense-label": ["Charges", "Salaires"],
        "income-label": ["Ventes", "Aide"],
        "income-amount": ["2 000", "400,50"],
    }
    with calls.during():
        form = form_of((await browser.get(url)).text, url)
        unread = {**form, **lines, "expense-amount": ["2 000", "beaucoup"]}
        assert (await browser.post(url, data=unread)).status_code == 303
        page = (await browser.get(url)).text
        assert 'value="beaucoup"' in page
        assert "« Salaires » : écrivez un montant en euros." in (await browser.get(base)).text
        form = form_of(page, url)
        assert form["income-label"][:3] == ["Ventes", "Aide", ""]
        await browser.post(url, data={**form, **lines, "expense-amount": ["2 000", "500"]})
        said = (await browser.get(base)).text
        assert f"{money(2_400_50)} de recettes pour {money(2_500_00)} de dépenses" in said
        form = form_of((await browser.get(url)).text, url)
        await browser.post(url, data={**form, **lines, "expense-amount": ["2 000", "400,50"]})
        assert "Le dossier est complet" in (await browser.get(base)).text
    kept = (await db.execute(select(Application.budget_lines).execution_options(populate_existing=True))).scalar_one()
    assert [line["cents"] for side in ("expense", "income") for line in kept[side]] == [
        2_000_00,
        400_50,
        2_000_00,
        400_50,
    ]
