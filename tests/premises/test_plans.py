"""Outlines, documents and the board of a building: what is kept, who sees it, and a sentence for what cannot be read."""

import io
import json
from datetime import date
from typing import Any

import pikepdf
import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from intervalle.errors import Refused
from premises import outlines
from premises.models import Document, Premises
from premises.occupancies import occupy
from tests import make
from tests.premises import make as rows

LON, LAT = -1.6585, 48.1275


def ring(*points: tuple[float, float]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [[list(p) for p in points]]})


SQUARE = ring((LON, LAT), (LON + 0.001, LAT), (LON + 0.001, LAT + 0.001), (LON, LAT + 0.001))
BOW_TIE = ring((LON, LAT), (LON + 0.001, LAT + 0.001), (LON + 0.001, LAT), (LON, LAT + 0.001))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("{", "n’est pas du GeoJSON"),
        ("[" * 100_000, "n’est pas du GeoJSON"),
        ('"rien"', "Aucun polygone"),
        ('{"type": "Point", "coordinates": [1, 2]}', "Aucun polygone"),
        ('{"type": "Polygon", "coordinates": [[["a", 2]]]}', "n’est pas une paire"),
        ('{"type": "Polygon", "coordinates": [[[1e999, 48], [1, 48], [1, 47]]]}', "n’est pas une paire"),
        ('{"type": "Polygon", "coordinates": [[[1, 48], [1, 48], [1, 48]]]}', "au moins trois points"),
        (ring((48.1, -1.6), (48.2, -1.6), (48.2, -1.5)), "semblent échangées"),
        (ring((12.0, 55.0), (12.1, 55.0), (12.1, 55.1)), "sort de France"),
    ],
)
def test_an_outline_that_cannot_be_read_is_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        outlines.read(typed)


def test_features_and_open_rings_are_understood() -> None:
    feature = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {}, "geometry": json.loads(SQUARE)}],
    }
    (polygon,) = json.loads(outlines.read(json.dumps(feature)))["coordinates"]
    assert (len(polygon[0]), polygon[0][0] == polygon[0][-1]) == (5, True)


async def test_a_ring_that_crosses_itself_is_repaired_and_said_to_be(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "epci")
    place = await rows.premises(db, org, kind="land", point=None)
    await db.commit()
    browser = await client(person)
    answer = await browser.post(f"/locaux/{place.id}/contour", data={"outline": BOW_TIE})
    assert (answer.status_code, "réparé" in (await browser.get(answer.headers["location"])).text) == (303, True)
    valid, inside = (
        await db.execute(select(func.ST_IsValid(Premises.outline), func.ST_Covers(Premises.outline, Premises.point)).where(Premises.id == place.id))
    ).one()  # fmt: skip
    assert (valid, inside) == (True, True)
    bad = await browser.post(f"/locaux/{place.id}/contour", data={"outline": "{"})
    assert (bad.status_code, "n’est pas du GeoJSON" in bad.text, "{</textarea>" in bad.text) == (422, True, True)


async def test_the_area_is_that_of_the_ground(db: Any) -> None:
    """0.001° of longitude by 0.001° of latitude at 48.1275° N: about 74.5 m by 111.2 m."""
    person, org = await make.agent(db, "epci")
    place = await rows.premises(db, org, kind="land", position_source="manual")
    area, repaired = await outlines.draw(db, make.acting(person, org), place, outlines.read(SQUARE))
    assert (8_250 < area < 8_310, repaired) == (True, False)
    line = ring((LON, LAT), (LON + 0.001, LAT), (LON + 0.002, LAT))
    with pytest.raises(Refused):
        await outlines.draw(db, make.acting(person, org), place, outlines.read(line))


async def test_a_masked_site_shows_no_outline(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "private_owner")
    place = await rows.premises(db, org, kind="land", owner_masked=True, position_source="manual")
    await outlines.draw(db, make.acting(person, org), place, outlines.read(SQUARE))
    await db.commit()
    pages = [(await (await client(user)).get(f"/locaux/{place.id}")).text for user in (person, None)]
    assert ["Contour : " in html for html in pages] == [True, False]


def pdf() -> bytes:
    out = io.BytesIO()
    made = pikepdf.new()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


async def test_documents_are_private_until_shown_and_always_downloaded(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "social_landlord")
    other, _other = await make.agent(db, "social_landlord")
    place = await rows.premises(db, org)
    await db.commit()
    browser = await client(person)
    sent = {
        "data": {"title": "Plan secret du hall"},
        "files": {"document": ("été à l’ouest (1).PDF", pdf(), "text/html")},
    }
    assert [(await browser.post(f"/locaux/{place.id}/documents", **sent)).status_code for _n in range(2)] == [303, 303]
    kept = (await db.execute(select(Document))).scalar_one()
    address = f"/locaux/documents/{kept.id}"

    async def seen() -> list[int]:
        return [(await (await client(user)).get(address)).status_code for user in (person, other, None)]

    assert await seen() == [200, 404, 404]
    got = await browser.get(address)
    manner = got.headers["content-disposition"]
    assert (got.headers["content-type"], manner.startswith("attachment"), "%C3%A9t%C3%A9" in manner) == (
        "application/pdf",
        True,
        True,
    )
    assert "Plan secret" not in (await (await client()).get(f"/locaux/{place.id}")).text
    await browser.post(f"/locaux/{place.id}/documents/{kept.id}/visibilite", data={"public": "oui"})
    assert (await seen(), "Plan secret" in (await (await client()).get(f"/locaux/{place.id}")).text) == (
        [200, 200, 200],
        True,
    )
    theirs = await (await client(other)).post(f"/locaux/{place.id}/documents/{kept.id}/suppression")
    assert (
        theirs.status_code,
        (await browser.post(f"/locaux/{place.id}/documents/{kept.id}/suppression")).status_code,
    ) == (404, 303)


@pytest.mark.parametrize(
    ("content", "title", "sentence"),
    [
        (b"<script>alert(1)</script>", "Plan", "pas accepté"),
        (b"%PDF-1.7 presque", "Plan", "abîmé"),
        (b"%PDF-" + b"0" * 41_000_000, "Plan", "Mo"),
        (b"", "Plan", "Choisissez un fichier"),
        (pdf(), "", "Par exemple « plan"),
    ],
)
async def test_a_bad_document_is_a_sentence_beside_its_field(
    db: Any, client: Any, content: bytes, title: str, sentence: str
) -> None:
    person, org = await make.agent(db, "social_landlord")
    place = await rows.premises(db, org)
    await db.commit()
    chosen = (
        {"document": ("plan.pdf", content, "application/pdf")}
        if content
        else {"document": ("", b"", "application/octet-stream")}
    )
    answer = await (await client(person)).post(
        f"/locaux/{place.id}/documents", data={"title": title, "public": "y"}, files=chosen
    )
    assert (answer.status_code, sentence in answer.text, 'name="public" type="checkbox" value="y"' in answer.text) == (
        422,
        True,
        True,
    )
    assert (await db.execute(select(func.count(Document.id)))).scalar_one() == 0


async def test_a_lot_is_shown_as_it_was_on_a_day(db: Any, client: Any) -> None:
    _person, org = await make.agent(db, "epci")
    place = await rows.premises(db, org)
    lot = await rows.lot(db, place, available=Range(date(2020, 1, 1), None))
    await occupy(db, lot_id=lot.id, during=Range(date(2021, 1, 1), date(2022, 1, 1)), kind="meanwhile", label="Ferme")
    await db.commit()
    browser = await client()

    async def states(day: str) -> tuple[bool, ...]:
        pages = [(await browser.get(f"/locaux/{place.id}{page}?le={day}")).text for page in ("", "/planning")]
        return tuple('data-state="occupied">Occupé' in html for html in pages)

    assert [await states(day) for day in ("2020-12-31", "2021-01-01", "2021-12-31", "2022-01-01")] == [
        (False, False), (True, True), (True, True), (False, False),
    ]  # fmt: skip
    assert [
        (await browser.get(f"/locaux/{place.id}/planning?le={day}")).status_code
        for day in ("hier", "9999-99-99", "0001-01-01")
    ] == [200] * 3


@pytest.mark.parametrize("count", [1, 26])
async def test_the_board_asks_the_same_number_of_questions(db: Any, client: Any, asked: list[str], count: int) -> None:
    _person, org = await make.agent(db, "developer")
    place = await rows.premises(db, org)
    for n in range(count):
        lot = await rows.lot(db, place, f"L{n}")
        await occupy(db, lot_id=lot.id, during=Range(date(2026, 2, 1), None), kind="meanwhile", label="Atelier")
    await db.commit()
    browser = await client()
    asked.clear()
    html = (await browser.get(f"/locaux/{place.id}/planning")).text
    assert (html.count('<th scope="row">'), len(asked)) == (
        count,
        5,
    )


CANARY = "canari"


async def test_what_the_owner_alone_sees_is_nowhere_public(db: Any, client: Any) -> None:
    """Notes, costs, reference rent, reasons of emptiness and private papers, on every public address of a place."""
    person, org = await make.agent(db, "social_landlord")
    neighbour, _other = await make.agent(db, "social_landlord")
    place = await rows.premises(
        db, org, staff_notes=f"{CANARY} notes", guarding_cents_month=7_654_300, tax_cents_year=8_765_400
    )
    lot = await rows.lot(
        db, place, "A", reference_rent_cents_m2_year=9_876_500, available=Range(date(2020, 1, 1), None)
    )
    await rows.lot(db, place, "B")
    await db.commit()
    owner = await client(person)
    await owner.post(
        f"/locaux/{place.id}/lots/{lot.id}/vacance",
        data={"reason": "dispute", "start": "2020-01-01", "note": f"{CANARY} litige"},
    )
    await owner.post(
        f"/locaux/{place.id}/documents",
        data={"title": f"{CANARY} bail"},
        files={"document": ("a.pdf", pdf(), "application/pdf")},
    )
    home = f"/locaux/{place.id}"
    addresses = [
        home, f"{home}?le=2021-01-01", f"/l/{place.code}", f"{home}/planning", f"{home}/lots/{lot.id}/histoire", f"{home}/appels",
        "/locaux", "/locaux.geojson", "/tuiles/locaux/14/8116/5686.mvt",
    ]  # fmt: skip
    secrets = [CANARY, "76\u00a0543", "76543", "87\u00a0654", "87654", "98\u00a0765", "98765", "Contentieux"]
    told = {}
    for who in (None, neighbour):
        browser = await client(who)
        for address in addresses:
            answer = await browser.get(address)
            text = answer.content.decode("utf-8", "replace")
            told[who is None, address] = (answer.status_code, [s for s in secrets if s in text])
    assert told == {key: (200, []) for key in told}
    mine = (await owner.get(home)).text + (await owner.get(f"{home}/lots/{lot.id}/histoire")).text
    assert [
        s in mine for s in (f"{CANARY} notes", "76\u00a0543", "98\u00a0765", f"{CANARY} litige", f"{CANARY} bail")
    ] == [True] * 5


async def test_what_each_geography_says_here_and_which_was_in_force(db: Any, client: Any) -> None:
    """A real perimeter of 2015 (Toulouse), nothing imported for 2024: inside then, unknown now, never « outside »."""
    from intervalle.settings import ROOT
    from intervalle.territory import imports

    await imports.import_communes(db, {"31"})
    await imports.import_qpv(db, ROOT / "data/qpv/qpv2015-occitanie.geojson", 2015)
    _person, org = await make.agent(db, "epci")
    place = await rows.premises(db, org, commune_code="31555", point=(1.40415, 43.5709))
    await rows.lot(db, place)
    await db.commit()
    browser = await client()
    told = {}
    for day in ("2022-06-01", "2026-06-01"):
        html = (await browser.get(f"/locaux/{place.id}?le={day}")).text
        table = html[html.index("selon la date") : html.index("Point dans le périmètre")]
        first, second = table.split("<tbody>")[1].split("</tr>")[:2]
        told[day] = ("QP031" in first, "en vigueur" in first, "indéterminé" in second, "en vigueur" in second)
    assert told == {"2022-06-01": (True, True, True, False), "2026-06-01": (True, False, True, True)}
    empty = await rows.premises(db, org, commune_code=None)
    await db.commit()
    html = (await browser.get(f"/locaux/{empty.id}")).text
    assert (html.count("indéterminé"), "hors quartier" in html) == (3, False)
