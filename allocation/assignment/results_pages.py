"""/appels/…/resultats: who holds what, for everybody, once the organiser has published it."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from allocation.assignment import queries, results
from allocation.assignment.board_pages import call_of
from calls.models import Call
from calls.queries import calls_visible_to
from intervalle.accounts.models import Organisation
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page, redirect


@get("/appels/{call_id:int}/resultats", policy="decisions.show_results")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    actor = actor_of(request)
    call = one_or_404(await db.execute(calls_visible_to(actor).where(Call.id == call_id)))
    notice = await results.notice_of(db, call)
    run = queries.calls_to_assign_visible_to(actor).where(Call.id == call.id)
    runs = (await db.execute(run)).scalar_one_or_none() is not None
    shown = call.released_at is not None and (notice is not None or runs)
    return page(
        request, "assignment/results.html", call=call, notice=notice, runs=runs,
        results=await results.of(db, call) if shown else None,
        organiser=await db.get_one(Organisation, call.organiser_id),
        version=(await db.execute(queries.frozen_version(call.id))).scalar_one() if shown else None,
    )  # fmt: skip


@post("/attribution/{call_id:int}/resultats", policy="decisions.publish_results")
async def publish(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    await results.publish(db, actor_of(request), call)
    return redirect(f"/appels/{call_id}/resultats", flash=_("Résultats publiés."))


ROUTES: list[HTTPRouteHandler] = [show, publish]
