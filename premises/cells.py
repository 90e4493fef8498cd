"""The map from afar: published places per cell, added up as they are written (triggers of `intervalle.guards`).

A cell is a tile of zoom 20; its number takes the bits of its two coordinates in turn, so that a tile of any lower zoom
holds one stretch of numbers. The sums stand per cell of zoom BASE.
"""

from typing import Any

from sqlalchemy import Select, delete, func, insert, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from premises.models import Cell

DEEPEST, BASE = 20, 11


def morton(x: int, y: int) -> int:
    """The number of a tile among those of its zoom: bits of x at even places, of y at odd ones."""
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(DEEPEST))


def stretch(z: int, x: int, y: int, zoom: int) -> tuple[int, int]:
    """First and last number of the cells of a deeper `zoom` inside a tile."""
    shift = 2 * (zoom - z)
    first = morton(x, y) << shift
    return first, first + (1 << shift) - 1


def sums(first: Any, last: Any, zoom: int) -> Select[int, int, float, float]:
    """(cell of `zoom`, places, mean longitude, mean latitude) of the published places of a stretch of BASE; `zoom` ≤ BASE."""
    cell = Cell.cell.op(">>")(literal_column(str(2 * (BASE - zoom))))
    places = func.sum(Cell.places)
    return (
        select(
            cell.label("cell"),
            places.label("places"),
            (func.sum(Cell.x) / places).label("lon"),
            (func.sum(Cell.y) / places).label("lat"),
        )
        .where(Cell.cell.between(first, last))
        .group_by(cell)
        .having(places > 0)
    )


async def published(db: AsyncSession) -> int:
    """How many places are published: as many additions as cells hold some, whatever the size of the register."""
    return int((await db.execute(select(func.coalesce(func.sum(Cell.places), 0)))).scalar_one())


async def gather_cells(db: AsyncSession) -> None:
    """One row per cell again; rows written meanwhile stay."""
    gone = delete(Cell).returning(Cell.cell, Cell.places, Cell.x, Cell.y).cte("gone")
    sums_ = (
        select(gone.c.cell, func.sum(gone.c.places), func.sum(gone.c.x), func.sum(gone.c.y))
        .group_by(gone.c.cell)
        .having(func.sum(gone.c.places) > 0)
    )
    await db.execute(insert(Cell).from_select(["cell", "places", "x", "y"], sums_))
