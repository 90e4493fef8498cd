"""/commissions: the list, a call's panel, its composition, the opening act."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from allocation.selection import access, invitations, panels, queries, workflow
from allocation.selection.access import Room
from allocation.selection.forms import RulesForm, SeatForm, rules_shown
from allocation.selection.invitation_states import LABELS, for_invited, for_organiser, state_of
from allocation.selection.models import Admissibility, ScoreSheet, Seat, SeatInvitation
from allocation.selection.words import COLLEGES, place_of, say
from calls.models import Application, label_of
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect


@get("/commissions", policy="panel.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Mine: where I sit, and the calls my organisation runs."""
    actor = actor_of(request)
    own, cards = actor.organisations(scope="calls"), []
    for call, panel, seat, *counts in (await db.execute(queries.published_panels(actor))).all():
        room = Room(call, panel, seat, bool(own & call.parties()["organiser"]))
        facts = _facts(room, counts)
        cards.append((room, workflow.phase(facts, clock.now()), _next(room, facts)))
    offered = (await db.execute(queries.seats_offered(actor))).all()
    return page(
        request, "selection/index.html", cards=cards, colleges=COLLEGES, place_of=place_of,
        offers=[(offer, call, for_invited("pending", offer.expires_at)) for offer, call, _panel in offered],
    )  # fmt: skip


def _facts(room: Room, counts: Sequence[int]) -> workflow.Facts:
    """As on the room's own page, so that the two never disagree."""
    call, panel = room.call, room.panel
    files, decided, admissible, *sheets = counts
    due, done = (sheets[2:] if room.scores else sheets[:2]) if room.scores or room.staff else (0, 0)
    return workflow.Facts(
        closes_at=call.closes_at, cancelled_at=call.cancelled_at, ranked_at=call.ranked_at, released_at=call.released_at,
        opened_at=panel.opened_at if panel else None, scoring_closed_at=panel.scoring_closed_at if panel else None,
        meets_at=panel.meets_at if panel else None, files=files, decided=decided, admissible=admissible,
        sheets_due=due, sheets_in=done,
    )  # fmt: skip


def _next(room: Room, facts: workflow.Facts) -> str:
    if room.staff and room.panel is None:
        return _("À vous : composez la commission.")
    return say(*workflow.next_act(facts, clock.now(), role=room.role, declared=room.declared))


@get("/commissions/{call_id:int}", policy="panel.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter(db, actor, call_id)
    seats = (await db.execute(queries.seats_of(room.panel.id))).all() if room.panel else []
    return page(
        request, "selection/show.html", room=room, head=await access.head(db, actor, room), colleges=COLLEGES,
        seats=seats, short=_short(room, [seat for seat, _user, _org in seats]),
        place=await places(db, actor, room), progress=await _progress(request, db, room),
        offers=await offers_of(db, room) if room.staff else [],
    )  # fmt: skip


def _short(room: Room, seats: list[Seat]) -> tuple[int] | None:
    """How many voices are held, when they are fewer than the quorum and the panel may still grow; for staff."""
    panel = room.panel
    if panel is None or panel.scoring_closed_at or not room.staff:
        return None
    voices = sum(seat.voting and seat.alternate_of_id is None for seat in seats)
    return (voices,) if voices < panel.quorum else None


async def places(db: Db, actor: Actor, room: Room) -> Callable[[Seat], str]:
    """Seat -> its place in words; an expert's files by their labels, those this person may see."""
    called: defaultdict[int, list[str]] = defaultdict(list)
    if room.panel and room.panel.opened_at:
        for seat_id, number in await db.execute(queries.files_called_for(room.panel.id, actor)):
            called[seat_id].append(label_of(number))
    return lambda seat: place_of(seat, called[seat.id])


@dataclass(frozen=True)
class Offer:
    """A seat that is offered and not held, as those who compose the panel read it."""

    invitation: SeatInvitation
    name: str
    state: str
    label: str
    sentence: str
    place: str


async def offers_of(db: Db, room: Room) -> list[Offer]:
    """The last offer to each person who does not sit; none once the panel no longer changes."""
    if room.panel is None or room.panel.scoring_closed_at:
        return []
    rows = (await db.execute(queries.invitations_of(room.panel.id))).all()
    seated = {user.email.lower() for _seat, user, _org in await db.execute(queries.seats_of(room.panel.id))}
    last = {offer.email.lower(): (offer, name) for offer, name in rows}
    found = []
    for address, (offer, name) in last.items():
        state = state_of(offer, clock.now())
        if address not in seated:
            said = for_organiser(state, offer.expires_at)
            found.append(Offer(offer, name or offer.email, state, _(LABELS[state]), said, place_of(offer)))
    return found


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


async def _composition(db: Db, actor: Actor, room: Room, rules: RulesForm, seat: SeatForm) -> dict[str, Any]:
    panel = room.panel
    return {
        "room": room, "rules": rules, "seat_form": seat, "colleges": COLLEGES,
        "seats": (await db.execute(queries.seats_of(panel.id))).all() if panel else [],
        "offers": await offers_of(db, room), "place": await places(db, actor, room),
    }  # fmt: skip


@get("/commissions/{call_id:int}/composition", policy="panel.compose")
async def composition(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    rules = RulesForm(**(rules_shown(room.panel) if room.panel else {}))
    return page(
        request, "selection/composition.html", **await _composition(db, actor, room, rules, await _seat_form(db, room))
    )


@post("/commissions/{call_id:int}/composition", policy="panel.compose")
async def compose(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    form = RulesForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request,
            "selection/composition.html",
            **await _composition(db, actor, room, form, await _seat_form(db, room)),
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
        raise invalid(request, "selection/composition.html", **await _composition(db, actor, room, rules, form))
    made = await invitations.invite(db, actor, room.call, form.email.data, form.terms())
    said = _("Vous siégez.") if isinstance(made, Seat) else _("Invitation envoyée à %(email)s.", email=made.email)
    return redirect(f"/commissions/{call_id}/composition", flash=said)


@post("/commissions/{call_id:int}/sieges/{seat_id:int}/retrait", policy="panel.compose")
async def remove_seat(request: Request, db: Db, call_id: Id, seat_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await panels.leave(db, actor, room.call, seat_id)
    return redirect(f"/commissions/{call_id}/composition", flash=_("Siège retiré."))


@post("/commissions/{call_id:int}/ouverture", policy="panel.open")
async def open_files(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await panels.open_files(db, actor, room.call)
    return redirect(f"/commissions/{call_id}", flash=_("Dossiers ouverts : l’acte est inscrit au journal."))


ROUTES: list[HTTPRouteHandler] = [index, show, composition, compose, add_seat, remove_seat, open_files]
