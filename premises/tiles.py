"""Vector tiles of the published places, by the filters of the list: one SQL statement, public fields only.

Zoomed out, places that would touch are gathered in one cell with their count, all of them counted; from GATHER on, each
place is itself. From afar and unfiltered, the counts are those kept per cell (`premises.cells`): such a tile costs the
same whatever the size of the register. Land and brownfields show their outline once they are wide enough to be seen.
"""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.territory.tiles import X, Y, Z, check_tile, row, tagged
from intervalle.web import Db, Request
from premises import cells, queries, search, states
from premises.filters import Filters, read
from premises.models import Lot, Premises

GATHER = 14  # a tile of zoom 13 may hold a whole town: places one by one would weigh over 100 kB
DEEPER = 2  # a tile is gathered in 4 × 4 cells: a screen shows some fifty groups at most
OUTLINES = 12
BOX = func.ST_TileEnvelope(bindparam("z"), bindparam("x"), bindparam("y"))


def _inside(z: int, x: int, y: int, filters: Filters) -> list[ColumnElement[bool]]:
    """Published, as asked, and in the tile: its cells are one stretch of numbers."""
    stretch = cells.stretch(z, x, y, cells.DEEPEST)
    return [queries.published(), Premises.cell.between(*stretch), *search.conditions(filters, clock.today())]


def _each(z: int, x: int, y: int, filters: Filters) -> CTE:
    here = select(Premises.id, literal(1).label("places"), Premises.shown.label("centre"))
    return here.where(*_inside(z, x, y, filters)).cte("gathered")


def _gathered(z: int, x: int, y: int, filters: Filters) -> CTE:
    """One row per cell: how many places, their mean position, and which one where it stands alone."""
    cell = Premises.cell.op(">>")(literal_column(str(2 * (cells.DEEPEST - z - DEEPER))))
    centre = func.ST_Point(func.avg(func.ST_X(Premises.shown)), func.avg(func.ST_Y(Premises.shown)), 4326)
    return (
        select(func.min(Premises.id).label("id"), func.count().label("places"), centre.label("centre"))
        .where(*_inside(z, x, y, filters))
        .group_by(cell)
        .cte("gathered")
    )


def _kept(z: int, x: int, y: int) -> CTE:
    """The same from the sums kept per cell."""
    known = cells.sums(z, x, y, z + DEEPER).subquery("known")
    shift: Any = literal_column(str(2 * (cells.DEEPEST - z - DEEPER)))
    low, high = known.c.cell.op("<<")(shift), (known.c.cell + 1).op("<<")(shift) - 1
    alone = select(Premises.id).where(queries.published(), Premises.cell.between(low, high)).limit(1).scalar_subquery()
    one = case((known.c.places == 1, alone), else_=-known.c.cell)  # a group is named after its cell
    return select(one.label("id"), known.c.places, func.ST_Point(known.c.lon, known.c.lat, 4326).label("centre")).cte("gathered")  # fmt: skip


def gathered(z: int, x: int, y: int, filters: Filters) -> CTE:
    if z >= GATHER:
        return _each(z, x, y, filters)
    if z + DEEPER <= cells.BASE and not filters.active:
        return _kept(z, x, y)
    return _gathered(z, x, y, filters)


def _outlines(z: int, x: int, y: int, filters: Filters) -> Select[Any]:
    """Land drawn as it lies, for places whose owner is not masked; lines to the pixel of the zoom."""
    pixel = 40_075_016.68 / (256 * 2**z)
    around = func.ST_Transform(BOX, 4326)
    drawn = func.ST_AsMVTGeom(
        func.ST_Simplify(func.ST_Transform(Premises.outline, 3857), pixel / 2), BOX, 4096, 64, True
    )
    shown = (
        select(Premises.id, Premises.name, drawn.label("geom"))
        .where(
            queries.published(), Premises.outline.is_not(None), Premises.owner_masked.is_(False),
            Premises.outline.op("&&")(around), *search.conditions(filters, clock.today()),
        )
        .subquery("o")
    )  # fmt: skip
    return (
        select(func.ST_AsMVT(text("o"), "contours", 4096, "geom")).select_from(shown).where(shown.c.geom.is_not(None))
    )


def groups(z: int, x: int, y: int, filters: Filters) -> Select[Any]:
    """(tile, whether a place stands alone in it) of a zoom where places are gathered: what most tiles from afar need."""
    found = gathered(z, x, y, filters)
    drawn = select(found.c.id, found.c.places, func.ST_AsMVTGeom(func.ST_Transform(found.c.centre, 3857), BOX, 4096, 0, True).label("geom")).subquery("t")  # fmt: skip
    return select(
        func.ST_AsMVT(text("t"), "locaux", 4096, "geom"), func.coalesce(func.bool_or(drawn.c.places == 1), False)
    ).where(drawn.c.geom.is_not(None))


def statement(z: int, x: int, y: int, filters: Filters) -> Select[Any]:
    """What a place shows of itself is looked up after gathering: for the few that stand alone."""
    found = gathered(z, x, y, filters)
    lots = (
        select(func.sum(Lot.area).label("area"), func.count().label("lots"))
        .where(Lot.premises_id == Premises.id)
        .correlate(Premises)
        .lateral("of_place")
    )
    state = case((Premises.id.is_not(None), states.premises_state(clock.today())))
    drawn = (
        select(
            found.c.id, found.c.places, Premises.name, state.label("state"), cast(lots.c.area, Float).label("area"), lots.c.lots,
            func.ST_AsMVTGeom(func.ST_Transform(found.c.centre, 3857), BOX, 4096, 0, True).label("geom"),
        )
        .select_from(found)
        .outerjoin(Premises, (Premises.id == found.c.id) & (found.c.places == 1))
        .outerjoin(lots, text("true"))
    ).subquery("t")  # fmt: skip
    points = (
        select(func.ST_AsMVT(text("t"), "locaux", 4096, "geom")).select_from(drawn).where(drawn.c.geom.is_not(None))
    )
    if z < OUTLINES:
        return points
    return select(points.scalar_subquery().op("||")(_outlines(z, x, y, filters).scalar_subquery()))


async def content(db: AsyncSession, z: int, x: int, y: int, filters: Filters) -> bytes:
    """The tile. Two questions at most, whatever stands in it."""
    where = {"z": z, "x": x, "y": y}
    if z < OUTLINES:
        drawn, alone = (await db.execute(groups(z, x, y, filters), where)).one()
        if not alone:
            return bytes(drawn)
    return bytes((await db.execute(statement(z, x, y, filters), where)).scalar_one())


@get("/tuiles/locaux/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def places(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    number = row(y)
    check_tile(z, x, number)
    filters = read(dict(request.query_params.items())).without(sort="recent")
    return tagged(request, await content(db, z, x, number, filters), kept=60)


ROUTES: list[HTTPRouteHandler] = [places]
