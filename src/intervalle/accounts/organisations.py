"""Verbs on organisations: create, edit, invite, accept, end a membership."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal, mail, security
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import ROLES, Invitation, Membership, Organisation, User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from intervalle.settings import settings

INVITATION_LASTS = timedelta(days=14)
FIELDS = ("kind", "name", "siret", "rna", "legal_form", "address", "email", "phone", "website", "commune_code")
PROOF = ("siren", "rna", "legal_form")  # what a checked ESS status rests on


async def create(db: AsyncSession, actor: Actor, values: dict[str, Any]) -> Organisation:
    """A new organisation, whose first member administers it. ESS status starts as « à vérifier »."""
    POLICY.check(actor, "account.create_organisation")
    siret = values.get("siret")
    made = Organisation(
        **{name: values.get(name) or None for name in FIELDS},
        siren=siret[:9] if siret else None,
        ess_status="to_check" if values["kind"] == "ess_structure" else None,
    )
    db.add(made)
    await db.flush()
    db.add(Membership(user_id=actor.user_id, organisation_id=made.id, role="admin"))
    await _write(db, actor, made, "account.create_organisation", {"kind": made.kind, "siren": made.siren})
    return made


async def edit(db: AsyncSession, actor: Actor, organisation: Organisation, values: dict[str, Any]) -> None:
    POLICY.check(actor, "organisation.edit", organisation)
    before = {name: getattr(organisation, name) for name in (*FIELDS, "siren")}
    for name in FIELDS:
        if name in values and name != "kind":
            setattr(organisation, name, values[name] or None)
    if organisation.siret:
        organisation.siren = organisation.siret[:9]
    changed = {n: [before[n], getattr(organisation, n)] for n in FIELDS if before[n] != getattr(organisation, n)}
    if organisation.ess_status and any(before[n] and before[n] != getattr(organisation, n) for n in PROOF):
        organisation.ess_status = "to_check"  # it was checked for another form, or another number
    await _write(db, actor, organisation, "organisation.edit", {"changed": changed})


async def invite(db: AsyncSession, actor: Actor, organisation: Organisation, *, email: str, role: str) -> Invitation:
    """One invitation per address at a time; inviting again renews the link."""
    POLICY.check(actor, "organisation.invite", organisation)
    return await send_invitation(db, actor, organisation, email=email, role=role)


async def send_invitation(
    db: AsyncSession, actor: Actor, organisation: Organisation, *, email: str, role: str
) -> Invitation:
    """The row and its mail; the verb that calls it has checked who may invite."""
    now = clock.now()
    waiting = await db.execute(
        select(Invitation).where(
            Invitation.organisation_id == organisation.id,
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    )
    for old in waiting.scalars():
        old.revoked_at = now
    token = security.token()
    made = Invitation(
        organisation_id=organisation.id, email=email, role=role, token_hash=security.token_hash(token),
        invited_by_id=actor.user_id, expires_at=now + INVITATION_LASTS,
    )  # fmt: skip
    db.add(made)
    await _write(db, actor, organisation, "organisation.invite", {"role": role})
    await mail.post(
        db, to=email, kind="organisation.invite", dedupe=f"invite:{security.token_hash(token).hex()}",
        subject=_("%(name)s vous invite sur Intervalle", name=organisation.name),
        text=_(
            "Bonjour,\n\n%(who)s vous invite à rejoindre « %(name)s ».\nOuvrez cette page, connectez-vous ou créez votre compte, puis acceptez :\n%(url)s\n\n"
            "L’invitation reste valable quatorze jours.\n",
            who=actor.name, name=organisation.name, url=f"{settings().base_url}/invitations/{token}",
        ),
    )  # fmt: skip
    return made


async def invite_owner(db: AsyncSession, actor: Actor, owner: Organisation, *, email: str, agent: str) -> None:
    """The owner whose mandate was just recorded by `agent` is told, and may come to administer its own page."""
    token = security.token()
    db.add(
        Invitation(
            organisation_id=owner.id,
            email=email,
            role="admin",
            token_hash=security.token_hash(token),
            invited_by_id=actor.user_id,
            expires_at=clock.now() + INVITATION_LASTS,
        )
    )
    await db.flush()
    await mail.post(
        db, to=email, kind="mandates.receive", dedupe=f"invite:{security.token_hash(token).hex()}",
        subject=_("%(agent)s agit pour vous sur Intervalle", agent=agent),
        text=_(
            "Bonjour,\n\n%(agent)s a enregistré le mandat que « %(owner)s » lui a donné.\nOuvrez cette page pour voir ce mandat, ce qui est fait en votre nom, et y mettre fin si vous le voulez :\n%(url)s\n\n"
            "Le lien reste valable quatorze jours.\n",
            agent=agent, owner=owner.name, url=f"{settings().base_url}/invitations/{token}",
        ),
    )  # fmt: skip


async def find_invitation(db: AsyncSession, token: str) -> tuple[Invitation, Organisation]:
    found = await db.execute(
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.token_hash == security.token_hash(token))
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def accept(db: AsyncSession, actor: Actor, token: str) -> Organisation:
    """The person the invitation was sent to joins, once."""
    POLICY.check(actor, "organisation.accept_invitation")
    invitation, organisation = await find_invitation(db, token)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= clock.now():
        raise Refused(
            "Cette invitation a déjà servi ou n’est plus valable.",
            "Demandez-en une autre à la personne qui vous l’a envoyée.",
        )
    if actor.email.lower() != invitation.email.lower():
        raise Refused(
            "Cette invitation a été envoyée à une autre adresse que la vôtre.",
            "Connectez-vous avec l’adresse qui l’a reçue, ou demandez une invitation à votre adresse.",
        )
    invitation.accepted_at = clock.now()
    db.add(Membership(user_id=actor.user_id, organisation_id=organisation.id, role=invitation.role))
    await _write(db, actor, organisation, "organisation.accept_invitation", {"role": invitation.role})
    return organisation


async def end_membership(db: AsyncSession, actor: Actor, organisation: Organisation, user_id: int) -> None:
    """The last administrator stays: an organisation is never left without one."""
    POLICY.check(actor, "organisation.edit", organisation)
    active = await _active(db, organisation)
    leaving = next((m for m in active if m.user_id == user_id), None)
    if leaving is None:
        raise NotFound
    _keep_an_admin(leaving, active)
    leaving.ended_at = clock.now()
    await _write(db, actor, organisation, "organisation.end_membership", {"user": user_id})


async def _active(db: AsyncSession, organisation: Organisation) -> list[Membership]:
    rows = await db.execute(
        select(Membership)
        .where(Membership.organisation_id == organisation.id, Membership.ended_at.is_(None))
        .order_by(Membership.id)
        .with_for_update()
    )
    return list(rows.scalars())


def _keep_an_admin(leaving: Membership, active: list[Membership]) -> None:
    if leaving.role == "admin" and not any(m.role == "admin" and m is not leaving for m in active):
        raise Refused("C’est la dernière personne qui administre l’organisation.", "Nommez d’abord quelqu’un d’autre.")


async def set_role(db: AsyncSession, actor: Actor, organisation: Organisation, *, user_id: int, role: str) -> None:
    """Another role from now on: the membership ends and a new one begins, so that the past stays readable."""
    POLICY.check(actor, "organisation.edit", organisation)
    if role not in ROLES:
        raise Refused(_("Ce rôle n’existe pas."), _("Choisissez dans la liste."))
    active = await _active(db, organisation)
    changing = next((m for m in active if m.user_id == user_id), None)
    if changing is None:
        raise NotFound
    if changing.role == role:
        return
    _keep_an_admin(changing, active)
    changing.ended_at = clock.now()
    await db.flush()
    db.add(Membership(user_id=user_id, organisation_id=organisation.id, role=role))
    await _write(db, actor, organisation, "organisation.set_role", {"user": user_id, "role": role})


async def revoke(db: AsyncSession, actor: Actor, organisation: Organisation, invitation_id: int) -> None:
    """The link sent no longer opens. Twice changes nothing."""
    POLICY.check(actor, "organisation.invite", organisation)
    found = await db.execute(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.organisation_id == organisation.id)
        .with_for_update()
    )
    invitation = found.scalar_one_or_none()
    if invitation is None:
        raise NotFound
    if invitation.accepted_at is None and invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        await _write(db, actor, organisation, "organisation.revoke_invitation", {"invitation": invitation.id})


async def members(db: AsyncSession, organisation_id: int) -> list[Any]:
    rows = await db.execute(
        select(User.id, User.name, User.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None))
        .order_by(User.name)
    )
    return list(rows)


async def _write(
    db: AsyncSession, actor: Actor, organisation: Organisation, action: str, facts: dict[str, Any]
) -> None:
    await journal.record(
        db, chain=f"organisation:{organisation.id}", action=action, subject=f"organisation:{organisation.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=organisation.id,
    )  # fmt: skip
