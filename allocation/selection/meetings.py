"""Verbs of a session: open and close it, note who is there, put a file before the panel.

Staff of the organiser may do all of it; so may the chair and the secretary, from their own seat.
"""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.meeting_models import Discussion, Meeting, Motion, Presence
from allocation.selection.models import Panel, Seat
from allocation.selection.queries import open_to, submitted
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


def check_lead(actor: Actor, call: Call, seat: Seat | None) -> None:
    """Chair and secretary by their seat, staff by their organisation; the call is still to be ranked in both cases."""
    if seat is not None and POLICY.can(actor, "panel.preside", seat):
        if call.stage() != "closed":
            raise Refused(_("Le classement est arrêté : la commission a fini."))
        return
    POLICY.check(actor, "panel.meet", call)


async def open_meeting(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None) -> Meeting:
    """Open the session, once the blind phase is over: marks of all are on the table."""
    check_lead(actor, call, seat)
    panel = (await db.execute(select(Panel).where(Panel.call_id == call.id).with_for_update())).scalar_one_or_none()
    if panel is None or panel.scoring_closed_at is None:
        raise Refused(_("La séance s’ouvre après la clôture de la notation : chacun note d’abord seul."))
    await db.refresh(call)  # the ranking holds the panel's row while it freezes: look again once it is ours
    check_lead(actor, call, seat)
    if (await db.execute(select(Meeting.id).where(Meeting.panel_id == panel.id, Meeting.closed_at.is_(None)))).first():
        raise Refused(_("Une séance est déjà ouverte pour cette commission."))
    meeting = Meeting(panel_id=panel.id, opened_at=clock.now(), opened_by_id=actor.user_id, version=1)
    db.add(meeting)
    await db.flush()
    await record(db, actor, call, meeting, "panel.open_meeting", {})
    return meeting


async def close_meeting(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None) -> Meeting:
    """End the session: everybody leaves, the point under discussion ends. An open vote must be closed first."""
    check_lead(actor, call, seat)
    meeting = await current_meeting(db, call)
    if (await db.execute(select(Motion.id).where(Motion.meeting_id == meeting.id, Motion.closed_at.is_(None)))).first():
        raise Refused(_("Un vote est ouvert : proclamez-en d’abord le résultat."))
    now = clock.now()
    for table in (Presence, Discussion):
        ended = Presence.left_at if table is Presence else Discussion.ended_at
        await db.execute(update(table).where(table.meeting_id == meeting.id, ended.is_(None)).values({ended.key: now}))
    meeting.closed_at, meeting.closed_by_id = now, actor.user_id
    await record(db, actor, call, meeting, "panel.close_meeting", {})
    return meeting


async def arrive(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, seat_id: int) -> None:
    """Note a member present: oneself, or anybody by whoever leads the session."""
    seat = await _seat(db, actor, call, leader, seat_id)
    meeting = await current_meeting(db, call)
    if await is_here(db, meeting, seat.id):
        return  # pressed twice: once is enough
    db.add(Presence(meeting_id=meeting.id, seat_id=seat.id, arrived_at=clock.now()))
    await record(db, actor, call, meeting, "panel.arrive", {"seat": seat.id})


async def depart(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, seat_id: int) -> None:
    """Note that a member left the room."""
    seat = await _seat(db, actor, call, leader, seat_id)
    meeting = await current_meeting(db, call)
    left = await db.execute(
        update(Presence)
        .where(Presence.meeting_id == meeting.id, Presence.seat_id == seat.id, Presence.left_at.is_(None))
        .values(left_at=clock.now())
        .returning(Presence.id)
    )
    if left.first():
        await record(db, actor, call, meeting, "panel.depart", {"seat": seat.id})


async def discuss(db: AsyncSession, actor: Actor, call: Call, seat: Seat | None, application_id: int | None) -> None:
    """Put a file before the panel (the one before ends), or none. Never a file the leader is set aside from."""
    check_lead(actor, call, seat)
    meeting = await current_meeting(db, call)
    if application_id is not None:
        await may_lead_on(db, actor, call, application_id)
    if not await end_point(db, meeting, application_id=application_id):
        return
    if application_id is not None:
        db.add(Discussion(meeting_id=meeting.id, application_id=application_id, started_at=clock.now()))
    await record(db, actor, call, meeting, "panel.discuss", {"application": application_id})


async def end_point(
    db: AsyncSession, meeting: Meeting, *, application_id: int | None = None, item_id: int | None = None
) -> bool:
    """End the point under discussion to make room for another; False when that other one is under discussion already."""
    found = await db.execute(
        select(Discussion).where(Discussion.meeting_id == meeting.id, Discussion.ended_at.is_(None))
    )
    current = found.scalar_one_or_none()
    if current is None:
        return True
    if (current.application_id, current.item_id) == (application_id, item_id):
        return False
    current.ended_at = clock.now()
    await db.flush()
    return True


async def may_lead_on(db: AsyncSession, actor: Actor, call: Call, application_id: int) -> None:
    """Refused (404) on a file that is not open to this person: set aside from it, or called as an expert for others."""
    seen = select(Application.id).where(Application.id == application_id, submitted(call.id), open_to(actor))
    if (await db.execute(seen)).first() is None:
        raise NotFound


async def _seat(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, seat_id: int) -> Seat:
    found = await db.execute(
        select(Seat)
        .join(Panel, Panel.id == Seat.panel_id)
        .where(Seat.id == seat_id, Panel.call_id == call.id, Seat.left_at.is_(None))
    )
    seat = found.scalar_one_or_none()
    if seat is None:
        raise NotFound
    if not POLICY.can(actor, "panel.attend", seat):
        check_lead(actor, call, leader)
    if seat.declared_at is None:
        raise Refused(_("Avant d’entrer en séance, déclarez vos liens avec les structures candidates."))
    return seat


async def current_meeting(db: AsyncSession, call: Call) -> Meeting:
    """The open session, locked: acts of one session come one after the other."""
    found = await db.execute(
        select(Meeting)
        .join(Panel, Panel.id == Meeting.panel_id)
        .where(Panel.call_id == call.id, Meeting.closed_at.is_(None))
        .with_for_update(of=Meeting)
        .execution_options(populate_existing=True)
    )
    meeting = found.scalar_one_or_none()
    if meeting is None:
        raise Refused(_("Aucune séance n’est ouverte."))
    return meeting


async def is_here(db: AsyncSession, meeting: Meeting, seat_id: int) -> bool:
    found = await db.execute(
        select(Presence.id).where(
            Presence.meeting_id == meeting.id, Presence.seat_id == seat_id, Presence.left_at.is_(None)
        )
    )
    return found.first() is not None


async def record(
    db: AsyncSession, actor: Actor, call: Call, meeting: Meeting, action: str, facts: dict[str, object]
) -> None:
    """One entry in the journal, and one more on the meeting's counter: every screen looks again."""
    meeting.version += 1
    await journal.record(
        db, chain=call.chain, action=action, subject=f"meeting:{meeting.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=facts,
    )  # fmt: skip
