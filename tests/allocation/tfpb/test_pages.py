"""Pages and exports of the TFPB account, over HTTP."""

import csv
import io

import openpyxl
from sqlalchemy import select

from allocation.tfpb import agreements, exports, lines
from allocation.tfpb.models import TfpbAgreement, TfpbLine, TfpbProgramme
from tests.allocation.leases import make as leases_make
from tests.allocation.tfpb import make


async def counted(db, book):
    with leases_make.moment(leases_make.LIVING):
        return await lines.value_lease(
            db, book.world.landlord.actor, await make.dossier(db, book.lease), book.target, lines.Claim()
        )


async def test_agreements_are_seen_by_their_landlord_only(db, client):
    book = await make.ledger(db)
    other = await leases_make.world(db, landlord_kind="social_landlord")
    with leases_make.moment(leases_make.LIVING):
        for side, expected in ((book.world.landlord, 200), (other.landlord, 404), (book.world.tenants[0], 404)):
            browser = await client(side.person)
            for path in (f"/tfpb/{book.agreement.id}", f"/tfpb/programmes/{book.programme.id}", f"/tfpb/actions/{book.action.id}",
                         f"/tfpb/programmes/{book.programme.id}/bilan.csv"):  # fmt: skip
                assert (await browser.get(path)).status_code == expected, (side.org.name, path)
            assert (make.CODE in (await browser.get("/tfpb")).text) is (expected == 200)


async def test_from_the_title_to_its_line_by_the_page(db, client):
    book = await make.ledger(db)
    with leases_make.moment(leases_make.LIVING):
        landlord = await client(book.world.landlord.person)
        programme = f"/tfpb/programmes/{book.programme.id}"
        assert f'href="/titres/{book.lease.id}/tfpb"' in (await landlord.get(programme)).text
        typed = {"action": book.action.id}
        shown = await landlord.post(f"/titres/{book.lease.id}/tfpb/calcul", data=typed)
        assert shown.status_code == 200
        assert "7\u00a0140,82" in shown.text
        assert (await db.execute(select(TfpbLine))).all() == []
        done = await landlord.post(f"/titres/{book.lease.id}/tfpb", data=typed)
        assert (done.status_code, done.headers["location"]) == (303, programme)
        again = await landlord.post(f"/titres/{book.lease.id}/tfpb", data=typed)
        assert again.status_code == 409
        assert "un même euro" in again.text
        page = (await landlord.get(programme)).text
        line = (await db.execute(select(TfpbLine))).scalar_one()
        assert f"/titres/{book.lease.id}/tfpb?remplace={line.id}" in page
        replaced = await landlord.post(
            f"/titres/{book.lease.id}/tfpb", data={**typed, "replacing": line.id, "charges_cents": "100"}
        )
        assert replaced.status_code == 303
        tenant = await client(book.world.tenants[0].person)
        seen = (await tenant.get(f"/titres/{book.lease.id}/tfpb")).text
        assert "7\u00a0240,82" in seen
        assert "Compter ce titre" not in seen


async def test_the_estimate_then_the_notified_amount_and_the_ratio(db, client):
    book = await make.ledger(db)
    await counted(db, book)
    with leases_make.moment(leases_make.LIVING):
        landlord = await client(book.world.landlord.person)
        programme = f"/tfpb/programmes/{book.programme.id}"
        await landlord.post(programme, data={"rental_value_cents": "3200", "rate": "41,87"})
        shown = (await landlord.get(programme)).text
        assert "24\u00a0117,12" in shown
        assert "TFPB-13" in shown
        assert "(estimation)" in shown
        saved = await landlord.post(
            programme, data={"rental_value_cents": "3200", "rate": "41,87", "notified_cents": "7000", "comment": ""}
        )
        assert saved.status_code == 303
        shown = (await landlord.get(programme)).text
        assert "102\u00a0%" in shown.replace(" %", "\u00a0%")
        assert "TFPB-13" not in shown
        assert "Montant notifié" in shown


async def test_the_exports_hold_the_lines_and_text_stays_text(db, client):
    book = await make.ledger(db)
    line = await counted(db, book)
    with leases_make.moment(leases_make.LIVING):
        await agreements.write_action(
            db, book.world.landlord.actor, book.agreement, book.programme, action=book.action, values={"label": "=2+5"}
        )
        landlord = await client(book.world.landlord.person)
        base = f"/tfpb/programmes/{book.programme.id}/bilan"
        book_of_sheets = openpyxl.load_workbook(io.BytesIO((await landlord.get(f"{base}.xlsx")).content))
        rows = list(book_of_sheets["Bilan"].iter_rows(values_only=True))
        assert rows[0] == exports.COLUMNS
        row = dict(zip(rows[0], rows[1], strict=True))
        assert (row["depense_valorisee"], row["axe"], row["annee"]) == (7140.82, 7, 2027)
        assert row["intitule_local"] == "=2+5"
        cell = book_of_sheets["Bilan"].cell(2, exports.COLUMNS.index("intitule_local") + 1)
        assert cell.data_type == "s"
        total = {r[0]: r[1] for r in book_of_sheets["En-tête"].iter_rows(values_only=True)}
        assert total["Total valorisé"] == 7140.82
        text = (await landlord.get(f"{base}.csv")).content.decode("utf-8-sig")
        read = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert [r["depense_valorisee"] for r in read] == ["7140,82"]
        assert read[0]["intitule_local"] == "'=2+5"
        printed = (await landlord.get(base)).text
        assert all(part in printed for part in line.detail["lines"][2:])


async def test_a_landlord_registers_an_agreement_and_opens_a_year(db, client):
    await make.perimeter(db)
    w = await leases_make.world(db, landlord_kind="social_landlord")
    with leases_make.moment(leases_make.LIVING):
        landlord = await client(w.landlord.person)
        assert (await landlord.get("/tfpb/nouvelle")).status_code == 200
        typed = {"landlord": w.landlord.org.id, "qpv_code": "qn03599m", "first_year": "2027", "last_year": "2026"}
        assert (await landlord.post("/tfpb", data=typed)).status_code == 422
        made = await landlord.post("/tfpb", data={**typed, "last_year": "2029"})
        agreement = (await db.execute(select(TfpbAgreement))).scalar_one()
        assert made.headers["location"] == f"/tfpb/{agreement.id}"
        assert (agreement.qpv_code, agreement.qpv_vintage) == ("QN03599M", 2024)
        assert (await landlord.get(f"/tfpb/{agreement.id}")).status_code == 200
        for _again in range(2):
            assert (await landlord.post(f"/tfpb/{agreement.id}/programmes", data={"year": "2027"})).status_code == 303
        assert len((await db.execute(select(TfpbProgramme))).all()) == 1
        tenant = await client(w.tenants[0].person)
        assert (await tenant.get("/tfpb/nouvelle")).status_code == 403
