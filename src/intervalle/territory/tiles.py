"""Vector tiles of communes and QPV perimeters, one SQL statement each, straight from PostGIS."""

import hashlib
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from sqlalchemy import Executable, text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.errors import NotFound
from intervalle.web import Db, Request

MAX_ZOOM = 18
TILE = "application/vnd.mapbox-vector-tile"
Z = Annotated[int, PathParameter(ge=0, le=MAX_ZOOM)]
X = Annotated[int, PathParameter(ge=0, lt=2**MAX_ZOOM)]
Y = Annotated[str, PathParameter(max_length=12)]  # « 1403.mvt »

# Two layers in one tile: communes from near, départements from afar. Lines are drawn to the pixel of their zoom.
COMMUNES = text(
    """
    WITH edge AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box, 20037508.34 * 2 / (256 * 2 ^ :z) AS pixel),
    near AS (
      SELECT code, name,
        ST_AsMVTGeom(ST_Simplify(ST_Transform(c.outline, 3857), edge.pixel), edge.box, 4096, 64, true) AS geom
      FROM communes c, edge
      WHERE c.outline && ST_Transform(edge.box, 4326) AND :z >= 8
    ),
    far AS (
      SELECT code, name,
        ST_AsMVTGeom(ST_Simplify(ST_Transform(d.outline, 3857), edge.pixel), edge.box, 4096, 64, true) AS geom
      FROM departments d, edge
      WHERE d.outline && ST_Transform(edge.box, 4326)
    )
    SELECT (SELECT coalesce(ST_AsMVT(near, 'communes', 4096, 'geom'), '') FROM near WHERE geom IS NOT NULL)
        || (SELECT coalesce(ST_AsMVT(far, 'departements', 4096, 'geom'), '') FROM far WHERE geom IS NOT NULL)
    """
)
QPV = text(
    """
    WITH edge AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box)
    SELECT ST_AsMVT(t, 'qpv', 4096, 'geom') FROM (
      SELECT code, name, vintage, official, ST_AsMVTGeom(ST_Transform(q.outline, 3857), edge.box, 4096, 64, true) AS geom
      FROM qpv_perimeters q, edge
      WHERE q.outline && ST_Transform(edge.box, 4326) AND :z >= 9
        AND (upper_inf(q.during) OR NOT EXISTS (SELECT 1 FROM qpv_perimeters n WHERE upper_inf(n.during) AND n.outline && q.outline))
    ) t WHERE geom IS NOT NULL
    """
)


def check_tile(z: int, x: int, y: int) -> None:
    """A tile outside the pyramid does not exist."""
    if z > MAX_ZOOM or x >= 2**z or y >= 2**z:
        raise NotFound


async def tile(
    request: Request, db: AsyncSession, statement: Executable, z: int, x: int, y: int, *, kept: int
) -> Response[bytes]:
    """One tile with its ETag; `kept` is how long (s) a browser may keep it without asking."""
    check_tile(z, x, y)
    content = bytes((await db.execute(statement, {"z": z, "x": x, "y": y})).scalar_one())
    return tagged(request, content, kept=kept)


def tagged(request: Request, content: bytes, *, kept: int) -> Response[bytes]:
    """A tile as it goes out: 304 when the browser has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={kept}"}
    if request.headers.get("If-None-Match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=TILE, headers=headers)


@get("/tuiles/communes/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def communes(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    return await tile(request, db, COMMUNES, z, x, row(y), kept=86_400)


@get("/tuiles/qpv/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def qpv(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    return await tile(request, db, QPV, z, x, row(y), kept=3_600)


def row(y: str) -> int:
    """The last part of the address comes with its extension: « 1403.mvt »."""
    digits = y.removesuffix(".mvt")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 7):
        raise NotFound
    return int(digits)


ROUTES: list[HTTPRouteHandler] = [communes, qpv]
