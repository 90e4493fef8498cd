"""A second person's agreement, a planned opening, and files that came late."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from calls import approvals, late
from calls.application_pages import context, visible_application
from calls.call_pages import visible_call
from calls.forms import LateDecisionForm, LateForm
from calls.models import Call
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


def _page_of(call: Call) -> str:
    """Where the text is read again before it is published."""
    return f"/appels/{call.id}/rectifier/publier" if call.stage() == "open" else f"/appels/{call.id}/ouvrir"


@post("/appels/{call_id:int}/accord", policy="calls.open")
async def ask(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    await approvals.ask(db, actor_of(request), call)
    return redirect(_page_of(call), flash=_("L’accord est demandé : une autre personne le donne sur cette page."))


@post("/appels/{call_id:int}/accord/reponse", policy="calls.open")
async def answer(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    approved = data.get("reponse") == "oui"
    await approvals.answer(db, actor_of(request), call, approved=approved, note=str(data.get("mot", "")).strip()[:2000])
    said = (
        _("Accord donné : ce texte peut être publié.") if approved else _("Votre collègue sait ce qu’il faut changer.")
    )
    return redirect(_page_of(call), flash=said)


@post("/appels/{call_id:int}/accord/regle", policy="calls.open")
async def rule(request: Request, db: Db, call_id: Id) -> Response[None]:
    """An administrator of the organiser asks for a second person, or no longer."""
    call, data = await visible_call(request, db, call_id), await form_data(request)
    organiser = one_or_404(await db.execute(select(Organisation).where(Organisation.id == call.organiser_id)))
    await approvals.set_rule(db, actor_of(request), organiser, wanted=data.get("accord") == "oui")
    return redirect(f"/appels/{call.id}/ouvrir", flash=_("La règle de votre organisation est enregistrée."))


@post("/appels/{call_id:int}/deprogrammer", policy="calls.unschedule")
async def unschedule(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    await approvals.unschedule(db, actor_of(request), call)
    return redirect(f"/appels/{call.id}/modifier", flash=_("L’ouverture est annulée : l’appel redevient un brouillon."))


@get("/candidatures/{application_id:int}/tardif", policy="late.ask")
async def late_page(request: Request, db: Db, application_id: Id) -> Response[str]:
    application = await visible_application(request, db, application_id)
    POLICY.check(actor_of(request), "late.ask", application)
    shown = await context(request, db, application)
    asked = await late.of_application(db, application)
    return page(request, "calls/applications/late.html", form=LateForm(), asked=asked, **shown)


@post("/candidatures/{application_id:int}/tardif", policy="late.ask")
async def ask_late(request: Request, db: Db, application_id: Id) -> Response[None]:
    application = await visible_application(request, db, application_id)
    actor, form = actor_of(request), LateForm(await form_data(request))
    POLICY.check(actor, "late.ask", application)
    if not form.validate():
        shown = await context(request, db, application)
        asked = await late.of_application(db, application)
        raise invalid(request, "calls/applications/late.html", form=form, asked=asked, **shown)
    await late.ask(db, actor, application, reason=form.reason.data or "")
    return redirect(
        f"/candidatures/{application.id}/tardif",
        flash=_("Votre dossier est remis ; l’organisateur décide, avec un motif."),
    )


@get("/appels/{call_id:int}/tardifs", policy="calls.follow")
async def late_files(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Who came late, when and why; not what they wrote, before it is taken in."""
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.follow", call)
    return page(request, "calls/late.html", call=call, rows=await late.of_call(db, call), form=LateDecisionForm(), at=0)


@post("/appels/{call_id:int}/tardifs/{request_id:int}", policy="late.decide")
async def decide_late(request: Request, db: Db, call_id: Id, request_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    actor, form = actor_of(request), LateDecisionForm(data)
    POLICY.check(actor, "late.decide", call)
    if not form.validate():
        rows = await late.of_call(db, call)
        raise invalid(request, "calls/late.html", call=call, rows=rows, form=form, at=request_id)
    if data.get("decision") not in ("oui", "non"):
        raise Refused(_("Choisissez : prendre en compte, ou non."))
    await late.decide(
        db, actor, call, request_id, accepted=data.get("decision") == "oui", motive=form.motive.data or ""
    )
    return redirect(
        f"/appels/{call.id}/tardifs", flash=_("La décision est enregistrée ; la structure la reçoit avec son motif.")
    )


ROUTES: list[HTTPRouteHandler] = [
    ask, answer, rule, unschedule, late_page, ask_late, late_files, decide_late,
]  # fmt: skip
