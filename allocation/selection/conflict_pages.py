"""/commissions/…/conflits: a juror declares; staff records the detected links, lifts one declared in error."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, declarations, detection, queries
from allocation.selection.access import Room
from allocation.selection.conflicts import LINKS
from allocation.selection.declarations import Link
from allocation.selection.models import Recusal, Seat
from calls.models import Application
from intervalle.accounts.models import Organisation, User
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, draw, form_data, page, redirect

REASON_LIMIT = 500


@dataclass(frozen=True)
class Candidate:
    """A structure that applies, alone or in a group: a link with it closes every file where it stands."""

    organisation_id: int
    name: str
    files: tuple[int, ...]


async def _candidates(db: Db, seat: Seat) -> list[Candidate]:
    """Names only, for the declaration (AMI-04); in order of name, which says nothing of the files."""
    applications = list((await db.execute(queries.files_to_declare(seat))).scalars())
    members = await detection.group_members(db, [a.id for a in applications])
    standing: defaultdict[int, list[int]] = defaultdict(list)
    for a in applications:
        for organisation_id in dict.fromkeys([a.organisation_id, *members.get(a.id, [])]):
            standing[organisation_id].append(a.id)
    rows = await db.execute(
        select(Organisation.id, Organisation.name).where(Organisation.id.in_(standing)).order_by(Organisation.name)
    )
    return [Candidate(row.id, row.name, tuple(standing[row.id])) for row in rows]


async def _detected(db: Db, room: Room, seat: Seat) -> dict[int, str]:
    """Organisation -> the sentence of the link that the records show."""
    found = await detection.findings(db, access.panel_of(room), seat_id=seat.id)
    return {f.organisation_id: _(f.sentence, **f.values) for f in found}


async def _context(request: Request, db: Db, room: Room, seat: Seat, **typed: Any) -> dict[str, Any]:
    opened = bool(room.panel and room.panel.opened_at)
    return {
        "room": room, "head": await access.head(db, actor_of(request), room), "opened": opened,
        "candidates": await _candidates(db, seat) if opened else [],
        "detected": await _detected(db, room, seat) if opened else {}, "limit": REASON_LIMIT, "kinds": LINKS,
    } | {"links": {}, "missing": set(), "none": False, "unsaid": False} | typed  # fmt: skip


@get("/commissions/{call_id:int}/conflits", policy="panel.declare")
async def declaration(request: Request, db: Db, call_id: Id) -> Response[str]:
    room, seat = await access.enter_as_juror(db, actor_of(request), call_id)
    return page(request, "selection/declare.html", **await _context(request, db, room, seat))


@post("/commissions/{call_id:int}/conflits", policy="panel.declare")
async def declare(request: Request, db: Db, call_id: Id) -> Response[Any]:
    actor = actor_of(request)
    room, seat = await access.enter_as_juror(db, actor, call_id)
    form = await form_data(request)
    chosen = {int(v) for v in form.getall("structure", []) if isinstance(v, str) and v.isdigit() and len(v) < 19}
    links = {i: Link(str(form.get(f"link{i}", "")), str(form.get(f"reason{i}", ""))[:REASON_LIMIT]) for i in chosen}
    none = form.get("none") == "yes"
    missing = {i for i, link in links.items() if not link.told}
    if missing or (not chosen and not none) or (chosen and none):
        context = await _context(request, db, room, seat, links=links, missing=missing, none=none, unsaid=not missing)
        return Response(draw(request, "selection/declare.html", **context), media_type="text/html", status_code=422)
    candidates = {c.organisation_id: c for c in await _candidates(db, seat)}
    if not chosen <= set(candidates):
        raise NotFound
    by_file = {file: links[i] for i in sorted(chosen) for file in candidates[i].files}
    await declarations.declare(db, actor, room.call, seat, by_file)
    return redirect(f"/commissions/{call_id}", flash=_("Déclaration enregistrée, datée et inscrite au journal."))


@get("/commissions/{call_id:int}/deports", policy="panel.lift")
async def recusals(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Staff: recusals in force and links detected since, over the files open to them."""
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    rows = await db.execute(
        select(Recusal, Application, Organisation.name, User.name)
        .join(Application, Application.id == Recusal.application_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .join(Seat, Seat.id == Recusal.seat_id)
        .join(User, User.id == Seat.user_id)
        .where(queries.submitted(call_id), queries.open_to(actor))
        .order_by(Application.number, User.name)
    )
    return page(
        request, "selection/recusals.html", room=room, head=await access.head(db, actor, room), rows=rows.all(),
        detected=await _unrecorded(request, db, room),
    )  # fmt: skip


async def _unrecorded(request: Request, db: Db, room: Room) -> list[tuple[str, str, str]]:
    """(juror, file, sentence) of links found since the juror declared."""
    if room.panel is None or room.panel.opened_at is None:
        return []
    found = await detection.findings(db, room.panel)
    files = {
        a.id: a.label for a in (await db.execute(queries.files_open_to(room.call.id, actor_of(request)))).scalars()
    }
    holders = await db.execute(
        select(Seat.id, User.name)
        .join(User, User.id == Seat.user_id)
        .where(Seat.panel_id == room.panel.id, Seat.declared_at.is_not(None))
    )
    names = {row.id: row.name for row in holders}
    return [
        (names[f.seat_id], files[f.application_id], _(f.sentence, **f.values))
        for f in found
        if f.seat_id in names and f.application_id in files
    ]


@post("/commissions/{call_id:int}/deports/detectes", policy="panel.lift")
async def record_detected(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    added = await declarations.record_detected(db, actor, room.call)
    return redirect(f"/commissions/{call_id}/deports", flash=_("Déports détectés enregistrés : %(n)s.", n=added))


@post("/commissions/{call_id:int}/deports/{recusal_id:int}/levee", policy="panel.lift")
async def lift(request: Request, db: Db, call_id: Id, recusal_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    reason = str((await form_data(request)).get("reason", "")).strip()[:REASON_LIMIT]
    await declarations.lift(db, actor, room.call, recusal_id, reason)
    return redirect(f"/commissions/{call_id}/deports", flash=_("Déport levé, avec son motif."))


ROUTES: list[HTTPRouteHandler] = [declaration, declare, recusals, record_detected, lift]
