"""What awaits those who run calls and those who sit on panels."""

from datetime import date
from typing import Any, cast

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from allocation.assignment import award_sentences, letters
from allocation.assignment import queries as assignment
from allocation.assignment import workflow as assigning
from allocation.assignment.appeals import clock_of
from allocation.assignment.models import Appeal, Award, Decision, Proposal
from allocation.selection import queries as selecting
from allocation.selection import workflow as selection
from allocation.selection.invitation_states import for_invited
from allocation.selection.models import Panel, ScoreSheet, Seat
from allocation.selection.words import say
from calls import queries as calling
from calls import sentences, workflow
from calls.models import Application, Call, CallVersion
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.awaiting.task import MOST, Task, paris_day
from intervalle.i18n import N_, _
from premises.models import Lot, Premises


async def calls(db: AsyncSession, actor: Actor) -> list[Task]:
    """Calls one's organisations run, from the draft to the letters. Counts are over the files this person may see."""
    call_id = cast(Any, Call.id)
    files, decided, admissible = (
        selecting.file_counts(call_id, actor).with_only_columns(column).correlate(Call).scalar_subquery()
        for column in selecting.file_counts(call_id, actor).selected_columns
    )
    due, done = (
        selecting.sheet_counts(call_id, actor).with_only_columns(column).correlate(Call).scalar_subquery()
        for column in selecting.sheet_counts(call_id, actor).selected_columns
    )
    made = select(func.count()).where(Proposal.call_id == Call.id).correlate(Call).scalar_subquery()
    kept = select(func.count(Proposal.retained_at)).where(Proposal.call_id == Call.id).correlate(Call).scalar_subquery()
    board = Call.id.in_(assignment.calls_to_assign_visible_to(actor).with_only_columns(Call.id))
    rows = await db.execute(
        calling.calls_run_by(actor)
        .add_columns(
            Panel,
            _now_in_force(CallVersion.decision_on),
            _now_in_force(CallVersion.read_on_arrival),
            board,
            files,
            decided,
            admissible,
            due,
            done,
            made,
            kept,
        )
        .outerjoin(Panel, Panel.call_id == Call.id)
        .where(Call.cancelled_at.is_(None), Call.released_at.is_(None))
        .limit(MOST)
    )
    return [_call(actor, *row) for row in rows]


def _now_in_force(column: InstrumentedAttribute[Any]) -> ScalarSelect[Any]:
    """What the newest version of the call says."""
    newest = select(column).where(CallVersion.call_id == Call.id).order_by(CallVersion.number.desc()).limit(1)
    return newest.correlate(Call).scalar_subquery()


def _call(
    actor: Actor, call: Call, panel: Panel | None, decision_on: date | None, early: bool | None, board: bool, files: int,
    decided: int, admissible: int, due: int, done: int, made: int, kept: int,
) -> Task:  # fmt: skip
    now, base = clock.now(), f"/commissions/{call.id}"
    state = workflow.call_state(call, now)
    works = POLICY.can(actor, "proposals.run", call)  # a member who only reads is told who acts, not to act
    if state == "draft":
        sentence = sentences.organiser_sentence(call, now, decision_on)
        return Task(call.title, sentence, f"/appels/{call.id}/modifier", works, paris_day(call.closes_at))
    if state == "open":
        sentence = sentences.organiser_sentence(call, now, decision_on, sealed=not early)
        return Task(call.title, sentence, f"/appels/{call.id}/candidatures", False, paris_day(call.closes_at))
    if call.kind == "direct" and state in ("closed", "ranked"):  # no panel: one page leads to the letter
        sentence = sentences.organiser_sentence(call, now, decision_on)
        return Task(call.title, sentence, f"/attribution/{call.id}/directe", works, decision_on)
    if state == "ranked":
        step = assigning.step(ranked=True, proposals=made, retained=bool(kept), released=False)
        url = f"/attribution/{call.id}{'/lettres' if step == 'to_release' else ''}"
        return Task(call.title, _(ASSIGNING[step]), url if board else base, works and board, decision_on)
    if panel is None:
        return Task(call.title, _("À vous : composez la commission."), f"{base}/composition", works, decision_on)
    facts = selection.Facts(
        closes_at=call.closes_at, opened_at=panel.opened_at, scoring_closed_at=panel.scoring_closed_at,
        meets_at=panel.meets_at, files=files, decided=decided, admissible=admissible, sheets_due=due, sheets_in=done,
    )  # fmt: skip
    phase = selection.phase(facts, now)
    said = say(*selection.next_act(facts, now, role="staff", declared=True))
    scored = phase == "scoring" and 0 < due == done
    place = {"admissibility": "/recevabilite", "deliberation": "/classement"}.get(
        phase, "/classement" if scored else ""
    )
    mine = works and (phase != "scoring" or scored)
    return Task(call.title, said, base + place, mine, paris_day(panel.meets_at) or decision_on)


ASSIGNING = {
    "to_run": N_("À vous : calculez une première proposition d’attribution."),
    "to_retain": N_("À vous : relisez la proposition, changez une ligne s’il le faut, retenez-la."),
    "to_release": N_("À vous : relisez les lettres, puis notifiez toutes les décisions ensemble."),
}


async def offers_out(db: AsyncSession, actor: Actor) -> list[Task]:
    """Places offered by the calls one runs, whose structure has not answered yet: who is awaited, and until when."""
    runs = calling.calls_run_by(actor).with_only_columns(Call.id)
    rows = await db.execute(
        select(Award, Call, Lot, Premises, Organisation)
        .join(Call, Call.id == Award.call_id)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(
            Award.call_id.in_(runs), Award.released_at.is_not(None), Award.accepted_at.is_(None), Award.declined_at.is_(None),
            Award.withdrawn_at.is_(None), Award.offer_expires_at > clock.now(),
        )
        .order_by(Award.offer_expires_at, Award.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Task(
            f"{structure.name}, {premises.name}, lot {lot.label}",
            award_sentences.award_for_organiser("offered", letters.last_day(award)),
            f"/attribution/{call.id}/lettres",
            False,
            letters.last_day(award),
        )
        for award, call, lot, premises, structure in rows
    ]


async def appeals(db: AsyncSession, actor: Actor) -> list[Task]:
    """Appeals without an answer: to the organiser to answer in time, to the structure to know until when it waits."""
    runs = calling.calls_run_by(actor).with_only_columns(Call.id)
    mine = actor.organisations(scope="calls")
    rows = await db.execute(
        select(Appeal, Application, Decision, Call, Organisation, assignment.under_public_law())
        .join(Application, Application.id == Appeal.application_id)
        .join(Decision, Decision.application_id == Application.id)
        .join(Call, Call.id == Appeal.call_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Appeal.answered_at.is_(None), Appeal.call_id.in_(runs) | Application.organisation_id.in_(mine))
        .order_by(Appeal.received_on, Appeal.id)
        .limit(MOST)
    )
    return [_appeal(actor, *row, organiser=row[1].organisation_id not in mine) for row in rows]


def _appeal(
    actor: Actor, appeal: Appeal, application: Application, decision: Decision, call: Call, structure: Organisation, public: bool, *, organiser: bool
) -> Task:  # fmt: skip
    runs = clock_of(appeal, [decision.released_at] if decision.released_at else [], public=public)
    state = award_sentences.appeal_state(appeal.outcome, runs.answer_by, clock.today(), silence_refuses=public)
    said = award_sentences.appeal_for_organiser if organiser else award_sentences.appeal_for_structure
    return Task(
        _("Recours formé par %(name)s, appel « %(call)s »", name=structure.name, call=call.title),
        said(state, runs.answer_by, runs.court_until),
        f"/attribution/{call.id}/recours/{appeal.id}" if organiser else f"/candidatures/{application.id}/decision",
        organiser and state in ("waiting", "overdue") and POLICY.can(actor, "appeals.answer", call),
        runs.answer_by if state == "waiting" else None,
    )


async def seats(db: AsyncSession, actor: Actor) -> list[Task]:
    """Panels one sits on: links to declare, files to score before the session."""
    counts = selecting.sheet_counts(cast(Any, Call.id), actor).where(Seat.user_id == actor.user_id)
    due, done = (
        counts.with_only_columns(column).correlate(Call).scalar_subquery()
        for column in (func.count(), func.count(ScoreSheet.submitted_at))
    )
    rows = await db.execute(
        select(Call, Panel, Seat, due, done)
        .join(Panel, Panel.call_id == Call.id)
        .join(Seat, Seat.panel_id == Panel.id)
        .where(
            Seat.user_id == actor.user_id,
            Seat.left_at.is_(None),
            Call.opened_at <= clock.now(),
            Call.cancelled_at.is_(None),
            Call.ranked_at.is_(None),
        )
        .order_by(Panel.meets_at, Call.id)
        .limit(MOST)
    )
    return [_seat(*row) for row in rows]


async def seats_offered(db: AsyncSession, actor: Actor) -> list[Task]:
    """Seats offered to this person, to accept or decline."""
    rows = await db.execute(selecting.seats_offered(actor).limit(MOST))
    return [
        Task(
            _("On vous propose un siège : commission de l’appel « %(call)s »", call=call.title),
            for_invited("pending", offer.expires_at),
            f"/commissions/invitation/{offer.id}",
            True,
            paris_day(offer.expires_at),
        )
        for offer, call, _panel in rows
    ]


def _seat(call: Call, panel: Panel, seat: Seat, due: int, done: int) -> Task:
    now, base = clock.now(), f"/commissions/{call.id}"
    # A juror is not told how many files there are, nor how far their examination is.
    facts = selection.Facts(
        closes_at=call.closes_at, opened_at=panel.opened_at, scoring_closed_at=panel.scoring_closed_at,
        meets_at=panel.meets_at, files=due, decided=due, admissible=due, sheets_due=due, sheets_in=done,
    )  # fmt: skip
    declared, phase = seat.declared_at is not None, selection.phase(facts, now)
    role = "juror" if seat.voting else "observer"
    to_declare = not declared and phase in {"admissibility", "scoring", "deliberation"}
    to_score = declared and seat.voting and phase == "scoring" and done < due
    return Task(
        _("Commission de l’appel « %(call)s »", call=call.title),
        say(*selection.next_act(facts, now, role=role, declared=declared)),
        base + ("/conflits" if to_declare else "/notation" if to_score else ""),
        to_declare or to_score,
        paris_day(panel.meets_at) if phase != "waiting" else paris_day(call.closes_at),
    )
