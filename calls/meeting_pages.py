"""/appels/…/visites and /appels/…/questions: what structures and the organiser say to each other before the closing."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import questions, visits
from calls.amendments import in_force
from calls.application_pages import structures_of
from calls.call_pages import visible_call
from calls.forms import AnswerForm, BookingForm, DeclineForm, QuestionForm, VisitForm
from calls.meeting_models import Question
from calls.models import Call
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect

MARKS = {"oui": True, "non": False}


def _number(typed: Any) -> int:
    return int(typed) if isinstance(typed, str) and typed.isdigit() and len(typed) < 19 else 0


def _structure(request: Request, data: Any) -> int:
    """In whose name: the structure chosen in the form, or the one shown in the header."""
    own = structures_of(actor_of(request))
    chosen = _number(data.get("structure"))
    return chosen or (own[0][0] if own else 0)


async def _visits(request: Request, db: Db, call: Call) -> dict[str, Any]:
    actor, version = actor_of(request), await in_force(db, call)
    places = await visits.places_of(db, call, version)
    form = VisitForm(minutes=60, capacity=12)
    form.place.offer([(str(i), name) for i, name in places.items()])
    return {
        "call": call, "version": version, "slots": await visits.shown(db, actor, call), "places": places, "plan": form,
        "booking": BookingForm(people=2), "structures": structures_of(actor), "staff": POLICY.can(actor, "calls.follow", call),
    }  # fmt: skip


@get("/appels/{call_id:int}/visites", policy="visits.list")
async def visit_page(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Everybody: hours and places left. A structure: its places. The organiser: who comes, who came."""
    call = await visible_call(request, db, call_id)
    return page(request, "calls/visits.html", **await _visits(request, db, call))


@post("/appels/{call_id:int}/visites", policy="visits.plan")
async def plan(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, data = actor_of(request), await form_data(request)
    POLICY.check(actor, "visits.plan", call)
    shown = await _visits(request, db, call)
    form = VisitForm(data)
    form.place.offer([(str(i), name) for i, name in shown["places"].items()])
    form.validate()
    starts: Any = form.starts_at.data
    if starts and starts <= clock.now():
        form.add_error("starts_at", _("Cette visite serait déjà passée."))
    elif starts and call.closes_at and starts >= call.closes_at:
        form.add_error("starts_at", _("La visite vient avant la clôture de l’appel."))
    if form.errors_in_order:
        raise invalid(request, "calls/visits.html", **{**shown, "plan": form})
    await visits.plan(
        db, actor, call, starts_at=starts, ends_at=starts + timedelta(minutes=form.minutes.data or 60),
        capacity=form.capacity.data or 1, premises_id=int(form.place.data) if form.place.data else None,
        meeting_point=form.meeting_point.data or "",
    )  # fmt: skip
    return redirect(f"/appels/{call.id}/visites", flash=_("La visite est ajoutée."))


@post("/appels/{call_id:int}/visites/{slot_id:int}/annuler", policy="visits.plan")
async def cancel(request: Request, db: Db, call_id: Id, slot_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    await visits.cancel(db, actor_of(request), call, slot_id)
    return redirect(f"/appels/{call.id}/visites", flash=_("La visite est annulée ; les inscrits sont prévenus."))


@post("/appels/{call_id:int}/visites/{slot_id:int}/inscription", policy="visits.book")
async def book(request: Request, db: Db, call_id: Id, slot_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    actor, organisation = actor_of(request), _structure(request, data)
    if data.get("liberer"):
        await visits.give_up(db, actor, call, slot_id, organisation_id=organisation)
        return redirect(f"/appels/{call.id}/visites", flash=_("Vos places sont libérées."))
    form = BookingForm(data)
    if not form.validate():
        raise invalid(request, "calls/visits.html", **{**await _visits(request, db, call), "booking": form})
    await visits.book(db, actor, call, slot_id, organisation_id=organisation, people=form.people.data or 1)
    return redirect(f"/appels/{call.id}/visites", flash=_("Vous êtes inscrits à cette visite."))


@post("/appels/{call_id:int}/visites/{slot_id:int}/presences", policy="visits.mark")
async def mark(request: Request, db: Db, call_id: Id, slot_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    said = {
        _number(name.removeprefix("presence-")): MARKS.get(str(value))
        for name, value in data.multi_items()
        if name.startswith("presence-")
    }
    await visits.mark(db, actor_of(request), call, slot_id, said)
    return redirect(f"/appels/{call.id}/visites", flash=_("Les présences sont notées."))


async def _questions(request: Request, db: Db, call: Call) -> dict[str, Any]:
    actor, version, now = actor_of(request), await in_force(db, call), clock.now()
    found = await questions.shown(db, actor, call)
    end = questions.cut_off(call, version)
    names = {o.id: o.name for o in await _askers(db, found)} if POLICY.can(actor, "calls.follow", call) else {}
    return {
        "call": call, "version": version, "until": end, "taking": call.stage() == "open" and bool(end and now < end),
        "published": [q for q in found if q.answered_at], "waiting": [q for q in found if not q.answered_at and not q.declined_at],
        "declined": [q for q in found if q.declined_at], "names": names, "late": questions.late(version, now),
        "structures": structures_of(actor), "form": QuestionForm(), "answering": None, "answer_form": None,
        "staff": POLICY.can(actor, "questions.answer", call),
    }  # fmt: skip


async def _askers(db: Db, found: Any) -> list[Organisation]:
    from sqlalchemy import select

    ids = {q.organisation_id for q in found}
    return list((await db.execute(select(Organisation).where(Organisation.id.in_(ids)))).scalars())


@get("/appels/{call_id:int}/questions", policy="questions.list")
async def question_page(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    return page(request, "calls/questions.html", **await _questions(request, db, call))


@post("/appels/{call_id:int}/questions", policy="questions.ask")
async def ask(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    form = QuestionForm(data)
    if not form.validate():
        raise invalid(request, "calls/questions.html", **{**await _questions(request, db, call), "form": form})
    await questions.ask(
        db, actor_of(request), call, organisation_id=_structure(request, data), text=form.text.data or ""
    )
    return redirect(
        f"/appels/{call.id}/questions",
        flash=_("Votre question est envoyée. La réponse sera publiée pour tous, sans votre nom."),
    )


async def _waiting(request: Request, db: Db, call: Call, question_id: int) -> tuple[dict[str, Any], Question]:
    POLICY.check(actor_of(request), "questions.answer", call)
    shown = await _questions(request, db, call)
    question = next(
        (q for q in [*shown["waiting"], *shown["published"], *shown["declined"]] if q.id == question_id), None
    )
    if question is None:
        raise NotFound
    return shown, question


@get("/appels/{call_id:int}/questions/{question_id:int}", policy="questions.answer")
async def answering(request: Request, db: Db, call_id: Id, question_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    shown, question = await _waiting(request, db, call, question_id)
    form = AnswerForm(published_text=question.published_text)
    return page(request, "calls/answer.html", **shown, question=question, reply=form, refusal=DeclineForm())


@post("/appels/{call_id:int}/questions/{question_id:int}/reponse", policy="questions.answer")
async def answer(request: Request, db: Db, call_id: Id, question_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    shown, question = await _waiting(request, db, call, question_id)
    form = AnswerForm(data)
    form.validate()
    to: Any = form.extend_to.data
    if (
        shown["late"]
        and not form.extend_to.errors
        and (not to or not call.closes_at or to < call.closes_at + timedelta(days=1))
    ):
        form.add_error("extend_to", _("La date des réponses est passée : reportez la clôture d’un jour au moins."))
    if form.errors_in_order:
        raise invalid(request, "calls/answer.html", **shown, question=question, reply=form, refusal=DeclineForm())
    await questions.answer(
        db, actor_of(request), call, question.id, published_text=form.published_text.data or "",
        text=form.answer.data or "", extend_to=to,
    )  # fmt: skip
    return redirect(f"/appels/{call.id}/questions", flash=_("La réponse est publiée pour tous."))


@post("/appels/{call_id:int}/questions/{question_id:int}/ecarter", policy="questions.answer")
async def decline(request: Request, db: Db, call_id: Id, question_id: Id) -> Response[None]:
    call, data = await visible_call(request, db, call_id), await form_data(request)
    shown, question = await _waiting(request, db, call, question_id)
    form = DeclineForm(data)
    if not form.validate():
        reply = AnswerForm(published_text=question.published_text)
        raise invalid(request, "calls/answer.html", **shown, question=question, reply=reply, refusal=form)
    await questions.decline(db, actor_of(request), call, question.id, reason=form.reason.data or "")
    return redirect(f"/appels/{call.id}/questions", flash=_("La question est écartée ; son auteur en reçoit le motif."))


ROUTES: list[HTTPRouteHandler] = [
    visit_page, plan, cancel, book, mark, question_page, ask, answering, answer, decline,
]  # fmt: skip
