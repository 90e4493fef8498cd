"""Import reference data: communes and the bodies above them, outlines, QPV perimeters, addresses. All can be run again."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.settings import ROOT
from intervalle.territory.models import Commune, Department, Intercommunality, Region

ADMINISTRATIVE = ROOT / "node_modules/@etalab/decoupage-administratif/data"
# [valid from, valid to): décret 2014-1750 (in force 2015-01-01), décret 2023-1314 (in force 2024-01-01).
VALIDITY = {2015: "[2015-01-01,2024-01-01)", 2024: "[2024-01-01,)"}
CHUNK = 2_000


def _read(name: str) -> list[dict[str, Any]]:
    path = ADMINISTRATIVE / f"{name}.json"
    if not path.exists():
        raise ValueError("Les fichiers des communes manquent : lancez l’installation (bin/serve), qui les apporte.")
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    return rows


async def _upsert(db: AsyncSession, table: Any, rows: list[dict[str, Any]], key: str = "code") -> None:
    """All rows in one statement, handed over as one JSON array: thousands of parameters would cost seconds."""
    columns = list(rows[0])
    typed = ", ".join(f"{name} {'int' if name == 'population' else 'text'}" for name in columns)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    names = ", ".join(columns)
    await db.execute(
        text(
            f"INSERT INTO {table.__tablename__} ({names}) SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed}) "  # noqa: S608 - our own names
            f"ON CONFLICT ({key}) DO UPDATE SET {changed}"
        ),
        {"rows": json.dumps(rows)},
    )


async def import_communes(db: AsyncSession, only: Collection[str] = ()) -> dict[str, int]:
    """Regions, départements, EPCI, EPT and communes in force (of the départements in `only`, all by default)."""
    regions = [{"code": r["code"], "name": r["nom"]} for r in _read("regions")]
    departments = [{"code": d["code"], "name": d["nom"], "region_code": d["region"]} for d in _read("departements")]
    epci, ept = _read("epci"), _read("ept")
    bodies = [
        {"code": b["code"], "name": b["nom"], "kind": kind}
        for kind, rows in (("epci", epci), ("ept", ept))
        for b in rows
    ]
    in_epci = {m["code"]: b["code"] for b in epci for m in b["membres"]}
    in_ept = {m["code"]: b["code"] for b in ept for m in b["membres"]}
    known = {d["code"] for d in departments}
    communes = [
        {
            "code": c["code"],
            "name": c["nom"],
            "postcodes": " ".join(c.get("codesPostaux", [])),
            "department_code": c["departement"],
            "epci_code": in_epci.get(c["code"]),
            "ept_code": in_ept.get(c["code"]),
            "population": c.get("population"),
        }
        for c in _read("communes")
        if c["type"] == "commune-actuelle" and c.get("departement") in known and (not only or c["departement"] in only)
    ]
    await _upsert(db, Region, regions)
    await _upsert(db, Department, departments)
    await _upsert(db, Intercommunality, bodies)
    await _upsert(db, Commune, communes)
    return {"communes": len(communes), "intercommunalités": len(bodies), "départements": len(departments)}


def features(content: str, name: str) -> list[dict[str, Any]]:
    """The features of a GeoJSON text; a sentence when it is not one."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ValueError(f"« {name} » n’est pas un fichier GeoJSON lisible.") from error
    found = document.get("features") if isinstance(document, dict) else None
    if found is None and isinstance(document, dict) and document.get("type") == "Feature":
        found = [document]
    if not isinstance(found, list) or not all(isinstance(f, dict) and f.get("geometry") for f in found):
        raise ValueError(f"« {name} » ne contient pas de contours (une FeatureCollection GeoJSON est attendue).")
    return found


async def import_outlines(db: AsyncSession, path: Path) -> dict[str, Any]:
    """Outlines of communes (GeoJSON with `code`); a code that no longer exists (merged communes) is named, not kept."""
    rows = [
        {"code": str(f["properties"].get("code", "")), "shape": json.dumps(f["geometry"])}
        for f in features(path.read_text(), path.name)
    ]
    await db.execute(text("CREATE TEMP TABLE IF NOT EXISTS incoming_outlines (code text, shape text) ON COMMIT DROP"))
    await db.execute(text("TRUNCATE incoming_outlines"))
    await db.execute(text("INSERT INTO incoming_outlines VALUES (:code, :shape)"), rows)
    done = await db.execute(
        text(
            "UPDATE communes c SET outline = ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON(i.shape), 4326)), 3)) "
            "FROM incoming_outlines i WHERE i.code = c.code RETURNING c.code"
        )
    )
    await db.execute(
        text(
            # Materialised: each union is made once, whatever the planner believes of tables it has not counted yet.
            "WITH touched AS MATERIALIZED (SELECT DISTINCT c.department_code FROM communes c JOIN incoming_outlines i ON i.code = c.code), "
            "whole AS MATERIALIZED ("
            "  SELECT department_code, ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Union(outline)), 3)) AS outline FROM communes "
            "  WHERE outline IS NOT NULL AND department_code IN (SELECT department_code FROM touched) GROUP BY 1) "
            "UPDATE departments d SET outline = whole.outline FROM whole WHERE whole.department_code = d.code"
        )
    )
    unknown = await db.execute(text("SELECT code FROM incoming_outlines EXCEPT SELECT code FROM communes ORDER BY 1"))
    return {"contours": len(done.all()), "codes inconnus": list(unknown.scalars())}


def qpv_features(path: Path) -> list[dict[str, Any]]:
    """From a GeoJSON file, or from the official archive: its WGS84 GeoJSON entry, or its shapefiles."""
    if not zipfile.is_zipfile(path):
        return features(path.read_text(encoding="utf-8-sig"), path.name)
    with zipfile.ZipFile(path) as archive:
        entries = [e for e in archive.infolist() if e.filename.lower().endswith(".geojson")]
        best = sorted(entries, key=lambda e: ("wgs84" not in e.filename.lower(), e.filename))
        if not best:
            return shapefiles(path, [e.filename for e in archive.infolist() if e.filename.lower().endswith(".shp")])
        if best[0].file_size > 300 * 1024 * 1024:
            raise ValueError(
                f"Le fichier « {best[0].filename} » de l’archive dépasse 300 Mo : ce n’est pas l’archive officielle."
            )
        return features(io.TextIOWrapper(archive.open(best[0]), "utf-8-sig").read(), best[0].filename)


def shapefiles(path: Path, names: list[str]) -> list[dict[str, Any]]:
    """Perimeters of an archive of shapefiles, in degrees whatever their projection; the WGS84 one alone when there is one."""
    if not names:
        raise ValueError(f"L’archive « {path.name} » ne contient ni GeoJSON ni shapefile (.shp).")
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read, write

    found: dict[str, dict[str, Any]] = {}
    for name in [n for n in names if "wgs84" in n.lower()][:1] or sorted(names):
        try:
            meta, _fids, shapes, fields = read(f"/vsizip/{path.resolve()}/{name}")
        except (DataSourceError, DataLayerError) as error:
            raise ValueError(
                f"Le fichier « {name} » de l’archive ne se lit pas : il lui manque peut-être son .dbf."
            ) from error
        if not meta["crs"]:
            raise ValueError(f"Le fichier « {name} » de l’archive n’a pas de projection : il lui manque son .prj.")
        with tempfile.TemporaryDirectory(prefix="qpv-") as folder:
            # RFC 7946 is longitude and latitude: GDAL turns Lambert-93 and the projections of the islands into them.
            drawn = Path(folder) / "qpv.geojson"
            write(
                drawn, shapes, fields, meta["fields"], geometry_type="MultiPolygon", crs=meta["crs"], driver="GeoJSON",
                layer_options={"RFC7946": "YES"}, promote_to_multi=True,
            )  # fmt: skip
            for feature in features(drawn.read_text(encoding="utf-8"), name):
                found[str((feature.get("properties") or {}).get("code_qp") or len(found))] = feature
    return list(found.values())


def _qpv_row(feature: dict[str, Any], vintage: int, *, official: bool, source: str) -> dict[str, Any]:
    """Both generations of attribute names: 2015 (code_qp, nom_qp, code_commune), 2024 (code_qp, lib_qp, insee_com)."""
    facts = feature.get("properties") or {}
    code = str(facts.get("code_qp") or "").strip()
    if not code:
        raise ValueError("Un contour n’a pas de code de quartier (code_qp) : ce n’est pas un fichier de QPV.")
    communes = str(facts.get("insee_com") or facts.get("code_commune") or "").replace(",", " ").split()
    name = facts.get("lib_qp") or facts.get("nom_qp") or code
    return {
        "code": code, "vintage": vintage, "name": str(name).strip(), "communes": " ".join(communes), "during": VALIDITY[vintage],
        "official": official, "source": source, "shape": json.dumps(feature["geometry"]),
    }  # fmt: skip


async def import_qpv(
    db: AsyncSession, path: Path, vintage: int, *, official: bool = True, source: str = "ANCT"
) -> dict[str, Any]:
    """Perimeters of one geography. Rings that cross themselves are repaired, and said to be; 6 decimals, no simplification."""
    if vintage not in VALIDITY:
        raise ValueError("La génération des QPV est 2015 ou 2024.")
    rows = [_qpv_row(f, vintage, official=official, source=source) for f in qpv_features(path)]
    statement = text(
        """
        WITH given AS (SELECT ST_SetSRID(ST_GeomFromGeoJSON(:shape), 4326) AS shape)
        INSERT INTO qpv_perimeters (code, vintage, name, communes, during, official, source, repaired, outline)
        SELECT :code, :vintage, :name, :communes, CAST(:during AS daterange), :official, :source, NOT ST_IsValid(shape),
               ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SnapToGrid(ST_MakeValid(shape), 0.000001)), 3))
        FROM given
        ON CONFLICT (code, vintage) DO UPDATE SET name = excluded.name, communes = excluded.communes, during = excluded.during,
          official = excluded.official, source = excluded.source, repaired = excluded.repaired, outline = excluded.outline
        """
    )
    for start in range(0, len(rows), CHUNK):
        await db.execute(statement, rows[start : start + CHUNK])
    repaired = await db.execute(
        text("SELECT code FROM qpv_perimeters WHERE vintage = :v AND repaired ORDER BY code"), {"v": vintage}
    )
    codes = {r["code"] for r in rows}
    return {"périmètres": len(rows), "réparés": [c for c in repaired.scalars() if c in codes], "génération": vintage}


BAN_COLUMNS = {"id", "numero", "nom_voie", "code_postal", "code_insee", "nom_commune", "lon", "lat"}


def _addresses(lines: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(lines, delimiter=";")
    if missing := BAN_COLUMNS - set(reader.fieldnames or ()):
        raise ValueError(f"« {name} » n’est pas un fichier d’adresses BAN : il manque {', '.join(sorted(missing))}.")
    for row in reader:
        number = f"{row['numero']}{' ' + row['rep'] if row.get('rep') else ''}".strip()
        shown = f"{number} {row['nom_voie']} {row['code_postal']} {row['nom_commune']}".strip()
        yield {
            "id": row["id"], "shown": shown, "postcode": row["code_postal"], "commune": row["code_insee"],
            "lon": float(row["lon"]), "lat": float(row["lat"]),
        }  # fmt: skip


async def import_addresses(db: AsyncSession, path: Path, *, demo: bool = False) -> dict[str, int]:
    """A BAN CSV (`;`, UTF-8): what answers when the national geocoder is out of reach."""
    statement = text(
        """
        INSERT INTO addresses (id, label, shown, postcode, commune_code, point, demo)
        VALUES (:id, plain_text(:shown), :shown, :postcode, :commune, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :demo)
        ON CONFLICT (id) DO UPDATE SET label = excluded.label, shown = excluded.shown, postcode = excluded.postcode,
          commune_code = excluded.commune_code, point = excluded.point
        """
    )
    count, batch = 0, []
    with path.open(encoding="utf-8-sig", newline="") as source:
        for row in _addresses(source, path.name):
            batch.append({**row, "demo": demo})
            count += 1
            if len(batch) == CHUNK:
                await db.execute(statement, batch)
                batch = []
    if batch:
        await db.execute(statement, batch)
    return {"adresses": count}
