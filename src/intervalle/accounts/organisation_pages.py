"""/organisations: create one, see its members, invite."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle.accounts import organisations
from intervalle.accounts.forms import ROLE_LABELS, InvitationForm, OrganisationForm
from intervalle.accounts.models import Invitation, Organisation
from intervalle.accounts.policy import READ
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, Slug, actor_of, form_data, invalid, one_or_404, page, redirect


async def _mine(request: Request, db: Db, organisation_id: int) -> Organisation:
    ids = actor_of(request).own(READ)
    return one_or_404(
        await db.execute(select(Organisation).where(Organisation.id == organisation_id, Organisation.id.in_(ids)))
    )


async def _context(db: Db, organisation: Organisation) -> dict[str, Any]:
    waiting = await db.execute(
        select(Invitation).where(
            Invitation.organisation_id == organisation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    )
    return {
        "organisation": organisation, "members": await organisations.members(db, organisation.id),
        "waiting": list(waiting.scalars()), "roles": dict(ROLE_LABELS),
    }  # fmt: skip


@get("/organisations/nouvelle", policy="account.create_organisation")
async def show_new(request: Request, db: Db) -> Response[str]:
    return page(request, "accounts/organisation_new.html", form=OrganisationForm())


@post("/organisations", policy="account.create_organisation")
async def create(request: Request, db: Db) -> Response[None]:
    form = OrganisationForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "accounts/organisation_new.html", form=form)
    made = await organisations.create(db, actor_of(request), form.data)
    return redirect(f"/organisations/{made.id}", flash=_("L’organisation est créée : invitez vos collègues."))


@get("/organisations/{organisation_id:int}", policy="organisation.show")
async def show(request: Request, db: Db, organisation_id: Id) -> Response[str]:
    organisation = await _mine(request, db, organisation_id)
    return page(
        request,
        "accounts/organisation.html",
        form=InvitationForm(),
        edit=OrganisationForm(obj=organisation),
        **await _context(db, organisation),
    )


@post("/organisations/{organisation_id:int}", policy="organisation.edit")
async def edit(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    form = OrganisationForm({"kind": organisation.kind, **dict(await form_data(request))})
    if not form.validate():
        raise invalid(
            request, "accounts/organisation.html", form=InvitationForm(), edit=form, **await _context(db, organisation)
        )
    await organisations.edit(db, actor_of(request), organisation, form.data)
    return redirect(f"/organisations/{organisation.id}", flash=_("C’est enregistré."))


@post("/organisations/{organisation_id:int}/invitations", policy="organisation.invite")
async def invite(request: Request, db: Db, organisation_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    form = InvitationForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request,
            "accounts/organisation.html",
            form=form,
            edit=OrganisationForm(obj=organisation),
            **await _context(db, organisation),
        )
    await organisations.invite(db, actor_of(request), organisation, email=form.email.data, role=form.role.data)
    return redirect(
        f"/organisations/{organisation.id}", flash=_("L’invitation part à %(email)s.", email=form.email.data)
    )


@post("/organisations/{organisation_id:int}/membres/{user_id:int}/depart", policy="organisation.edit")
async def end_membership(request: Request, db: Db, organisation_id: Id, user_id: Id) -> Response[None]:
    organisation = await _mine(request, db, organisation_id)
    await organisations.end_membership(db, actor_of(request), organisation, user_id)
    return redirect(f"/organisations/{organisation.id}", flash=_("Cette personne n’est plus membre."))


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
    return redirect(
        f"/organisations/{organisation.id}", flash=_("Bienvenue dans « %(name)s ».", name=organisation.name)
    )


ROUTES: list[HTTPRouteHandler] = [show_new, create, show, edit, invite, end_membership, show_invitation, accept]
