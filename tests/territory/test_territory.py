"""Point in polygon, honest unknowns, repairs, and addresses without a network."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyogrio.raw import read, write
from pyproj import Transformer
from sqlalchemy import func, select

from intervalle.settings import ROOT
from intervalle.territory import applies, geocoding, imports
from intervalle.territory.models import QpvPerimeter

QPV_2024 = ROOT / "data/qpv/qpv2024-QN00102M.geojson"
QPV_2015 = ROOT / "data/qpv/qpv2015-occitanie.geojson"
ILLE = ROOT / "data/communes/communes-35-ille-et-vilaine.geojson"
TODAY = date(2026, 11, 1)

INSIDE = [(5.2470, 46.2045), (5.2445, 46.2050), (5.2430, 46.2085)]
OUTSIDE = [(5.2200, 46.2050), (5.2455, 46.2036)]


@pytest.mark.parametrize(("lon", "lat"), INSIDE)
async def test_inside_the_real_perimeter(db: Any, lon: float, lat: float) -> None:
    await imports.import_qpv(db, QPV_2024, 2024)
    answer = await applies.qpv_at(db, lon, lat, TODAY, "01")
    assert answer == applies.QpvAnswer("inside", "QN00102M", "Croix Blanche", 2024, True)


@pytest.mark.parametrize(("lon", "lat"), OUTSIDE)
async def test_same_commune_is_not_enough(db: Any, lon: float, lat: float) -> None:
    await imports.import_qpv(db, QPV_2024, 2024)
    assert await applies.qpv_at(db, lon, lat, TODAY, "01") == applies.QpvAnswer("outside", vintage=2024)


async def test_without_perimeters_the_answer_is_unknown_not_outside(db: Any) -> None:
    assert (await applies.qpv_at(db, *INSIDE[0], TODAY, "01")).status == "unknown"
    await imports.import_qpv(db, QPV_2024, 2024)
    assert (await applies.qpv_at(db, -1.66, 48.12, TODAY, "35")).status == "unknown"


async def test_each_date_has_its_geography(db: Any) -> None:
    """Reynerie is in the 2015 geography; nothing of 2024 is imported there, so 2026 is unknown."""
    await imports.import_qpv(db, QPV_2015, 2015)
    point = (await db.execute(select(func.ST_X(func.ST_PointOnSurface(QpvPerimeter.outline)), func.ST_Y(func.ST_PointOnSurface(QpvPerimeter.outline)))
                              .where(QpvPerimeter.code == "QP066007"))).one()  # fmt: skip
    assert (await applies.qpv_at(db, *point, date(2022, 6, 1), "66")).code == "QP066007"
    assert (await applies.qpv_at(db, *point, TODAY, "66")).status == "unknown"


async def test_a_ring_that_crosses_itself_is_repaired_and_said(db: Any, tmp_path: Path) -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0.01], [0.01, 0], [0, 0.01], [0, 0]]]}
    feature = {
        "type": "Feature",
        "properties": {"code_qp": "QN99901M", "lib_qp": "Nœud", "insee_com": "99001,99002"},
        "geometry": bow,
    }
    path = tmp_path / "qpv.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert await imports.import_qpv(db, path, 2024) == {"périmètres": 1, "réparés": ["QN99901M"], "génération": 2024}
    kept = (
        await db.execute(
            select(QpvPerimeter.communes, func.ST_IsValid(QpvPerimeter.outline)).where(QpvPerimeter.code == "QN99901M")
        )
    ).one()
    assert tuple(kept) == ("99001 99002", True)


async def test_the_archive_and_a_second_run_change_nothing(db: Any, tmp_path: Path) -> None:
    archive = tmp_path / "qpv.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("SHP/readme.txt", "rien")
        made.write(QPV_2024, "GEOJSON/QP2024_WGS84.geojson")
    first = await imports.import_qpv(db, archive, 2024)
    assert await imports.import_qpv(db, QPV_2024, 2024) == first
    assert (await db.execute(select(func.count(QpvPerimeter.id)))).scalar_one() == 1


async def test_perimeters_come_from_an_archive_of_shapefiles_in_any_projection(db: Any, tmp_path: Path) -> None:
    """Lambert-93, a ring that crosses itself: the point inside is found, and the repair is said."""
    ring = [
        [350_000, 6_788_000],
        [351_000, 6_789_000],
        [351_000, 6_788_000],
        [350_000, 6_789_000],
        [350_000, 6_788_000],
    ]
    facts = {"code_qp": "QN99902M", "lib_qp": "Essai", "insee_com": "35238"}
    document = {
        "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:2154"}},
        "features": [{"type": "Feature", "properties": facts, "geometry": {"type": "Polygon", "coordinates": [ring]}}],
    }  # fmt: skip
    (tmp_path / "qp.geojson").write_text(json.dumps(document))
    meta, _fids, shapes, fields = read(tmp_path / "qp.geojson")
    write(
        tmp_path / "QP2024_LB93.shp", shapes, fields, meta["fields"], geometry_type="Polygon", crs="EPSG:2154", driver="ESRI Shapefile",
    )  # fmt: skip
    with zipfile.ZipFile(tmp_path / "qp.zip", "w") as archive:
        for part in tmp_path.glob("QP2024_LB93.*"):
            archive.write(part, f"QP2024/{part.name}")
    found = await imports.import_qpv(db, tmp_path / "qp.zip", 2024)
    assert found == {"périmètres": 1, "réparés": ["QN99902M"], "génération": 2024}
    lon, lat = Transformer.from_crs(2154, 4326, always_xy=True).transform(350_900, 6_788_500)
    assert (await applies.qpv_at(db, lon, lat, TODAY, "35")).code == "QN99902M"
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("lisez-moi.txt", "rien")
    with pytest.raises(ValueError, match="ni GeoJSON ni shapefile"):
        await imports.import_qpv(db, tmp_path / "empty.zip", 2024)


@pytest.mark.parametrize(
    "content", ["", "{}", "[1, 2]", '{"type": "FeatureCollection", "features": [{"properties": {}}]}']
)
async def test_a_wrong_file_is_a_sentence(db: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "faux.geojson"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"faux\.geojson"):
        await imports.import_qpv(db, path, 2024)


async def test_commune_and_what_stands_above_it(db: Any) -> None:
    await imports.import_communes(db, {"35"})
    done = await imports.import_outlines(db, ILLE)
    assert done["contours"] > 300
    there = await applies.what_applies(db, -1.6585, 48.1275, TODAY)
    assert (there.commune_code, there.commune, there.epci, there.qpv.status) == (
        "35238",
        "Rennes",
        "Rennes Métropole",
        "unknown",
    )


def _service(answer: httpx.Response | Exception) -> httpx.MockTransport:
    def reply(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(reply)


async def test_the_service_answers_first(db: Any) -> None:
    facts = {
        "label": "2 Rue de la Marbaudais 35700 Rennes",
        "score": 0.97,
        "type": "housenumber",
        "citycode": "35238",
        "postcode": "35700",
    }
    answer = {"features": [{"geometry": {"coordinates": [-1.65, 48.12]}, "properties": facts}]}
    found = await geocoding.geocode(db, "2 rue de la Marbaudais", transport=_service(httpx.Response(200, json=answer)))
    assert found == geocoding.Found(-1.65, 48.12, facts["label"], "35238", "35700", 0.97, "housenumber", "geocoder")
    assert not geocoding.needs_pin(found)


@pytest.mark.parametrize(
    "trouble",
    [httpx.ConnectError("non"), httpx.Response(503), httpx.Response(200, text="<html>"), httpx.Response(200, json={})],
)
async def test_a_silent_service_leaves_the_imported_addresses(db: Any, trouble: Any) -> None:
    await imports.import_communes(db, {"35"})
    await imports.import_outlines(db, ILLE)
    await imports.import_addresses(db, ROOT / "data/demo/adresses.csv", demo=True)
    exact = await geocoding.geocode(db, "2 rue de la Marbaudais", postcode="35700", transport=_service(trouble))
    assert exact
    assert (exact.source, exact.precision, exact.commune_code) == ("address_base", "housenumber", "35238")
    other = await geocoding.geocode(db, "18 rue de la Marbaudais", postcode="35700", transport=_service(trouble))
    assert other
    assert (other.precision, geocoding.needs_pin(other)) == ("street", True)
    town = await geocoding.geocode(db, "Rennes", transport=_service(trouble))
    assert town
    assert (town.source, town.commune_code, geocoding.needs_pin(town)) == ("commune", "35238", True)
    assert await geocoding.geocode(db, "zzzz", transport=_service(trouble)) is None


async def test_tiles_exist_only_inside_the_pyramid(client: Any, db: Any) -> None:
    await imports.import_communes(db, {"35"})
    await imports.import_outlines(db, ILLE)
    await db.commit()
    browser = await client()
    tile = await browser.get("/tuiles/communes/10/507/355.mvt")
    assert (tile.status_code, len(tile.content) > 500) == (200, True)
    again = await browser.get("/tuiles/communes/10/507/355.mvt", headers={"If-None-Match": tile.headers["etag"]})
    assert again.status_code == 304
    codes = [
        (await browser.get(f"/tuiles/communes/{p}")).status_code
        for p in ("10/9999/1.mvt", "99/1/1.mvt", "3/1/99999999999999.mvt", "3/1/un.mvt")
    ]
    assert codes == [404, 404, 404, 404]
