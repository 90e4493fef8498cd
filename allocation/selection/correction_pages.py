"""Missing pieces: staff asks from the file's page, the applicant answers at /complements."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, corrections
from allocation.selection.admissibility_pages import page_context, the_file
from allocation.selection.forms import AnswerForm, CorrectionForm
from allocation.selection.models import Correction
from calls.models import Application, Call
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


@post("/commissions/{call_id:int}/recevabilite/{application_id:int}/complement", policy="panel.ask_correction")
async def ask(request: Request, db: Db, call_id: Id, application_id: Id) -> Response[None]:
    room, application = await the_file(request, db, call_id, application_id)
    form = CorrectionForm(await form_data(request))
    if not form.validate():
        context = await page_context(request, db, room, application, correction=form)
        raise invalid(request, "selection/admissibility.html", **context)
    await corrections.ask(
        db, actor_of(request), room.call, application_id, items=form.items.data or [], request=form.request.data or "",
        until=form.deadline,
    )  # fmt: skip
    return redirect(f"/commissions/{call_id}/recevabilite/{application_id}", flash=_("Demande envoyée à la structure."))


@post("/commissions/{call_id:int}/complements/{correction_id:int}/retrait", policy="panel.ask_correction")
async def take_back(request: Request, db: Db, call_id: Id, correction_id: Id) -> Response[None]:
    actor = actor_of(request)
    room = await access.enter_as_staff(db, actor, call_id)
    await corrections.take_back(db, actor, room.call, correction_id)
    return redirect(f"/commissions/{call_id}/recevabilite", flash=_("Demande de complément retirée."))


async def _mine(request: Request, db: Db, correction_id: int) -> dict[str, Any]:
    """A request made to one of the reader's own structures."""
    asked = one_or_404(
        await db.execute(
            select(Correction).where(
                Correction.id == correction_id,
                Correction.organisation_id.in_(actor_of(request).organisations()),
                Correction.withdrawn_at.is_(None),
            )
        )
    )
    application = (await db.execute(select(Application).where(Application.id == asked.application_id))).scalar_one()
    call = (await db.execute(select(Call).where(Call.id == application.call_id))).scalar_one()
    return {"asked": asked, "application": application, "call": call}


@get("/complements/{correction_id:int}", policy="panel.answer_correction")
async def show(request: Request, db: Db, correction_id: Id) -> Response[str]:
    return page(request, "selection/correction.html", form=AnswerForm(), **await _mine(request, db, correction_id))


@post("/complements/{correction_id:int}", policy="panel.answer_correction")
async def answer(request: Request, db: Db, correction_id: Id) -> Response[None]:
    context = await _mine(request, db, correction_id)
    form = AnswerForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "selection/correction.html", form=form, **context)
    await corrections.answer(db, actor_of(request), correction_id, form.answer.data or "")
    return redirect(f"/complements/{correction_id}", flash=_("Complément envoyé, daté et joint à votre dossier."))


ROUTES: list[HTTPRouteHandler] = [ask, take_back, show, answer]
