"""Exports are opened by another program than the one that wrote them, and say the same; nothing masked or private leaks."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyogrio.raw import read as gdal_read
from python_calamine import load_workbook

from premises import export_columns
from premises.imports import mapping, runs, work
from premises.imports.fields import BY_CODE, FIELDS
from tests import make
from tests.premises import make as rows

CODES = [c.code for c in export_columns.COLUMNS if not c.private]
SECRET = {
    "staff_notes": "à ne pas dire",
    "guarding_cents_month": 123_456,
    "external_id": "INTERNE-7",
    "external_source": "x",
}


@pytest.fixture
async def landlord(db: Any) -> tuple[Any, Any]:
    """One published place of two lots, one masked, one draft; another landlord has one place too."""
    person, org = await make.agent(db, "social_landlord", name="Archipel Habitat")
    place = await rows.premises(db, org, name="=cmd|' /C calc'!A0", address="30 boulevard Volclair", **SECRET)
    await rows.lot(db, place, "A", area="62.50", rent_cents_m2_year=3850, step_free=True, erp_types=["M", "W"])
    await rows.lot(db, place, "B", area="40", rent_cents_m2_year=0)
    masked = await rows.premises(
        db, org, name="Lieu d’accueil", owner_masked=True, address="9 rue Cachée", parcel="35238000AB0123"
    )
    await rows.lot(db, masked, area="100")
    await rows.lot(db, await rows.premises(db, org, name="Brouillon", published=False), area="7")
    _stranger, theirs = await make.agent(db, "city", name="Ville de Lille")
    await rows.lot(db, await rows.premises(db, theirs, name="Ailleurs", kind="land"), area="900")
    await db.commit()
    return person, org


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def calamine(content: bytes) -> list[dict[str, Any]]:
    lines = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def gpkg(content: bytes, folder: Path) -> tuple[list[dict[str, Any]], Any]:
    path = folder / "locaux.gpkg"
    path.write_bytes(content)
    meta, _fids, geometry, data = gdal_read(path)
    return [dict(zip(meta["fields"], line, strict=True)) for line in zip(*data, strict=True)], (meta, geometry)


async def test_every_format_says_the_same(db: Any, client: Any, landlord: Any, tmp_path: Path) -> None:
    """Counts, sums, codes and their order, read back by openpyxl, calamine, GDAL, csv and json."""
    browser = await client()
    got = {kind: await browser.get(f"/locaux.{kind}") for kind in ("csv", "xlsx", "ods", "geojson", "gpkg")}
    assert {kind: answer.status_code for kind, answer in got.items()} == dict.fromkeys(got, 200)
    features = [f["properties"] for f in json.loads(got["geojson"].content)["features"]]
    drawn, (meta, geometry) = gpkg(got["gpkg"].content, tmp_path)
    read = {
        "csv": read_csv(got["csv"].content), "xlsx": calamine(got["xlsx"].content), "ods": calamine(got["ods"].content), "geojson": features, "gpkg": drawn,
    }  # fmt: skip
    assert {kind: list(lines[0]) for kind, lines in read.items()} == dict.fromkeys(read, CODES)
    areas = {kind: [float(str(line["surface"]).replace(",", ".")) for line in lines] for kind, lines in read.items()}
    assert areas == {kind: [62.5, 40.0, 100.0, 900.0] for kind in read}
    assert (meta["crs"], len(geometry)) == ("EPSG:4326", 4)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(got["xlsx"].content)).active
    first = {sheet.cell(1, c).value: sheet.cell(2, c) for c in range(1, sheet.max_column + 1)}
    assert (first["nom"].data_type, first["nom"].value) == ("s", "=cmd|' /C calc'!A0")
    assert (first["surface"].value, first["disponible_du"].value.date(), first["plain_pied"].value) == (
        62.5,
        date(2026, 1, 1),
        "oui",
    )
    assert (read["csv"][0]["nom"], read["ods"][0]["nom"], read["csv"][0]["loyer_m2_an"]) == (
        "'=cmd|' /C calc'!A0",
        "=cmd|' /C calc'!A0",
        "38,5",
    )


async def test_the_filters_of_the_list_apply_and_the_whole_answer_comes(db: Any, client: Any, landlord: Any) -> None:
    _person, org = landlord
    for n in range(45):  # more than two pages of the list
        await rows.lot(db, await rows.premises(db, org, name=f"Terrain {n}", kind="land"), area="10")
    await db.commit()
    browser = await client()
    lines = read_csv((await browser.get("/locaux.csv?nature=land&page=2")).content)
    assert ({line["nature"] for line in lines}, len(lines)) == ({"land"}, 46)
    assert len(json.loads((await browser.get("/locaux.geojson?nature=land")).content)["features"]) == 46


async def test_chosen_columns_keep_their_order(db: Any, client: Any, landlord: Any) -> None:
    browser = await client()
    for query in (
        "colonnes=surface,nom,local",
        "colonnes=local&colonnes=surface&colonnes=nom",
        "colonnes=surface,nom,local,notes_internes,inconnue",
    ):
        assert list(read_csv((await browser.get(f"/locaux.csv?{query}")).content)[0]) == ["local", "nom", "surface"]


async def test_nothing_masked_or_private_leaves(db: Any, client: Any, landlord: Any) -> None:
    person, _org = landlord
    stranger, _other = await make.agent(db, "city")
    await db.commit()
    everything = ",".join(c.code for c in export_columns.COLUMNS)
    for browser in (await client(), await client(stranger), await client(person)):
        for path in ("/locaux.csv", "/locaux.geojson", f"/locaux.csv?colonnes={everything}"):
            told = (await browser.get(path)).text
            for canary in ("à ne pas dire", "1234.56", "1234,56", "INTERNE-7", "Brouillon"):
                assert canary not in told, (path, canary)
    told = (await (await client()).get("/locaux.geojson")).text
    masked = next(f for f in json.loads(told)["features"] if f["properties"]["nom"] == "Lieu d’accueil")
    assert ("Cachée" in told, "35238000AB0123" in told, masked["properties"]["proprietaire"]) == (False, False, None)
    assert (
        abs(masked["geometry"]["coordinates"][1] - rows.RENNES[1])
        + abs(masked["geometry"]["coordinates"][0] - rows.RENNES[0])
        > 0.0012
    )


async def test_ones_own_export_has_everything_of_ones_own_only(db: Any, client: Any, landlord: Any) -> None:
    person, _org = landlord
    lines = read_csv((await (await client(person)).get("/locaux.csv?mes=oui")).content)
    assert [line["surface"] for line in lines] == ["62,5", "40", "100", "7"]
    assert (lines[0]["notes_internes"], lines[0]["gardiennage_mois"], lines[0]["reference"], lines[2]["adresse"]) == (
        "à ne pas dire",
        "1234,56",
        "INTERNE-7",
        "9 rue Cachée",
    )
    assert (await (await client()).get("/locaux.csv?mes=oui")).status_code == 403


async def test_an_export_comes_back_by_itself(db: Any, client: Any, landlord: Any) -> None:
    """Every field an import reads is in one's own export, under the same code; brought back, each row is understood."""
    person, org = landlord
    shapes = {"geometrie", "contour"}  # the point travels as longitude and latitude
    assert [
        f.code for f in FIELDS if f.code not in shapes and f.code not in {c.code for c in export_columns.COLUMNS}
    ] == []
    content = (await (await client(person)).get("/locaux.csv?mes=oui")).content
    one = await runs.bring(db, make.acting(person, org), owner_id=org.id, name="retour.csv", content=content)
    assert set(one.mapping.values()) == set(BY_CODE) - shapes
    assert mapping.complaint(one.mapping) == ""
    look = await work.examine(db, one)
    assert ([r for r in look.refusals if r.column not in {"code_insee", "reference"}], look.rows) == ([], 4)


async def test_the_page_offers_the_columns_and_keeps_the_filters(db: Any, client: Any, landlord: Any) -> None:
    person, _org = landlord
    html = (await (await client()).get("/locaux/export?nature=land&surface=30")).text
    assert ('name="nature" value="land"' in html, 'value="notes_internes"' in html, html.count('name="colonnes"')) == (
        True,
        False,
        len(CODES),
    )
    own = (await (await client(person)).get("/locaux/export?mes=oui")).text
    assert ('value="notes_internes"' in own, 'name="mes" value="oui"' in own) == (True, True)
    assert 'href="/locaux/export"' in (await (await client()).get("/locaux")).text
