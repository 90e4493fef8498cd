"""Pages of appeals: the organiser's list, one appeal with its clock and its trial on a copy, and the applicant's form."""

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import act_rules, act_trial, appeals, forms, queries
from allocation.assignment.appeals import Correction
from allocation.assignment.applicant_pages import decision_context, told_of
from allocation.assignment.board_pages import call_of
from allocation.assignment.decisions import decider_of
from allocation.assignment.models import Appeal, Decision
from calls.models import Application, Call
from intervalle import clock
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


@post("/candidatures/{application_id:int}/decision/recours", policy="appeals.file")
async def file(request: Request, db: Db, application_id: Id) -> Response[Any]:
    told = await told_of(request, db, application_id)
    form = forms.AppealForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "assignment/decision.html", **await decision_context(db, told, appeal_form=form))
    await appeals.file(db, actor_of(request), told.application, grounds=str(form.grounds.data))
    return redirect(
        f"/candidatures/{application_id}/decision",
        flash=_("Votre recours est reçu. Un accusé de réception vous est envoyé."),
    )


async def _list(db: AsyncSession, call: Call, **given: Any) -> dict[str, Any]:
    told, public = await appeals.notifications(db, call), (await decider_of(db, call)).public
    rows = [
        (appeal, application, organisation, appeals.clock_of(appeal, told[application.id], public=public))
        for appeal, application, organisation in await db.execute(queries.appeals_of(call.id))
    ]
    form = given.pop("form", None) or forms.LitigationForm()
    notified = (await db.execute(queries.decisions_of(call.id).where(Decision.released_at.is_not(None)))).all()
    form.application.offer(
        [(str(application.id), f"{application.label}, {owner.name}") for _d, application, owner in notified]
    )
    return {
        "call": call, "rows": rows, "form": form, "outcomes": forms.OUTCOME_LABELS, "today": clock.today(),
    } | given  # fmt: skip


@get("/attribution/{call_id:int}/recours", policy="appeals.show")
async def index(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await call_of(request, db, call_id)
    return page(request, "assignment/appeals.html", **await _list(db, call))


@post("/attribution/{call_id:int}/recours", policy="appeals.answer")
async def record(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """Write down a claim brought to court."""
    call, form = await call_of(request, db, call_id), forms.LitigationForm(await form_data(request))
    context = await _list(db, call, form=form)
    if not form.validate() or form.received_on.data is None:
        raise invalid(request, "assignment/appeals.html", **context)
    application = one_or_404(
        await db.execute(
            select(Application).where(Application.id == int(form.application.data), Application.call_id == call.id)
        )
    )
    try:
        await appeals.record_litigation(
            db, actor_of(request), call, application, received_on=form.received_on.data,
            reference=str(form.reference.data), grounds=str(form.grounds.data),
        )  # fmt: skip
    except Refused as refused:
        form.add_error("received_on", f"{refused.sentence} {refused.way_out}".strip())
        raise invalid(request, "assignment/appeals.html", **context) from refused
    return redirect(f"/attribution/{call_id}/recours", flash=_("Le recours est enregistré."))


async def _one(request: Request, db: AsyncSession, call_id: int, appeal_id: int, **given: Any) -> dict[str, Any]:
    call = await call_of(request, db, call_id)
    found = (await db.execute(queries.appeals_of(call.id).where(Appeal.id == appeal_id))).one_or_none()
    if found is None:
        raise NotFound
    appeal, application, organisation = found
    told, public = await appeals.notifications(db, call), (await decider_of(db, call)).public
    decision = (await db.execute(select(Decision).where(Decision.application_id == application.id))).scalar_one()
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    return {
        "call": call, "appeal": appeal, "application": application, "organisation": organisation, "decision": decision,
        "clock": appeals.clock_of(appeal, told[application.id], public=public), "today": clock.today(), "cited": partial(act_rules.cited, public=public), "form": forms.AnswerForm(signatory=decision.signatory),
        "rows": None, "typed": request.query_params, "outcomes": forms.OUTCOME_LABELS,
        "lots": [lot.label for lot, _p in await db.execute(queries.offered_lots(version.id))],
    } | given  # fmt: skip


@get("/attribution/{call_id:int}/recours/{appeal_id:int}", policy="appeals.show")
async def show(request: Request, db: Db, call_id: Id, appeal_id: Id) -> Response[str]:
    """The appeal; with `?note=` or `?lot=&surface=`, what granting it would change, computed on a copy."""
    context = await _one(request, db, call_id, appeal_id)
    typed = request.query_params
    score, area = _number(typed.get("note", ""), 100), _number(typed.get("surface", ""), 1_000_000)
    context["unreadable"] = bool(typed.get("note") and score is None) or bool(typed.get("surface") and area is None)
    if (score is not None or area) and not context["unreadable"]:
        correction = Correction(score=score, lot=typed.get("lot") or None, area=area or None)
        context["rows"] = await act_trial.examine(db, context["call"], context["application"].id, correction)
    return page(request, "assignment/appeal.html", **context)


def _number(typed: str, most: int) -> Decimal | None:
    try:
        value = Decimal(typed.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= most and value == round(value, 2) else None


@post("/attribution/{call_id:int}/recours/{appeal_id:int}", policy="appeals.answer")
async def answer(request: Request, db: Db, call_id: Id, appeal_id: Id) -> Response[Any]:
    form = forms.AnswerForm(await form_data(request))
    context = await _one(request, db, call_id, appeal_id, form=form, unreadable=False)
    if not form.validate():
        raise invalid(request, "assignment/appeal.html", **context)
    await appeals.answer(
        db, actor_of(request), context["call"], context["appeal"], outcome=str(form.outcome.data),
        answer=str(form.answer.data), signatory=str(form.signatory.data),
    )  # fmt: skip
    return redirect(f"/attribution/{call_id}/recours", flash=_("La réponse est enregistrée et notifiée."))


ROUTES: list[HTTPRouteHandler] = [file, index, record, show, answer]
