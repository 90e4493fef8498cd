"""Land and brownfields as polygons: the outline an owner types, pastes or draws. One verb, `draw`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from premises import placing
from premises.france import in_france
from premises.models import Premises
from premises.supply import locked, record

MOST_POINTS = 5_000
LARGEST = 50_000_000  # m²: five thousand hectares, above any site


@dataclass(frozen=True)
class Plan:
    """The outline as it is drawn on a page: an SVG path in metres in its box, and its area."""

    path: str
    box: str
    unit: float
    area: Decimal


def read(typed: str) -> str:
    """A GeoJSON geometry, Feature or FeatureCollection of polygons, as one MultiPolygon.

    Raises ValueError with a sentence for the field.
    """
    try:
        document = json.loads(typed)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("Ce texte n’est pas du GeoJSON : collez le fichier entier, accolades comprises.")) from error
    polygons = list(_polygons(document))
    if not polygons:
        raise ValueError(_("Aucun polygone dans ce texte : un contour est un « Polygon » ou un « MultiPolygon »."))
    points = [point for polygon in polygons for ring in polygon for point in ring]
    if len(points) > MOST_POINTS:
        raise ValueError(_("Plus de %(n)s points : simplifiez le contour.", n=MOST_POINTS))
    _check_points(points)
    return json.dumps({"type": "MultiPolygon", "coordinates": polygons})


def _polygons(document: Any) -> Iterator[Any]:
    if not isinstance(document, dict):
        return
    kind = document.get("type")
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        for feature in document["features"]:
            yield from _polygons(feature)
    elif kind == "Feature":
        yield from _polygons(document.get("geometry"))
    elif kind == "Polygon":
        yield _rings(document.get("coordinates"))
    elif kind == "MultiPolygon" and isinstance(document.get("coordinates"), list):
        yield from map(_rings, document["coordinates"])


def _rings(coordinates: Any) -> list[list[list[float]]]:
    """Rings of [lon, lat], closed; whatever else stands in a position (altitude) is dropped."""
    try:
        rings = [[[float(p[0]), float(p[1])] for p in ring] for ring in coordinates]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise ValueError(_("Un point du contour n’est pas une paire longitude, latitude.")) from error
    if not rings or any(len({tuple(p) for p in ring}) < 3 for ring in rings):
        raise ValueError(_("Un contour a au moins trois points."))
    return [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in rings]


def _check_points(points: list[list[float]]) -> None:
    if not all(isfinite(c) for point in points for c in point):
        raise ValueError(_("Un point du contour n’est pas une paire longitude, latitude."))
    if all(in_france(lon, lat) for lon, lat in points):
        return
    if all(in_france(lat, lon) for lon, lat in points):
        raise ValueError(_("Latitude et longitude semblent échangées : en GeoJSON, la longitude vient d’abord."))
    raise ValueError(_("Ce contour sort de France."))


VALID = text(
    """
    WITH given AS (SELECT ST_SetSRID(ST_GeomFromGeoJSON(:shape), 4326) AS shape),
    clean AS (SELECT ST_Multi(ST_CollectionExtract(ST_MakeValid(shape), 3)) AS shape, NOT ST_IsValid(shape) AS repaired FROM given)
    SELECT shape, repaired, ST_Area(shape::geography) AS area, ST_X(ST_PointOnSurface(shape)) AS lon, ST_Y(ST_PointOnSurface(shape)) AS lat
    FROM clean
    """
)


async def draw(db: AsyncSession, actor: Actor, premises: Premises, shape: str) -> tuple[Decimal, bool]:
    """Keep the outline (`shape` comes from `read`); gives its area in m² and whether a ring had to be repaired.

    Where no position was sure, the point becomes one inside the outline.
    """
    POLICY.check(actor, "premises.edit", premises)
    fresh = await locked(db, premises)
    found = (await db.execute(VALID, {"shape": shape})).one()
    if not found.area or found.area > LARGEST:
        raise Refused(_("Ce contour n’enferme pas une surface vraisemblable."), _("Vérifiez-le, puis recommencez."))
    moved = placing.uncertain(fresh)
    if moved:
        (await placing.at(db, found.lon, found.lat)).write(fresh)
    await db.flush()
    await db.execute(
        text("UPDATE premises SET outline = :shape, version = version + 1 WHERE id = :id"), {"shape": found.shape, "id": fresh.id}
    )  # fmt: skip
    await db.refresh(fresh)
    area = round(Decimal(found.area), 2)
    facts = {"area": str(area), "repaired": found.repaired, "moved": moved}
    await record(db, actor, fresh, "premises.draw", facts)
    return area, bool(found.repaired)


async def erase(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    POLICY.check(actor, "premises.edit", premises)
    fresh = await locked(db, premises)
    if fresh.outline is not None:
        fresh.outline = None
        fresh.version += 1
        await record(db, actor, fresh, "premises.erase_outline", {})


async def plan(db: AsyncSession, premises: Premises) -> Plan | None:
    """None without an outline. A masked place shows none: its shape would be recognised."""
    if premises.outline is None:
        return None
    drawn = func.ST_Transform(Premises.outline, 3857)
    row = (
        await db.execute(
            select(
                func.ST_AsSVG(drawn, 1, 1), func.ST_XMin(drawn), func.ST_YMin(drawn), func.ST_XMax(drawn), func.ST_YMax(drawn),
                func.ST_Area(func.geography(Premises.outline)),
            ).where(Premises.id == premises.id)
        )
    ).one()  # fmt: skip
    path, west, south, east, north, area = row
    edge = max(east - west, north - south) * 0.06 + 1
    box = f"{west - edge:.1f} {-north - edge:.1f} {east - west + 2 * edge:.1f} {north - south + 2 * edge:.1f}"
    return Plan(path, box, (east - west + 2 * edge) / 400, round(Decimal(area), 0))


async def geojson(db: AsyncSession, premises: Premises) -> str:
    """The outline as text, to be corrected in its field."""
    if premises.outline is None:
        return ""
    found = await db.execute(select(func.ST_AsGeoJSON(Premises.outline, 6)).where(Premises.id == premises.id))
    return str(found.scalar_one())
