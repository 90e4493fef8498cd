"""A formal request received at the desk or by letter, typed by an authority for somebody without an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.need_models import Need
from calls.needs import FIELDS
from intervalle import clock, journal
from intervalle.accounts import organisations
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Membership, Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import _

AUTHORITIES = ("city", "epci", "support_body")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. With a SIRET that is known here, it is that structure; with an address, it is invited to take over."""

    name: str
    siret: str | None = None
    email: str | None = None


async def type_in(
    db: AsyncSession, actor: Actor, *, authority_id: int, asker: Asker, received_on: date, values: Mapping[str, Any]
) -> Need:
    """Write the need down, marked as typed and with the day it was received. The same one twice is one need."""
    POLICY.check(actor, "needs.type_in")
    if authority_id not in actor.own(WRITE):
        raise Forbidden("Vous ne pouvez pas écrire au nom de cette organisation.")
    await db.execute(select(Organisation.id).where(Organisation.id == authority_id).with_for_update(key_share=True))
    structure = await _structure(db, authority_id, asker)
    same = select(Need).where(
        Need.organisation_id == structure.id, Need.title == values["title"], Need.closed_at.is_(None)
    )
    if existing := (await db.execute(same)).scalars().first():
        return existing
    need = Need(
        organisation_id=structure.id, typed_by_id=authority_id, received_on=received_on, created_at=clock.now(),
        **{name: values[name] for name in FIELDS if name in values},
    )  # fmt: skip
    db.add(need)
    await db.flush()
    if asker.email and not await _has_members(db, structure):
        await organisations.send_invitation(db, actor, structure, email=asker.email, role="admin")
    await journal.record(
        db, chain=f"organisation:{structure.id}", action="needs.type_in", subject=f"need:{need.id}", actor_id=actor.user_id,
        organisation_id=authority_id, facts={"title": need.title, "received_on": received_on.isoformat()},
    )  # fmt: skip
    return need


async def _structure(db: AsyncSession, authority_id: int, asker: Asker) -> Organisation:
    """The structure of this SIRET, or the one this authority already wrote down under that name; made otherwise."""
    if asker.siret:
        known = select(Organisation).where(Organisation.siren == asker.siret[:9])
        if found := (await db.execute(known)).scalar_one_or_none():
            if found.kind != "ess_structure":
                raise Refused(
                    _("Ce SIRET est celui d’un propriétaire ou d’une collectivité."), _("Vérifiez le numéro.")
                )
            return found
    written = (
        select(Organisation)
        .join(Need, Need.organisation_id == Organisation.id)
        .where(Need.typed_by_id == authority_id, Organisation.name == asker.name)
    )
    if found := (await db.execute(written)).scalars().first():
        return found
    made = Organisation(
        kind="ess_structure", name=asker.name, siret=asker.siret, siren=asker.siret[:9] if asker.siret else None,
        email=asker.email, ess_status="to_check",
    )  # fmt: skip
    db.add(made)
    await db.flush()
    return made


async def _has_members(db: AsyncSession, structure: Organisation) -> bool:
    members = select(Membership.id).where(Membership.organisation_id == structure.id, Membership.ended_at.is_(None))
    return (await db.execute(members.limit(1))).first() is not None
