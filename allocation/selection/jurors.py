"""Tells the accounts room who holds a seat, so that jurors are asked for a second factor."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.models import Seat
from intervalle.accounts.sessions import JUROR_QUESTIONS


async def holds_a_seat(db: AsyncSession, user_id: int) -> bool:
    """Whether the person sits, or is called to sit, in any panel."""
    held = exists().where(Seat.user_id == user_id, Seat.left_at.is_(None))
    return bool((await db.execute(select(held))).scalar_one())


if holds_a_seat not in JUROR_QUESTIONS:
    JUROR_QUESTIONS.append(holds_a_seat)
