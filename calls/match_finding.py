"""New matches: what changed since the last time is set against the other side, and nothing else.

The database writes down what changed (`intervalle.guards_needs.QUEUE`); a test holds what is found here to what comparing
every lot with every need finds.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DateTime, Select, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calls import match_queries
from calls.match_rules import busy_times, drawn_round
from calls.need_models import MatchQueue, NeedMatch
from intervalle import clock
from premises.models import Lot, Premises

SLICE = 200  # lots and needs that are looked at in one transaction


async def find_new(db: AsyncSession) -> int:
    """All that is due; gives how many pairs were written down. Running it twice adds nothing."""
    total = 0
    while (found := await find_some(db)) is not None:
        total += found
    return total


async def find_some(db: AsyncSession) -> int | None:
    """The oldest changes that are due; None when nothing is left. Two runs at once share the work."""
    due = (
        select(MatchQueue.id)
        .where(MatchQueue.due <= clock.today())
        .order_by(MatchQueue.due, MatchQueue.id)
        .limit(SLICE)
        .with_for_update(skip_locked=True)
    )
    taken = delete(MatchQueue).where(MatchQueue.id.in_(due)).returning(MatchQueue.lot_id, MatchQueue.need_id)
    rows = (await db.execute(taken)).all()
    if not rows:
        return None
    found = await _of_lots(db, sorted({row.lot_id for row in rows if row.lot_id}))
    needs = sorted({row.need_id for row in rows if row.need_id})
    if needs:
        found += await _write(db, match_queries.lots_of_needs(needs))
    return found


async def _of_lots(db: AsyncSession, ids: Sequence[int]) -> int:
    if not ids:
        return 0
    public = (Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None))
    rows = await db.execute(
        select(Lot, Premises)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(Lot.id.in_(ids), *public)
        .order_by(Lot.id)
    )
    places = [(lot, premises) for lot, premises in rows]
    busy = await busy_times(db, [lot for lot, _premises in places])
    drawn = await drawn_round(db, [premises for _lot, premises in places])
    found = 0
    for lot, premises in places:
        needs, values = match_queries.fitting(lot, premises, busy.get(lot.id, ()), drawn.get(premises.id, ()))
        found += await _write(db, needs.params(values).add_columns(literal(lot.id)))
    return found


async def _write(db: AsyncSession, pairs: Select[*tuple[Any, ...]]) -> int:
    """Those not written down yet; their number."""
    dated = pairs.add_columns(literal(clock.now(), DateTime(timezone=True)))
    columns = ["need_id", "lot_id", "found_at"]
    new = insert(NeedMatch).from_select(columns, dated).on_conflict_do_nothing().returning(NeedMatch.id)
    return len((await db.execute(new)).all())
