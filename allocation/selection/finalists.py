"""Verbs on finalists: shortlist by an act with its reason (or by a vote, see `motions`), give each an hour to be heard."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import mails
from allocation.selection.meeting_models import Hearing, Shortlisting
from allocation.selection.meetings import check_lead, may_lead_on
from allocation.selection.models import Panel, Seat
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def shortlist(
    db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, application_id: int, *, kept: bool, reason: str
) -> Shortlisting:
    """Put a file among the finalists, or take it out; the last act holds."""
    await _lead(db, actor, call, leader, application_id)
    if not reason.strip():
        raise Refused(_("Dites pourquoi : le motif figure au procès-verbal."))
    act = Shortlisting(
        application_id=application_id,
        kept=kept,
        reason=reason.strip(),
        created_at=clock.now(),
        created_by_id=actor.user_id,
    )
    db.add(act)
    await _record(db, actor, call, "panel.shortlist", application_id, {"kept": kept, "reason": act.reason})
    return act


async def schedule(
    db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, application_id: int, *, starts_at: datetime,
    minutes: int, place: str,
) -> Hearing:  # fmt: skip
    """Give a finalist an hour; hearings of a panel do not overlap. The structure is told by mail."""
    panel = await _lead(db, actor, call, leader, application_id)
    if starts_at <= clock.now():
        raise Refused(_("Cette heure est passée."))
    for other in (
        await db.execute(select(Hearing).where(Hearing.panel_id == panel.id, Hearing.cancelled_at.is_(None)))
    ).scalars():
        if other.application_id == application_id:
            raise Refused(_("Cette structure a déjà son audition : annulez-la pour en changer."))
        if other.starts_at < starts_at + timedelta(minutes=minutes) and starts_at < other.starts_at + timedelta(
            minutes=other.minutes
        ):
            raise Refused(_("Une autre audition a lieu à cette heure."))
    hearing = Hearing(
        panel_id=panel.id, application_id=application_id, starts_at=starts_at, minutes=minutes, place=place.strip(),
        created_at=clock.now(),
    )  # fmt: skip
    db.add(hearing)
    await db.flush()
    application = (await db.execute(select(Application).where(Application.id == application_id))).scalar_one()
    await _record(
        db,
        actor,
        call,
        "panel.schedule_hearing",
        application_id,
        {"starts_at": starts_at.isoformat(), "minutes": minutes},
    )
    await mails.hearing(db, call, application, hearing)
    return hearing


async def cancel(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, hearing_id: int) -> None:
    """Give the hour back; the structure is told."""
    found = await db.execute(
        select(Hearing)
        .join(Panel, Panel.id == Hearing.panel_id)
        .where(Hearing.id == hearing_id, Panel.call_id == call.id, Hearing.cancelled_at.is_(None))
        .with_for_update(of=Hearing)
    )
    hearing = found.scalar_one_or_none()
    if hearing is None:
        raise NotFound
    await _lead(db, actor, call, leader, hearing.application_id)
    hearing.cancelled_at = clock.now()
    application = (await db.execute(select(Application).where(Application.id == hearing.application_id))).scalar_one()
    await _record(db, actor, call, "panel.cancel_hearing", hearing.application_id, {"hearing": hearing.id})
    await mails.hearing(db, call, application, hearing)


async def _lead(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, application_id: int) -> Panel:
    """The panel, locked, for somebody who leads it and is not set aside from this file."""
    check_lead(actor, call, leader)
    panel = (await db.execute(select(Panel).where(Panel.call_id == call.id).with_for_update())).scalar_one_or_none()
    if panel is None or panel.scoring_closed_at is None:
        raise Refused(_("Les finalistes se choisissent après la clôture de la notation."))
    await may_lead_on(db, actor, call, application_id)
    return panel


async def _record(
    db: AsyncSession, actor: Actor, call: Call, action: str, application_id: int, facts: dict[str, object]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application_id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
