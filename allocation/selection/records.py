"""What the minutes say of the selection, read once as plain facts: dates and numbers as text, names, sentences.

Nothing here is shown to a person who is set aside from a file of the call: the minutes tell of every file.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.selection import agenda, boards, queries
from allocation.selection.boards import Board, quorum_rule
from allocation.selection.meeting_models import (
    Ballot,
    Discussion,
    Meeting,
    Motion,
    Presence,
)
from allocation.selection.models import Admissibility, Panel, RankedScore, Recusal, Seat
from allocation.selection.quorum import Member, quorum
from allocation.selection.words import COLLEGES, SCORE_RULES, TIE_BREAKS, place_of
from calls.models import Application, Call, label_of
from intervalle import clock
from intervalle.accounts.actor import SYSTEM
from intervalle.accounts.models import Organisation, User

Facts = dict[str, Any]


def at(instant: datetime | None) -> str | None:
    """An instant as text, in Paris, to the minute: what a person reads and what is hashed are the same."""
    return instant.astimezone(clock.PARIS).isoformat(timespec="minutes") if instant else None


async def record_of(db: AsyncSession, call: Call, panel: Panel) -> Facts:
    """Presence, recusals, admissibility, scores, changes, votes, ranking of a call, in a fixed number of queries."""
    board = await boards.with_marks(db, await boards.load(db, call, panel, seen=true()))
    files = await _files(db, call)
    seats, called = await _seats(db, panel), await _called(db, panel)
    return {
        "panel": _panel(panel, board),
        "seats": [_seat(seat, name, organisation, called[seat.id]) for seat, name, organisation in seats],
        "recusals": await _recusals(db, panel),
        "admissibility": await _admissibility(db, call),
        "meetings": await _meetings(db, panel, board, _names(seats, board), files),
        "changes": await _changes(db, panel, board, files),
        "shortlist": await _shortlist(db, files),
        "hearings": await _hearings(db, panel, files),
        "scores": _scores(board),
        "ranking": await _ranking(db, call),
        "left_out": {key: list(why) for key, why in sorted(board.result.left_out.items())},
    }


def _panel(panel: Panel, board: Board) -> Facts:
    voted, asked = [m for m in board.members if m.voted], panel.college_quorums
    return {
        "opened_at": at(panel.opened_at),
        "scoring_closed_at": at(panel.scoring_closed_at),
        "quorum": panel.quorum,
        "readers_per_file": panel.readers_per_file,
        "anonymous": panel.anonymous,
        "college_weights": {COLLEGES[code]: weight for code, weight in sorted(panel.college_weights.items())},
        "score_rule": SCORE_RULES[board.version.score_rule],
        "tie_break": TIE_BREAKS[board.version.tie_break],
        "grid_version": board.version.number,
        "grid_sha256": board.version.content_sha256 or "",
        "grid": [{"label": c.label, "weight": c.weight, "floor": c.floor} for c in board.criteria],
        "voters": len(voted),
        "entitled": sum(m.entitled for m in board.members),
        "quorum_gaps": [verdict.message_fr for verdict in board.quorum_gaps],
        # Said where it is asked for: minutes drawn up before it could be are not made to look changed.
        **({"college_quorums": {COLLEGES[c]: least for c, least in sorted(asked.items())}} if asked else {}),
    }


def _seat(seat: Seat, name: str, organisation: str | None, called: list[str]) -> Facts:
    part = place_of(seat, called)
    return {
        "name": name, "organisation": organisation or "", "college": COLLEGES[seat.college], "part": part,
        "voting": seat.voting, "declared_at": at(seat.declared_at), "left_at": at(seat.left_at),
    }  # fmt: skip


async def _called(db: AsyncSession, panel: Panel) -> defaultdict[int, list[str]]:
    """Seat id -> labels of the files an expert was called for."""
    called: defaultdict[int, list[str]] = defaultdict(list)
    for seat_id, number in await db.execute(queries.files_called_for(panel.id, SYSTEM)):
        called[seat_id].append(label_of(number))
    return called


async def _seats(db: AsyncSession, panel: Panel) -> list[tuple[Seat, str, str | None]]:
    rows = await db.execute(
        select(Seat, User.name, Organisation.name)
        .join(User, User.id == Seat.user_id)
        .outerjoin(Organisation, Organisation.id == Seat.organisation_id)
        .where(Seat.panel_id == panel.id)
        .order_by(Seat.chair.desc(), Seat.college, User.name, Seat.id)
    )
    return [(seat, name, organisation) for seat, name, organisation in rows]


def _names(seats: list[tuple[Seat, str, str | None]], board: Board) -> dict[int, str]:
    """Seat id -> name; two people of one name are told apart as on the board."""
    return {seat.id: name for seat, name, _organisation in seats} | {c.seat.id: c.name for c in board.seats}


async def _files(db: AsyncSession, call: Call) -> dict[int, str]:
    rows = await db.execute(
        select(Application, Organisation.name)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.call_id == call.id, Application.submitted_at.is_not(None))
    )
    return {application.id: f"{application.label} {name}" for application, name in rows}


async def _recusals(db: AsyncSession, panel: Panel) -> list[Facts]:
    rows = await db.execute(
        select(Recusal, User.name, Application, Organisation.name)
        .join(Seat, Seat.id == Recusal.seat_id)
        .join(User, User.id == Seat.user_id)
        .join(Application, Application.id == Recusal.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Seat.panel_id == panel.id)
        .order_by(Application.number, User.name)
    )
    return [
        {
            "juror": juror, "file": f"{application.label} {name}", "origin": recusal.origin, "reason": recusal.reason,
            "since": at(recusal.created_at), "lifted_at": at(recusal.lifted_at), "lift_reason": recusal.lift_reason,
        }
        for recusal, juror, application, name in rows
    ]  # fmt: skip


async def _admissibility(db: AsyncSession, call: Call) -> list[Facts]:
    rows = await db.execute(
        select(Application, Organisation.name, Admissibility, User.name)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(Admissibility, Admissibility.application_id == Application.id)
        .outerjoin(User, User.id == Admissibility.decided_by_id)
        .where(Application.call_id == call.id, Application.submitted_at.is_not(None))
        .order_by(Application.number)
    )
    return [
        {
            "file": application.label, "name": name, "submitted_at": at(application.submitted_at),
            "sha256": application.content_sha256 or "", "withdrawn_at": at(application.withdrawn_at),
            "admissible": found.admissible if found else None, "reason": found.reason if found else "",
            "by": by or "", "decided_at": at(found.decided_at) if found else None,
        }
        for application, name, found, by in rows
    ]  # fmt: skip


async def _meetings(
    db: AsyncSession, panel: Panel, board: Board, names: dict[int, str], files: dict[int, str]
) -> list[Facts]:
    meetings = list(
        (await db.execute(select(Meeting).where(Meeting.panel_id == panel.id).order_by(Meeting.id))).scalars()
    )
    ids = [m.id for m in meetings]
    there = await _by_meeting(db, select(Presence).where(Presence.meeting_id.in_(ids)).order_by(Presence.id))
    points = await _by_meeting(db, select(Discussion).where(Discussion.meeting_id.in_(ids)).order_by(Discussion.id))
    motions = await _by_meeting(
        db,
        select(Motion)
        .where(Motion.meeting_id.in_(ids), Motion.outcome.is_distinct_from("withdrawn"))
        .order_by(Motion.id),
    )
    counts = await _counts(db, ids)
    items = {item.id: item for item in await agenda.items_of(db, panel.id)}
    return [
        {
            "opened_at": at(m.opened_at),
            "closed_at": at(m.closed_at),
            "present": [
                {"name": names[p.seat_id], "from": at(p.arrived_at), "until": at(p.left_at)} for p in there[m.id]
            ],
            "absent": [c.name for c in board.seats if c.seat.id not in {p.seat_id for p in there[m.id]}],
            "quorate": _quorate(board, {p.seat_id for p in there[m.id]}),
            "points": [
                {"file": files[p.application_id], "from": at(p.started_at), "until": at(p.ended_at)}
                for p in points[m.id]
                if p.application_id
            ],
            "other_points": [
                {"title": items[p.item_id].title, "note": items[p.item_id].note, "from": at(p.started_at)}
                for p in points[m.id]
                if p.item_id
            ],
            "votes": [
                {
                    "question": v.question, "file": files[v.application_id] if v.application_id else "",
                    "outcome": v.outcome, "counts": counts.get(v.id, {}), "closed_at": at(v.closed_at),
                }
                for v in motions[m.id]
            ],
        }
        for m in meetings
    ]  # fmt: skip


def _quorate(board: Board, here: set[int]) -> bool:
    """Whether those who came, at some moment, made a quorum for files nobody is set aside from."""
    members = [
        Member(c.name, COLLEGES[c.seat.college], c.from_owner, voted=c.seat.id in here) for c in board.seats
    ]  # fmt: skip
    return not quorum(members, quorum_rule(board.panel))


async def _by_meeting(db: AsyncSession, query: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in (await db.execute(query)).scalars():
        found[row.meeting_id].append(row)
    return found


async def _counts(db: AsyncSession, meeting_ids: list[int]) -> dict[int, dict[str, int]]:
    """Votes are told by their count, never by who cast them."""
    rows = await db.execute(
        select(Ballot.motion_id, Ballot.choice)
        .join(Motion, Motion.id == Ballot.motion_id)
        .where(Motion.meeting_id.in_(meeting_ids))
    )
    found: dict[int, dict[str, int]] = {}
    for motion_id, choice in rows:
        counts = found.setdefault(motion_id, {"for": 0, "against": 0, "abstain": 0})
        counts[choice] += 1
    return found


async def _changes(db: AsyncSession, panel: Panel, board: Board, files: dict[int, str]) -> list[Facts]:
    rows = await db.execute(queries.mark_changes(panel.id))
    labels = {c.id: c.label for c in board.criteria}
    return [
        {
            "file": files[file], "juror": juror, "criterion": labels.get(change.criterion_id, ""),
            "before": change.before, "after": change.after, "reason": change.reason, "at": at(change.created_at),
        }
        for change, file, juror in rows
    ]  # fmt: skip


async def _shortlist(db: AsyncSession, files: dict[int, str]) -> list[Facts]:
    rows = await db.execute(queries.shortlistings(files))
    return [
        {"file": files[s.application_id], "kept": s.kept, "reason": s.reason, "by_vote": s.motion_id is not None,
         "at": at(s.created_at)}
        for s in rows.scalars()
    ]  # fmt: skip


async def _hearings(db: AsyncSession, panel: Panel, files: dict[int, str]) -> list[Facts]:
    rows = await db.execute(queries.hearings(panel.id))
    return [
        {"file": files[h.application_id], "at": at(h.starts_at), "minutes": h.minutes, "place": h.place}
        for h in rows.scalars()
    ]


def _scores(board: Board) -> list[Facts]:
    """Per file: the combined marks with their spread, and each juror's own."""
    return [
        {
            "file": row.key, "name": row.name,
            "total": str(board.scores[row.key].total) if board.scores[row.key].total is not None else None,
            "criteria": [
                {"mark": str(c.shown) if c.mark is not None else None, "spread": c.spread, "readers": c.readers}
                for c in board.scores[row.key].criteria
            ],
            "jurors": [
                {
                    "name": column.name, "abstained": cell.sheet.abstained,
                    "marks": [_own(cell.marks.get(c.id)) for c in board.criteria],
                }
                for column in board.seats
                if (cell := board.cells.get((row.application.id, column.seat.id)))
            ],
        }
        for row in board.files
    ]  # fmt: skip


def _own(mark: Any) -> int | str:
    return "–" if mark is None else "NÉ" if mark.value is None else mark.value


async def _ranking(db: AsyncSession, call: Call) -> list[Facts]:
    rows = await db.execute(
        select(Application, Organisation.name, RankedScore)
        .join(RankedScore, RankedScore.application_id == Application.id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.call_id == call.id)
        .order_by(RankedScore.rank, Application.number)
    )
    return [
        {
            "rank": score.rank, "file": application.label, "name": name, "score": str(score.score),
            "tie_break": TIE_BREAKS.get(score.detail.get("tie_break") or "", ""),
        }
        for application, name, score in rows
    ]  # fmt: skip
