"""Vector tiles of the published places, by the filters of the list: one SQL statement, public fields only.

Places that would touch are gathered in one cell with their count, all of them counted; from GATHER on, each place is
itself. From afar and unfiltered, the counts are those kept per cell (`premises.cells`): such a tile costs the
same whatever the size of the register. Land and brownfields show their outline once they are wide enough to be seen.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from psycopg import sql
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.territory.tiles import X, Y, Z, check_tile, row, tagged
from intervalle.web import Request
from premises import cells, queries, search, states
from premises.filters import Filters, read
from premises.models import Lot, Premises

GATHER = 16  # places one by one: nearer, they stand farther apart than a pin is wide
NEAR = 14  # from here a tile is gathered in 8 × 8 cells, each as wide as a pin
OUTLINES = 12
X_, Y_ = bindparam("x", type_=Integer), bindparam("y", type_=Integer)
DIALECT: Any = psycopg.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
OPEN = {"x", "y", "low", "high", "now"}
LOW, HIGH = bindparam("low", type_=BigInteger), bindparam("high", type_=BigInteger)


def where(z: int, x: int, y: int) -> dict[str, int]:
    """The values of a tile: its cells are one stretch of numbers."""
    low, high = cells.stretch(z, x, y, cells.DEEPEST)
    return {"x": x, "y": y, "low": low, "high": high}


def _deeper(z: int) -> int:
    """Zooms between a tile and its cells: a screen shows some fifty groups at most, and more from near."""
    return 3 if z >= NEAR else 2


def _box(z: int) -> Any:
    return func.ST_TileEnvelope(z, X_, Y_)


def _inside(filters: Filters, on: date) -> list[ColumnElement[bool]]:
    """Published, as asked, and in the tile."""
    return [queries.published(), Premises.cell.between(LOW, HIGH), *search.conditions(filters, on)]


def _each(filters: Filters, on: date) -> CTE:
    here = select(Premises.id, literal_column("1").label("places"), Premises.shown.label("centre"))
    return here.where(*_inside(filters, on)).cte("gathered")


def _gathered(z: int, filters: Filters, on: date) -> CTE:
    """One row per cell: how many places, their mean position, and which one where it stands alone."""
    cell = Premises.cell.op(">>")(literal_column(str(2 * (cells.DEEPEST - z - _deeper(z)))))
    centre = func.ST_Point(func.avg(func.ST_X(Premises.shown)), func.avg(func.ST_Y(Premises.shown)), 4326)
    return (
        select(func.min(Premises.id).label("id"), func.count().label("places"), centre.label("centre"))
        .where(*_inside(filters, on))
        .group_by(cell)
        .cte("gathered")
    )


def _kept(z: int) -> CTE:
    """The same from the sums kept per cell."""
    base: Any = literal_column(str(2 * (cells.DEEPEST - cells.BASE)))
    known = cells.sums(LOW.op(">>")(base), HIGH.op(">>")(base), z + _deeper(z)).subquery("known")
    shift: Any = literal_column(str(2 * (cells.DEEPEST - z - _deeper(z))))
    low, high = known.c.cell.op("<<")(shift), (known.c.cell + 1).op("<<")(shift) - 1
    alone = select(Premises.id).where(queries.published(), Premises.cell.between(low, high)).limit(1).scalar_subquery()
    one = case((known.c.places == 1, alone), else_=-known.c.cell)  # a group is named after its cell
    return select(one.label("id"), known.c.places, func.ST_Point(known.c.lon, known.c.lat, 4326).label("centre")).cte("gathered")  # fmt: skip


def gathered(z: int, filters: Filters, on: date) -> CTE:
    if z >= GATHER:
        return _each(filters, on)
    if z + _deeper(z) <= cells.BASE and not filters.active:
        return _kept(z)
    return _gathered(z, filters, on)


def _outlines(z: int, filters: Filters, on: date) -> Select[Any]:
    """Land drawn as it lies, for places whose owner is not masked; lines to the pixel of the zoom."""
    pixel = 40_075_016.68 / (256 * 2**z)
    around = func.ST_Transform(_box(z), 4326)
    drawn = func.ST_AsMVTGeom(
        func.ST_Simplify(func.ST_Transform(Premises.outline, 3857), pixel / 2), _box(z), 4096, 64, True
    )
    shown = (
        select(Premises.id, Premises.name, drawn.label("geom"))
        .where(
            queries.published(), Premises.outline.is_not(None), Premises.owner_masked.is_(False),
            Premises.outline.op("&&")(around), *search.conditions(filters, on),
        )
        .subquery("o")
    )  # fmt: skip
    return (
        select(func.ST_AsMVT(text("o"), "contours", 4096, "geom")).select_from(shown).where(shown.c.geom.is_not(None))
    )


def _drawn(z: int, centre: Any) -> Any:
    """A point in a tile's own units. Its cell says that it is in the tile: nothing is left to clip."""
    return func.ST_AsMVTGeom(func.ST_Transform(centre, 3857), _box(z), 4096, 0, False).label("geom")


@lru_cache(maxsize=512)
def groups(z: int, filters: Filters, on: date) -> Select[Any]:
    """(tile, whether a place stands alone in it) of a zoom where places are gathered: what most tiles need."""
    found = gathered(z, filters, on)
    drawn = select(found.c.id, found.c.places, _drawn(z, found.c.centre)).subquery("t")
    alone = func.coalesce(func.bool_or(drawn.c.places == 1), False)
    return select(func.ST_AsMVT(text("t"), "locaux", 4096, "geom"), alone).select_from(drawn)


@lru_cache(maxsize=512)
def statement(z: int, filters: Filters, on: date) -> Select[Any]:
    """What a place shows of itself is looked up after gathering: for the few that stand alone."""
    found = gathered(z, filters, on)
    lots = (
        select(func.sum(Lot.area).label("area"), func.count().label("lots"))
        .where(Lot.premises_id == Premises.id)
        .correlate(Premises)
        .lateral("of_place")
    )
    state = case((Premises.id.is_not(None), states.premises_state(on)))
    drawn = (
        select(
            found.c.id, found.c.places, Premises.name, state.label("state"), cast(lots.c.area, Float).label("area"), lots.c.lots,
            _drawn(z, found.c.centre),
        )
        .select_from(found)
        .outerjoin(Premises, (Premises.id == found.c.id) & (found.c.places == 1))
        .outerjoin(lots, text("true"))
    ).subquery("t")  # fmt: skip
    points = select(func.ST_AsMVT(text("t"), "locaux", 4096, "geom")).select_from(drawn)
    if z < OUTLINES:
        return points
    return select(points.scalar_subquery().op("||")(_outlines(z, filters, on).scalar_subquery()))


@lru_cache(maxsize=64)
def _written(made: Callable[[int, Filters, date], Select[Any]], z: int, on: date) -> str:
    """The statement of a tile nobody filtered, as PostgreSQL reads it; what changes from tile to tile is left open."""
    compiled = made(z, Filters(), on).compile(dialect=DIALECT)
    ready = compiled.construct_expanded_state(where(z, 0, 0))
    words = ready.statement
    for name, value in ready.parameters.items():
        if name not in OPEN:
            words = words.replace(f"%({name})s", sql.Literal(value).as_string(None).replace("%", "%%"))
    return words


async def _ask(
    db: AsyncSession, made: Callable[..., Select[Any]], z: int, filters: Filters, here: dict[str, int]
) -> Any:
    on = clock.today()
    if filters.active:
        return (await db.execute(made(z, filters, on), here)).one()
    plain = await db.connection()
    return (await plain.exec_driver_sql(_written(made, z, on), here | {"now": clock.now()})).one()


async def content(db: AsyncSession, z: int, x: int, y: int, filters: Filters) -> bytes:
    """The tile. Two questions at most, whatever stands in it."""
    here = where(z, x, y)
    if z < OUTLINES:
        drawn, alone = await _ask(db, groups, z, filters, here)
        if not alone:
            return bytes(drawn)
    (drawn,) = await _ask(db, statement, z, filters, here)
    return bytes(drawn)


@get("/tuiles/locaux/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def places(request: Request, z: Z, x: X, y: Y) -> Response[bytes]:
    """Open to all and the same for all: nobody's session is looked up. What nobody filtered has its plan ready."""
    number = row(y)
    check_tile(z, x, number)
    filters = read(dict(request.query_params.items())).without(sort="recent")
    state = request.app.state
    async with (state.sessions if filters.active else state.asked_often)() as db:
        return tagged(request, await content(db, z, x, number, filters), kept=60)


ROUTES: list[HTTPRouteHandler] = [places]
