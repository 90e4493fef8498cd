"""Selects of this room; none is executed here. What a `…_visible_to` leaves out does not exist for that person."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from calls.meeting_models import LateRequest
from calls.models import (
    Application,
    ApplicationDocument,
    ApplicationMember,
    Call,
    CallLot,
    CallVersion,
    Criterion,
    Extension,
    LotWish,
)
from calls.need_models import Need, NeedContact
from intervalle import clock
from intervalle.accounts import mandates, profiles
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.outbox import StoredFile
from intervalle.territory.models import Commune
from premises.models import Lot, Premises

# The selection room, above, adds what an organiser may not read (a juror before declaring, a recused one).
# Each gives a condition on Application that must hold.
READING_LIMITS: list[Callable[[Actor], ColumnElement[bool]]] = []
# What holds a submitted file back from staff of a call that is not sealed, until the opening act.
UNSEALED_LIMITS: list[Callable[[Actor], ColumnElement[bool]]] = []
# The part of it that holds even before the opening: files that this person is set aside from.
SET_ASIDE: list[Callable[[Actor], ColumnElement[bool]]] = []
# It also adds who may read a file without running its call (its jurors). Each gives a condition on Application.
READING_GRANTS: list[Callable[[Actor], ColumnElement[bool]]] = []


def call_state_sql(now: datetime) -> ColumnElement[str]:
    """The SQL twin of `workflow.call_state`; a test holds them equal."""
    return case(
        (Call.cancelled_at.is_not(None), literal("cancelled")),
        (Call.released_at.is_not(None), literal("released")),
        (or_(Call.opened_at.is_(None), Call.opened_at > now), literal("draft")),
        (Call.closes_at > now, literal("open")),
        (Call.ranked_at.is_not(None), literal("ranked")),
        else_=literal("closed"),
    )


def was_published(now: datetime) -> ColumnElement[bool]:
    """Open to everybody's eyes once opened, whatever came after."""
    return and_(Call.opened_at.is_not(None), Call.opened_at <= now)


def run_by(actor: Actor) -> ColumnElement[bool]:
    """The actor belongs to the organiser or its delegate, or acts for it by mandate."""
    own = actor.organisations(scope="calls")
    if not own:
        return false()
    return or_(Call.organiser_id.in_(own), Call.delegate_id.in_(own), Call.co_organiser_ids.overlap(sorted(own)))


def calls_visible_to(actor: Actor) -> Select[Call]:
    if actor.system:
        return select(Call)
    return select(Call).where(or_(was_published(clock.now()), run_by(actor)))


def calls_run_by(actor: Actor) -> Select[Call]:
    return select(Call).where(run_by(actor)).order_by(Call.closes_at.desc().nulls_first(), Call.id.desc())


def published_calls(now: datetime, *, only_open: bool) -> Select[Call]:
    """What the public list shows: open calls, the first to close first; then, when asked, past ones, latest first."""
    open_now = call_state_sql(now) == "open"
    listed = select(Call).where(was_published(now), Call.batch_of_id.is_(None))
    if only_open:
        return listed.where(open_now).order_by(Call.closes_at, Call.id)
    past_last = case((open_now, 0), else_=1)
    soonest = case((open_now, Call.closes_at))
    return listed.order_by(past_last, soonest.nulls_last(), Call.closes_at.desc(), Call.id)


def matching(calls: Select[Call], q: str) -> Select[Call]:
    """Calls whose title, or a lot's premises, address or commune, holds each word typed (accents do not matter)."""
    for word in q.split()[:6]:
        like = func.concat("%", func.plain_text(_escaped(word)), "%")
        places = (
            select(CallVersion.call_id)
            .join(CallLot, CallLot.version_id == CallVersion.id)
            .join(Lot, Lot.id == CallLot.lot_id)
            .join(Premises, Premises.id == Lot.premises_id)
            .outerjoin(Commune, Commune.code == Premises.commune_code)
            .where(
                CallVersion.frozen_at.is_not(None),
                func.plain_text(func.concat_ws(" ", Premises.name, Premises.address, Commune.name)).like(like),
            )
        )
        calls = calls.where(or_(func.plain_text(Call.title).like(like), Call.id.in_(places)))
    return calls


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def current_version(call_id: int) -> Select[CallVersion]:
    """The version in force: the last frozen one; the draft while there is none."""
    return (
        select(CallVersion)
        .where(CallVersion.call_id == call_id)
        .order_by(CallVersion.frozen_at.is_(None), CallVersion.number.desc())
        .limit(1)
    )


def amendment_of(call_id: int) -> Select[CallVersion]:
    """The change being written for an open call: its version that is not frozen, if there is one."""
    return select(CallVersion).where(CallVersion.call_id == call_id, CallVersion.frozen_at.is_(None))


def frozen_versions(call_id: int) -> Select[CallVersion]:
    """Every published version, the latest first."""
    return (
        select(CallVersion)
        .where(CallVersion.call_id == call_id, CallVersion.frozen_at.is_not(None))
        .order_by(CallVersion.number.desc())
    )


def current_versions(call_ids: list[int]) -> Select[CallVersion]:
    """The version in force of each of these calls, in one query."""
    return (
        select(CallVersion)
        .where(CallVersion.call_id.in_(call_ids))
        .ext(distinct_on(CallVersion.call_id))
        .order_by(CallVersion.call_id, CallVersion.frozen_at.is_(None), CallVersion.number.desc())
    )


def lots_of_versions(version_ids: list[int]) -> Select[CallLot, Lot, Premises]:
    return (
        select(CallLot, Lot, Premises)
        .join(Lot, Lot.id == CallLot.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(CallLot.version_id.in_(version_ids))
        .order_by(CallLot.version_id, Premises.name, Lot.label)
    )


def criteria_of(version_id: int) -> Select[Criterion]:
    return select(Criterion).where(Criterion.version_id == version_id).order_by(Criterion.position, Criterion.id)


def extensions_of(call_id: int) -> Select[Extension]:
    return select(Extension).where(Extension.call_id == call_id).order_by(Extension.id)


def calls_about_premises(premises_id: int, actor: Actor) -> Select[Call]:
    """Calls whose version in force has a lot of these premises; the ones that close last first."""
    later = aliased(CallVersion)
    in_force = ~exists().where(
        later.call_id == CallVersion.call_id, later.frozen_at.is_not(None), later.number > CallVersion.number
    )
    about = (
        select(CallVersion.call_id)
        .join(CallLot, CallLot.version_id == CallVersion.id)
        .join(Lot, Lot.id == CallLot.lot_id)
        .where(Lot.premises_id == premises_id, in_force)
    )
    return (
        calls_visible_to(actor).where(Call.id.in_(about)).order_by(Call.closes_at.desc().nulls_first(), Call.id.desc())
    )


def lots_to_offer(organisation_id: int) -> Select[Lot, Premises]:
    """Published lots of an owner, or of those it acts for today by a mandate for calls: what a call of its own can carry."""
    return (
        select(Lot, Premises)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            or_(
                Premises.owner_id == organisation_id,
                Premises.owner_id.in_(mandates.grantors_for(organisation_id, "calls")),
            ),
            Premises.published_at.is_not(None),
            Premises.withdrawn_at.is_(None),
        )
        .order_by(Premises.name, Lot.label)
    )


def is_partner(actor: Actor, *, accepted: bool = False) -> ColumnElement[bool]:
    """An organisation of the actor is invited (or, `accepted`, takes part) in the application."""
    own = actor.organisations(scope="calls")
    condition = exists().where(
        ApplicationMember.application_id == Application.id,
        ApplicationMember.organisation_id.in_(own),
        ApplicationMember.left_at.is_(None),
    )
    return condition.where(ApplicationMember.accepted_at.is_not(None)) if accepted else condition


def applications_mine(actor: Actor) -> Select[Application]:
    """Those of the actor's structures, and those where one of them is invited or a partner."""
    own = actor.organisations(scope="calls")
    if not own:
        return select(Application).where(false())
    return select(Application).where(or_(Application.organisation_id.in_(own), is_partner(actor)))


def readable_by_organiser(actor: Actor) -> ColumnElement[bool]:
    """Submitted files of a call that has closed, or that was published as read on arrival, less what the selection room
    holds back. What counts is the version a file was deposited under: its authors were told so."""
    now = clock.now()
    held = [limit(actor) for limit in READING_LIMITS]
    closed = select(Call.id).where(run_by(actor), was_published(now), Call.closes_at <= now)
    own = select(Call.id).where(run_by(actor), was_published(now))
    on_arrival = exists().where(CallVersion.id == Application.call_version_id, CallVersion.read_on_arrival)
    arriving = [limit(actor) for limit in UNSEALED_LIMITS]
    return and_(
        Application.submitted_at.is_not(None),
        or_(
            and_(Application.call_id.in_(closed), *(held or [true()])),
            and_(Application.call_id.in_(own), on_arrival, *(arriving or [true()])),
        ),
    )


def being_typed_by(actor: Actor) -> ColumnElement[bool]:
    """Files received on paper that an organisation of the actor is typing in; sealed with the others once recorded."""
    own = actor.organisations(WRITE, scope="calls")
    recorded = exists().where(LateRequest.application_id == Application.id)
    return and_(
        Application.typed_by_id.in_(own),
        Application.submitted_at.is_(None),
        ~recorded,
        *(limit(actor) for limit in SET_ASIDE),
    )


def applications_visible_to(actor: Actor) -> Select[Application]:
    """A draft is its structures' alone; a submitted file is the organiser's too, after closing (AMI-03, AMI-04)."""
    if actor.system:
        return select(Application)
    own = actor.organisations(scope="calls")
    if not own:
        return select(Application).where(false())
    return select(Application).where(
        or_(
            Application.organisation_id.in_(own),
            is_partner(actor),
            readable_by_organiser(actor),
            being_typed_by(actor),
        )
    )


def application_counts(call_id: int) -> Select[int, int]:
    """(submitted, in draft): all an organiser learns before closing. Withdrawn ones are left out."""
    mine = (Application.call_id == call_id, Application.withdrawn_at.is_(None))
    return select(
        func.count().filter(Application.submitted_at.is_not(None)),
        func.count().filter(Application.submitted_at.is_(None)),
    ).where(*mine)


def wishes_of(application_ids: list[int]) -> Select[LotWish, Lot, Premises]:
    return (
        select(LotWish, Lot, Premises)
        .join(Lot, Lot.id == LotWish.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(LotWish.application_id.in_(application_ids))
        .order_by(LotWish.application_id, LotWish.rank.nulls_last(), Premises.name, Lot.label)
    )


def members_of(application_ids: list[int]) -> Select[ApplicationMember, Organisation]:
    return (
        select(ApplicationMember, Organisation)
        .join(Organisation, Organisation.id == ApplicationMember.organisation_id)
        .where(ApplicationMember.application_id.in_(application_ids))
        .order_by(ApplicationMember.application_id, Organisation.name)
    )


def documents_of(application_ids: list[int]) -> Select[ApplicationDocument, StoredFile]:
    return (
        select(ApplicationDocument, StoredFile)
        .join(StoredFile, StoredFile.id == ApplicationDocument.file_id)
        .where(ApplicationDocument.application_id.in_(application_ids))
        .order_by(ApplicationDocument.application_id, ApplicationDocument.kind, ApplicationDocument.id)
    )


def documents_visible_to(actor: Actor) -> Select[ApplicationDocument, StoredFile]:
    """Documents of the files this person may read, as an author, as the organiser, or as a juror of the room above."""
    readable = [applications_visible_to(actor).with_only_columns(Application.id)]
    readable += [select(Application.id).where(grant(actor)) for grant in READING_GRANTS]
    return (
        select(ApplicationDocument, StoredFile)
        .join(StoredFile, StoredFile.id == ApplicationDocument.file_id)
        .join(Application, Application.id == ApplicationDocument.application_id)
        .where(or_(*(Application.id.in_(one) for one in readable)))
    )


def needs_visible_to(actor: Actor) -> Select[Need]:
    """A structure's own needs, and those one's authority typed for somebody."""
    own = actor.organisations(scope="calls")
    return select(Need).where(or_(Need.organisation_id.in_(own), Need.typed_by_id.in_(own)))


def _deals_with(actor: Actor) -> ColumnElement[bool]:
    """Who may read a submitted file, or has been answered by a structure, may read the structure's profile."""
    own = actor.organisations(scope="calls")
    files = applications_visible_to(actor).where(Application.submitted_at.is_not(None))
    known = (
        select(Need.organisation_id)
        .join(NeedContact, NeedContact.need_id == Need.id)
        .where(NeedContact.organisation_id.in_(own), NeedContact.accepted_at.is_not(None))
    )
    return or_(Organisation.id.in_(files.with_only_columns(Application.organisation_id)), Organisation.id.in_(known))


profiles.READERS.append(_deals_with)
