"""/commissions/…/tableau and /classement: the marks of all, the order, how firmly it stands, freezing it."""

from dataclasses import dataclass
from decimal import Decimal

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import exists, or_, select

from allocation.selection import access, boards, queries, rankings, sheets
from allocation.selection.access import Room
from allocation.selection.boards import Board, FileRow
from allocation.selection.models import RankedScore, Recusal, Seat
from allocation.selection.ranking import Change, Ranked
from allocation.selection.scoring import CriterionScore, Score, Severity, severities
from allocation.selection.words import SCORE_RULES, TIE_BREAKS
from calls.models import Application
from calls.reading import file_of
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, page, redirect


@dataclass(frozen=True)
class Line:
    """A file on the board: its place if it has one, its combined marks, why it is out if it is."""

    file: FileRow
    score: Score
    placed: Ranked | None
    why_out: tuple[str, ...]

    @property
    def rank(self) -> int | None:
        return self.placed.rank if self.placed else None

    @property
    def cells(self) -> tuple[CriterionScore, ...]:
        return self.score.criteria


def lines_of(board: Board) -> list[Line]:
    """Ranked files in their order, then those left out, by number."""
    placed = {row.file: row for row in board.result.ranked}
    lines = [
        Line(row, board.scores[row.key], placed.get(row.key), board.result.left_out.get(row.key, ()))
        for row in board.files
    ]
    return sorted(lines, key=lambda line: (line.rank is None, line.rank or 0, line.file.application.number))


async def _board(request: Request, db: Db, room: Room) -> Board:
    """Over the files this person may see: ranks, spreads and what-ifs are computed without the others."""
    return await boards.load(db, room.call, access.panel_of(room), seen=queries.open_to(actor_of(request)))


@get("/commissions/{call_id:int}/tableau", policy="panel.show")
async def matrix(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Files × criteria, once the blind phase is over."""
    actor = actor_of(request)
    room = await access.enter(db, actor, call_id)
    head = await access.head(db, actor, room)
    if not room.totals_open:
        return page(request, "selection/sealed.html", room=room, head=head)
    board = await boards.with_marks(db, await _board(request, db, room))
    return page(
        request, "selection/matrix.html", room=room, head=head, board=board, lines=lines_of(board),
        severities=_severities(board), rules=SCORE_RULES,
    )  # fmt: skip


def _severities(board: Board) -> list[Severity]:
    return severities(board.sheets.values())


@get("/commissions/{call_id:int}/classement", policy="panel.show")
async def ranking(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter(db, actor, call_id)
    head = await access.head(db, actor, room)
    if not room.totals_open and not (room.staff and room.panel and room.panel.opened_at and room.declared):
        return page(request, "selection/sealed.html", room=room, head=head)
    board = await _board(request, db, room)
    if not room.totals_open:
        return page(request, "selection/closing.html", room=room, head=head, board=board, missing=_by_juror(board))
    board = await boards.with_marks(db, board)
    frozen = await _frozen(db, room) if room.call.ranked_at and not await _apart(request, db, room) else {}
    return page(
        request, "selection/ranking.html", room=room, head=head, board=board, lines=lines_of(board), frozen=frozen,
        changes=_told(board.what_ifs), rule=_(SCORE_RULES[board.version.score_rule]), missing=_by_juror(board),
        tie_break=_(TIE_BREAKS[board.version.tie_break]),
    )  # fmt: skip


MOST_COMPARED = 4


@get("/commissions/{call_id:int}/comparaison", policy="panel.show")
async def comparison(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Two to four files side by side: facts, marks, what jurors wrote."""
    actor = actor_of(request)
    room = await access.enter(db, actor, call_id)
    head = await access.head(db, actor, room)
    if not room.totals_open:
        return page(request, "selection/sealed.html", room=room, head=head)
    board = await _board(request, db, room)
    lines = lines_of(board)
    asked = {int(v) for v in request.query_params.getall("dossier", []) if v.isdigit() and len(v) < 19}
    chosen = [line for line in lines if line.file.application.id in asked][:MOST_COMPARED]
    ids = [line.file.application.id for line in chosen]
    board = await boards.with_marks(db, board, ids)
    rows = (await db.execute(select(Application).where(Application.id.in_(ids)))).scalars()
    applications = {application.id: application for application in rows}
    files = [await file_of(db, applications[id]) for id in ids]
    comments = {
        line.file.key: [
            (column.name, board.cells[place].sheet.comment)
            for column in board.seats
            if (place := (line.file.application.id, column.seat.id)) in board.cells and board.cells[place].sheet.comment
        ]
        for line in chosen
    }
    return page(
        request, "selection/comparison.html", room=room, head=head, board=board, lines=lines, chosen=chosen, files=files,
        comments=comments, most=MOST_COMPARED,
    )  # fmt: skip


def _told(changes: list[Change]) -> tuple[list[Change], int]:
    """The « what ifs » that change the order, and how many were tried."""
    return [c for c in changes if c.changes_order], len(changes)


def _by_juror(board: Board) -> list[tuple[str, list[str]]]:
    """Who is still awaited, and for which files."""
    waiting: dict[str, list[str]] = {}
    for row, column in board.missing_sheets:
        waiting.setdefault(column.name, []).append(row.key)
    return sorted(waiting.items())


async def _frozen(db: Db, room: Room) -> dict[int, tuple[int, Decimal]]:
    """Application id -> the rank and score as frozen: what the letters quote, whatever was withdrawn since."""
    rows = await db.execute(
        select(RankedScore.application_id, RankedScore.rank, RankedScore.score)
        .join(Application, Application.id == RankedScore.application_id)
        .where(Application.call_id == room.call.id)
    )
    return {application_id: (rank, score) for application_id, rank, score in rows}


async def _apart(request: Request, db: Db, room: Room) -> bool:
    """Frozen ranks have a hole where a file is: one who is set aside from it, or was called for others, sees ranks
    counted without it — whether the file is still there or not."""
    recused = exists().where(Recusal.seat_id == Seat.id, Recusal.lifted_at.is_(None))
    partly = select(Seat.id).where(
        Seat.user_id == actor_of(request).user_id, Seat.panel_id == access.panel_of(room).id,
        or_(recused, Seat.reads == "only"),
    )  # fmt: skip
    return (await db.execute(partly.limit(1))).first() is not None


@post("/commissions/{call_id:int}/notation/cloture", policy="panel.close")
async def close(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await sheets.close_scoring(db, actor, room.call)
    return redirect(
        f"/commissions/{call_id}/classement", flash=_("Notation close : les notes s’ouvrent à la commission.")
    )


@post("/commissions/{call_id:int}/classement", policy="panel.rank")
async def rank(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await rankings.rank(db, actor, room.call)
    return redirect(f"/commissions/{call_id}/classement", flash=_("Classement arrêté, daté et inscrit au journal."))


ROUTES: list[HTTPRouteHandler] = [matrix, ranking, comparison, close, rank]
