"""Forms of the agenda: add a point, move one, put it before the panel, write what was said, take it off."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from allocation.selection import agenda
from allocation.selection.meeting_pages import note_again, room_in_session
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, redirect


@post("/commissions/{call_id:int}/ordre-du-jour", policy="panel.attend")
async def change(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """`add` with a title; `up` or `down` with the key of a point and the order that was on the screen."""
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await form_data(request)
    what = next((name for name in ("add", "up", "down") if form.get(name) is not None), None)
    if what == "add":
        await agenda.add(db, actor, room.call, room.seat, title=str(form.get("title", "")))
        return redirect(f"/commissions/{call_id}/deliberation#ordre", flash=_("Point ajouté à l’ordre du jour."))
    if what is None:
        raise NotFound
    keys = str(form.get("order", ""))[:20_000].split()
    await agenda.move(db, actor, room.call, room.seat, keys=keys, key=str(form.get(what)), up=what == "up")
    return redirect(f"/commissions/{call_id}/deliberation#ordre")


@post("/commissions/{call_id:int}/ordre-du-jour/{item_id:int}", policy="panel.attend")
async def act(request: Request, db: Db, call_id: Id, item_id: Id) -> Response[Any]:
    actor, room = actor_of(request), await room_in_session(request, db, call_id)
    form = await form_data(request)
    what, back = str(form.get("act", "")), f"/commissions/{call_id}/deliberation"
    if what == "take":
        await agenda.take(db, actor, room.call, room.seat, item_id)
    elif what == "note":
        note, seen = str(form.get("note", "")), form.get("seen")
        try:
            await agenda.write(
                db, actor, room.call, room.seat, item_id, note=note, seen=str(seen) if seen is not None else None
            )
        except agenda.StaleNote as stale:
            return await note_again(request, db, room, stale.item, note)
        return redirect(back, flash=_("Noté : le procès-verbal le dira."))
    elif what == "remove":
        await agenda.remove(db, actor, room.call, room.seat, item_id)
        return redirect(back, flash=_("Point retiré de l’ordre du jour."))
    else:
        raise NotFound
    return redirect(back)


ROUTES: list[HTTPRouteHandler] = [change, act]
