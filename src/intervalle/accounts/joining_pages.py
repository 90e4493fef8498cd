"""/rattachements: ask to act for an organisation that is written down already, and answer such requests."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from intervalle import identifiers
from intervalle.accounts import joining, profiles
from intervalle.accounts.models import JoinRequest, Organisation
from intervalle.accounts.policy import READ
from intervalle.accounts.structure_forms import AnswerForm, JoinForm
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, Text, actor_of, form_data, invalid, one_or_404, page, redirect


def address(organisation: Organisation) -> str:
    """Where to ask to join it. Known by its number only: names are not to be listed one after the other."""
    return f"/rattachements/nouveau?siren={organisation.siren}"


async def _recorded(db: Db, typed: str) -> Organisation:
    siren = "".join(typed.split())[:9]
    try:
        identifiers.check_siren(siren)
    except ValueError:
        raise NotFound from None
    found = await joining.recorded(db, siren)
    if found is None:
        raise NotFound
    return found


async def _form(db: Db, form: JoinForm, organisation: Organisation) -> JoinForm:
    choices = await joining.who_answers(db, organisation)
    form.reviewer.offer([(str(one.id), one.name) for one in choices])
    if len(choices) == 1 and not form.reviewer.data:
        form.reviewer.data = str(choices[0].id)
    return form


@get("/rattachements/nouveau", policy="membership.ask")
async def show_new(request: Request, db: Db, siren: Text = "") -> Response[str]:
    organisation = await _recorded(db, siren)
    if organisation.id in actor_of(request).own(READ):
        return page(request, "accounts/join.html", organisation=organisation, form=None, choices=[], mine=profiles.address(organisation))  # fmt: skip
    form = await _form(db, JoinForm(), organisation)
    return page(request, "accounts/join.html", organisation=organisation, form=form, choices=form.reviewer.choices, mine="")  # fmt: skip


@post("/rattachements", policy="membership.ask")
async def ask(request: Request, db: Db) -> Response[None]:
    data = await form_data(request)
    organisation = await _recorded(db, str(data.get("siren", "")))
    form = await _form(db, JoinForm(data), organisation)
    good = form.validate()
    if form.reviewer.choices[1:] and not form.reviewer.data:
        form.add_error("reviewer", _("Choisissez qui examine votre demande."))
        good = False
    if not good:
        raise invalid(request, "accounts/join.html", organisation=organisation, form=form, choices=form.reviewer.choices, mine="")  # fmt: skip
    await joining.ask(
        db, actor_of(request), organisation, message=form.message.data or "",
        reviewer_id=int(form.reviewer.data) if form.reviewer.data else None,
    )  # fmt: skip
    return redirect("/rattachements", flash=_("Votre demande est partie ; la réponse vous sera écrite."))


@get("/rattachements", policy="membership.ask")
async def show(request: Request, db: Db) -> Response[str]:
    return page(request, "accounts/joins.html", **await _lists(request, db), form=AnswerForm(), at=0)


async def _lists(request: Request, db: Db) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "waiting": list((await db.execute(joining.to_answer(actor).limit(100))).all()),
        "asked": list((await db.execute(joining.asked_by(actor).limit(20))).all()),
    }


async def _waiting(request: Request, db: Db, request_id: int) -> JoinRequest:
    waiting = joining.to_answer(actor_of(request)).with_only_columns(JoinRequest)
    return one_or_404(await db.execute(waiting.where(JoinRequest.id == request_id)))


@post("/rattachements/{request_id:int}", policy="membership.ask")
async def answer(request: Request, db: Db, request_id: Id) -> Response[None]:
    asked = await _waiting(request, db, request_id)
    form = AnswerForm(await form_data(request))
    good = form.validate()
    if form.outcome.data == "no" and not form.reason.data:
        form.add_error("reason", _("Dites pourquoi : la personne doit savoir quoi faire."))
        good = False
    if not good:
        raise invalid(request, "accounts/joins.html", **await _lists(request, db), form=form, at=asked.id)
    await joining.answer(
        db, actor_of(request), asked, accepted=form.outcome.data == "yes", reason=form.reason.data or ""
    )
    return redirect("/rattachements", flash=_("Votre réponse est enregistrée, la personne est prévenue par courriel."))


ROUTES: list[HTTPRouteHandler] = [show_new, ask, show, answer]
