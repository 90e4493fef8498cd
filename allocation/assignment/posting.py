"""What every notification does alike, the first day, by a corrective act, or from the reserve: a letter kept and posted
with its message, and the award that goes with a place."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.help_in_kind import value_of
from allocation.assignment.letters import Letter, answer_until
from allocation.assignment.models import Award
from allocation.assignment.problem import HALF_DAYS
from allocation.assignment.recipients import recipient_of
from calls.models import Application, CallVersion
from intervalle import clock, files, mail
from intervalle.accounts.actor import Actor
from premises.models import Lot


async def post(
    db: AsyncSession, actor: Actor, letter: Letter, pdf: bytes, *, said: tuple[str, str], dedupe: str
) -> tuple[int, int | None]:
    """(file kept, message written) in this transaction; `said` is the message's subject and text."""
    stored = await files.keep(
        db, name=letter.file_name, content=pdf, content_type="application/pdf", audience="parties", scan="own",
        owner_id=letter.organisation.id, user_id=actor.user_id,
    )  # fmt: skip
    to, user_id = await recipient_of(db, letter.application, letter.organisation)
    message_id = await mail.post(
        db, to=to, user_id=user_id, subject=said[0], text=said[1], kind="decision", dedupe=dedupe, about=f"application:{letter.application.id}",
        attachment_id=stored.id,
    )  # fmt: skip
    return stored.id, message_id


def award(
    version: CallVersion, application: Application, lot: Lot, area: Decimal, *, week: Sequence[str] | None,
    score: Decimal | None, at: datetime,
) -> Award:  # fmt: skip
    """A place given at that instant. `week`: its half-days as the problem document names them, None for the whole week."""
    return Award(
        call_id=application.call_id, application_id=application.id, organisation_id=application.organisation_id,
        lot_id=lot.id, area=area, slots=[HALF_DAYS.index(name) for name in week or ()], score=score, created_at=at,
        released_at=at, offer_expires_at=answer_until(at.astimezone(clock.PARIS).date()),
        reference_value_cents=value_of(lot, version, area, len(week or ())),
    )  # fmt: skip
