"""The session as one person sees it: who is there, the point under discussion, votes, what was decided.

Only files open to this person are looked at. When the panel discusses another one, their screen shows no point at
all, as when there is none.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import access, agenda, boards, queries
from allocation.selection.access import Room
from allocation.selection.agenda import Point
from allocation.selection.boards import Board, quorum_rule
from allocation.selection.meeting_models import (
    AgendaItem,
    Ballot,
    Discussion,
    Hearing,
    Meeting,
    Motion,
    Presence,
)
from allocation.selection.models import ScoreSheet, Seat
from allocation.selection.quorum import Member, quorum
from allocation.selection.ranking_pages import Line, lines_of
from allocation.selection.words import COLLEGES, place_code, place_of
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import User


@dataclass(frozen=True)
class Attendee:
    """A member of the panel, and since when they are in the room."""

    seat: Seat
    name: str
    since: datetime | None

    @property
    def ordinary(self) -> bool:
        return place_code(self.seat) == "member"

    @property
    def place(self) -> str:
        return place_of(self.seat)


@dataclass(frozen=True)
class Vote:
    """A motion as shown: counts only once it is closed, one's own ballot always."""

    motion: Motion
    label: str
    mine: str | None
    cast: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """A mark changed in session."""

    file: str
    juror: str
    criterion: str
    before: int | None
    after: int | None
    reason: str


@dataclass(frozen=True)
class Live:
    """Everything the screen of the session shows."""

    meeting: Meeting | None
    attendees: list[Attendee]
    voters_here: int
    voters: int
    quorate: bool
    board: Board
    lines: list[Line]
    current: Line | None
    votes: list[Vote]
    changes: list[Change]
    discussed: frozenset[int | None]
    points: list[Point[Line]]
    item: AgendaItem | None  # the point under discussion, when it is not a file
    told: frozenset[int]  # items discussed
    kept: Mapping[int, bool]
    hearings: Mapping[int, Hearing]

    @property
    def version(self) -> int:
        return self.meeting.version if self.meeting else 0

    @property
    def said(self) -> list[tuple[str, str]]:
        """What each juror wrote on the point under discussion."""
        if self.current is None:
            return []
        id = self.current.file.application.id
        return [
            (column.name, cell.sheet.comment)
            for column in self.board.seats
            if (cell := self.board.cells.get((id, column.seat.id))) and cell.sheet.comment
        ]

    def me(self, seat: Seat | None) -> Attendee | None:
        return next((a for a in self.attendees if seat and a.seat.id == seat.id), None)

    @property
    def open_vote(self) -> Vote | None:
        return next((v for v in self.votes if v.motion.closed_at is None), None)


async def meeting_of(db: AsyncSession, panel_id: int) -> Meeting | None:
    """The session that is open, or else the last one."""
    found = await db.execute(
        select(Meeting)
        .where(Meeting.panel_id == panel_id)
        .order_by(Meeting.closed_at.is_not(None), Meeting.id.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def look(db: AsyncSession, actor: Actor, room: Room) -> Live:
    """A fixed number of queries, whatever the number of files."""
    panel = access.panel_of(room)
    board = await boards.load(db, room.call, panel, seen=queries.open_to(actor))
    lines = lines_of(board)
    by_id = {line.file.application.id: line for line in lines}
    meeting = await meeting_of(db, panel.id)
    discussions = await _discussions(db, panel.id)
    here = next((d for d in discussions if d.ended_at is None and meeting and d.meeting_id == meeting.id), None)
    current = by_id.get(here.application_id) if here and here.application_id else None
    if current:
        board = await boards.with_marks(db, board, [current.file.application.id])
    items = await agenda.items_of(db, panel.id)
    attendees = await _attendees(db, panel.id, meeting)
    voters, voters_here, quorate = await _quorum(db, board, attendees, current)
    return Live(
        meeting=meeting, attendees=attendees, voters_here=voters_here, voters=voters, quorate=quorate, board=board,
        lines=lines, current=current, votes=await _votes(db, room, meeting, by_id), changes=await _changes(db, board, by_id),
        discussed=frozenset(d.application_id for d in discussions if d.application_id in by_id),
        points=agenda.ordered([(line.file.application.id, line) for line in lines], items),
        item=next((i for i in items if here and i.id == here.item_id), None),
        told=frozenset(d.item_id for d in discussions if d.item_id),
        kept=await _kept(db, list(by_id)), hearings=await _hearings(db, panel.id, set(by_id)),
    )  # fmt: skip


async def _discussions(db: AsyncSession, panel_id: int) -> list[Discussion]:
    rows = await db.execute(
        select(Discussion)
        .join(Meeting, Meeting.id == Discussion.meeting_id)
        .where(Meeting.panel_id == panel_id)
        .order_by(Discussion.id)
    )
    return list(rows.scalars())


async def _attendees(db: AsyncSession, panel_id: int, meeting: Meeting | None) -> list[Attendee]:
    rows = await db.execute(
        select(Seat, User.name, Presence.arrived_at)
        .join(User, User.id == Seat.user_id)
        .outerjoin(
            Presence,
            (Presence.seat_id == Seat.id)
            & (Presence.meeting_id == (meeting.id if meeting else 0))
            & Presence.left_at.is_(None),
        )
        .where(Seat.panel_id == panel_id, Seat.left_at.is_(None))
        .order_by(Seat.chair.desc(), Seat.college, User.name)
    )
    return [Attendee(seat, name, since) for seat, name, since in rows]


async def _quorum(
    db: AsyncSession, board: Board, attendees: list[Attendee], current: Line | None
) -> tuple[int, int, bool]:
    """(who may vote, who of them is here, whether that is enough) on the current point, or in general."""
    here = {a.seat.id for a in attendees if a.since}
    apart: set[int] = set()
    if current:
        rows = await db.execute(queries.seats_apart(board.panel.id, current.file.application.id))
        apart = set(rows.scalars())
    members = [
        Member(c.name, COLLEGES[c.seat.college], c.from_owner, recused=c.seat.id in apart, voted=c.seat.id in here)
        for c in board.seats
    ]
    entitled = [m for m in members if m.entitled]
    missing = quorum(members, quorum_rule(board.panel))
    return len(entitled), sum(m.voted for m in entitled), not missing


async def _votes(db: AsyncSession, room: Room, meeting: Meeting | None, by_id: Mapping[int, Line]) -> list[Vote]:
    if meeting is None:
        return []
    motions = [
        m
        for m in (
            await db.execute(select(Motion).where(Motion.meeting_id == meeting.id).order_by(Motion.id.desc()))
        ).scalars()
        if m.application_id is None or m.application_id in by_id
    ]
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    rows = await db.execute(
        select(Ballot.motion_id, Ballot.choice, func.count())
        .where(Ballot.motion_id.in_([m.id for m in motions]))
        .group_by(Ballot.motion_id, Ballot.choice)
    )
    for motion_id, choice, n in rows:
        counts[motion_id][choice] = n
    mine: dict[int, str] = {}
    if room.seat:
        own = await db.execute(select(Ballot.motion_id, Ballot.choice).where(Ballot.seat_id == room.seat.id))
        mine = {row.motion_id: row.choice for row in own}
    return [
        Vote(
            m, by_id[m.application_id].file.key if m.application_id else "", mine.get(m.id), sum(counts[m.id].values()),
            counts[m.id] if m.closed_at else {},
        )
        for m in motions
    ]  # fmt: skip


async def _changes(db: AsyncSession, board: Board, by_id: Mapping[int, Line]) -> list[Change]:
    changed = queries.mark_changes(board.panel.id).where(ScoreSheet.application_id.in_(by_id))
    rows = (await db.execute(changed)).all()[::-1]
    labels = {c.id: c.label for c in board.criteria}
    return [
        Change(by_id[file].file.key, name, labels.get(c.criterion_id, ""), c.before, c.after, c.reason)
        for c, file, name in rows
    ]


async def _kept(db: AsyncSession, ids: list[int]) -> dict[int, bool]:
    rows = (await db.execute(queries.shortlistings(ids))).scalars()
    return {row.application_id: row.kept for row in rows}  # the last act holds


async def _hearings(db: AsyncSession, panel_id: int, ids: set[int]) -> dict[int, Hearing]:
    rows = await db.execute(queries.hearings(panel_id))
    return {h.application_id: h for h in rows.scalars() if h.application_id in ids}
