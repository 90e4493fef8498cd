"""The map: what stands in its tiles is what the list counts, from afar as from near; land is drawn as it lies."""

import json
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from geoalchemy2 import WKTElement
from sqlalchemy import func, select, text

from intervalle import clock
from intervalle.home import figures
from premises import cells, filters, register, search, tiles
from premises.models import Cell, RegisterFigures
from tests import make
from tests.premises import make as rows

FIELD = "MULTIPOLYGON(((-1.66 48.12,-1.65 48.12,-1.65 48.13,-1.66 48.13,-1.66 48.12)))"


@pytest.mark.parametrize("asked", [{}, {"nature": "land"}, {"pmr": "oui"}])
async def test_groups_hold_every_place_of_the_list_once(db: Any, asked: dict[str, str]) -> None:
    org, draw = await make.organisation(db), Random(5)
    for _place in range(40):
        point = (draw.uniform(-1.9, -1.4), draw.uniform(48.0, 48.2))
        kind, masked = draw.choice(["land", "building"]), draw.random() < 0.3
        place = await rows.premises(db, org, kind=kind, point=point, owner_masked=masked)
        await rows.lot(db, place, step_free=draw.random() < 0.5)
    found = filters.read(asked)
    listed = (await db.execute(search.count(found, clock.today()))).scalar_one()
    assert 0 < listed <= 40
    for z in (0, 5, 9, 10, 12):
        x, y, total = 519_456 >> (20 - z), 363_936 >> (20 - z), 0
        around = 4 if z == 12 else 1
        for tile in ((x + dx, y + dy) for dx in range(-around, around + 1) for dy in range(-around, around + 1)):
            if all(0 <= n < 2**z for n in tile):
                gathered = select(func.coalesce(func.sum(tiles.gathered(z, found, clock.today()).c.places), 0))
                total += (await db.execute(gathered, tiles.where(z, *tile))).scalar_one()
        assert total == listed, z


async def test_a_place_alone_is_itself_from_afar_and_two_are_a_count(db: Any, client: Any) -> None:
    org = await make.organisation(db)
    await rows.lot(db, await rows.premises(db, org, name="Seul au loin", point=(2.35, 48.85)))
    for name in ("Voisin un", "Voisin deux"):
        await rows.lot(db, await rows.premises(db, org, name=name))
    await db.commit()
    browser = await client()
    far = (await browser.get("/tuiles/locaux/4/8/5.mvt")).content + (
        await browser.get("/tuiles/locaux/4/7/5.mvt")
    ).content
    assert (b"Seul au loin" in far, b"Voisin" in far, b"places" in far) == (True, False, True)
    again = await browser.get("/tuiles/locaux/4/8/5.mvt")
    kept = await browser.get("/tuiles/locaux/4/8/5.mvt", headers={"If-None-Match": again.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")


async def test_neighbours_are_one_count_until_a_pin_fits_between_them(db: Any, client: Any) -> None:
    org = await make.organisation(db)
    for name, lon in (("Numéro un", -1.66), ("Numéro deux", -1.6597)):
        await rows.lot(db, await rows.premises(db, org, name=name, point=(lon, 48.11)))
    await db.commit()
    browser = await client()
    near, at_hand = [(await browser.get(f"/tuiles/locaux/{t}.mvt")).content for t in ("14/8116/5687", "16/32465/22751")]
    assert (b"Num\xc3\xa9ro" in near, at_hand.count(b"Num\xc3\xa9ro")) == (False, 2)


@pytest.mark.parametrize("z", [9, 14, 16])
async def test_a_tile_written_once_is_the_one_asked_for(db: Any, z: int) -> None:
    """The text kept for unfiltered tiles says what the statement says, on the day and at the instant it is asked."""
    await rows.lot(db, await rows.premises(db, await make.organisation(db), name="L’atelier à 50 %"))
    here, found = tiles.where(z, 519_456 >> (20 - z), 363_936 >> (20 - z)), filters.read({})
    for instant in (clock.now(), clock.now() + timedelta(days=400)):
        with clock.at(instant):
            asked = (await db.execute(tiles.statement(z, found, clock.today()), here)).scalar_one()
            kept = await tiles._ask(db, tiles.statement, z, found, here)
            assert (bytes(kept[0]), b"atelier" in bytes(asked)) == (bytes(asked), True)


async def test_land_is_drawn_as_it_lies_unless_its_owner_is_masked(db: Any, client: Any) -> None:
    org = await make.organisation(db)
    outline = WKTElement(FIELD, srid=4326)
    open_ = await rows.premises(db, org, name="Friche ouverte", kind="brownfield", outline=outline)
    hidden = await rows.premises(db, org, name="Terrain discret", kind="land", outline=outline, owner_masked=True)
    for place in (open_, hidden):
        await rows.lot(db, place)
    await db.commit()
    browser = await client()
    near, far = [(await browser.get(f"/tuiles/locaux/{t}.mvt")).content for t in ("14/8116/5686", "11/1014/710")]
    layer = near[near.index(b"contours") :]
    assert (b"Friche ouverte" in layer, b"Terrain discret" in layer, b"contours" in far) == (True, False, False)
    features = json.loads((await browser.get("/locaux.geojson?colonnes=nom,contour_m2")).content)["features"]
    told = {f["properties"]["nom"]: (f["geometry"]["type"], f["properties"]["contour_m2"]) for f in features}
    area = (await db.execute(text(f"SELECT round(ST_Area(geography(ST_GeomFromText('{FIELD}', 4326))))"))).scalar_one()
    assert told == {"Friche ouverte": ("MultiPolygon", area), "Terrain discret": ("Point", None)}
    ring = next(f["geometry"] for f in features if f["geometry"]["type"] == "MultiPolygon")["coordinates"][0][0]
    assert ring == [[-1.66, 48.12], [-1.65, 48.12], [-1.65, 48.13], [-1.66, 48.13], [-1.66, 48.12]]


async def test_the_front_page_costs_the_same_whatever_the_register(
    db: Any, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small register is added up while the page is made; a large one is read from what a job keeps."""
    org = await make.organisation(db)
    for area in ("60", "40"):
        await rows.lot(db, await rows.premises(db, org), area=area)
    assert (await figures(db)).area == Decimal(100)
    monkeypatch.setattr(register, "AT_ONCE", -2)
    assert ((await figures(db)).premises, (await figures(db)).area) == (2, None)
    await register.add_up(db)
    await register.add_up(db)
    assert ((await figures(db)).area, len((await db.execute(select(RegisterFigures))).all())) == (Decimal(100), 1)
    asked.clear()
    await figures(db)
    assert [table for table in (" lots", " premises ") if any(f"FROM{table}" in q for q in asked)] == []


async def test_sums_gathered_are_those_written_one_by_one(db: Any) -> None:
    org = await make.organisation(db)
    for _n in range(3):
        await rows.premises(db, org)
    before = (await db.execute(cells.sums(*cells.stretch(0, 0, 0, cells.BASE), 2))).all()
    await cells.gather_cells(db)
    after = (await db.execute(cells.sums(*cells.stretch(0, 0, 0, cells.BASE), 2))).all()
    assert ([tuple(r)[:2] for r in before], before[0].lon) == (
        [tuple(r)[:2] for r in after],
        pytest.approx(after[0].lon),
    )
    assert (await db.execute(select(func.count()).select_from(Cell))).scalar_one() == 1
    assert (await db.execute(text("SELECT sum(places) FROM premises_cells"))).scalar_one() == 3
