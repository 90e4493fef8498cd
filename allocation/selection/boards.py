"""The table of scores of a call, read once: files, jurors, sheets, for the pure modules to combine and rank.

Files are named by their label (« C-07 ») and jurors by their name: both appear in the sentences the pure modules
write, and a draw can be replayed from what is published.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import scoring
from allocation.selection.models import Admissibility, Mark, Panel, Reading, Recusal, ScoreSheet, Seat
from allocation.selection.queries import scoring_seats, submitted
from allocation.selection.quorum import Member, default_rule, quorum
from allocation.selection.ranking import Change, Entry, Ranking, TieBreak, juror_stability, rank, weight_stability
from allocation.selection.words import COLLEGES
from calls.models import Application, Call, CallLot, CallVersion, Criterion
from calls.queries import criteria_of, current_version
from intervalle import clock
from intervalle.accounts.models import Organisation, User
from intervalle.verdicts import Verdict
from premises.models import Lot, Premises


@dataclass(frozen=True)
class Cell:
    """One sheet of the board: its marks by criterion id, and whether it is in."""

    sheet: ScoreSheet
    marks: Mapping[int, Mark]


@dataclass(frozen=True)
class FileRow:
    """An admissible file, as a row of the board."""

    application: Application
    name: str

    @property
    def key(self) -> str:
        return self.application.label


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
    cells: Mapping[tuple[int, int], Cell]  # (application id, seat id)
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
        """Per file: who may score it (neither set aside nor abstaining), and the marks that are in."""
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
                    scoring.Mark(column.name, str(m.criterion_id), m.value, m.reason) for m in cell.marks.values()
                ]
        return scoring.Sheets(jurors, marks)

    @cached_property
    def scores(self) -> dict[str, scoring.Score]:
        return {key: scoring.score(sheets, self.grid) for key, sheets in self.sheets.items()}

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
    def what_ifs(self) -> list[Change]:
        """Each weight moved by five points, each juror taken away."""
        weights = weight_stability(self.entries, self.grid, 5, self.tie_breaks, self.seed)
        return weights + juror_stability(self.sheets, self.grid, self.deposited, self.tie_breaks, self.seed)

    @cached_property
    def missing_sheets(self) -> list[tuple[FileRow, SeatColumn]]:
        """Sheets still awaited: a juror not set aside, a file without that juror's sheet."""
        return [
            (row, column)
            for row in self.files
            for column in self.seats
            if (row.application.id, column.seat.id) not in self.apart
            and (row.application.id, column.seat.id) not in self.cells
        ]

    @cached_property
    def members(self) -> list[Member]:
        """The panel for the quorum: set aside when no file is left to score, voting when no sheet is missing."""
        awaited = {column.seat.id for _row, column in self.missing_sheets}
        return [
            Member(
                column.name, COLLEGES[column.seat.college], column.from_owner,
                recused=all((row.application.id, column.seat.id) in self.apart for row in self.files),
                voted=column.seat.id not in awaited and any(seat == column.seat.id for _file, seat in self.cells),
            )
            for column in self.seats
        ]  # fmt: skip

    @cached_property
    def quorum_gaps(self) -> list[Verdict]:
        """What is missing before the panel may rank; empty when it may (AMI-07)."""
        return quorum(self.members, default_rule(clock.today(), self.panel.quorum))

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
    cells = {
        place: cell
        for place, cell in (await _cells(db, [c.seat.id for c in seats])).items()
        if place[0] in ids and place not in apart
    }
    return Board(version, panel, criteria, files, seats, cells, frozenset(a for a in apart if a[0] in ids))


async def _files(db: AsyncSession, call: Call, seen: ColumnElement[bool]) -> tuple[FileRow, ...]:
    rows = await db.execute(
        select(Application, Organisation.name)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Admissibility, Admissibility.application_id == Application.id)
        .where(submitted(call.id), Admissibility.admissible.is_(True), seen)
        .order_by(Application.number)
    )
    return tuple(FileRow(application, name) for application, name in rows)


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


async def _cells(db: AsyncSession, seat_ids: list[int]) -> dict[tuple[int, int], Cell]:
    sheets = list(
        (
            await db.execute(
                select(ScoreSheet).where(ScoreSheet.seat_id.in_(seat_ids), ScoreSheet.submitted_at.is_not(None))
            )
        ).scalars()
    )
    marks: defaultdict[int, dict[int, Mark]] = defaultdict(dict)
    found = await db.execute(select(Mark).where(Mark.sheet_id.in_([s.id for s in sheets]), Mark.answered.is_(True)))
    for mark in found.scalars():
        marks[mark.sheet_id][mark.criterion_id] = mark
    return {(s.application_id, s.seat_id): Cell(s, marks[s.id]) for s in sheets}


def detail_of(board: Board, key: str) -> dict[str, Any]:
    """What is kept with a frozen score: the combined marks, the rule and who counted. Numbers as text, exact."""
    score, placed = board.scores[key], next(r for r in board.result.ranked if r.file == key)
    return {
        "rule": board.version.score_rule,
        "grid_version": board.version.number,
        "tie_break": placed.parted_by.value if placed.parted_by else None,
        "readers": score.readers,
        "college_weights": dict(board.panel.college_weights),
        "criteria": [
            {
                "id": criterion.id, "label": criterion.label, "weight": criterion.weight, "mark": str(combined.shown),
                "mean": str(combined.mean), "median": str(combined.median), "lowest": combined.lowest,
                "highest": combined.highest, "readers": combined.readers,
            }
            for criterion, combined in zip(board.criteria, score.criteria, strict=True)
        ],
    }  # fmt: skip
