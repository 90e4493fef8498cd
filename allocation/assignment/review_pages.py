"""/attribution/…/relecture: the second person's reading of the letters."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from allocation.assignment import reviews
from allocation.assignment.board_pages import call_of
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, redirect


@post("/attribution/{call_id:int}/relecture", policy="decisions.ask_review")
async def ask(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    await reviews.ask(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/lettres", flash=_("Relecture demandée : elle attend une autre personne."))


@post("/attribution/{call_id:int}/relecture/reponse", policy="decisions.review")
async def answer(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    form = await form_data(request)
    approved = form.get("act") == "approve"
    await reviews.answer(db, actor_of(request), call, approved=approved, remark=str(form.get("remark", ""))[:2000])
    told = (
        _("Accord enregistré : les lettres peuvent partir.")
        if approved
        else _("Lettres renvoyées, avec votre remarque.")
    )
    return redirect(f"/attribution/{call_id}/lettres", flash=told)


ROUTES: list[HTTPRouteHandler] = [ask, answer]
