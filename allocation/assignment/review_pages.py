"""/attribution/…/relecture: the second person's reading of the letters."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from allocation.assignment import forms, letter_pages, reviews
from allocation.assignment.board_pages import call_of
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, redirect


@post("/attribution/{call_id:int}/relecture", policy="decisions.ask_review")
async def ask(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    await reviews.ask(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/lettres", flash=_("Relecture demandée : elle attend une autre personne."))


@post("/attribution/{call_id:int}/relecture/reponse", policy="decisions.review")
async def answer(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    data = await form_data(request)
    form, approved, me = forms.ReviewForm(data), data.get("act") == "approve", actor_of(request)
    if form.validate() and not approved and not (form.remark.data or "").strip():
        form.add_error("remark", _("Dites ce qui est à reprendre."))
    if form.errors_in_order:
        context = await letter_pages.listed(db, call, review_form=form)
        raise invalid(request, "assignment/letters.html", me=me.user_id, **context)
    await reviews.answer(db, me, call, approved=approved, remark=form.remark.data or "")
    told = (
        _("Accord enregistré : les lettres peuvent partir.")
        if approved
        else _("Lettres renvoyées, avec votre remarque.")
    )
    return redirect(f"/attribution/{call_id}/lettres", flash=told)


ROUTES: list[HTTPRouteHandler] = [ask, answer]
