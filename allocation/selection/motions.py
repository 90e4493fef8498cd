"""Verbs of a vote in session: put a question, vote, proclaim, take back. Whoever is set aside from the file has no part in it."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection.meeting_models import CHOICES, Ballot, Meeting, Motion, Presence, Shortlisting
from allocation.selection.meetings import check_lead, current_meeting, is_here, may_lead_on, record
from allocation.selection.models import Seat
from allocation.selection.queries import scoring_seats, seats_apart
from allocation.selection.votes import outcome_of
from calls.models import Call
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def propose(
    db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, *, question: str,
    application_id: int | None = None, shortlists: bool = False,
) -> Motion:  # fmt: skip
    """Put a question to the vote; one at a time."""
    check_lead(actor, call, leader)
    meeting = await current_meeting(db, call)
    if application_id is not None:
        await may_lead_on(db, actor, call, application_id)
    if not question.strip():
        raise Refused(_("Écrivez la question sur laquelle la commission vote."))
    if shortlists and application_id is None:
        raise Refused(_("Une présélection porte sur un dossier : choisissez-le."))
    if (await db.execute(select(Motion.id).where(Motion.meeting_id == meeting.id, Motion.closed_at.is_(None)))).first():
        raise Refused(_("Un vote est déjà ouvert : proclamez-en d’abord le résultat."))
    motion = Motion(
        meeting_id=meeting.id, application_id=application_id, question=question.strip(), shortlists=shortlists,
        opened_at=clock.now(),
    )  # fmt: skip
    db.add(motion)
    await db.flush()
    await record(
        db,
        actor,
        call,
        meeting,
        "panel.propose",
        {"motion": motion.id, "application": application_id, "question": motion.question},
    )
    return motion


async def vote(db: AsyncSession, actor: Actor, call: Call, seat: Seat, motion_id: int, choice: str) -> None:
    """One ballot for each member present; it may change until the result is proclaimed."""
    POLICY.check(actor, "panel.attend", seat)
    meeting = await current_meeting(db, call)
    motion = await _open_motion(db, meeting, motion_id)
    if choice not in CHOICES:
        raise Refused(_("Votez pour, contre, ou abstenez-vous."))
    if await _apart(db, meeting, seat.id, motion):
        raise NotFound  # for this member the vote does not exist
    voter = await db.execute(select(Seat.id).where(Seat.id == seat.id, scoring_seats(meeting.panel_id)))
    if voter.first() is None:
        raise Refused(_("Votre siège ne donne pas de voix."))
    if not await is_here(db, meeting, seat.id):
        raise Refused(_("Seuls les membres présents votent : notez d’abord votre présence."))
    statement = insert(Ballot).values(motion_id=motion.id, seat_id=seat.id, choice=choice, created_at=clock.now())
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["motion_id", "seat_id"], set_={"choice": statement.excluded.choice}
        )
    )
    # The journal says that a ballot was cast, never which way: votes are told by their count.
    await record(db, actor, call, meeting, "panel.vote", {"motion": motion.id})


async def proclaim(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, motion_id: int) -> Motion:
    """Close the vote: adopted by more for than against; a tie goes as the chair voted, else it is rejected."""
    meeting, motion = await _led(db, actor, call, leader, motion_id)
    counts, chair = await _ballots(db, meeting, motion)
    if not counts:
        raise Refused(_("Personne n’a voté."), _("Attendez les votes, ou retirez la question."))
    motion.outcome, motion.closed_at = outcome_of(counts, chair), clock.now()
    if motion.shortlists and motion.application_id is not None:
        db.add(
            Shortlisting(
                application_id=motion.application_id, kept=motion.outcome == "adopted", reason=motion.question,
                motion_id=motion.id, created_at=clock.now(), created_by_id=actor.user_id,
            )
        )  # fmt: skip
    await record(db, actor, call, meeting, "panel.proclaim", {
        "motion": motion.id, "application": motion.application_id, "outcome": motion.outcome,
        **{choice: counts[choice] for choice in CHOICES},
    })  # fmt: skip
    return motion


async def withdraw(db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, motion_id: int) -> Motion:
    """Take a question back, as long as nobody has voted on it: a vote that began is proclaimed."""
    meeting, motion = await _led(db, actor, call, leader, motion_id)
    if (await db.execute(select(Ballot.id).where(Ballot.motion_id == motion.id).limit(1))).first():
        raise Refused(_("Le vote a commencé : proclamez-en le résultat."))
    motion.outcome, motion.closed_at = "withdrawn", clock.now()
    await record(db, actor, call, meeting, "panel.withdraw_motion", {"motion": motion.id})
    return motion


async def _led(
    db: AsyncSession, actor: Actor, call: Call, leader: Seat | None, motion_id: int
) -> tuple[Meeting, Motion]:
    """The open question, for somebody who leads the session and has a part in the file it is about."""
    check_lead(actor, call, leader)
    meeting = await current_meeting(db, call)
    motion = await _open_motion(db, meeting, motion_id)
    if motion.application_id is not None:
        await may_lead_on(db, actor, call, motion.application_id)
    return meeting, motion


async def _open_motion(db: AsyncSession, meeting: Meeting, motion_id: int) -> Motion:
    found = await db.execute(
        select(Motion).where(Motion.id == motion_id, Motion.meeting_id == meeting.id).with_for_update()
    )
    motion = found.scalar_one_or_none()
    if motion is None:
        raise NotFound
    if motion.closed_at:
        raise Refused(_("Ce vote est clos."))
    return motion


async def _ballots(db: AsyncSession, meeting: Meeting, motion: Motion) -> tuple[Counter[str], str | None]:
    """Ballots of members still in the room and not set aside since, and how the chair voted."""
    ballots = (
        select(Ballot.choice, Seat.chair)
        .join(Seat, Seat.id == Ballot.seat_id)
        .join(
            Presence, (Presence.seat_id == Seat.id) & (Presence.meeting_id == meeting.id) & Presence.left_at.is_(None)
        )
        .where(Ballot.motion_id == motion.id)
    )
    if motion.application_id is not None:
        ballots = ballots.where(Seat.id.not_in(seats_apart(meeting.panel_id, motion.application_id)))
    rows = await db.execute(ballots)
    counts: Counter[str] = Counter()
    chair = None
    for choice, presides in rows:
        counts[choice] += 1
        chair = choice if presides else chair
    return counts, chair


async def _apart(db: AsyncSession, meeting: Meeting, seat_id: int, motion: Motion) -> bool:
    if motion.application_id is None:
        return False
    apart = seats_apart(meeting.panel_id, motion.application_id).where(Seat.id == seat_id)
    return (await db.execute(apart)).first() is not None
