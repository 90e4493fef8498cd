"""/commissions/…/mes-fiches: take one's sheets away as a workbook, bring them back filled."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from allocation.selection import access, sheets, workbooks
from allocation.selection.reasons import Given
from allocation.selection.scoring_pages import COMMENT_LIMIT, REASON_LIMIT, Desk, desk_of
from allocation.selection.sheets import Typed
from allocation.selection.workbooks import BadWorkbook, Filled, Line, Refusal
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, page, redirect, upload_in

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _page(request: Request, db: Db, desk: Desk, status: int = 200, **more: Any) -> Response[str]:
    context: dict[str, Any] = {
        "room": desk.room, "desk": desk, "head": await access.head(db, actor_of(request), desk.room), "refusals": [], "problem": None,
    }  # fmt: skip
    return page(request, "selection/workbook.html", status=status, **(context | more))


@get("/commissions/{call_id:int}/mes-fiches", policy="panel.score")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    return await _page(request, db, await desk_of(request, db, call_id))


@get("/commissions/{call_id:int}/mes-fiches.xlsx", policy="panel.score")
async def export(request: Request, db: Db, call_id: Id) -> Response[bytes]:
    """My sheets that can still change, with what is written in them."""
    desk = await desk_of(request, db, call_id, whole=True)
    lines = [
        Line(
            mine.application.id, mine.sheet.version if mine.sheet else 0, f"{mine.application.label} {mine.name}",
            mine.sheet.comment if mine.sheet else "", desk.marks[mine.sheet.id] if mine.sheet else {},
        )
        for mine in desk.mine
        if mine.state in {"todo", "begun"}
    ]  # fmt: skip
    content = workbooks.write(lines, [(c.id, c.label, c.weight) for c in desk.criteria])
    name = _("fiches-commission-%(id)s.xlsx", id=call_id)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(
        content, media_type=XLSX, headers={"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    )


@post("/commissions/{call_id:int}/mes-fiches", policy="panel.score", status_code=200)
async def bring_back(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """All the drafts of the workbook, or none of them."""
    desk = await desk_of(request, db, call_id, whole=True)
    upload = upload_in(await form_data(request), "workbook")
    content = await upload.read() if upload else b""
    try:
        if not content:
            raise BadWorkbook(_("Choisissez d’abord le classeur rempli."))
        found = workbooks.read(
            content,
            {m.application.id: f"{m.application.label} {m.name}" for m in desk.mine},
            {c.id: c.label for c in desk.criteria},
        )
    except BadWorkbook as problem:
        return await _page(request, db, desk, status=422, problem=problem)
    refusals = [*found.refusals, *_untimely(desk, found.files), *_too_long(desk, found.files)]
    if refusals:
        return await _page(request, db, desk, status=422, refusals=sorted(refusals, key=lambda r: r.row))
    changed = {i: filled for i, filled in found.files.items() if _differs(desk, i, filled)}
    for application_id, filled in sorted(changed.items()):
        # A save that came between the check and this one raises (409): what was already written goes back with it.
        typed = Typed(filled.marks, filled.comment, _notes(desk, application_id), filled.version)
        await sheets.save(db, actor_of(request), desk.room.call, desk.seat, application_id, typed)
    return redirect(
        f"/commissions/{call_id}/mes-fiches",
        flash=_("Brouillons repris du classeur : %(n)s. Relisez, puis validez.", n=len(changed)),
    )


def _untimely(desk: Desk, files: Mapping[int, Filled]) -> list[Refusal]:
    """Files already validated, or changed here since the export."""
    found = []
    for application_id, filled in files.items():
        mine = desk.line(application_id)
        if not _differs(desk, application_id, filled):
            continue
        if mine.state in {"done", "abstained"}:
            found.append(Refusal(0, mine.application.label, _("Cette fiche est déjà validée : elle ne change plus.")))
        elif (mine.sheet.version if mine.sheet else 0) != filled.version:
            found.append(
                Refusal(0, mine.application.label, _("Cette fiche a changé ici depuis l’export : exportez de nouveau."))
            )
    return found


def _too_long(desk: Desk, files: Mapping[int, Filled]) -> list[Refusal]:
    return [
        Refusal(0, desk.line(i).application.label, _("Un texte est trop long : raccourcissez-le."))
        for i, filled in files.items()
        if len(filled.comment) > COMMENT_LIMIT or any(len(g.reason) > REASON_LIMIT for g in filled.marks.values())
    ]


def _differs(desk: Desk, application_id: int, filled: Filled) -> bool:
    mine = desk.line(application_id)
    stored = desk.marks[mine.sheet.id] if mine.sheet else {}
    now = {i: g for i, g in filled.marks.items() if g != Given()}
    then = {i: g for i, g in stored.items() if g != Given()}
    return now != then or filled.comment != (mine.sheet.comment if mine.sheet else "")


def _notes(desk: Desk, application_id: int) -> str:
    """Private notes are not in the workbook: they stay as they are."""
    sheet = desk.line(application_id).sheet
    return sheet.notes if sheet else ""


ROUTES: list[HTTPRouteHandler] = [show, export, bring_back]
