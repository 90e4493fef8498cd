"""/commissions/…/repartition: who reads what, handed out evenly; experts called for some files."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, queries, shares
from allocation.selection.access import Room
from allocation.selection.models import Admissibility, Seat
from allocation.selection.words import COLLEGES
from calls.models import Application
from intervalle.accounts.models import Organisation, User
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, page, redirect


@get("/commissions/{call_id:int}/repartition", policy="panel.hand_out")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    head = await access.head(db, actor, room)
    return page(
        request, "selection/shares.html", room=room, head=head, colleges=COLLEGES, **await _context(request, db, room)
    )


async def _context(request: Request, db: Db, room: Room) -> dict[str, Any]:
    """Files open to this person, the voting seats, and for each seat the files it reads."""
    if room.panel is None or room.panel.opened_at is None:
        return {"files": [], "seats": [], "reads": {}, "lacking": []}
    files = (
        await db.execute(
            select(Application, Organisation.name)
            .join(Organisation, Organisation.id == Application.organisation_id)
            .join(Admissibility, Admissibility.application_id == Application.id)
            .where(
                queries.submitted(room.call.id), queries.open_to(actor_of(request)), Admissibility.admissible.is_(True)
            )
            .order_by(Application.number)
        )
    ).all()
    seats = (
        await db.execute(
            select(Seat, User.name)
            .join(User, User.id == Seat.user_id)
            .where(queries.scoring_seats(room.panel.id))
            .order_by(Seat.college, User.name)
        )
    ).all()
    pairs = await db.execute(
        select(Seat.id, Application.id)
        .select_from(Application)
        .join(Seat, queries.scoring_seats(room.panel.id))
        .where(Application.id.in_([a.id for a, _name in files]), queries.expected())
    )
    reads: dict[int, set[int]] = {seat.id: set() for seat, _name in seats}
    for seat_id, application_id in pairs:
        reads[seat_id].add(application_id)
    counts = {a.id: sum(a.id in those for those in reads.values()) for a, _name in files}
    lacking = [(a, counts[a.id]) for a, _name in files if counts[a.id] < room.panel.readers_per_file]
    return {"files": files, "seats": seats, "reads": reads, "lacking": lacking}


@post("/commissions/{call_id:int}/repartition", policy="panel.hand_out")
async def hand_out(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    form = await form_data(request)
    if form.get("how") == "all":
        await shares.read_everything(db, actor, room.call)
        said = _("Chacun lit tous les dossiers.")
    else:
        await shares.hand_out(db, actor, room.call)
        said = _("Lectures réparties à parts égales, hors conflits d’intérêts.")
    return redirect(f"/commissions/{call_id}/repartition", flash=said)


@post("/commissions/{call_id:int}/sieges/{seat_id:int}/dossiers", policy="panel.hand_out")
async def call_expert(request: Request, db: Db, call_id: Id, seat_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    form = await form_data(request)
    wanted = {int(v) for v in form.getall("file", []) if isinstance(v, str) and v.isdigit() and len(v) < 19}
    await shares.call_expert(db, actor, room.call, seat_id, wanted)
    return redirect(f"/commissions/{call_id}/repartition", flash=_("Dossiers de ce siège enregistrés."))


ROUTES: list[HTTPRouteHandler] = [show, hand_out, call_expert]
