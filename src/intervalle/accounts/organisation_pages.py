"""/organisations: create one, see its members, invite."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle import identifiers
from intervalle.accounts import companies, joining, joining_pages, organisations, profiles
from intervalle.accounts.forms import ROLE_LABELS, InvitationForm, OrganisationForm
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import READ
from intervalle.errors import Invalid
from intervalle.i18n import N_, _
from intervalle.territory.communes import read_communes
from intervalle.web import Db, Id, Request, Slug, Text, actor_of, form_data, invalid, one_or_404, page, redirect


async def _mine(request: Request, db: Db, organisation_id: int) -> Organisation:
    ids = actor_of(request).own(READ)
    return one_or_404(
        await db.execute(select(Organisation).where(Organisation.id == organisation_id, Organisation.id.in_(ids)))
    )


@get("/organisations/nouvelle", policy="account.create_organisation")
async def show_new(request: Request, db: Db, siret: Text = "") -> Response[Any]:
    """With a SIRET, the form comes filled with what the public register says of it; it can be typed otherwise."""
    form, said = OrganisationForm(), ""
    if siret and (known := await _known(db, siret)):
        return redirect(joining_pages.address(known), flash=_(ALREADY))
    if siret:
        form, said = await _from_register(siret)
    return page(request, "accounts/organisation_new.html", form=form, asked=siret, said=said)


async def _known(db: Db, typed: str) -> Organisation | None:
    try:
        siret = identifiers.check_siret(typed)
    except ValueError:
        return None
    return await joining.recorded(db, siret[:9])


ALREADY = N_("Cette structure est déjà inscrite : demandez à la rejoindre.")


async def _read(db: Db, form: OrganisationForm) -> tuple[OrganisationForm, dict[str, Any]]:
    """The form checked, and its values; a commune that names none is refused beside its field."""
    form.validate()
    codes, unknown = await read_communes(db, form.commune.data or "")
    if unknown or len(codes) > 1:
        form.add_error("commune", _("Nous ne reconnaissons pas cette commune : donnez son code Insee."))
    return form, {**form.data, "commune_code": codes[0] if len(codes) == 1 else None}


async def _from_register(typed: str) -> tuple[OrganisationForm, str]:
    try:
        siret = identifiers.check_siret(typed)
    except ValueError as error:
        return OrganisationForm(data={"siret": typed}), _(str(error))
    answer = await companies.look_up(siret)
    if answer.company is None:
        return OrganisationForm(data={"siret": siret}), _(NOT_FOUND[answer.state])
    company = answer.company
    kind = "ess_structure" if company.ess or company.legal_form.startswith(("Association", "SCIC", "SCOP")) else None
    form = OrganisationForm(
        data={
            "kind": kind, "name": company.name, "siret": siret, "rna": company.rna, "legal_form": company.legal_form,
            "address": company.address, "commune": company.commune_code,
        }
    )  # fmt: skip
    said = N_("Repris du registre public des entreprises : relisez, corrigez, puis créez la fiche.")
    return form, _(CLOSED if company.closed else said)


CLOSED = N_("Le registre public dit cet établissement fermé : vérifiez le numéro avant de continuer.")
NOT_FOUND = {
    "off": N_("Le registre public n’est pas interrogé ici : remplissez la fiche à la main."),
    "unreachable": N_("Le registre public ne répond pas en ce moment : remplissez la fiche à la main, rien ne vous bloque."),
    "unknown": N_("Le registre public ne montre pas ce SIRET (il peut être récent, ou non diffusible) : remplissez la fiche à la main."),
}  # fmt: skip


@post("/organisations", policy="account.create_organisation")
async def create(request: Request, db: Db) -> Response[None]:
    form, values = await _read(db, OrganisationForm(await form_data(request)))
    if form.errors_in_order:
        raise invalid(request, "accounts/organisation_new.html", form=form, asked="", said="")
    if values.get("siret") and (known := await joining.recorded(db, values["siret"][:9])):
        return redirect(joining_pages.address(known), flash=_(ALREADY))
    made = await organisations.create(db, actor_of(request), values)
    return redirect(profiles.address(made), flash=_("L’organisation est créée : invitez vos collègues."))


@get("/organisations/{organisation_id:int}", policy="organisation.show")
async def show(request: Request, db: Db, organisation_id: Id) -> Response[Any]:
    organisation = await _mine(request, db, organisation_id)
    if organisation.kind == "ess_structure":
        return redirect(profiles.address(organisation))
    return page(request, "accounts/organisation.html", **await profiles.context(db, actor_of(request), organisation))


async def _again(request: Request, db: Db, organisation: Organisation, **forms: Any) -> Invalid:
    shown = await profiles.context(db, actor_of(request), organisation, **forms)
    return invalid(request, profiles.template(organisation), **shown)


@post("/organisations/{organisation_id:int}", policy="organisation.edit")
async def edit(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    typed = {"kind": organisation.kind, **dict(await form_data(request))}
    form, values = await _read(db, OrganisationForm(typed))
    if form.errors_in_order:
        raise await _again(request, db, organisation, edit=form)
    await organisations.edit(db, actor_of(request), organisation, values)
    return redirect(profiles.address(organisation), flash=_("C’est enregistré."))


@post("/organisations/{organisation_id:int}/invitations", policy="organisation.invite")
async def invite(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    form = InvitationForm(await form_data(request))
    if not form.validate():
        raise await _again(request, db, organisation, form=form)
    await organisations.invite(db, actor_of(request), organisation, email=form.email.data, role=form.role.data)
    return redirect(profiles.address(organisation), flash=_("L’invitation part à %(email)s.", email=form.email.data))


@post("/organisations/{organisation_id:int}/invitations/{invitation_id:int}/annulation", policy="organisation.invite")
async def revoke(request: Request, db: Db, organisation_id: Id, invitation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    await organisations.revoke(db, actor_of(request), organisation, invitation_id)
    return redirect(profiles.address(organisation), flash=_("L’invitation est annulée : son lien n’ouvre plus rien."))


@post("/organisations/{organisation_id:int}/membres/{user_id:int}/role", policy="organisation.edit")
async def set_role(request: Request, db: Db, organisation_id: Id, user_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    role = str((await form_data(request)).get("role", ""))
    await organisations.set_role(db, actor_of(request), organisation, user_id=user_id, role=role)
    return redirect(profiles.address(organisation), flash=_("C’est enregistré."))


@post("/organisations/{organisation_id:int}/membres/{user_id:int}/depart", policy="organisation.edit")
async def end_membership(request: Request, db: Db, organisation_id: Id, user_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    await organisations.end_membership(db, actor_of(request), organisation, user_id)
    return redirect(profiles.address(organisation), flash=_("Cette personne n’est plus membre."))


@get("/invitations/{token:str}", policy="organisation.accept_invitation")
async def show_invitation(request: Request, db: Db, token: Slug) -> Response[str]:
    invitation, organisation = await organisations.find_invitation(db, token)
    return page(
        request,
        "accounts/invitation.html",
        invitation=invitation,
        organisation=organisation,
        token=token,
        roles=dict(ROLE_LABELS),
    )


@post("/invitations/{token:str}", policy="organisation.accept_invitation")
async def accept(request: Request, db: Db, token: Slug) -> Response[None]:
    organisation = await organisations.accept(db, actor_of(request), token)
    return redirect(profiles.address(organisation), flash=_("Bienvenue dans « %(name)s ».", name=organisation.name))


ROUTES: list[HTTPRouteHandler] = [
    show_new, create, show, edit, invite, revoke, set_role, end_membership, show_invitation, accept,
]  # fmt: skip
