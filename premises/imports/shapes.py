"""Points and outlines as files write them, to GeoJSON in degrees. Pure.

Read: longitude and latitude, WKT (POINT, POLYGON, MULTIPOLYGON), GeoJSON, « lat, lon » in one cell, and Lambert-93
(EPSG:2154), which is told by its size. Swapped axes are found by asking whether the point turned over is in France.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from intervalle.i18n import _
from premises.france import in_france

Position = tuple[float, float]
MOST_VERTICES = 20_000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_POINT = re.compile(rf"(?i)(?:srid=\d+;)?\s*point\s*z?\s*\(\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER})?\s*\)")
# Where Lambert-93 numbers lie over metropolitan France, in metres.
LAMBERT = ((0.0, 1_400_000.0), (6_000_000.0, 7_200_000.0))


class Swapped(ValueError):
    """Latitude where longitude was expected: mended when the person agrees."""


@dataclass(frozen=True)
class Shape:
    """Degrees, longitude first; `outline` is GeoJSON text of a Polygon or MultiPolygon."""

    point: Position | None = None
    outline: str | None = None


def place(position: Position, *, swap: bool = False) -> Position:
    """A position in France, in degrees. `swap`: turn over the pairs that only make sense turned over."""
    x, y = position
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(_("Ce n’est pas une coordonnée."))
    if LAMBERT[0][0] <= x <= LAMBERT[0][1] and LAMBERT[1][0] <= y <= LAMBERT[1][1]:
        return _from_lambert(x, y)
    if in_france(x, y):
        return x, y
    if in_france(y, x):
        if swap:
            return y, x
        raise Swapped(_("Latitude et longitude semblent échangées."))
    raise ValueError(_("Ce point (%(x)s ; %(y)s) n’est pas en France.", x=f"{x:g}", y=f"{y:g}"))


def _from_lambert(x: float, y: float) -> Position:
    from pyproj import Transformer

    global _lambert
    if _lambert is None:
        _lambert = Transformer.from_crs(2154, 4326, always_xy=True)
    lon, lat = _lambert.transform(x, y)
    return place((round(lon, 7), round(lat, 7)))


_lambert: Any = None


def read(cell: str, *, swap: bool = False) -> Shape:
    """A geometry in one cell. Raises ValueError with a sentence, Swapped when its axes are turned over."""
    text = cell.strip()
    if point := _POINT.fullmatch(text):
        return Shape(point=place((float(point[1]), float(point[2])), swap=swap))
    if text.startswith("{"):
        return _geojson(text, swap)
    if re.match(r"(?i)(srid=\d+;)?\s*(multi)?(point|polygon)", text):
        return _wkt(text, swap)
    pair = re.fullmatch(rf"\[?\(?\s*({_NUMBER})\s*[,;\s]\s*({_NUMBER})\s*\)?\]?", text)
    if pair:
        # « 48.11, -1.68 » in one cell is latitude first everywhere (open data portals, GPS): the order is not in doubt.
        first, second = float(pair[1]), float(pair[2])
        return Shape(point=(first, second) if in_france(first, second) else place((second, first)))
    raise ValueError(_("Ni un point ni un contour : écrivez POINT (longitude latitude), un POLYGON ou un GeoJSON."))


def _wkt(text: str, swap: bool) -> Shape:
    body = re.sub(r"(?i)^srid=\d+;\s*", "", text).strip()
    kind = re.match(r"(?i)(multipolygon|polygon|multipoint|point)\s*(?:zm?|m)?\s*", body)
    rest = body[kind.end() :] if kind else ""
    if kind is None or rest.count("(") != rest.count(")") or not rest.startswith("("):
        raise ValueError(_("Ce WKT est incomplet : vérifiez ses parenthèses."))
    name = kind[1].lower()
    if name in {"point", "multipoint"}:
        numbers = re.findall(_NUMBER, rest)
        if len(numbers) < 2 or re.search(r"[a-zA-Z…]|\.\.\.", re.sub(_NUMBER, "", rest)):
            raise ValueError(_("Ce point n’a pas ses deux coordonnées."))
        return Shape(point=place((float(numbers[0]), float(numbers[1])), swap=swap))
    groups = re.findall(r"\(([^()]+)\)", rest)
    if re.search(r"[^\d\s(),.+\-eE]|\.\.\.", rest) or not groups:
        raise ValueError(_("Ce contour contient autre chose que des coordonnées."))
    rings = [[_pair(p) for p in group.split(",")] for group in groups]
    # Each ring as a polygon of its own would fill holes: a ring belongs to the polygon whose parenthesis is still open.
    polygons = _by_polygon(rest, rings) if name == "multipolygon" else [rings]
    return Shape(outline=_outline(polygons, swap))


def _by_polygon(rest: str, rings: list[list[Position]]) -> list[list[list[Position]]]:
    polygons: list[list[list[Position]]] = []
    depth, ring = 0, iter(rings)
    for sign in re.findall(r"[()]", rest):
        depth += 1 if sign == "(" else -1
        if sign == "(" and depth == 2:
            polygons.append([])
        if sign == "(" and depth == 3:
            polygons[-1].append(next(ring))
    if not polygons or not all(polygons):
        raise ValueError(_("Ce WKT est incomplet : vérifiez ses parenthèses."))
    return polygons


def _pair(text: str) -> Position:
    numbers = text.split()
    try:
        return float(numbers[0]), float(numbers[1])
    except (ValueError, IndexError) as error:
        raise ValueError(_("Ce contour a un sommet sans ses deux coordonnées.")) from error


def _geojson(text: str, swap: bool) -> Shape:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("Ce GeoJSON ne se lit pas.")) from error
    geometry = (
        document.get("geometry") if isinstance(document, dict) and document.get("type") == "Feature" else document
    )
    facts: dict[str, Any] = geometry if isinstance(geometry, dict) else {}
    kind, coordinates = facts.get("type"), facts.get("coordinates") or []
    try:
        if kind == "Point":
            return Shape(point=place(_position(coordinates), swap=swap))
        if kind == "MultiPoint":
            return Shape(point=place(_position(coordinates[0]), swap=swap))
        if kind in {"Polygon", "MultiPolygon"}:
            polygons = [coordinates] if kind == "Polygon" else coordinates
            return Shape(outline=_outline([[[_position(p) for p in ring] for ring in one] for one in polygons], swap))
    except (TypeError, KeyError, IndexError) as error:
        raise ValueError(_("Ce GeoJSON n’a pas les coordonnées attendues.")) from error
    raise ValueError(_("Un point ou un polygone est attendu, pas « %(kind)s ».", kind=str(kind)[:40]))


def _position(value: Any) -> Position:
    x, y = value[0], value[1]
    if isinstance(x, bool) or isinstance(y, bool) or not isinstance(x, int | float) or not isinstance(y, int | float):
        raise TypeError
    return float(x), float(y)


def _outline(polygons: list[list[list[Position]]], swap: bool) -> str:
    """A MultiPolygon in degrees, rings closed; what crosses itself is mended later, by PostGIS."""
    vertices = sum(len(ring) for rings in polygons for ring in rings)
    if vertices > MOST_VERTICES:
        raise ValueError(_("Ce contour a plus de 20 000 sommets : simplifiez-le."))
    if not vertices:
        raise ValueError(_("Ce contour est vide."))
    placed = [[_ring([place(p, swap=swap) for p in ring]) for ring in rings] for rings in polygons]
    return json.dumps({"type": "MultiPolygon", "coordinates": placed})


def _ring(positions: list[Position]) -> list[Position]:
    closed = positions if positions[0] == positions[-1] else [*positions, positions[0]]
    if len(set(closed)) < 3:
        raise ValueError(_("Un contour a au moins trois sommets."))
    return closed
