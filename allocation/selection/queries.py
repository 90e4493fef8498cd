"""Selects of this room; none is executed here. What they leave out does not exist for that person.

The one rule that all of them share is `open_to(actor)`: no file before the opening act, none to a juror who has not
declared, never one that this person is set aside from — as a juror or as staff, in lists, counts and exports alike.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from allocation.selection.meeting_models import Hearing, MarkChange, Shortlisting
from allocation.selection.models import Admissibility, Mark, Panel, Reading, Recusal, ScoreSheet, Seat, SeatInvitation
from allocation.selection.tallies import BITS, Voice
from calls.models import Application, Call, Criterion
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
    if actor.system:
        return true()
    # Aliases of their own: a query that joins panels and seats must not lend its rows to these conditions.
    panel, seat = aliased(Panel), aliased(Seat)
    opened = exists().where(panel.call_id == Application.call_id, panel.opened_at.is_not(None))
    undeclared = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == actor.user_id,
        seat.left_at.is_(None),
        seat.declared_at.is_(None),
    )
    # An expert called for some files sees no other, in lists and tables neither.
    reading = aliased(Reading)
    called = exists().where(reading.seat_id == seat.id, reading.application_id == Application.id)
    beyond = exists().where(
        panel.call_id == Application.call_id,
        seat.panel_id == panel.id,
        seat.user_id == actor.user_id,
        seat.left_at.is_(None),
        seat.reads == "only",
        ~called.correlate(seat, Application),
    )
    return and_(opened, ~undeclared, not_recused(actor), ~beyond)


def not_recused(actor: Actor) -> ColumnElement[bool]:
    """Not a file this person is set aside from. Leaving the panel does not open one."""
    seat, recusal = aliased(Seat), aliased(Recusal)
    recused = exists().where(
        recusal.application_id == Application.id,
        recusal.lifted_at.is_(None),
        recusal.seat_id == seat.id,
        seat.user_id == actor.user_id,
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


def desk_lines(
    seat: Seat, version_id: int, only: Sequence[int] | None = None
) -> Select[int, int, str, int | None, Any, bool, int | None, int | None]:
    """A juror's files (or those named) with where each sheet stands, and the sums that make its total (`running.reached`)."""
    own_sheets = ScoreSheet.seat_id == seat.id
    if only is not None:
        own_sheets = and_(own_sheets, ScoreSheet.application_id.in_(only))
    answered = and_(Mark.criterion_id == Criterion.id, Mark.answered.is_(True))
    sums = (
        select(
            Mark.sheet_id,
            func.sum(Mark.value * Criterion.weight).label("weighted"),
            func.sum(Criterion.weight).filter(Mark.value.is_(None)).label("unassessed"),
        )
        .join(Criterion, answered)
        .join(ScoreSheet, ScoreSheet.id == Mark.sheet_id)
        .where(own_sheets, Criterion.version_id == version_id)
        .group_by(Mark.sheet_id)
        .subquery()
    )
    files = applications_for_juror(seat)
    return (
        (files if only is None else files.where(Application.id.in_(only)))
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(ScoreSheet, and_(ScoreSheet.seat_id == seat.id, ScoreSheet.application_id == Application.id))
        .outerjoin(sums, sums.c.sheet_id == ScoreSheet.id)
        .with_only_columns(
            Application.id, Application.number, Organisation.name, ScoreSheet.id.label("sheet_id"),
            ScoreSheet.submitted_at, ScoreSheet.abstained, sums.c.weighted, sums.c.unassessed,
        )
    )  # fmt: skip


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


def published_panels(actor: Actor) -> Select[Call, Panel, Seat]:
    """The same, without the drafts and the cancelled: what « Mes commissions » lists."""
    return panels_visible_to(actor).where(Call.opened_at <= clock.now(), Call.cancelled_at.is_(None))


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


def pending_invitations(panel_id: int) -> Select[SeatInvitation]:
    return (
        select(SeatInvitation)
        .where(
            SeatInvitation.panel_id == panel_id,
            SeatInvitation.accepted_at.is_(None),
            SeatInvitation.revoked_at.is_(None),
        )
        .order_by(SeatInvitation.id)
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
    apart = exists().where(
        Recusal.seat_id == Seat.id, Recusal.application_id == Application.id, Recusal.lifted_at.is_(None)
    )
    handed_out = exists().where(Reading.seat_id == Seat.id, Reading.application_id == Application.id)
    return and_(~apart, or_(Seat.reads == "all", handed_out))


def reads_per_file(panel_id: int) -> Select[int, int]:
    """Application id -> sheets submitted by scoring seats that are not set aside from it."""
    return (
        select(ScoreSheet.application_id, func.count())
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(Application, Application.id == ScoreSheet.application_id)
        .where(scoring_seats(panel_id), ScoreSheet.submitted_at.is_not(None), expected())
        .group_by(ScoreSheet.application_id)
    )


def sheets_that_count(panel_id: int) -> Select[ScoreSheet, Seat]:
    """Submitted sheets of scoring seats, without those of jurors set aside from the file."""
    return (
        select(ScoreSheet, Seat)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(Application, Application.id == ScoreSheet.application_id)
        .where(scoring_seats(panel_id), ScoreSheet.submitted_at.is_not(None), expected())
        .order_by(ScoreSheet.application_id, Seat.id)
    )


def sheets_of(seat_id: int) -> Select[ScoreSheet]:
    """A juror's own sheets, drafts included."""
    return select(ScoreSheet).where(ScoreSheet.seat_id == seat_id)


def others_sheets(seat: Seat, application_id: int) -> Select[ScoreSheet, Seat, User]:
    """Others' sheets of a file, only once one's own is submitted (AMI-05)."""
    own = aliased(ScoreSheet)
    mine = exists().where(own.seat_id == seat.id, own.application_id == application_id, own.submitted_at.is_not(None))
    return (
        select(ScoreSheet, Seat, User)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(User, User.id == Seat.user_id)
        .join(Application, Application.id == ScoreSheet.application_id)
        .where(
            ScoreSheet.application_id == application_id,
            scoring_seats(seat.panel_id),
            Seat.id != seat.id,
            ScoreSheet.submitted_at.is_not(None),
            expected(),
            mine,
        )
        .order_by(Seat.id)
    )


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


def sheets_in(seat_ids: Sequence[int]) -> Select[int, Sequence[int], Sequence[bool]]:
    """Per application, the seats whose sheet is submitted, and beside whether each abstained."""
    return (
        select(
            ScoreSheet.application_id, func.array_agg(ScoreSheet.seat_id), func.array_agg(ScoreSheet.abstained)
        )
        .where(ScoreSheet.seat_id.in_(seat_ids), ScoreSheet.submitted_at.is_not(None))
        .group_by(ScoreSheet.application_id)
    )  # fmt: skip


def marks_in(
    seat_ids: Sequence[int], application_ids: Iterable[int] | None
) -> Select[int, int, bool, str, int, int | None, str]:
    """Each answer of those sheets, with the sheet's comment; one row without a criterion for a sheet without answers."""
    sheets = (
        select(
            ScoreSheet.application_id, ScoreSheet.seat_id, ScoreSheet.abstained, ScoreSheet.comment,
            Mark.criterion_id, Mark.value, Mark.reason,
        )
        .outerjoin(Mark, and_(Mark.sheet_id == ScoreSheet.id, Mark.answered.is_(True)))
        .where(ScoreSheet.seat_id.in_(seat_ids), ScoreSheet.submitted_at.is_not(None))
    )  # fmt: skip
    return sheets if application_ids is None else sheets.where(ScoreSheet.application_id.in_(application_ids))


def counted_marks(panel_id: int, criterion_ids: Sequence[int], voices: Sequence[Voice]) -> Select[*tuple[Any, ...]]:
    """One row per file: its id, the counts of each criterion voice after voice (`tallies`), then for each voice the seats
    that assessed something, one bit each. Sheets of jurors who abstain or are set aside do not count."""
    one: ColumnElement[int] = literal_column("1")
    # Small whole numbers on purpose: their sums are the fastest the database makes.
    counted = func.sum(one.op("<<")(Mark.value * literal_column(str(BITS))))
    columns = [
        counted.filter(and_(Mark.criterion_id == criterion, _of(voice, voices)))
        for criterion in criterion_ids
        for voice in voices
    ]
    readers = [
        func.bit_or(one.op("<<")(func.array_position(array(voice.seats), ScoreSheet.seat_id) - 1)).filter(
            and_(Mark.value.is_not(None), _of(voice, voices))
        )
        for voice in voices
    ]
    wanted: list[SQLColumnExpression[Any]] = [ScoreSheet.application_id, *columns, *readers]
    return (
        select(*wanted)
        .join(Mark, Mark.sheet_id == ScoreSheet.id)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(Application, Application.id == ScoreSheet.application_id)
        .where(
            scoring_seats(panel_id),
            expected(),
            ScoreSheet.submitted_at.is_not(None),
            ScoreSheet.abstained.is_(False),
            Mark.answered.is_(True),
        )
        .group_by(ScoreSheet.application_id)
    )


def _of(voice: Voice, voices: Sequence[Voice]) -> ColumnElement[bool]:
    return ScoreSheet.seat_id.in_(voice.seats) if len(voices) > 1 else true()
