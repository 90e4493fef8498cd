"""/organisations/{id}/mandats: who acts for whom, on what, until when."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from intervalle import identifiers
from intervalle.accounts import mandates
from intervalle.accounts.forms import an_email
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import READ
from intervalle.forms import Choice, Day, Form, Text, ValidationError, required
from intervalle.i18n import N_, _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect

SCOPES = [
    ("premises", N_("Les locaux : publier, tenir l’histoire des lots")),
    ("calls", N_("Les appels : écrire, ouvrir, instruire, attribuer")),
    ("everything", N_("Tout : locaux, appels, titres, relogement")),
]


def a_siren(form: Any, field: Any) -> None:
    if field.data:
        try:
            field.data = identifiers.check_siren(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class _MandateForm(Form):
    scope = Choice(N_("Portée"), SCOPES, [required()], empty=N_("Choisissez…"))
    start = Day(N_("À partir du"), [required(N_("Donnez le premier jour."))])
    last = Day(N_("Jusqu’au (inclus)"), [required(N_("Un mandat a un terme : donnez son dernier jour."))])
    reference = Text(
        N_("Acte signé"),
        [
            required(N_("Par exemple « mandat du 12 mars 2026 ».")),
        ],
        limit=160,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        start, last = self.start.data, self.last.data
        if super().validate(extra_validators) and start and last and last < start:
            self.add_error("last", _("La fin précède le début."))
        return not self.errors_in_order

    def values(self) -> dict[str, Any]:
        last = self.last.data
        during = Range(self.start.data, last + timedelta(days=1) if last else None)
        return {"scope": self.scope.data, "during": during, "reference": self.reference.data}


class GrantForm(_MandateForm):
    agent = Text(N_("Organisation qui agira pour vous"), [required(N_("Son nom exact, ou son SIREN."))], limit=160)


class ReceiveForm(_MandateForm):
    name = Text(N_("Nom du propriétaire"), [required()], limit=160)
    siren = Text(N_("SIREN, s’il en a un"), [a_siren], limit=20)
    email = Text(N_("Son adresse électronique"), [required(), an_email], limit=254, render_kw={"type": "email"})


async def _mine(request: Request, db: Db, organisation_id: int) -> Organisation:
    ids = actor_of(request).own(READ)
    return one_or_404(
        await db.execute(select(Organisation).where(Organisation.id == organisation_id, Organisation.id.in_(ids)))
    )


async def _context(db: Db, organisation: Organisation) -> dict[str, Any]:
    return {
        "organisation": organisation, "mandates": await mandates.of(db, organisation.id), "scopes": dict(SCOPES),
        "intermediary": organisation.kind in mandates.INTERMEDIARIES, "grant_form": GrantForm(prefix="don-"), "receive_form": ReceiveForm(prefix="recu-"),
    }  # fmt: skip


@get("/organisations/{organisation_id:int}/mandats", policy="mandates.list")
async def show(request: Request, db: Db, organisation_id: Id) -> Response[str]:
    return page(request, "accounts/mandates.html", **await _context(db, await _mine(request, db, organisation_id)))


async def _agent(db: Db, typed: str) -> Organisation | None:
    """By SIREN, or by a name that one organisation alone carries."""
    digits = "".join(typed.split())
    named = func.plain_text(Organisation.name) == func.plain_text(typed)
    by = Organisation.siren == digits if digits.isdecimal() and len(digits) == 9 else named
    found = list((await db.execute(select(Organisation).where(by).limit(2))).scalars())
    return found[0] if len(found) == 1 else None


@post("/organisations/{organisation_id:int}/mandats", policy="mandates.grant")
async def grant(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    form = GrantForm(await form_data(request), prefix="don-")
    agent = await _agent(db, form.agent.data) if form.validate() else None
    if agent is None:
        if not form.errors_in_order:
            form.add_error("agent", _("Aucune organisation inscrite ne porte ce nom, ou plusieurs : donnez son SIREN."))
        raise invalid(request, "accounts/mandates.html", **{**await _context(db, organisation), "grant_form": form})
    await mandates.grant(db, actor_of(request), organisation, agent, **form.values())
    said = _("« %(name)s » agit pour vous jusqu’au terme du mandat.", name=agent.name)
    return redirect(f"/organisations/{organisation_id}/mandats", flash=said)


@post("/organisations/{organisation_id:int}/mandats/proprietaire", policy="mandates.receive")
async def receive(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    form = ReceiveForm(await form_data(request), prefix="recu-")
    if not form.validate():
        raise invalid(request, "accounts/mandates.html", **{**await _context(db, organisation), "receive_form": form})
    await mandates.receive(
        db, actor_of(request), organisation, name=form.name.data, siren=form.siren.data or None, email=form.email.data,
        **form.values(),
    )  # fmt: skip
    said = _(
        "Le mandat est enregistré ; le propriétaire reçoit un courriel pour le voir et, s’il le veut, y mettre fin."
    )
    return redirect(f"/organisations/{organisation_id}/mandats", flash=said)


@post("/mandats/{mandate_id:int}/fin", policy="mandates.revoke")
async def revoke(request: Request, db: Db, mandate_id: Id) -> Response[None]:
    mandate = await mandates.revoke(db, actor_of(request), mandate_id)
    mine = next(iter(actor_of(request).own() & mandate.parties()["self"]))
    return redirect(f"/organisations/{mine}/mandats", flash=_("Le mandat a pris fin."))


ROUTES: list[HTTPRouteHandler] = [show, grant, receive, revoke]
