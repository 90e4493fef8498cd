"""What the whole register holds, at a cost that does not grow with it."""

from decimal import Decimal

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from premises import cells, queries, states
from premises.models import Lot, Premises, RegisterFigures

# Lots up to which the area is added up while the page is made; beyond, by a job, every quarter of an hour.
AT_ONCE = 20_000


async def published(db: AsyncSession) -> int:
    return await cells.published(db)


async def free_area(db: AsyncSession) -> Decimal | None:
    """m² that can be asked for today; None for a large register whose area was not added up yet."""
    # The planner's own estimate: no counting to decide whether to count.
    size = (await db.execute(text("SELECT reltuples FROM pg_class WHERE oid = 'lots'::regclass"))).scalar_one()
    if size <= AT_ONCE:
        return await _add(db)
    kept = await db.execute(select(RegisterFigures.area).order_by(RegisterFigures.id.desc()).limit(1))
    return kept.scalar_one_or_none()


async def _add(db: AsyncSession) -> Decimal:
    area = (
        select(func.coalesce(func.sum(Lot.area), 0))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(queries.published(), states.free(clock.today()))
    )
    return Decimal((await db.execute(area)).scalar_one())


async def add_up(db: AsyncSession) -> None:
    """Keep today's area for the front page."""
    area = await _add(db)
    await db.execute(delete(RegisterFigures))
    db.add(RegisterFigures(area=area, counted_at=clock.now()))
    await db.flush()
