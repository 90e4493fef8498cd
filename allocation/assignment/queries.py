"""Reads of the assignment room. Every function returns a Select; what it leaves out is a 404."""

from collections.abc import Callable
from typing import cast

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from allocation.assignment.models import Appeal, Award, Decision, Lock, Proposal
from allocation.selection.models import Admissibility, Panel, RankedScore, Recusal, Seat
from calls.models import Application, ApplicationMember, Call, CallLot, CallVersion, LotWish
from calls.queries import run_by
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import READ
from premises.facts import PUBLIC_BODIES, Domain
from premises.models import Lot, Occupancy, Premises

# The leases room, above, names the awards whose title already holds the lot: each gives a Select of award ids.
SETTLED: list[Callable[[], Select[int | None]]] = []


def calls_to_assign_visible_to(actor: Actor) -> Select[Call]:
    """Calls whose assignment this person may look at: those of their organisations, once closed.

    Before the release, comparative opinions are not communicable (CRPA L311-2) and a recused person sees nothing of the
    file: whoever is recused on one application of the call, or belongs to an applicant, sees no board at all, because
    a board always tells something of each file.
    """
    mine = actor.organisations(READ, scope="calls")
    query = select(Call).where(
        or_(Call.organiser_id.in_(mine), Call.delegate_id.in_(mine)),
        Call.opened_at.is_not(None),
        Call.cancelled_at.is_(None),
        Call.closes_at <= clock.now(),
    )
    return query.where(or_(Call.released_at.is_not(None), ~_interested(actor)))


def direct_calls_visible_to(actor: Actor) -> Select[Call]:
    """Direct awards one's organisations run, from the opening on; nobody with a link to the file looks before the release."""
    query = select(Call).where(
        run_by(actor),
        Call.kind == "direct",
        Call.opened_at <= clock.now(),
        Call.cancelled_at.is_(None),
    )
    return query.where(or_(Call.released_at.is_not(None), ~_interested(actor)))


def calls_to_correct_visible_to(actor: Actor) -> Select[Call]:
    """Calls whose corrective acts this person may look at: a draft is read by nobody with a link to one of the files."""
    return calls_to_assign_visible_to(actor).where(Call.released_at.is_not(None), ~_interested(actor))


def _interested(actor: Actor) -> ColumnElement[bool]:
    recused = exists().where(
        Recusal.lifted_at.is_(None),
        Recusal.seat_id == Seat.id,
        Seat.user_id == actor.user_id,
        Seat.panel_id == Panel.id,
        Panel.call_id == Call.id,
    )
    own = actor.organisations(READ, scope="calls")
    applicant = exists().where(Application.call_id == Call.id, Application.organisation_id.in_(own))
    partner = exists().where(
        Application.call_id == Call.id,
        ApplicationMember.application_id == Application.id,
        ApplicationMember.organisation_id.in_(own),
        ApplicationMember.left_at.is_(None),
    )
    return recused | applicant | partner


def frozen_version(call_id: int) -> Select[CallVersion]:
    """The version in force: the last one frozen."""
    return (
        select(CallVersion)
        .where(CallVersion.call_id == call_id, CallVersion.frozen_at.is_not(None))
        .order_by(CallVersion.number.desc())
        .limit(1)
    )


def offered_lots(version_id: int) -> Select[Lot, Premises]:
    return (
        select(Lot, Premises)
        .join(CallLot, CallLot.lot_id == Lot.id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(CallLot.version_id == version_id)
        .order_by(Premises.code, Lot.label)
    )


def under_public_law() -> ColumnElement[bool]:
    """Whether the decisions of the row's Call fall under public law, as `decisions.decider_of` says one by one: a public body
    decides, or a place offered is public property."""
    in_force = frozen_version(cast(int, Call.id)).with_only_columns(CallVersion.id).correlate(Call).scalar_subquery()
    place = (
        select(Premises.id)
        .join(Lot, Lot.premises_id == Premises.id)
        .join(CallLot, CallLot.lot_id == Lot.id)
        .where(CallLot.version_id == in_force, Premises.regime != Domain.PRIVATE)
    )
    body = select(Organisation.id).where(Organisation.id == Call.organiser_id, Organisation.kind.in_(PUBLIC_BODIES))
    return body.correlate(Call).exists() | place.correlate(Call).exists()


def occupancies_of(lot_ids: list[int]) -> Select[Occupancy]:
    return select(Occupancy).where(Occupancy.lot_id.in_(lot_ids)).order_by(Occupancy.id)


def awards_of_sister_batches(call: Call) -> Select[Award]:
    """Places given by other batches of the same rolling call, that are offered or taken: without a title, no use of the lot
    says it yet. `SETTLED` leaves out those that have one."""
    root = call.batch_of_id or call.id
    sisters = select(Call.id).where(or_(Call.id == root, Call.batch_of_id == root), Call.id != call.id)
    return (
        select(Award)
        .where(
            Award.call_id.in_(sisters),
            Award.declined_at.is_(None),
            Award.lapsed_at.is_(None),
            *(Award.id.not_in(one()) for one in SETTLED),
        )
        .order_by(Award.id)
    )


def standing_applications(
    call_id: int,
) -> Select[Application, Organisation, Admissibility | None, RankedScore | None]:
    """Submitted and not withdrawn, with the decision on admissibility and the frozen score, when there are."""
    return (
        select(Application, Organisation, Admissibility, RankedScore)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(Admissibility, Admissibility.application_id == Application.id)
        .outerjoin(RankedScore, RankedScore.application_id == Application.id)
        .where(
            Application.call_id == call_id, Application.submitted_at.is_not(None), Application.withdrawn_at.is_(None)
        )
        .order_by(Application.number)
    )


def wishes_of(call_id: int) -> Select[LotWish]:
    return (
        select(LotWish)
        .join(Application, Application.id == LotWish.application_id)
        .where(Application.call_id == call_id, LotWish.rank.is_not(None))
        .order_by(LotWish.application_id, LotWish.rank, LotWish.lot_id)
    )


def locks_in_force(call_id: int) -> Select[Lock]:
    return select(Lock).where(Lock.call_id == call_id, Lock.lifted_at.is_(None)).order_by(Lock.id)


def with_progress(calls: Select[Call]) -> Select[Call, int, int]:
    """Each call with how many proposals it has, and how many of them are retained (0 or 1)."""
    made = select(func.count()).where(Proposal.call_id == Call.id).scalar_subquery()
    kept = select(func.count(Proposal.retained_at)).where(Proposal.call_id == Call.id).scalar_subquery()
    return calls.add_columns(made, kept)


def proposals_of(call_id: int) -> Select[Proposal]:
    return select(Proposal).where(Proposal.call_id == call_id).order_by(Proposal.number.desc())


def retained_proposal(call_id: int) -> Select[Proposal]:
    return select(Proposal).where(Proposal.call_id == call_id, Proposal.retained_at.is_not(None))


def decisions_of(call_id: int) -> Select[Decision, Application, Organisation]:
    return (
        select(Decision, Application, Organisation)
        .join(Application, Application.id == Decision.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Decision.call_id == call_id)
        .order_by(Application.number)
    )


def awards_of(call_id: int) -> Select[Award]:
    return select(Award).where(Award.call_id == call_id).order_by(Award.id)


def released_decision_visible_to(actor: Actor, application_id: int) -> Select[Decision]:
    """An application's decision, once released: to its applicants and to those who run the call."""
    mine = actor.organisations(READ, scope="calls")
    partner = exists().where(
        ApplicationMember.application_id == Application.id,
        ApplicationMember.organisation_id.in_(mine),
        ApplicationMember.accepted_at.is_not(None),
        ApplicationMember.left_at.is_(None),
    )
    return (
        select(Decision)
        .join(Application, Application.id == Decision.application_id)
        .join(Call, Call.id == Decision.call_id)
        .where(
            Decision.application_id == application_id,
            Decision.released_at.is_not(None),
            or_(
                Application.organisation_id.in_(mine), partner, Call.organiser_id.in_(mine), Call.delegate_id.in_(mine)
            ),
        )
    )


def appeals_of(call_id: int) -> Select[Appeal, Application, Organisation]:
    """Appeals of a call, those awaiting an answer first, the oldest first."""
    return (
        select(Appeal, Application, Organisation)
        .join(Application, Application.id == Appeal.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Appeal.call_id == call_id)
        .order_by(Appeal.answered_at.is_not(None), Appeal.received_on, Appeal.id)
    )


def appeals_on(application_id: int) -> Select[Appeal]:
    return select(Appeal).where(Appeal.application_id == application_id).order_by(Appeal.id)
