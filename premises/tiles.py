"""Vector tiles of the published places, by the filters of the list: one SQL statement, public fields only.

Zoomed out, points that would touch are gathered in one cell with their count; from GATHER on, each place is itself.
"""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import ColumnElement, Select, Text, bindparam, case, cast, func, literal, select

from intervalle import clock
from intervalle.territory.tiles import X, Y, Z, row, tile
from intervalle.web import Db, Request
from premises import queries, search, states
from premises.models import Lot, Premises

GATHER = 13
CELLS = 4  # per side of a tile: a screen shows some fifty groups at most
WORLD = 40_075_016.68  # metres around the equator, in EPSG:3857
# A masked place stands up to MASK metres from its true point: the neighbourhood of the tile is read too.
AROUND = 0.005


def _shown(z: int, filters: search.Filters, box: ColumnElement[object]) -> Select[object]:
    on = clock.today()
    area = select(func.sum(Lot.area)).where(Lot.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    lots = select(func.count(Lot.id)).where(Lot.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    state = states.premises_state(on) if z >= GATHER else literal("none")
    return select(
        Premises.id, Premises.name, area.label("area"), lots.label("lots"), state.label("state"),
        func.ST_Transform(queries.shown_point(), 3857).label("geom"),
    ).where(
        queries.published(), *search.conditions(filters, on),
        Premises.point.op("&&")(func.ST_Expand(func.ST_Transform(box, 4326), AROUND)),
    )  # fmt: skip


def statement(z: int, filters: search.Filters) -> Select[bytes]:
    box = func.ST_TileEnvelope(bindparam("z"), bindparam("x"), bindparam("y"))
    shown = _shown(z, filters, box).cte("shown")
    cell = WORLD / (2**z * CELLS)
    key = cast(shown.c.id, Text) if z >= GATHER else func.ST_AsText(func.ST_SnapToGrid(shown.c.geom, cell))
    alone = func.count() == 1
    gathered = (
        select(
            func.min(shown.c.id).label("id"), func.count().label("places"),
            case((alone, func.min(shown.c.name))).label("name"), case((alone, func.min(shown.c.state))).label("state"),
            case((alone, func.min(shown.c.lots))).label("lots"), func.sum(shown.c.area).label("area"),
            func.ST_Centroid(func.ST_Collect(shown.c.geom)).label("centre"),
        ).group_by(key)
    ).cte("gathered")  # fmt: skip
    drawn = select(
        gathered.c.id, gathered.c.places, gathered.c.name, gathered.c.state, gathered.c.lots,
        cast(gathered.c.area, Text).label("area"),
        func.ST_AsMVTGeom(gathered.c.centre, box, 4096, 0, True).label("geom"),
    ).subquery("t")  # fmt: skip
    return select(func.ST_AsMVT(drawn.table_valued(), "locaux", 4096, "geom")).where(drawn.c.geom.is_not(None))


@get("/tuiles/locaux/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def places(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    filters = search.read(dict(request.query_params.items()))
    return await tile(request, db, statement(z, filters), z, x, row(y), kept=60)


ROUTES: list[HTTPRouteHandler] = [places]
