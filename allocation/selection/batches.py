"""The panel of a batch of a rolling call: that of the batch before, else the one composed for the rolling call itself.

Seats and rules are taken over, since whoever accepted the seat accepted it for the call; declarations are not: the files
are others. An expert called for some files of the batch before is not called for these. Staff may change it before the
opening.
"""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import mails
from allocation.selection.models import Panel, Seat
from calls.batches import GATHERED
from calls.models import Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import User

RULES = (
    "quorum",
    "readers_per_file",
    "reason_below",
    "reason_above",
    "anonymous",
    "college_weights",
    "college_quorums",
)
TERMS = ("user_id", "organisation_id", "college", "chair", "secretary", "voting")


async def take_over(db: AsyncSession, actor: Actor, call: Call, batch: Call) -> None:
    """Part of `calls.batches.gather`, in its transaction; its journal entry covers it. Those who sit are told."""
    found = await db.execute(
        select(Panel)
        .join(Call, Call.id == Panel.call_id)
        .where(or_(Call.id == call.id, Call.batch_of_id == call.id), Call.id != batch.id)
        .order_by((Call.id == call.id), Call.id.desc())
        .limit(1)
    )
    last = found.scalar_one_or_none()
    if last is None:
        return
    made = Panel(
        call_id=batch.id, created_by_id=actor.user_id, created_at=clock.now(), **{n: getattr(last, n) for n in RULES}
    )
    db.add(made)
    await db.flush()
    rows = await db.execute(
        select(Seat, User)
        .join(User, User.id == Seat.user_id)
        .where(Seat.panel_id == last.id, Seat.left_at.is_(None), User.disabled_at.is_(None), Seat.reads != "only")
        .order_by(Seat.alternate_of_id.is_not(None), Seat.id)
    )
    copies: dict[int, Seat] = {}
    for seat, user in rows.all():
        principal = copies.get(seat.alternate_of_id or 0)
        if seat.alternate_of_id and principal is None:
            continue
        copy = Seat(panel_id=made.id, created_at=clock.now(), **{name: getattr(seat, name) for name in TERMS})
        copy.alternate_of_id = principal.id if principal else None
        db.add(copy)
        await db.flush()
        copies[seat.id] = copy
        await mails.seated(db, batch, made, copy, user)


if take_over not in GATHERED:
    GATHERED.append(take_over)
