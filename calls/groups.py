"""Applying together: the lead invites structures, each accepts for itself with its share, one may leave.

A partner that leaves gives its share back to the lead, who is told; the file is complete again once the shares hold together."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content, mails
from calls.applications import lock, refuse_unless_open
from calls.group_shares import Share
from calls.models import Application, ApplicationMember, Call
from calls.saving import touch
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _


async def invite(
    db: AsyncSession,
    actor: Actor,
    application: Application,
    *,
    partner: Organisation,
    area: Decimal | None = None,
    hours: Decimal | None = None,
    rent: Decimal | None = None,
) -> ApplicationMember:
    """Ask a structure to take part, with a share: area (m²), hours a week, percent of the rent. Asking again one that left renews the invitation."""
    POLICY.check(actor, "applications.draft", application)
    application, call = await lock(db, application)
    POLICY.check(actor, "applications.draft", application)
    refuse_unless_open(call)
    if partner.id == application.organisation_id:
        raise Refused(_("Votre structure porte déjà ce dossier."), _("Invitez une autre structure."))
    if partner.kind != "ess_structure":
        raise Refused(_("%(name)s ne candidate pas : c’est un propriétaire ou un accompagnateur.", name=partner.name))
    member = await _member(db, application, partner.id)
    share = Share(area, hours, rent)
    if member is not None and member.left_at is None and member.share == share:
        return member
    if member is None:
        member = ApplicationMember(application_id=application.id, organisation_id=partner.id)
        db.add(member)
    if member.share != share or member.left_at is not None:
        member.accepted_at = None  # a changed share is a new question
    member.area, member.hours_week, member.rent_percent = area, hours, rent
    member.left_at, member.invited_at = None, clock.now()
    touch(application, actor, "partenaires")
    await db.flush()
    lead = (await db.execute(select(Organisation).where(Organisation.id == application.organisation_id))).scalar_one()
    await mails.invited(db, application, call, lead, partner.id, application.version, share)
    await _record(db, actor, call, application, "applications.invite", member)
    return member


async def answer(
    db: AsyncSession, actor: Actor, application: Application, *, partner: Organisation, accepts: bool
) -> None:
    """The invited structure says yes, or no, or leaves; the lead is told. The same answer twice changes nothing."""
    member = await _member(db, application, partner.id)
    if member is None:
        raise NotFound
    POLICY.check(actor, "applications.answer", member)
    application, call = await lock(db, application)
    await db.refresh(member)
    if (member.accepted_at is not None and member.left_at is None) if accepts else member.left_at is not None:
        return
    if application.stage() != "draft":
        raise Refused(
            _("Le dossier est déposé : sa composition ne change plus."),
            _("Demandez à la structure qui le porte de le reprendre."),
        )
    if accepts and member.left_at is not None:
        raise Refused(
            _("Cette invitation n’est plus valable."),
            _("Demandez à la structure qui porte le dossier de vous réinviter."),
        )
    leaves = member.accepted_at is not None
    if accepts:
        refuse_unless_open(call)
        member.accepted_at = clock.now()
    else:
        member.accepted_at, member.left_at = None, clock.now()
    touch(application, actor, "partenaires")
    await db.flush()
    await mails.answered(
        db,
        application,
        call,
        partner,
        said="accepted" if accepts else "left" if leaves else "declined",
        share=member.share,
    )
    action = "applications.accept" if accepts else "applications.decline"
    await _record(db, actor, call, application, action, member)


async def remove(db: AsyncSession, actor: Actor, application: Application, *, partner_id: int) -> None:
    """The lead takes a structure out of the draft."""
    POLICY.check(actor, "applications.draft", application)
    application, call = await lock(db, application)
    POLICY.check(actor, "applications.draft", application)
    member = await _member(db, application, partner_id)
    if member is None:
        raise NotFound
    if member.left_at is not None:
        return
    member.accepted_at, member.left_at = None, clock.now()
    touch(application, actor, "partenaires")
    await db.flush()
    lead = (await db.execute(select(Organisation).where(Organisation.id == application.organisation_id))).scalar_one()
    await mails.removed(db, application, call, lead, partner_id)
    await _record(db, actor, call, application, "applications.remove_partner", member)


async def _member(db: AsyncSession, application: Application, organisation_id: int) -> ApplicationMember | None:
    found = await db.execute(
        select(ApplicationMember).where(
            ApplicationMember.application_id == application.id, ApplicationMember.organisation_id == organisation_id
        )
    )
    return found.scalar_one_or_none()


async def _record(
    db: AsyncSession,
    actor: Actor,
    call: Call,
    application: Application,
    action: str,
    member: ApplicationMember,
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"application:{application.id}", actor_id=actor.user_id,
        organisation_id=application.organisation_id,
        facts=content.plain({"partner": member.organisation_id, "area": member.area, "hours_week": member.hours_week, "rent_percent": member.rent_percent}),
    )  # fmt: skip
