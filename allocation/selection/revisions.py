"""A mark changed in session, by its author, with the reason; the mark before is kept for good."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.meeting_models import MarkChange, Meeting
from allocation.selection.meetings import current_meeting, is_here, record
from allocation.selection.models import Mark, ScoreSheet, Seat
from allocation.selection.queries import applications_for_juror, scoring_seats
from calls.models import Application, Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.web import one_or_404


async def revise(
    db: AsyncSession, actor: Actor, call: Call, seat: Seat, application_id: int, criterion_id: int, *,
    value: int | None, reason: str,
) -> MarkChange:  # fmt: skip
    """Change one of one's own marks before everybody; None is « non évalué ». Refused out of session."""
    POLICY.check(actor, "panel.attend", seat)
    if call.stage() != "closed":
        raise Refused(_("Le classement est arrêté : les notes ne changent plus."))
    meeting = await current_meeting(db, call)
    application = one_or_404(await db.execute(applications_for_juror(seat).where(Application.id == application_id)))
    await _entitled(db, meeting, seat)
    if not reason.strip():
        raise Refused(_("Dites ce qui a changé votre avis : le motif figure au procès-verbal."))
    sheet, mark = await _own_mark(db, seat, application, criterion_id)
    if mark.value == value:
        raise Refused(_("C’est déjà votre note."))
    change = MarkChange(
        meeting_id=meeting.id, sheet_id=sheet.id, criterion_id=criterion_id, before=mark.value, after=value,
        reason=reason.strip(), created_at=clock.now(),
    )  # fmt: skip
    db.add(change)
    mark.value, mark.answered = value, True
    sheet.version += 1
    await record(db, actor, call, meeting, "panel.revise", {
        "file": application.label, "criterion": criterion_id, "before": change.before, "after": value, "reason": change.reason,
    })  # fmt: skip
    return change


async def _entitled(db: AsyncSession, meeting: Meeting, seat: Seat) -> None:
    voter = await db.execute(select(Seat.id).where(Seat.id == seat.id, scoring_seats(meeting.panel_id)))
    if voter.first() is None:
        raise Refused(_("Votre siège ne donne pas de voix."))
    if not await is_here(db, meeting, seat.id):
        raise Refused(_("Une note change en séance : notez d’abord votre présence."))


async def _own_mark(
    db: AsyncSession, seat: Seat, application: Application, criterion_id: int
) -> tuple[ScoreSheet, Mark]:
    found = await db.execute(
        select(ScoreSheet, Mark)
        .join(Mark, Mark.sheet_id == ScoreSheet.id)
        .where(
            ScoreSheet.seat_id == seat.id, ScoreSheet.application_id == application.id, Mark.criterion_id == criterion_id,
            ScoreSheet.submitted_at.is_not(None), ScoreSheet.abstained.is_(False),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
