"""Verbs on mandates: an owner lets another organisation act for it; a public body records the one it signed with a
private owner; either side ends it. What an agent does is journalled with the owner it acts for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from intervalle import clock, journal
from intervalle.accounts import organisations
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Mandate, Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _

# Those who may record the mandate of an owner that has no account yet.
INTERMEDIARIES = frozenset({"city", "epci", "developer", "social_landlord", "land_trust", "support_body"})
# (db, grantor, agent): the rooms above forget what the agent managed for the grantor.
ENDED: list[Callable[[AsyncSession, int, int], Awaitable[None]]] = []


@dataclass(frozen=True)
class Shown:
    """A mandate with its two parties, as the page lists it."""

    mandate: Mandate
    grantor: str
    agent: str

    @property
    def state(self) -> str:
        """to_come | in_force | ended | revoked, today."""
        if self.mandate.revoked_at:
            return "revoked"
        today, during = clock.today(), self.mandate.during
        if during.upper and during.upper <= today:
            return "ended"
        return "to_come" if during.lower and today < during.lower else "in_force"


def grantors_for(agent_id: int, scope: str) -> Select[int]:
    """Those for whom an organisation may act today: mandates of that scope, or for everything."""
    return select(Mandate.grantor_id).where(
        Mandate.agent_id == agent_id,
        Mandate.scope.in_((scope, "everything")),
        Mandate.revoked_at.is_(None),
        Mandate.during.contains(clock.today()),
    )


async def agent_of(db: AsyncSession, grantor_id: int, agent_id: int) -> Organisation | None:
    """That agent, while its mandate for everything is in force."""
    found = await db.execute(
        select(Organisation).where(
            Organisation.id == agent_id,
            grantors_for(agent_id, "everything").where(Mandate.grantor_id == grantor_id).exists(),
        )
    )
    return found.scalar_one_or_none()


async def of(db: AsyncSession, organisation_id: int) -> list[Shown]:
    """Given and received, the newest first."""
    return await _listed(db, or_(Mandate.grantor_id == organisation_id, Mandate.agent_id == organisation_id))


async def everything(db: AsyncSession) -> list[Shown]:
    return await _listed(db)


async def _listed(db: AsyncSession, *conditions: Any) -> list[Shown]:
    grantor, agent = aliased(Organisation), aliased(Organisation)
    rows = await db.execute(
        select(Mandate, grantor.name, agent.name)
        .join(grantor, grantor.id == Mandate.grantor_id)
        .join(agent, agent.id == Mandate.agent_id)
        .where(*conditions)
        .order_by(Mandate.revoked_at.nulls_first(), Mandate.id.desc())
        .limit(500)
    )
    return [Shown(*row) for row in rows]


async def grant(
    db: AsyncSession, actor: Actor, grantor: Organisation, agent: Organisation, *, scope: str, during: Range[date], reference: str
) -> Mandate:  # fmt: skip
    """The owner itself says who acts for it. The same mandate given twice is one mandate."""
    POLICY.check(actor, "mandates.grant", grantor)
    if grantor.id == agent.id:
        raise Refused(
            _("Une organisation ne se donne pas mandat à elle-même."), _("Choisissez une autre organisation.")
        )
    return await _write(db, actor, grantor, agent, scope, during, reference)


async def receive(
    db: AsyncSession, actor: Actor, agent: Organisation, *, name: str, siren: str | None, email: str, scope: str,
    during: Range[date], reference: str,
) -> Mandate:  # fmt: skip
    """Record the mandate of an owner who has no account: it is created, and invited to come and see it.

    An owner already registered gives its mandate itself: nobody takes one over.
    """
    POLICY.check(actor, "mandates.receive", agent)
    if agent.kind not in INTERMEDIARIES:
        raise Refused(_("Votre organisation ne peut pas recevoir le mandat d’un propriétaire."))
    # One at a time per agent, or two clicks would both find nothing.
    await db.execute(select(Organisation.id).where(Organisation.id == agent.id).with_for_update(key_share=True))
    if existing := await _same_owner(db, agent, name):
        return existing
    if siren and (await db.execute(select(Organisation.id).where(Organisation.siren == siren))).first():
        raise Refused(
            _("Ce propriétaire est déjà inscrit : lui seul peut vous donner mandat."),
            _("Demandez-lui d’ouvrir « Mandats » sur la page de son organisation."),
        )
    owner = Organisation(kind="private_owner", name=name, siren=siren, email=email)
    db.add(owner)
    await db.flush()
    made = await _write(db, actor, owner, agent, scope, during, reference)
    await organisations.invite_owner(db, actor, owner, email=email, agent=agent.name)
    return made


async def _same_owner(db: AsyncSession, agent: Organisation, name: str) -> Mandate | None:
    """The mandate of an owner of that name, recorded by this agent and in force: a second click finds it."""
    found = await db.execute(
        select(Mandate)
        .join(Organisation, Organisation.id == Mandate.grantor_id)
        .where(
            Mandate.agent_id == agent.id, Mandate.revoked_at.is_(None), Organisation.name == name,
            Organisation.kind == "private_owner",
        )
        .limit(1)
    )  # fmt: skip
    return found.scalar_one_or_none()


async def _write(
    db: AsyncSession, actor: Actor, grantor: Organisation, agent: Organisation, scope: str, during: Range[date], reference: str
) -> Mandate:  # fmt: skip
    await db.execute(select(Organisation.id).where(Organisation.id == grantor.id).with_for_update(key_share=True))
    same = await db.execute(
        select(Mandate).where(
            Mandate.grantor_id == grantor.id, Mandate.agent_id == agent.id, Mandate.scope == scope,
            Mandate.revoked_at.is_(None), Mandate.during.overlaps(during),
        )
    )  # fmt: skip
    if existing := same.scalars().first():
        return existing
    made = Mandate(grantor_id=grantor.id, agent_id=agent.id, scope=scope, during=during, created_at=clock.now())
    db.add(made)
    await db.flush()
    facts = {
        "agent": agent.id, "scope": scope, "reference": reference,
        "during": [day.isoformat() if day else None for day in (during.lower, during.upper)],
    }  # fmt: skip
    await _record(db, actor, made, "mandates.grant", facts)
    return made


async def revoke(db: AsyncSession, actor: Actor, mandate_id: int) -> Mandate:
    """Either party ends it, from this instant. Ending it twice changes nothing."""
    found = await db.execute(
        select(Mandate).where(Mandate.id == mandate_id).with_for_update().execution_options(populate_existing=True)
    )
    mandate = found.scalar_one_or_none()
    if mandate is None or not actor.own() & mandate.parties()["self"]:
        raise NotFound
    POLICY.check(actor, "mandates.revoke", mandate)
    if mandate.revoked_at is None:
        mandate.revoked_at = clock.now()
        for forget in ENDED:
            await forget(db, mandate.grantor_id, mandate.agent_id)
        await _record(db, actor, mandate, "mandates.revoke", {"agent": mandate.agent_id})
    return mandate


async def _record(db: AsyncSession, actor: Actor, mandate: Mandate, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=f"organisation:{mandate.grantor_id}", action=action, subject=f"mandate:{mandate.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=actor.current_id,
    )  # fmt: skip
