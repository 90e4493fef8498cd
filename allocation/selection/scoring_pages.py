"""/commissions/…/notation: my sheets, a file to read, the sheet to fill."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, anonymity, sheet_queries, sheets
from allocation.selection.access import Room
from allocation.selection.models import Mark, ScoreSheet, Seat
from allocation.selection.reading_order import next_file
from allocation.selection.reasons import Given, given
from allocation.selection.running import Reached, reached, running
from allocation.selection.sheets import Incomplete, StaleSheet, Typed
from allocation.selection.words import COLLEGES, SHORT_ANCHORS
from calls.grid import ANCHORS
from calls.models import Application, CallVersion, Criterion, label_of
from calls.queries import criteria_of, current_version
from calls.reading import file_of
from intervalle import clock
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, is_fragment, page, redirect

COMMENT_LIMIT = 5000
REASON_LIMIT = 1000
BESIDE = 60  # sheets listed beside a file; of more, those around it


class MyFile(NamedTuple):
    """A file of the list: a juror may have a thousand of them on one page."""

    id: int
    label: str


class MySheet(NamedTuple):
    """A line of the list at left: a file of mine, and where my sheet stands. `total` of a validated sheet, only on a line
    that is shown (`with_totals`); `sheet` itself only once opened."""

    application: MyFile
    name: str
    state: str  # "todo" | "begun" | "done" | "abstained"
    total: Reached | None = None
    sheet: ScoreSheet | None = None


@dataclass(frozen=True)
class Desk:
    """Everything of a juror's own on the page: the grid, the sheets, the order."""

    room: Room
    seat: Seat
    version: CallVersion
    criteria: list[Criterion]
    mine: list[MySheet]
    marks: Mapping[int, Mapping[int, Given]]  # sheet id -> criterion id -> answer, for the sheets opened

    @property
    def waiting(self) -> list[int]:
        return [m.application.id for m in self.mine if m.state in {"todo", "begun"}]

    @property
    def counts(self) -> tuple[int, int] | None:
        """My sheets due and in; None where a seat reads without scoring, or not yet."""
        scores = self.seat.voting and self.seat.alternate_of_id is None
        return (len(self.mine), len(self.mine) - len(self.waiting)) if scores else None

    def line(self, application_id: int) -> MySheet:
        """My line for this file; a file that is not mine to read does not exist."""
        for mine in self.mine:
            if mine.application.id == application_id:
                return mine
        raise NotFound

    def beside(self, application_id: int) -> list[MySheet]:
        """The sheets listed beside a file: all of them, or the BESIDE around it when there are more."""
        place = next(place for place, mine in enumerate(self.mine) if mine.application.id == application_id)
        first = max(0, min(place - BESIDE // 3, len(self.mine) - BESIDE))
        return self.mine[first : first + BESIDE]

    def around(self, application_id: int) -> tuple[int | None, int | None]:
        """The files before and after in the list, for « p » and « n »."""
        ids = [m.application.id for m in self.mine]
        index = ids.index(application_id)
        return (ids[index - 1] if index else None), (ids[index + 1] if index + 1 < len(ids) else None)


async def desk_of(
    request: Request, db: Db, call_id: int, *opened: int, whole: bool = False, alone: bool = False
) -> Desk:
    """A fixed number of queries, whatever the number of files. The sheets of the applications `opened` are read with
    their marks; all of them for a `whole` desk. `alone`: nothing but the applications opened, for what shows no list."""
    room, seat = await access.enter_as_juror(db, actor_of(request), call_id)
    version = (await db.execute(current_version(call_id))).scalar_one()
    criteria = list((await db.execute(criteria_of(version.id))).scalars())
    sheets_read, marks = await _opened(db, seat, None if whole else opened)
    # The connection's rows, without the session's bookkeeping: a juror may have a thousand files.
    connection = await db.connection()
    rows = await connection.execute(sheet_queries.desk_lines(seat, opened if alone else None))
    hidden = _("nom masqué") if room.names_hidden else None
    mine = [
        MySheet(
            MyFile(id, label_of(number)), hidden or name, _state(sheet_id, submitted_at, abstained), sheet=sheets_read.get(id)
        )
        for id, number, name, sheet_id, submitted_at, abstained in rows
    ]  # fmt: skip
    return Desk(room, seat, version, criteria, mine, marks)


def _state(sheet_id: int | None, submitted_at: datetime | None, abstained: bool) -> str:
    if sheet_id is None:
        return "todo"
    return "abstained" if abstained else "done" if submitted_at else "begun"


async def with_totals(db: Db, desk: Desk, lines: Sequence[MySheet]) -> list[MySheet]:
    """These lines of the desk, with the totals of those that are validated."""
    only = None if lines is desk.mine else [line.application.id for line in lines]
    rows = await db.execute(sheet_queries.desk_sums(desk.seat, desk.version.id, only))
    sums = {file: (weighted, unassessed) for file, weighted, unassessed in rows}
    weight = sum(c.weight for c in desk.criteria)
    return [
        line._replace(total=reached(*sums.get(line.application.id, (0, 0)), weight)) if line.state == "done" else line
        for line in lines
    ]


async def _opened(
    db: Db, seat: Seat, opened: Sequence[int] | None
) -> tuple[dict[int, ScoreSheet], Mapping[int, Mapping[int, Given]]]:
    wanted = sheet_queries.sheets_of(seat.id)
    if opened is not None:
        wanted = wanted.where(ScoreSheet.application_id.in_(opened))
    own = {s.application_id: s for s in (await db.execute(wanted)).scalars()}
    return own, await _marks(db, [s.id for s in own.values()])


async def _marks(db: Db, sheet_ids: list[int]) -> Mapping[int, Mapping[int, Given]]:
    found: defaultdict[int, dict[int, Given]] = defaultdict(dict)
    rows = select(Mark.sheet_id, Mark.criterion_id, Mark.answered, Mark.value, Mark.reason)
    for sheet, criterion, answered, value, reason in await db.execute(rows.where(Mark.sheet_id.in_(sheet_ids))):
        found[sheet][criterion] = Given(answered, value, reason)
    return found


@get("/commissions/{call_id:int}/notation", policy="panel.score")
async def index(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """On to the least-read file that waits for me; the list when all are done, or when it is asked for (« toutes »)."""
    desk = await desk_of(request, db, call_id)
    if not desk.room.declared and desk.room.panel and desk.room.panel.opened_at:
        return redirect(f"/commissions/{call_id}/conflits")
    following = await _following(db, desk)
    if following and not _closed(desk.room) and "toutes" not in request.query_params:
        return redirect(f"/commissions/{call_id}/notation/{following}")
    return page(
        request, "selection/scoring_list.html", desk=desk, room=desk.room, closed=_closed(desk.room),
        head=await access.head(db, actor_of(request), desk.room, own=desk.counts),
        lines=await with_totals(db, desk, desk.mine),
    )  # fmt: skip


async def _following(db: Db, desk: Desk, *, but: int | None = None) -> int | None:
    if not desk.waiting:
        return None
    reads = {row[0]: row[1] for row in await db.execute(sheet_queries.reads_per_file(desk.seat.panel_id))}
    return next_file(desk.seat.id, desk.waiting, reads, but=but)


def _closed(room: Room) -> bool:
    return bool(room.panel and room.panel.scoring_closed_at) or room.call.stage() != "closed"


async def _context(
    request: Request, db: Db, desk: Desk, application_id: int, *, typed: Typed | None = None, **more: Any
) -> dict[str, Any]:
    line = desk.line(application_id)
    application = (await db.execute(select(Application).where(Application.id == application_id))).scalar_one()
    sheet = line.sheet
    marks = typed.marks if typed else desk.marks[sheet.id] if sheet else {}
    before, after = desk.around(application_id)
    file = await file_of(db, application)
    editable = desk.seat.voting and not _closed(desk.room) and not (sheet and sheet.submitted_at)
    return {
        "desk": desk, "room": desk.room, "line": line,
        "head": await access.head(db, actor_of(request), desk.room, own=desk.counts),
        "application": application, "file": anonymity.masked(file) if desk.room.names_hidden else file, "sheet": sheet,
        "marks": {c.id: marks.get(c.id, Given()) for c in desk.criteria}, "total": running(marks, desk.criteria),
        "comment": typed.comment if typed else sheet.comment if sheet else "",
        "notes": typed.notes if typed else sheet.notes if sheet else "",
        "version": typed.version if typed else sheet.version if sheet else 0,
        "writer": typed.writer if typed and typed.writer else secrets.token_urlsafe(9), "editable": editable,
        "beside": await with_totals(db, desk, desk.beside(application_id)), "before": before, "after": after, "anchors": [_(a) for a in SHORT_ANCHORS],
        "scale": [(value, _(text)) for value, text in ANCHORS.items()], "panel": access.panel_of(desk.room),
        "others": await _others(db, desk, application_id) if not editable else [],
    } | {"why": {}, "conflict": None} | more  # fmt: skip


@dataclass(frozen=True)
class Other:
    """Somebody else's sheet, open to me because mine is in (AMI-05). No total: totals wait for the meeting."""

    name: str
    college: str
    marks: Mapping[int, Given]
    comment: str
    abstained: bool


async def _others(db: Db, desk: Desk, application_id: int) -> list[Other]:
    rows = (await db.execute(sheet_queries.others_sheets(desk.seat, application_id))).all()
    marks = await _marks(db, [sheet.id for sheet, _seat, _user in rows])
    return [
        Other(user.name, _(COLLEGES[seat.college]), marks[sheet.id], sheet.comment, sheet.abstained)
        for sheet, seat, user in rows
    ]


@get("/commissions/{call_id:int}/notation/{application_id:int}", policy="panel.score")
async def show(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[str]:
    desk = await desk_of(request, db, call_id, application_id)
    desk.line(application_id)
    return page(request, "selection/score.html", **await _context(request, db, desk, application_id))


async def _typed(request: Request, desk: Desk) -> tuple[Typed, str]:
    """The sheet as typed, and the abstention's reason. `over` is pressed to keep this page's answers over the stored ones."""
    form = await form_data(request)

    def text(name: str, limit: int) -> str:
        value = form.get(name, "")
        return value.strip().replace("\r\n", "\n")[:limit] if isinstance(value, str) else ""

    version = text("over", 10) or text("version", 10)
    marks = {c.id: given(text(f"n{c.id}", 2), text(f"m{c.id}", REASON_LIMIT)) for c in desk.criteria}
    typed = Typed(
        {i: g for i, g in marks.items() if g.answered or g.reason}, text("comment", COMMENT_LIMIT), text("notes", COMMENT_LIMIT),
        int(version) if version.isdigit() else 0, text("writer", 40),
    )  # fmt: skip
    return typed, text("abstention", REASON_LIMIT)


@post("/commissions/{call_id:int}/notation/{application_id:int}/brouillon", policy="panel.score", status_code=200)
async def save(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[Any]:
    """The draft, by itself as one types (a fragment), or by the button (a page)."""
    desk = await desk_of(request, db, call_id, application_id, alone=True)
    desk.line(application_id)
    typed, _reason = await _typed(request, desk)
    try:
        sheet = await sheets.save(db, actor_of(request), desk.room.call, desk.seat, application_id, typed)
    except StaleSheet as stale:
        if not is_fragment(request):  # the page comes back, with its list
            desk = await desk_of(request, db, call_id, application_id)
        return await _stale(request, db, desk, application_id, typed, stale)
    if not is_fragment(request):
        return redirect(f"/commissions/{call_id}/notation/{application_id}", flash=_("Brouillon enregistré."))
    return page(
        request, "selection/_running.html", total=running(typed.marks, desk.criteria), saved_at=sheet.saved_at,
        version=sheet.version, editable=True,
    )  # fmt: skip


@post("/commissions/{call_id:int}/notation/{application_id:int}/validation", policy="panel.score", status_code=200)
async def submit(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[Any]:
    """Save what was typed, then validate it. What is missing is said, and the draft is kept all the same."""
    actor, desk = actor_of(request), await desk_of(request, db, call_id, application_id)
    desk.line(application_id)
    typed, _reason = await _typed(request, desk)
    try:
        saved = await sheets.save(db, actor, desk.room.call, desk.seat, application_id, typed)
        typed = replace(typed, version=saved.version)
        await sheets.submit(db, actor, desk.room.call, desk.seat, application_id, typed)
    except StaleSheet as stale:
        return await _stale(request, db, desk, application_id, typed, stale)
    except Incomplete as incomplete:
        context = await _context(request, db, desk, application_id, typed=typed, why=incomplete.why)
        return page(request, "selection/score.html", status=422, **context)
    return await _onward(db, desk, application_id, _("Fiche validée."))


@post("/commissions/{call_id:int}/notation/{application_id:int}/abstention", policy="panel.score", status_code=200)
async def abstain(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[Any]:
    desk = await desk_of(request, db, call_id, application_id)
    desk.line(application_id)
    typed, reason = await _typed(request, desk)
    try:
        await sheets.abstain(db, actor_of(request), desk.room.call, desk.seat, application_id, reason)
    except Incomplete as incomplete:
        why = {"abstention": incomplete.why["comment"]}
        context = await _context(request, db, desk, application_id, typed=typed, why=why)
        return page(request, "selection/score.html", status=422, **context)
    return await _onward(db, desk, application_id, _("Abstention enregistrée."))


async def _onward(db: Db, desk: Desk, application_id: int, said: str) -> Response[None]:
    """To the next file that waits, or to the list."""
    left = [i for i in desk.waiting if i != application_id]
    reads = {row[0]: row[1] for row in await db.execute(sheet_queries.reads_per_file(desk.seat.panel_id))}
    following = next_file(desk.seat.id, left, reads)
    base = f"/commissions/{desk.room.call.id}/notation"
    return redirect(f"{base}/{following}" if following else base, flash=said)


async def _stale(
    request: Request, db: Db, desk: Desk, application_id: int, typed: Typed, stale: StaleSheet
) -> Response[str]:
    """409 with both versions: nothing was written, nothing is lost."""
    conflict = {
        "marks": stale.marks, "comment": stale.stored.comment, "notes": stale.stored.notes, "version": stale.stored.version,
        "saved_at": stale.stored.saved_at or clock.now(), "submitted": bool(stale.stored.submitted_at),
    }  # fmt: skip
    if is_fragment(request):
        return page(
            request, "selection/_conflict.html", status=409, conflict=conflict, typed=typed, criteria=desk.criteria,
            url=f"/commissions/{desk.room.call.id}/notation/{application_id}", total=running(typed.marks, desk.criteria),
        )  # fmt: skip
    context = await _context(request, db, desk, application_id, typed=typed, conflict=conflict)
    return page(request, "selection/score.html", status=409, **context)


ROUTES: list[HTTPRouteHandler] = [index, show, save, submit, abstain]
