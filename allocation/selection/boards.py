"""The table of scores of a call, read once: files, jurors, sheets, for the pure modules to combine and rank.

Files are named by their label (« C-07 ») and jurors by their name: both appear in the sentences the pure modules
write, and a draw can be replayed from what is published.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import scoring, sheet_queries
from allocation.selection.models import Admissibility, Panel, Reading, Recusal, Seat
from allocation.selection.queries import scoring_seats, submitted
from allocation.selection.quorum import Member, QuorumRule, default_rule, quorum
from allocation.selection.ranking import (
    Change,
    Entry,
    Ranked,
    Ranking,
    TieBreak,
    juror_stability,
    juror_variants,
    rank,
    weight_stability,
    weight_variants,
)
from allocation.selection.tallies import Counts, Scorer, Voice, voices
from allocation.selection.words import COLLEGES
from calls.models import Application, Call, CallLot, CallVersion, Criterion, label_of
from calls.queries import criteria_of, current_version
from intervalle import clock
from intervalle.accounts.models import Organisation, User
from intervalle.rounding import half_up_decimal
from intervalle.verdicts import Verdict
from premises.models import Lot, Premises


class Sheet(NamedTuple):
    """What the board reads of a sheet that is in."""

    abstained: bool
    comment: str


class MarkRow(NamedTuple):
    """What the board reads of a mark. `value` None: not assessed."""

    value: int | None
    reason: str


@dataclass(frozen=True)
class Cell:
    """One sheet of the board, with its marks by criterion id."""

    sheet: Sheet
    marks: Mapping[int, MarkRow]


class File(NamedTuple):
    """What the board reads of an application: thousands of them are ranked at once."""

    id: int
    number: int
    submitted_at: datetime | None


class FileRow(NamedTuple):
    """An admissible file, as a row of the board. `key`: its label."""

    application: File
    name: str
    key: str


class Counted(NamedTuple):
    """The marks of one file, counted by the database (`tallies`): per criterion of the grid, and how many assessed."""

    marks: tuple[Counts, ...]
    readers: int


@dataclass(frozen=True)
class SeatColumn:
    """A scoring seat, as a column of the board."""

    seat: Seat
    name: str
    from_owner: bool


@dataclass(frozen=True)
class Board:
    """Everything submitted on the files of a call, over the files its reader may see."""

    version: CallVersion
    panel: Panel
    criteria: tuple[Criterion, ...]
    files: tuple[FileRow, ...]
    seats: tuple[SeatColumn, ...]
    submitted: Mapping[int, Mapping[int, bool]]  # application id -> seats whose sheet is in -> abstained
    counted: Mapping[int, Counted]  # by application id
    cells: Mapping[tuple[int, int], Cell]  # the same sheets with their marks, once read (`with_marks`)
    apart: frozenset[tuple[int, int]]  # recusals in force, and files outside the seat's share

    @cached_property
    def grid(self) -> scoring.Grid:
        return scoring.Grid(
            criteria=tuple(scoring.Criterion(str(c.id), c.weight, c.label, c.floor) for c in self.criteria),
            combination=scoring.Combination(self.version.score_rule),
            # Colleges go by their French name: the pure modules write it in their sentences.
            college_weights={COLLEGES[code]: weight for code, weight in self.panel.college_weights.items()},
            min_readers=self.panel.readers_per_file,
            reason_below=self.panel.reason_below,
            reason_above=self.panel.reason_above,
        )

    @cached_property
    def tie_breaks(self) -> tuple[TieBreak, ...]:
        return (TieBreak(self.version.tie_break),)

    @property
    def seed(self) -> str:
        return self.version.draw_seed or ""

    @cached_property
    def sheets(self) -> dict[str, scoring.Sheets]:
        """Per file: who may score it (neither set aside nor abstaining), and the marks that are in (`with_marks`)."""
        if self.submitted and not self.cells:
            raise LookupError("The marks of this board were not read.")
        return {row.key: self._sheets(row.application.id) for row in self.files}

    def _sheets(self, application_id: int) -> scoring.Sheets:
        jurors: dict[str, str] = {}
        marks: list[scoring.Mark] = []
        for column in self.seats:
            cell = self.cells.get((application_id, column.seat.id))
            if (application_id, column.seat.id) in self.apart or (cell and cell.sheet.abstained):
                continue
            jurors[column.name] = COLLEGES[column.seat.college]
            if cell:
                marks += [
                    scoring.Mark(column.name, str(criterion), mark.value, mark.reason)
                    for criterion, mark in cell.marks.items()
                ]
        return scoring.Sheets(jurors, marks)

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        return voices({column.seat.id: COLLEGES[column.seat.college] for column in self.seats}, self.grid)

    @cached_property
    def scores(self) -> dict[str, scoring.Score]:
        """From the counts: the same as `scoring.score` of each file's sheets."""
        score = Scorer(self.grid, self.voices).score
        nothing = Counted(((None,) * len(self.voices),) * len(self.criteria), 0)
        found = {}
        for row in self.files:
            counts = self.counted.get(row.application.id, nothing)
            expected = self._expected(row.application.id) if self.grid.college_weights else frozenset()
            found[row.key] = score(counts.marks, counts.readers, expected)
        return found

    def _expected(self, application_id: int) -> frozenset[str]:
        """Colleges of those who may score the file: neither set aside nor abstaining."""
        abstained = self.submitted.get(application_id, {})
        return frozenset(
            COLLEGES[column.seat.college]
            for column in self.seats
            if (application_id, column.seat.id) not in self.apart and not abstained.get(column.seat.id)
        )

    @cached_property
    def deposited(self) -> dict[str, datetime]:
        return {row.key: row.application.submitted_at for row in self.files if row.application.submitted_at}

    @cached_property
    def entries(self) -> list[Entry]:
        return [Entry(key, score, self.deposited.get(key)) for key, score in self.scores.items()]

    @cached_property
    def result(self) -> Ranking:
        return rank(self.entries, self.grid, self.tie_breaks, self.seed)

    @cached_property
    def placed(self) -> dict[str, Ranked]:
        """Ranked files by key."""
        return {row.file: row for row in self.result.ranked}

    @cached_property
    def what_ifs(self) -> list[Change]:
        """Each weight moved by five points, each juror taken away."""
        weights = weight_stability(self.entries, self.grid, 5, self.tie_breaks, self.seed)
        return weights + juror_stability(self.sheets, self.grid, self.deposited, self.tie_breaks, self.seed)

    @property
    def variants(self) -> list[tuple[str, Ranking]]:
        """The same « what ifs », each as the ranking it gives."""
        weights = weight_variants(self.entries, self.grid, 5, self.tie_breaks, self.seed)
        return [*weights, *juror_variants(self.sheets, self.grid, self.deposited, self.tie_breaks, self.seed)]

    @cached_property
    def missing_sheets(self) -> list[tuple[FileRow, SeatColumn]]:
        """Sheets still awaited: a juror not set aside, a file without that juror's sheet."""
        columns = [(column.seat.id, column) for column in self.seats]
        return [
            (row, column)
            for row in self.files
            for seat, column in columns
            if seat not in self.submitted.get(row.application.id, ()) and (row.application.id, seat) not in self.apart
        ]

    @cached_property
    def members(self) -> list[Member]:
        """The panel for the quorum: set aside when no file is left to score, voting when no sheet is missing."""
        awaited = {column.seat.id for _row, column in self.missing_sheets}
        writers = {seat for seats in self.submitted.values() for seat in seats}
        return [
            Member(
                column.name, COLLEGES[column.seat.college], column.from_owner,
                recused=all((row.application.id, column.seat.id) in self.apart for row in self.files),
                voted=column.seat.id not in awaited and column.seat.id in writers,
            )
            for column in self.seats
        ]  # fmt: skip

    @cached_property
    def quorum_gaps(self) -> list[Verdict]:
        """What is missing before the panel may rank; empty when it may (AMI-07)."""
        return quorum(self.members, quorum_rule(self.panel))

    @property
    def blocked(self) -> dict[str, tuple[str, ...]]:
        """Files that cannot be ranked because a mark is missing (a floor not reached is another matter)."""
        return {key: score.missing_fr for key, score in self.scores.items() if score.missing_fr}


async def load(db: AsyncSession, call: Call, panel: Panel, *, seen: ColumnElement[bool]) -> Board:
    """The board over the files that satisfy `seen` (`open_to(actor)`, or `true()` for the ranking itself)."""
    version = (await db.execute(current_version(call.id))).scalar_one()
    criteria = tuple((await db.execute(criteria_of(version.id))).scalars())
    files = await _files(db, call, seen)
    seats = await _seats(db, panel, version)
    ids = {row.application.id for row in files}
    apart = await _apart(db, panel) | await _outside_share(db, seats, ids)
    submitted = await _submitted(db, seats, ids, apart)
    board = Board(version, panel, criteria, files, seats, submitted, {}, {}, frozenset(a for a in apart if a[0] in ids))
    return replace(board, counted=await _counted(db, board, ids)) if seats else board


async def with_marks(db: AsyncSession, board: Board, files: Iterable[int] | None = None) -> Board:
    """The board with each juror's marks, over all its files or those named."""
    wanted = {row.application.id for row in board.files} & set(files) if files is not None else None
    rows = await db.execute(sheet_queries.marks_in([column.seat.id for column in board.seats], wanted))
    marks: defaultdict[tuple[int, int], dict[int, MarkRow]] = defaultdict(dict)
    sheets: dict[tuple[int, int], Sheet] = {}
    for file, seat, abstained, comment, criterion, value, reason in rows:
        if seat in board.submitted.get(file, ()):
            sheets[file, seat] = Sheet(abstained, comment)
            if criterion is not None:
                marks[file, seat][criterion] = MarkRow(value, reason)
    return replace(board, cells={place: Cell(sheet, marks[place]) for place, sheet in sheets.items()})


async def _submitted(
    db: AsyncSession, seats: tuple[SeatColumn, ...], ids: set[int], apart: frozenset[tuple[int, int]]
) -> dict[int, Mapping[int, bool]]:
    touched = {file for file, _seat in apart}
    found: dict[int, Mapping[int, bool]] = {}
    for who, gone, together in await db.execute(sheet_queries.sheets_in([column.seat.id for column in seats])):
        sheets = dict(zip(who, gone, strict=True))
        for file in ids.intersection(together):
            if file in touched:
                found[file] = {seat: left for seat, left in sheets.items() if (file, seat) not in apart}
            else:
                found[file] = sheets
    return found


async def _counted(db: AsyncSession, board: Board, ids: set[int]) -> dict[int, Counted]:
    # The connection's rows, without the session's bookkeeping: one row per file, thousands of files.
    connection = await db.connection()
    rows = await connection.execute(
        sheet_queries.counted_marks([c.seat for c in board.seats], [c.id for c in board.criteria], board.voices)
    )
    width = len(board.voices)
    ends = range(1, 1 + width * len(board.criteria), width)
    return {
        row[0]: Counted(
            tuple([row[start : start + width] for start in ends]), sum(map(int.bit_count, filter(None, row[-width:])))
        )
        for row in map(tuple, rows)
        if row[0] in ids
    }


async def _files(db: AsyncSession, call: Call, seen: ColumnElement[bool]) -> tuple[FileRow, ...]:
    connection = await db.connection()  # as in `_counted`
    rows = await connection.execute(
        select(Application.id, Application.number, Application.submitted_at, Organisation.name)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Admissibility, Admissibility.application_id == Application.id)
        .where(submitted(call.id), Admissibility.admissible.is_(True), seen)
        .order_by(Application.number)
    )
    return tuple([FileRow(File(id, number, at), name, label_of(number)) for id, number, at, name in rows])


async def _seats(db: AsyncSession, panel: Panel, version: CallVersion) -> tuple[SeatColumn, ...]:
    owners: set[int | None] = set()
    lots = await db.execute(
        select(Premises.owner_id, Premises.manager_id)
        .join(Lot, Lot.premises_id == Premises.id)
        .join(CallLot, CallLot.lot_id == Lot.id)
        .where(CallLot.version_id == version.id)
    )
    for owner_id, manager_id in lots:
        owners |= {owner_id, manager_id}
    rows = await db.execute(
        select(Seat, User.name)
        .join(User, User.id == Seat.user_id)
        .where(scoring_seats(panel.id))
        .order_by(Seat.college, User.name, Seat.id)
    )
    taken: defaultdict[str, int] = defaultdict(int)
    columns = []
    for seat, name in rows:
        taken[name] += 1
        shown = name if taken[name] == 1 else f"{name} ({taken[name]})"
        columns.append(SeatColumn(seat, shown, seat.organisation_id is not None and seat.organisation_id in owners))
    return tuple(columns)


async def _apart(db: AsyncSession, panel: Panel) -> frozenset[tuple[int, int]]:
    rows = await db.execute(
        select(Recusal.application_id, Recusal.seat_id)
        .join(Seat, Seat.id == Recusal.seat_id)
        .where(Seat.panel_id == panel.id, Recusal.lifted_at.is_(None))
    )
    return frozenset((application_id, seat_id) for application_id, seat_id in rows)


async def _outside_share(db: AsyncSession, seats: tuple[SeatColumn, ...], ids: set[int]) -> frozenset[tuple[int, int]]:
    """Files that a seat with a share of its own is not expected to read."""
    partial = [c.seat.id for c in seats if c.seat.reads != "all"]
    rows = await db.execute(select(Reading.application_id, Reading.seat_id).where(Reading.seat_id.in_(partial)))
    handed_out = {(row.application_id, row.seat_id) for row in rows}
    return frozenset((i, seat) for i in ids for seat in partial if (i, seat) not in handed_out)


def quorum_rule(panel: Panel) -> QuorumRule:
    """What the panel's own rules ask for, today."""
    return default_rule(clock.today(), panel.quorum, {COLLEGES[c]: least for c, least in panel.college_quorums.items()})


def detail_of(board: Board, key: str) -> dict[str, Any]:
    """What is kept with a frozen score: the combined marks, the rule and who counted. Numbers as text, exact."""
    score, placed = board.scores[key], board.placed[key]
    return {
        "rule": board.version.score_rule,
        "grid_version": board.version.number,
        "tie_break": placed.parted_by.value if placed.parted_by else None,
        "readers": score.readers,
        "college_weights": dict(board.panel.college_weights),
        "criteria": [
            {
                "id": criterion.id, "label": criterion.label, "weight": criterion.weight, "mark": str(combined.shown),
                "points": points_of(combined, criterion.weight, board.grid.scale), "mean": str(combined.mean), "median": str(combined.median), "lowest": combined.lowest,
                "highest": combined.highest, "readers": combined.readers,
            }
            for criterion, combined in zip(board.criteria, score.criteria, strict=True)
        ],
    }  # fmt: skip


def points_of(combined: scoring.CriterionScore, weight: int, scale: int) -> str | None:
    """What the exact mark adds to the total, to the hundredth: from the mark as shown it would not add up."""
    return None if combined.mark is None else str(half_up_decimal(combined.mark * weight / scale))
