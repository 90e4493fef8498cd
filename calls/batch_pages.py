"""/appels/…/relever: take the files deposited so far out of a rolling call, to examine them while it goes on."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import batches, queries
from calls.call_pages import visible_call
from calls.forms import GatherForm
from calls.models import Call
from intervalle import clock
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect


async def _context(db: Db, call: Call) -> dict[str, Any]:
    return {"call": call, "waiting": await batches.waiting(db, call), "batches": await batches.of_call(db, call)}


@get("/appels/{call_id:int}/relever", policy="calls.gather")
async def gathering(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.gather", call)
    version = (await db.execute(queries.current_version(call.id))).scalar_one()
    decision, entry = batches.proposed_dates(version, clock.now())
    form = GatherForm(decision_on=decision, occupation_from=entry)
    return page(request, "calls/gather.html", form=form, **await _context(db, call))


@post("/appels/{call_id:int}/relever", policy="calls.gather")
async def gather(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, form = await visible_call(request, db, call_id), GatherForm(await form_data(request))
    actor = actor_of(request)
    POLICY.check(actor, "calls.gather", call)
    if not form.validate():
        raise invalid(request, "calls/gather.html", form=form, **await _context(db, call))
    try:
        async with db.begin_nested():  # dates out of order undo the batch and leave the page with what was typed
            batch = await batches.gather(
                db, actor, call, decision_on=form.decision_on.data, occupation_from=form.occupation_from.data
            )
    except Refused as refused:
        form.add_error("occupation_from", f"{refused.sentence} {refused.way_out}".strip())
        raise invalid(request, "calls/gather.html", form=form, **await _context(db, call)) from refused
    return redirect(f"/commissions/{batch.id}", flash=_("Les dossiers sont relevés ; l’appel reste ouvert."))


ROUTES: list[HTTPRouteHandler] = [gathering, gather]
