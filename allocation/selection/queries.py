"""Selects of this room; none is executed here. What they leave out does not exist for that person.

The one rule that all of them share is `open_to(actor)`: no file before the opening act, none to a juror who has not
declared, never one that this person is set aside from — as a juror or as staff, in lists, counts and exports alike.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from allocation.selection.meeting_models import Hearing, MarkChange, Shortlisting
from allocation.selection.models import Admissibility, Panel, Reading, Recusal, ScoreSheet, Seat, SeatInvitation
from calls.models import Application, Call
from calls.queries import READING_GRANTS, READING_LIMITS, SET_ASIDE, UNSEALED_LIMITS, run_by
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation, User


def submitted(call_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """A file that the call received and still holds."""
    return and_(
        Application.call_id == call_id, Application.submitted_at.is_not(None), Application.withdrawn_at.is_(None)
    )


def open_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on Application that holds for every reader but the applicant."""
    return true() if actor.system else _open_to(actor.user_id)


@lru_cache(maxsize=256)  # to build it takes longer than most queries that it is part of
def _open_to(user_id: int | None) -> ColumnElement[bool]:
    # Aliases of their own: a query that joins panels and seats must not lend its rows to these conditions.
    panel, seat = aliased(Panel), aliased(Seat)
    opened = exists().where(panel.call_id == Application.call_id, panel.opened_at.is_not(None))
    undeclared = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == user_id,
        seat.left_at.is_(None),
        seat.declared_at.is_(None),
    )
    # An expert called for some files sees no other, in lists and tables neither.
    reading = aliased(Reading)
    called = exists().where(reading.seat_id == seat.id, reading.application_id == Application.id)
    beyond = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == user_id,
        seat.left_at.is_(None),
        seat.reads == "only",
        ~called.correlate(seat, Application),
    )
    return and_(opened, ~undeclared, _not_recused(user_id), ~beyond)


def not_recused(actor: Actor) -> ColumnElement[bool]:
    """Not a file this person is set aside from. Leaving the panel does not open one."""
    return _not_recused(actor.user_id)


@lru_cache(maxsize=256)
def _not_recused(user_id: int | None) -> ColumnElement[bool]:
    seat, recusal = aliased(Seat), aliased(Recusal)
    recused = exists().where(
        recusal.application_id == Application.id,
        recusal.lifted_at.is_(None),
        recusal.seat_id == seat.id,
        seat.user_id == user_id,
    )
    return ~recused


if not_recused not in SET_ASIDE:
    SET_ASIDE.append(not_recused)


# Pages of the calls room show a submitted file to the organiser under the same rule.
if open_to not in READING_LIMITS:
    READING_LIMITS.append(open_to)


def before_the_opening(actor: Actor) -> ColumnElement[bool]:
    """A call that is not sealed: its staff reads until the opening act, save those who sit on its panel."""
    panel, seat = aliased(Panel), aliased(Seat)
    opened = exists().where(panel.call_id == Application.call_id, panel.opened_at.is_not(None))
    seated = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == actor.user_id,
        seat.left_at.is_(None),
    )
    return and_(~opened, ~seated, not_recused(actor))


if before_the_opening not in UNSEALED_LIMITS:
    UNSEALED_LIMITS.append(before_the_opening)


def read_by_juror(actor: Actor) -> ColumnElement[bool]:
    """Files whose joined documents a seat gives to read; where names are hidden, only once the scoring is closed."""
    panel, seat = aliased(Panel), aliased(Seat)
    seated = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == actor.user_id,
        seat.left_at.is_(None),
        seat.declared_at.is_not(None),
        or_(panel.anonymous.is_(False), panel.scoring_closed_at.is_not(None)),
    )
    return and_(seated, Application.submitted_at.is_not(None), Application.withdrawn_at.is_(None), open_to(actor))


if read_by_juror not in READING_GRANTS:
    READING_GRANTS.append(read_by_juror)


def files_open_to(call_id: int, actor: Actor) -> Select[Application]:
    """What staff sees of a call after the opening, in the order of the files' numbers."""
    return select(Application).where(submitted(call_id), open_to(actor)).order_by(Application.number)


def applications_for_juror(seat: Seat) -> Select[Application]:
    """Admissible files that this juror may read and score (AMI-04); nothing before the declaration."""
    return (
        select(Application)
        .join(Panel, Panel.call_id == Application.call_id)
        .join(Seat, Seat.panel_id == Panel.id)
        .join(Admissibility, Admissibility.application_id == Application.id)
        .where(
            Seat.id == seat.id,
            Seat.left_at.is_(None),
            Seat.declared_at.is_not(None),
            Panel.opened_at.is_not(None),
            Application.submitted_at.is_not(None),
            Application.withdrawn_at.is_(None),
            Admissibility.admissible.is_(True),
            expected(),
        )
        .order_by(Application.number)
    )


def files_to_declare(seat: Seat) -> Select[Application]:
    """The files whose structures' names a juror is shown, for the declaration only. Those set aside are gone for good."""
    recused = exists().where(
        Recusal.application_id == Application.id, Recusal.seat_id == seat.id, Recusal.lifted_at.is_(None)
    )
    return (
        select(Application)
        .join(Panel, Panel.call_id == Application.call_id)
        .where(
            Panel.id == seat.panel_id,
            Panel.opened_at.is_not(None),
            Application.submitted_at.is_not(None),
            Application.withdrawn_at.is_(None),
            ~recused,
        )
        .order_by(Application.number)
    )


def panels_visible_to(actor: Actor) -> Select[Call, Panel, Seat]:
    """Calls whose selection this person takes part in: a seat, or an organisation that runs the call."""
    return (
        select(Call, Panel, Seat)
        .outerjoin(Panel, Panel.call_id == Call.id)
        .outerjoin(Seat, and_(Seat.panel_id == Panel.id, Seat.user_id == actor.user_id, Seat.left_at.is_(None)))
        .where(or_(Seat.id.is_not(None), run_by(actor)))
        .order_by(Call.closes_at.desc().nulls_first(), Call.id.desc())
    )


def published_panels(actor: Actor) -> Select[*tuple[Any, ...]]:
    """What « Mes commissions » lists: the same without the drafts and the cancelled, each with its counts over the files
    this person may see: files, decided, admissible, then sheets due and in, of all and of their own seat."""
    call_id = cast(Any, Call.id)
    files, sheets = file_counts(call_id, actor), sheet_counts(call_id, actor)
    own = sheets.where(Seat.user_id == actor.user_id)
    counts = [
        counted.with_only_columns(column).correlate(Call).scalar_subquery()
        for counted in (files, sheets, own)
        for column in counted.selected_columns
    ]
    listed = panels_visible_to(actor).add_columns(*counts)
    return listed.where(Call.opened_at <= clock.now(), Call.cancelled_at.is_(None))


def scoring_seats(panel_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Seats whose sheets count: they vote, are held, and an alternate only once its principal has left."""
    principal = aliased(Seat)
    replaced = exists().where(principal.id == Seat.alternate_of_id, principal.left_at.is_not(None))
    return and_(
        Seat.panel_id == panel_id,
        Seat.left_at.is_(None),
        Seat.voting.is_(True),
        or_(Seat.alternate_of_id.is_(None), replaced),
    )


def seats_of(panel_id: int) -> Select[Seat, User, Organisation]:
    """The panel as composed, chair first, colleges together."""
    return (
        select(Seat, User, Organisation)
        .join(User, User.id == Seat.user_id)
        .outerjoin(Organisation, Organisation.id == Seat.organisation_id)
        .where(Seat.panel_id == panel_id, Seat.left_at.is_(None))
        .order_by(Seat.chair.desc(), Seat.college, Seat.alternate_of_id.is_not(None), User.name)
    )


def invitations_of(panel_id: int) -> Select[SeatInvitation, str | None]:
    """Seats offered that are not held: awaited, lapsed or declined, with the name of the account when there is one."""
    return (
        select(SeatInvitation, User.name)
        .outerjoin(User, User.id == SeatInvitation.user_id)
        .where(
            SeatInvitation.panel_id == panel_id,
            SeatInvitation.accepted_at.is_(None),
            SeatInvitation.revoked_at.is_(None),
        )
        .order_by(SeatInvitation.id)
    )


def invitations_to(actor: Actor) -> Select[SeatInvitation, Call, Panel]:
    """Seats offered to this person: to their account, or to the address they have proved to be theirs."""
    by_address = and_(SeatInvitation.user_id.is_(None), func.lower(SeatInvitation.email) == actor.email.lower())
    return (
        select(SeatInvitation, Call, Panel)
        .join(Panel, Panel.id == SeatInvitation.panel_id)
        .join(Call, Call.id == Panel.call_id)
        .where(or_(SeatInvitation.user_id == actor.user_id, by_address), Call.cancelled_at.is_(None))
        .order_by(SeatInvitation.id)
    )


def seats_offered(actor: Actor) -> Select[SeatInvitation, Call, Panel]:
    """Those that still wait for an answer."""
    return invitations_to(actor).where(
        SeatInvitation.accepted_at.is_(None),
        SeatInvitation.declined_at.is_(None),
        SeatInvitation.revoked_at.is_(None),
        SeatInvitation.expires_at > clock.now(),
        Panel.scoring_closed_at.is_(None),
        Call.ranked_at.is_(None),
    )


def holder_of(seat_id: int) -> Select[str]:
    return select(User.name).join(Seat, Seat.user_id == User.id).where(Seat.id == seat_id)


def files_called_for(panel_id: int, actor: Actor) -> Select[int, int]:
    """(seat, number of a file) for experts called for some files, over the files this person may see."""
    return (
        select(Reading.seat_id, Application.number)
        .join(Seat, Seat.id == Reading.seat_id)
        .join(Application, Application.id == Reading.application_id)
        .where(Seat.panel_id == panel_id, Seat.reads == "only", open_to(actor))
        .order_by(Reading.seat_id, Application.number)
    )


def file_counts(call_id: int, actor: Actor) -> Select[int, int, int]:
    """(files, decided, admissible), over what this person may see."""
    return (
        select(
            func.count(),
            func.count().filter(Admissibility.admissible.is_not(None)),
            func.count().filter(Admissibility.admissible.is_(True)),
        )
        .select_from(Application)
        .outerjoin(Admissibility, Admissibility.application_id == Application.id)
        .where(submitted(call_id), open_to(actor))
    )


def sheet_counts(call_id: int, actor: Actor, *, seat_id: int | None = None) -> Select[int, int]:
    """(due, in): one sheet per scoring seat and admissible file, less the files set aside; one seat's own if given."""
    due = (
        select(func.count(), func.count(ScoreSheet.submitted_at))
        .select_from(Application)
        .join(Admissibility, and_(Admissibility.application_id == Application.id, Admissibility.admissible.is_(True)))
        .join(Panel, Panel.call_id == Application.call_id)
        .join(Seat, scoring_seats(Panel.id))
        .outerjoin(ScoreSheet, and_(ScoreSheet.seat_id == Seat.id, ScoreSheet.application_id == Application.id))
        .where(submitted(call_id), open_to(actor), expected())
    )
    return due.where(Seat.id == seat_id) if seat_id else due


def expected() -> ColumnElement[bool]:
    """The seat of the row reads the file of the row: not set aside from it, and it is in the seat's share."""
    return reads(Seat.id, Application.id, Seat.reads == "all")


def reads(
    seat_id: SQLColumnExpression[int], application_id: SQLColumnExpression[int], whole: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The same of any row that names a seat and a file. `whole`: the seat reads every file."""
    apart = exists().where(
        Recusal.seat_id == seat_id, Recusal.application_id == application_id, Recusal.lifted_at.is_(None)
    )
    handed_out = exists().where(Reading.seat_id == seat_id, Reading.application_id == application_id)
    return and_(~apart, or_(whole, handed_out))


def seats_apart(panel_id: int, application_id: int) -> Select[int]:
    """Seats that have no part in what is said of a file: set aside from it, or called as experts for others."""
    recused = exists().where(
        Recusal.seat_id == Seat.id, Recusal.application_id == application_id, Recusal.lifted_at.is_(None)
    )
    called = exists().where(Reading.seat_id == Seat.id, Reading.application_id == application_id)
    beyond = and_(Seat.reads == "only", ~called)
    return select(Seat.id).where(Seat.panel_id == panel_id, or_(recused, beyond))


def mark_changes(panel_id: int) -> Select[MarkChange, int, str]:
    """Marks changed in session, the first one first, with the file and the author."""
    return (
        select(MarkChange, ScoreSheet.application_id, User.name)
        .join(ScoreSheet, ScoreSheet.id == MarkChange.sheet_id)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(User, User.id == Seat.user_id)
        .where(Seat.panel_id == panel_id)
        .order_by(MarkChange.id)
    )


def shortlistings(application_ids: Iterable[int]) -> Select[Shortlisting]:
    """Acts on finalists, the first one first: the last one holds."""
    return select(Shortlisting).where(Shortlisting.application_id.in_(application_ids)).order_by(Shortlisting.id)


def hearings(panel_id: int) -> Select[Hearing]:
    """Hearings that stand, by hour."""
    standing = Hearing.panel_id == panel_id, Hearing.cancelled_at.is_(None)
    return select(Hearing).where(*standing).order_by(Hearing.starts_at)
