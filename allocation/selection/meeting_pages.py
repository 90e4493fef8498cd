"""/commissions/…/deliberation: the live room. Everything is a form and a plain page; the stream only says « look again »."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from sqlalchemy import select

from allocation.selection import access, finalists, live, meetings, motions, revisions
from allocation.selection.access import Room
from allocation.selection.agenda import mark_of
from allocation.selection.forms import HearingForm, MotionForm, RevisionForm
from allocation.selection.meeting_models import AgendaItem, Meeting
from allocation.selection.reasons import given
from allocation.selection.scoring_pages import desk_of
from allocation.selection.words import COLLEGES
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect

# A stream lives this long, then the browser opens another one: a server told to stop never waits longer.
STREAM_SECONDS = 3.0
PAUSE = 0.5
F = TypeVar("F", MotionForm, HearingForm)


async def room_in_session(request: Request, db: Db, call_id: int) -> Room:
    """The panel after the blind phase; nobody else, and nobody before."""
    room = await access.enter(db, actor_of(request), call_id)
    if not room.totals_open:
        raise NotFound(_("La séance s’ouvre après la clôture de la notation."))
    return room


def _leads(request: Request, room: Room) -> bool:
    actor = actor_of(request)
    return bool(
        room.call.stage() == "closed"
        and (
            POLICY.can(actor, "panel.meet", room.call) or (room.seat and POLICY.can(actor, "panel.preside", room.seat))
        )
    )


async def _context(request: Request, db: Db, room: Room, **more: Any) -> dict[str, Any]:
    seen = await live.look(db, actor_of(request), room)
    motion, hearing = MotionForm(), HearingForm()
    choices = [(str(line.file.application.id), f"{line.file.key} {line.file.name}") for line in seen.lines]
    motion.application.offer(choices)
    hearing.application.offer(choices)
    return {
        "room": room, "live": seen, "leads": _leads(request, room), "colleges": COLLEGES, "motion": motion, "hearing": hearing,
        "mark_of": mark_of, "again": None,
    } | more  # fmt: skip


async def _typed(request: Request, db: Db, room: Room, name: str, form: F) -> F:
    """A form of the session, valid; otherwise the page comes back with it and what was typed."""
    context = await _context(request, db, room)
    form.application.offer([(str(line.file.application.id), line.file.key) for line in context["live"].lines])
    if not form.validate():
        head = await access.head(db, actor_of(request), room)
        raise invalid(request, "selection/meeting.html", head=head, **(context | {name: form}))
    return form


async def _back(request: Request, db: Db, room: Room, name: str, form: F, field: str, refused: Refused) -> Exception:
    """The page again with what was typed, and why the session says no beside the field it is about."""
    form.add_error(field, " ".join(part for part in (refused.sentence, refused.way_out) if part))
    head, context = await access.head(db, actor_of(request), room), await _context(request, db, room)
    return invalid(request, "selection/meeting.html", head=head, **(context | {name: form}))


async def note_again(request: Request, db: Db, room: Room, item: AgendaItem, typed: str) -> Response[str]:
    """409: what somebody else wrote on the point, beside what was typed here."""
    head, context = await access.head(db, actor_of(request), room), await _context(request, db, room)
    return page(request, "selection/meeting.html", status=409, head=head, **(context | {"again": (item, typed)}))


@get("/commissions/{call_id:int}/deliberation", policy="panel.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    room = await access.enter(db, actor_of(request), call_id)
    head = await access.head(db, actor_of(request), room)
    if not room.totals_open:
        return page(request, "selection/sealed.html", room=room, head=head)
    return page(
        request,
        "selection/meeting.html",
        fragment="selection/_live.html",
        head=head,
        **await _context(request, db, room),
    )


@get("/commissions/{call_id:int}/deliberation/flux", policy="panel.show")
async def stream(request: Request, db: Db, call_id: Id) -> Stream:
    """Says the meeting's version now, and each time it changes, for a few seconds. Carries nothing else."""
    room = await room_in_session(request, db, call_id)
    panel_id, sessions = access.panel_of(room).id, request.app.state.sessions

    async def versions() -> AsyncIterator[str]:
        known, lasted = None, 0.0
        yield "retry: 700\n\n"
        while lasted < STREAM_SECONDS:
            async with sessions() as own:
                query = (
                    select(Meeting.version, Meeting.id)
                    .where(Meeting.panel_id == panel_id)
                    .order_by(Meeting.id.desc())
                    .limit(1)
                )
                row = (await own.execute(query)).one_or_none()
            version = f"{row.id}.{row.version}" if row else "0"
            if version != known:
                known = version
                yield f"event: version\ndata: {version}\n\n"
            await asyncio.sleep(PAUSE)
            lasted += PAUSE

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "identity"}
    return Stream(versions(), media_type="text/event-stream", headers=headers)


@post("/commissions/{call_id:int}/deliberation", policy="panel.attend")
async def act(request: Request, db: Db, call_id: Id) -> Response[None]:
    """Open, close, arrive, depart, put a file before the panel: one button each."""
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await form_data(request)
    what, target = str(form.get("act", "")), _number(form.get("target"))
    if what == "open":
        await meetings.open_meeting(db, actor, room.call, room.seat)
    elif what == "close":
        await meetings.close_meeting(db, actor, room.call, room.seat)
    elif what in {"arrive", "depart"}:
        verb = meetings.arrive if what == "arrive" else meetings.depart
        await verb(db, actor, room.call, room.seat, target or 0)
    elif what == "discuss":
        await meetings.discuss(db, actor, room.call, room.seat, target)
    else:
        raise NotFound
    return redirect(f"/commissions/{call_id}/deliberation")


def _number(value: object) -> int | None:
    text = value if isinstance(value, str) else ""
    return int(text) if text.isdigit() and len(text) < 19 else None


@post("/commissions/{call_id:int}/deliberation/votes", policy="panel.attend")
async def propose(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await _typed(request, db, room, "motion", MotionForm(await form_data(request)))
    try:
        await motions.propose(
            db, actor, room.call, room.seat, question=form.question.data or "", application_id=_number(form.application.data),
            shortlists=bool(form.shortlists.data),
        )  # fmt: skip
    except Refused as refused:
        raise await _back(request, db, room, "motion", form, "question", refused) from refused
    return redirect(f"/commissions/{call_id}/deliberation")


@post("/commissions/{call_id:int}/deliberation/votes/{motion_id:int}", policy="panel.attend")
async def vote(request: Request, db: Db, call_id: Id, motion_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    if room.seat is None:
        raise NotFound
    await motions.vote(db, actor, room.call, room.seat, motion_id, str((await form_data(request)).get("choice", "")))
    return redirect(
        f"/commissions/{call_id}/deliberation",
        flash=_("Votre vote est enregistré ; il peut changer jusqu’à la proclamation."),
    )


@post("/commissions/{call_id:int}/deliberation/votes/{motion_id:int}/proclamation", policy="panel.attend")
async def proclaim(request: Request, db: Db, call_id: Id, motion_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    await motions.proclaim(db, actor, room.call, room.seat, motion_id)
    return redirect(f"/commissions/{call_id}/deliberation")


@post("/commissions/{call_id:int}/deliberation/votes/{motion_id:int}/retrait", policy="panel.attend")
async def withdraw(request: Request, db: Db, call_id: Id, motion_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    await motions.withdraw(db, actor, room.call, room.seat, motion_id)
    return redirect(f"/commissions/{call_id}/deliberation", flash=_("Question retirée."))


async def _revision(request: Request, db: Db, call_id: int, application_id: int) -> dict[str, Any]:
    """My marks on a file, to change one of them."""
    room = await room_in_session(request, db, call_id)
    desk = await desk_of(request, db, call_id, application_id)
    line = desk.line(application_id)
    if line.state != "done" or line.sheet is None:
        raise NotFound(_("Vous n’avez pas validé de fiche sur ce dossier : il n’y a pas de note à changer."))
    return {"room": room, "desk": desk, "line": line, "marks": desk.marks[line.sheet.id]}


@get("/commissions/{call_id:int}/deliberation/notes/{application_id:int}", policy="panel.attend")
async def revising(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[str]:
    context = await _revision(request, db, call_id, application_id)
    form = RevisionForm()
    form.offer([(str(c.id), c.label) for c in context["desk"].criteria])
    head = await access.head(db, actor_of(request), context["room"])
    return page(request, "selection/revise.html", form=form, head=head, **context)


@post("/commissions/{call_id:int}/deliberation/notes/{application_id:int}", policy="panel.attend")
async def revise(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[None]:
    context = await _revision(request, db, call_id, application_id)
    form = RevisionForm(await form_data(request))
    form.offer([(str(c.id), c.label) for c in context["desk"].criteria])
    actor, room = actor_of(request), context["room"]
    if not form.validate():
        raise invalid(request, "selection/revise.html", form=form, head=await access.head(db, actor, room), **context)
    await revisions.revise(
        db, actor, room.call, room.seat, application_id, int(form.criterion.data), value=given(form.value.data).value,
        reason=form.reason.data or "",
    )  # fmt: skip
    return redirect(f"/commissions/{call_id}/deliberation", flash=_("Note changée en séance, avec son motif."))


@post("/commissions/{call_id:int}/finalistes/{application_id:int}", policy="panel.attend")
async def shortlist(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await form_data(request)
    await finalists.shortlist(
        db,
        actor,
        room.call,
        room.seat,
        application_id,
        kept=form.get("kept") == "yes",
        reason=str(form.get("reason", ""))[:1000],
    )
    return redirect(f"/commissions/{call_id}/deliberation", flash=_("Présélection enregistrée."))


@post("/commissions/{call_id:int}/auditions", policy="panel.attend")
async def schedule(request: Request, db: Db, call_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await _typed(request, db, room, "hearing", HearingForm(await form_data(request)))
    try:
        await finalists.schedule(
            db, actor, room.call, room.seat, int(form.application.data), starts_at=form.instant, minutes=form.minutes.data or 20,
            place=form.place.data or "",
        )  # fmt: skip
    except Refused as refused:
        raise await _back(request, db, room, "hearing", form, "starts_at", refused) from refused
    return redirect(f"/commissions/{call_id}/deliberation", flash=_("Audition fixée ; la structure est prévenue."))


@post("/commissions/{call_id:int}/auditions/{hearing_id:int}/annulation", policy="panel.attend")
async def cancel(request: Request, db: Db, call_id: Id, hearing_id: Id) -> Response[None]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    await finalists.cancel(db, actor, room.call, room.seat, hearing_id)
    return redirect(f"/commissions/{call_id}/deliberation", flash=_("Audition annulée ; la structure est prévenue."))


ROUTES: list[HTTPRouteHandler] = [
    show, stream, act, propose, vote, proclaim, withdraw, revising, revise, shortlist, schedule, cancel,
]  # fmt: skip
