"""Vector tiles of the published places, by the filters of the list: one SQL statement, public fields only.

Zoomed out, points that would touch are gathered in one cell with their count; from GATHER on, each place is itself.
"""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import CTE, ColumnElement, Float, Select, bindparam, case, cast, func, select, text

from intervalle import clock
from intervalle.territory.tiles import X, Y, Z, row, tile
from intervalle.web import Db, Request
from premises import queries, search, states
from premises.filters import Filters, read
from premises.models import Lot, Premises

GATHER = 13
CELLS = 4  # per side of a tile: a screen shows some fifty groups at most
WORLD = 40_075_016.68  # metres around the equator, in EPSG:3857
# A masked place stands up to MASK metres from its true point: the neighbourhood of the tile is read too.
AROUND = 0.005


def _shown(filters: Filters, box: ColumnElement[Any]) -> CTE:
    """Where the places that match stand, in and around the tile."""
    around = func.ST_Expand(func.ST_Transform(box, 4326), AROUND)
    wanted = select(Premises.id, func.ST_Transform(queries.shown_point(), 3857).label("geom")).where(
        queries.published(), Premises.point.op("&&")(around), *search.conditions(filters, clock.today())
    )
    return wanted.cte("shown")


def _gathered(shown: CTE, z: int) -> CTE:
    """One row per cell (its edges are those of tiles, so that no cell is cut in two), or per place from near."""
    cell = WORLD / (2**z * CELLS)
    key = [shown.c.id] if z >= GATHER else [func.floor(axis(shown.c.geom) / cell) for axis in (func.ST_X, func.ST_Y)]
    return (
        select(
            func.min(shown.c.id).label("id"),
            func.count().label("places"),
            func.ST_Centroid(func.ST_Collect(shown.c.geom)).label("centre"),
        )
        .group_by(*key)
        .cte("gathered")
    )


def statement(z: int, filters: Filters) -> Select[bytes]:
    """What a place shows of itself is looked up after gathering: for the few that stand alone."""
    box = func.ST_TileEnvelope(bindparam("z"), bindparam("x"), bindparam("y"))
    cells = _gathered(_shown(filters, box), z)
    of_place = select(func.sum(Lot.area)).where(Lot.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    lots = select(func.count(Lot.id)).where(Lot.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    state = case((Premises.id.is_not(None), states.premises_state(clock.today())))
    drawn = (
        select(
            cells.c.id, cells.c.places, Premises.name, state.label("state"), cast(of_place, Float).label("area"),
            lots.label("lots"), func.ST_AsMVTGeom(cells.c.centre, box, 4096, 0, True).label("geom"),
        )
        .select_from(cells)
        .outerjoin(Premises, (Premises.id == cells.c.id) & (cells.c.places == 1))
    ).subquery("t")  # fmt: skip
    return select(func.ST_AsMVT(text("t"), "locaux", 4096, "geom")).select_from(drawn).where(drawn.c.geom.is_not(None))


@get("/tuiles/locaux/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def places(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    filters = read(dict(request.query_params.items()))
    return await tile(request, db, statement(z, filters), z, x, row(y), kept=60)


ROUTES: list[HTTPRouteHandler] = [places]
