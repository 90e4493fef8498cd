"""Selects of score sheets and their marks; none is executed here. Who reads which file is said in `queries`."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    column,
    exists,
    func,
    literal_column,
    select,
    true,
    values,
)
from sqlalchemy.orm import aliased

from allocation.selection.models import Mark, ScoreSheet, Seat
from allocation.selection.queries import applications_for_juror, expected, reads, scoring_seats
from allocation.selection.tallies import BITS, Voice
from calls.models import Application, Criterion
from intervalle.accounts.models import Organisation, User


def desk_lines(seat: Seat, only: Sequence[int] | None = None) -> Select[int, int, str, int | None, Any, bool]:
    """A juror's files (or those named) with where each sheet stands."""
    files = applications_for_juror(seat)
    return (
        (files if only is None else files.where(Application.id.in_(only)))
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(ScoreSheet, and_(ScoreSheet.seat_id == seat.id, ScoreSheet.application_id == Application.id))
        .with_only_columns(
            Application.id, Application.number, Organisation.name, ScoreSheet.id.label("sheet_id"),
            ScoreSheet.submitted_at, ScoreSheet.abstained,
        )
    )  # fmt: skip


def desk_sums(seat: Seat, version_id: int, only: Sequence[int] | None = None) -> Select[int, int | None, int | None]:
    """Application id, then the sums that make the total of a juror's sheet (`running.reached`); of those named, or of all."""
    sums = (
        select(
            ScoreSheet.application_id,
            func.sum(Mark.value * Criterion.weight),
            func.sum(Criterion.weight).filter(Mark.value.is_(None)),
        )
        .join(Mark, and_(Mark.sheet_id == ScoreSheet.id, Mark.answered.is_(True)))
        .join(Criterion, Criterion.id == Mark.criterion_id)
        .where(ScoreSheet.seat_id == seat.id, Criterion.version_id == version_id)
        .group_by(ScoreSheet.application_id)
    )
    return sums if only is None else sums.where(ScoreSheet.application_id.in_(only))


def reads_per_file(panel_id: int) -> Select[int, int]:
    """Application id -> sheets submitted by scoring seats that are not set aside from it."""
    return (
        select(ScoreSheet.application_id, func.count())
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .join(Application, Application.id == ScoreSheet.application_id)
        .where(scoring_seats(panel_id), ScoreSheet.submitted_at.is_not(None), expected())
        .group_by(ScoreSheet.application_id)
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


def sheets_in(seat_ids: Sequence[int]) -> Select[Sequence[int], Sequence[bool], Sequence[int]]:
    """The seats whose sheet is submitted, beside whether each abstained, then the applications where this is so."""
    each = (
        select(
            ScoreSheet.application_id,
            func.array_agg(ScoreSheet.seat_id).label("who"),
            func.array_agg(ScoreSheet.abstained).label("gone"),
        )
        .where(ScoreSheet.seat_id.in_(seat_ids), ScoreSheet.submitted_at.is_not(None))
        .group_by(ScoreSheet.application_id)
        .subquery()
    )
    return select(each.c.who, each.c.gone, func.array_agg(each.c.application_id)).group_by(each.c.who, each.c.gone)


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


def counted_marks(
    seats: Sequence[Seat], criterion_ids: Sequence[int], voices: Sequence[Voice]
) -> Select[*tuple[Any, ...]]:
    """One row per file: its id, the counts of each criterion voice after voice (`tallies`), then for each voice the seats
    that assessed something, one bit each. Sheets of jurors who abstain or are set aside do not count."""
    one: ColumnElement[int] = literal_column("1")
    # Small whole numbers on purpose: their sums are the fastest the database makes.
    counted = func.sum(one.op("<<")(Mark.value * literal_column(str(BITS))))
    # Each seat's voice and bit, joined once per sheet: worked out per mark they would be half of the work.
    places = values(
        column("seat_id", BigInteger), column("voice", Integer), column("bit", Integer), name="places"
    ).data([(seat, number, 1 << bit) for number, voice in enumerate(voices) for bit, seat in enumerate(voice.seats)])  # fmt: skip

    def of(number: int) -> ColumnElement[bool]:
        return places.c.voice == number if len(voices) > 1 else true()

    columns = [
        counted.filter(and_(Mark.criterion_id == criterion, of(number)))
        for criterion in criterion_ids
        for number, _ in enumerate(voices)
    ]
    readers = [
        func.bit_or(places.c.bit).filter(and_(Mark.value.is_not(None), of(number))) for number, _ in enumerate(voices)
    ]
    wanted: list[SQLColumnExpression[Any]] = [ScoreSheet.application_id, *columns, *readers]
    return (
        select(*wanted)
        .join(Mark, Mark.sheet_id == ScoreSheet.id)
        .join(places, places.c.seat_id == ScoreSheet.seat_id)
        .where(
            _read_by(seats),
            ScoreSheet.submitted_at.is_not(None),
            ScoreSheet.abstained.is_(False),
            Mark.answered.is_(True),
        )
        .group_by(ScoreSheet.application_id)
    )


def _read_by(seats: Sequence[Seat]) -> ColumnElement[bool]:
    """`expected` for the sheets of these seats. When each reads every file, shares are not looked up for each row."""
    partial = [seat.id for seat in seats if seat.reads != "all"]
    whole = ScoreSheet.seat_id.not_in(partial) if partial else true()
    return reads(ScoreSheet.seat_id, ScoreSheet.application_id, whole)
