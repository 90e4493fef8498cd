"""The register of needs: a structure's standing request for a place. It outlives any refused application."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.need_models import Need
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Forbidden

FIELDS = (
    "title", "uses", "area_min", "area_max", "commune_codes", "qpv_codes", "sector", "sector_m2", "around", "around_m", "near_codes", "must_stay_in_qpv", "ground_floor", "step_free", "erp_types",
    "budget_cents_month", "wanted_from", "wanted_until", "slots", "sharing", "notes",
)  # fmt: skip


async def register(db: AsyncSession, actor: Actor, *, organisation_id: int, values: Mapping[str, Any]) -> Need:
    """Write down a need of one's structure. The same need typed twice (same title, still open) is one need."""
    POLICY.check(actor, "needs.register")
    if organisation_id not in actor.organisations(WRITE, scope="calls"):
        raise Forbidden("Vous ne pouvez pas parler pour cette structure.")
    # One at a time per structure, or two clicks would both find nothing and write two needs.
    await db.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update(key_share=True))
    same = select(Need).where(
        Need.organisation_id == organisation_id, Need.title == values["title"], Need.closed_at.is_(None)
    )
    if existing := (await db.execute(same)).scalars().first():
        return existing
    need = Need(
        organisation_id=organisation_id,
        created_at=clock.now(),
        **{name: values[name] for name in FIELDS if name in values},
    )
    db.add(need)
    await db.flush()
    await _record(db, actor, need, "needs.register")
    return need


async def edit(db: AsyncSession, actor: Actor, need: Need, *, values: Mapping[str, Any]) -> Need:
    POLICY.check(actor, "needs.edit", need)
    need = await _lock(db, need)
    for name in FIELDS:
        if name in values:
            setattr(need, name, values[name])
    await db.flush()
    await _record(db, actor, need, "needs.edit")
    return need


async def close(db: AsyncSession, actor: Actor, need: Need) -> Need:
    """The structure no longer looks. Closing twice changes nothing."""
    POLICY.check(actor, "needs.edit", need)
    need = await _lock(db, need)
    if need.closed_at is None:
        need.closed_at = clock.now()
        await db.flush()
        await _record(db, actor, need, "needs.close")
    return need


async def _lock(db: AsyncSession, need: Need) -> Need:
    found = await db.execute(
        select(Need).where(Need.id == need.id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def _record(db: AsyncSession, actor: Actor, need: Need, action: str) -> None:
    await journal.record(
        db, chain=f"organisation:{need.organisation_id}", action=action, subject=f"need:{need.id}", actor_id=actor.user_id,
        organisation_id=need.organisation_id, facts={"title": need.title},
    )  # fmt: skip
