"""Verbs on the counterparts and clauses of a title: note that one was fulfilled, with what shows it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.gathering import dossier_of
from allocation.leases.models import Condition, Lease
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused


async def fulfil(db: AsyncSession, actor: Actor, lease: Lease, *, condition_id: int, evidence: str) -> Condition:
    """Note that a condition is fulfilled, with its evidence. Done once: a second note is refused."""
    POLICY.check(actor, "leases.fulfil", lease)
    condition = (
        await db.execute(
            select(Condition)
            .where(Condition.id == condition_id, Condition.lease_id == lease.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()
    if condition is None:
        raise NotFound
    if condition.done_at is not None:
        raise Refused("Cette contrepartie est déjà constatée.", "Rechargez la page.")
    if not evidence.strip():
        raise Refused(
            "Dites ce qui montre que c’est fait.", "Par exemple : relevé d’heures signé, photos, procès-verbal."
        )
    condition.evidence, condition.done_at, condition.done_by_id = evidence.strip(), clock.now(), actor.user_id
    await db.flush()
    await journal.record(
        db, chain=(await dossier_of(db, lease)).chain, action="leases.fulfil", subject=f"lease:{lease.id}",
        facts={"condition": condition.id, "label": condition.label, "evidence": condition.evidence},
        actor_id=actor.user_id, organisation_id=lease.landlord_id,
    )  # fmt: skip
    return condition
