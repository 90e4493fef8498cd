"""Missing pieces: staff asks from the file's page, the applicant answers at /complements."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from allocation.selection import access, corrections
from allocation.selection.admissibility_pages import page_context, the_file
from allocation.selection.forms import AnswerForm, CorrectionForm
from allocation.selection.models import Correction
from calls.models import Application, Call
from intervalle import deposits, files
from intervalle.deposits import Deposit
from intervalle.files import BadFile
from intervalle.house import stored_file_response
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
    files = (await corrections.files_of(db, [asked.id]))[asked.id]
    return {"asked": asked, "application": application, "call": call, "files": files, "most": deposits.MOST_BYTES >> 20}


@get("/complements/{correction_id:int}", policy="panel.answer_correction")
async def show(request: Request, db: Db, correction_id: Id) -> Response[str]:
    return page(
        request, "selection/correction.html", form=AnswerForm(), refused="", **await _mine(request, db, correction_id)
    )


@post("/complements/{correction_id:int}", policy="panel.answer_correction")
async def answer(request: Request, db: Db, correction_id: Id) -> Response[None]:
    context = await _mine(request, db, correction_id)
    data = await form_data(request)
    form = AnswerForm(data)
    form.validate()
    received, refused = await _received(data)
    if form.errors_in_order or refused:
        raise invalid(request, "selection/correction.html", form=form, refused=refused, **context)
    await corrections.answer(db, actor_of(request), correction_id, form.answer.data or "", received)
    return redirect(f"/complements/{correction_id}", flash=_("Complément envoyé, daté et joint à votre dossier."))


async def _received(data: FormMultiDict) -> tuple[list[Deposit], str]:
    """The files sent, opened and checked; or the sentence about the first that cannot be kept."""
    sent = [one for one in data.getall("fichiers", []) if isinstance(one, UploadFile) and one.filename]
    received: list[Deposit] = []
    if len(sent) > corrections.MOST_FILES:
        return [], _("%(n)s fichiers au plus par réponse : réunissez-en plusieurs en un PDF.", n=corrections.MOST_FILES)
    for one in sent:
        try:
            received.append(await deposits.receive(one))
        except BadFile as bad:
            name = f"« {one.filename} »"
            return [], " ".join(part for part in (name, _(bad.sentence), _(bad.way_out) if bad.way_out else "") if part)
    return received, ""


@get("/complements/{correction_id:int}/fichiers/{file_id:int}", policy="applications.show")
async def download(request: Request, db: Db, correction_id: Id, file_id: Id) -> Response[bytes]:
    stored = await corrections.file_visible_to(db, actor_of(request), correction_id, file_id)
    return stored_file_response(stored, await files.read(stored))


ROUTES: list[HTTPRouteHandler] = [ask, take_back, show, answer, download]
