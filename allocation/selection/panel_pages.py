"""/commissions: the list, a call's panel, its composition, the opening act, invitations."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from allocation.selection import access, panels, queries, workflow
from allocation.selection.access import Room
from allocation.selection.forms import RulesForm, SeatForm, rules_shown
from allocation.selection.models import Admissibility, Panel, ScoreSheet, Seat, SeatInvitation
from allocation.selection.words import COLLEGES, say
from calls.models import Application, Call
from intervalle import clock, security
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, Slug, actor_of, form_data, invalid, page, redirect


@get("/commissions", policy="panel.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Mine: where I sit, and the calls my organisation runs."""
    actor = actor_of(request)
    rows = (await db.execute(queries.published_panels(actor))).all()
    own = actor.organisations(scope="calls")
    rooms = [Room(call, panel, seat, bool(own & call.parties()["organiser"])) for call, panel, seat in rows]
    cards = [(room, workflow.phase(_dated(room), clock.now()), _next(room)) for room in rooms]
    return page(request, "selection/index.html", cards=cards, colleges=COLLEGES)


def _dated(room: Room) -> workflow.Facts:
    """Dates alone: the list tells no count, so that it costs one query and leaks nothing."""
    call, panel = room.call, room.panel
    return workflow.Facts(
        closes_at=call.closes_at, cancelled_at=call.cancelled_at, ranked_at=call.ranked_at, released_at=call.released_at,
        opened_at=panel.opened_at if panel else None, scoring_closed_at=panel.scoring_closed_at if panel else None,
        meets_at=panel.meets_at if panel else None, admissible=1, files=1, decided=1, sheets_due=0,
    )  # fmt: skip


def _next(room: Room) -> str:
    if room.staff and room.panel is None:
        return _("À vous : composez la commission.")
    return say(*workflow.next_act(_dated(room), clock.now(), role=room.role, declared=room.declared))


@get("/commissions/{call_id:int}", policy="panel.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter(db, actor, call_id)
    return page(
        request, "selection/show.html", room=room, head=await access.head(db, actor, room), colleges=COLLEGES,
        seats=(await db.execute(queries.seats_of(room.panel.id))).all() if room.panel else [],
        progress=await _progress(request, db, room),
    )  # fmt: skip


async def _progress(request: Request, db: Db, room: Room) -> dict[int, tuple[int, int]]:
    """Seat -> (sheets in, sheets due), for staff alone and over the files open to them."""
    if not (room.staff and room.panel and room.panel.opened_at and room.declared):
        return {}
    rows = await db.execute(
        select(Seat.id, func.count(ScoreSheet.submitted_at), func.count())
        .select_from(Application)
        .join(Admissibility, Admissibility.application_id == Application.id)
        .join(Seat, queries.scoring_seats(room.panel.id))
        .outerjoin(ScoreSheet, (ScoreSheet.seat_id == Seat.id) & (ScoreSheet.application_id == Application.id))
        .where(
            queries.submitted(room.call.id),
            queries.open_to(actor_of(request)),
            Admissibility.admissible.is_(True),
            queries.expected(),
        )
        .group_by(Seat.id)
    )
    return {seat_id: (done, due) for seat_id, done, due in rows}


async def _seat_form(db: Db, room: Room, data: Any = None) -> SeatForm:
    form = SeatForm(data)
    seats = (await db.execute(queries.seats_of(room.panel.id))).all() if room.panel else []
    form.offer([(s.id, user.name) for s, user, _org in seats if s.voting and s.alternate_of_id is None])
    return form


async def _composition(db: Db, room: Room, rules: RulesForm, seat: SeatForm) -> dict[str, Any]:
    panel = room.panel
    return {
        "room": room, "rules": rules, "seat_form": seat, "colleges": COLLEGES,
        "seats": (await db.execute(queries.seats_of(panel.id))).all() if panel else [],
        "invitations": list((await db.execute(queries.pending_invitations(panel.id))).scalars()) if panel else [],
    }  # fmt: skip


@get("/commissions/{call_id:int}/composition", policy="panel.compose")
async def composition(request: Request, db: Db, call_id: Id) -> Response[str]:
    room = await access.enter_as_staff(db, actor_of(request), call_id)
    rules = RulesForm(**(rules_shown(room.panel) if room.panel else {}))
    return page(
        request, "selection/composition.html", **await _composition(db, room, rules, await _seat_form(db, room))
    )


@post("/commissions/{call_id:int}/composition", policy="panel.compose")
async def compose(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    form = RulesForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request, "selection/composition.html", **await _composition(db, room, form, await _seat_form(db, room))
        )
    await panels.compose(db, actor, room.call, form.rules())
    return redirect(f"/commissions/{call_id}/composition", flash=_("Règles de la commission enregistrées."))


@post("/commissions/{call_id:int}/sieges", policy="panel.compose")
async def add_seat(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    form = await _seat_form(db, room, await form_data(request))
    if not form.validate():
        rules = RulesForm(**(rules_shown(room.panel) if room.panel else {}))
        raise invalid(request, "selection/composition.html", **await _composition(db, room, rules, form))
    made = await panels.seat(db, actor, room.call, form.email.data, form.terms())
    said = _("Siège ajouté ; la personne est prévenue.") if isinstance(made, Seat) else _("Invitation envoyée.")
    return redirect(f"/commissions/{call_id}/composition", flash=said)


@post("/commissions/{call_id:int}/sieges/{seat_id:int}/retrait", policy="panel.compose")
async def remove_seat(request: Request, db: Db, call_id: Id, seat_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await panels.leave(db, actor, room.call, seat_id)
    return redirect(f"/commissions/{call_id}/composition", flash=_("Siège retiré."))


@post("/commissions/{call_id:int}/invitations/{invitation_id:int}/retrait", policy="panel.compose")
async def revoke_invitation(request: Request, db: Db, call_id: Id, invitation_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await panels.revoke(db, actor, room.call, invitation_id)
    return redirect(f"/commissions/{call_id}/composition", flash=_("Invitation retirée."))


@post("/commissions/{call_id:int}/ouverture", policy="panel.open")
async def open_files(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await panels.open_files(db, actor, room.call)
    return redirect(f"/commissions/{call_id}", flash=_("Dossiers ouverts : l’acte est inscrit au journal."))


@get("/commissions/invitation/{token:str}", policy="panel.accept")
async def invitation(request: Request, db: Db, token: Slug) -> Response[str]:
    """Shows the offer; only the button takes the seat."""
    found = await db.execute(
        select(SeatInvitation, Call)
        .join(Panel, Panel.id == SeatInvitation.panel_id)
        .join(Call, Call.id == Panel.call_id)
        .where(
            SeatInvitation.token_hash == security.token_hash(token),
            SeatInvitation.accepted_at.is_(None),
            SeatInvitation.revoked_at.is_(None),
        )
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(_("Cette invitation a déjà servi ou n’existe plus."))
    return page(request, "selection/invitation.html", offer=row[0], call=row[1], token=token, colleges=COLLEGES)


@post("/commissions/invitation/{token:str}", policy="panel.accept")
async def accept(request: Request, db: Db, token: Slug) -> Response[None]:
    call = await panels.accept(db, actor_of(request), token)
    return redirect(f"/commissions/{call.id}", flash=_("Vous siégez à cette commission."))


ROUTES: list[HTTPRouteHandler] = [
    index, show, composition, compose, add_seat, remove_seat, revoke_invitation, open_files, invitation, accept,
]  # fmt: skip
