"""Verbs on premises and their lots: create, edit, place, publish, withdraw, confirm; add, edit and remove a lot."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import OWNER_KINDS
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import POLICY
from intervalle.behalf import BEHALF
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import _
from premises.models import Lot, Occupancy, Premises
from premises.occupancies import units
from premises.placing import Place

# Letters and digits that cannot be mistaken for one another when read from a poster.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PREMISES_FIELDS = (
    "name", "kind", "description", "regime", "address", "postcode", "parcel", "end_event", "guarding_cents_month", "tax_cents_year",
    "economic_use", "staff_notes", "owner_masked",
)  # fmt: skip
LOT_FIELDS = (
    "label", "name", "description", "area", "min_area", "divisible", "shareable", "floor", "erp_types", "erp_category", "capacity",
    "step_free", "water", "utilities", "height_cm", "floor_load_kg_m2", "energy_label", "condition", "works_needed", "works_cost_cents", "works_payer", "charges_cents_m2_year",
    "rent_cents_m2_year", "reference_rent_cents_m2_year", "titles", "available",
)  # fmt: skip


@dataclass
class Stale(Exception):
    """Somebody saved in between: what they wrote is shown beside what was just typed."""

    current: Premises


def owners_for(actor: Actor) -> list[tuple[int, str]]:
    """Organisations this person may publish for: their own, and those whose mandate they hold."""
    own = [(b.organisation_id, b.name) for b in actor.belongings if b.kind in OWNER_KINDS and b.role in WRITE]
    mine = {organisation_id for organisation_id, _name in own}
    lent = [
        (m.grantor_id, m.grantor_name)
        for m in actor.mandates
        if m.agent_id in mine and m.scope in {"premises", "everything"}
    ]
    return own + lent


def manager_for(actor: Actor, owner_id: int) -> int | None:
    """The agent's organisation when acting under a mandate."""
    return next((m.agent_id for m in actor.mandates if m.grantor_id == owner_id), None)


def new_code() -> str:
    """Six signs for a poster; unique by its constraint."""
    return "".join(secrets.choice(ALPHABET) for _i in range(6))


async def create(db: AsyncSession, actor: Actor, *, owner_id: int, values: Mapping[str, Any], place: Place) -> Premises:
    """A draft, seen by its owner and manager only."""
    POLICY.check(actor, "premises.create")
    if owner_id not in {i for i, _name in owners_for(actor)}:
        raise Forbidden(
            "Vous ne publiez pas de locaux pour cette organisation.", "Demandez-lui un mandat, ou choisissez la vôtre."
        )
    own = {b.organisation_id for b in actor.belongings}
    BEHALF.set(None if owner_id in own else owner_id)
    premises = Premises(
        code=new_code(),
        owner_id=owner_id,
        manager_id=None if owner_id in own else manager_for(actor, owner_id),
        created_by_id=actor.user_id,
        **{name: values[name] for name in PREMISES_FIELDS if name in values},
    )
    place.write(premises)
    db.add(premises)
    await db.flush()
    await record(db, actor, premises, "premises.create", {"name": premises.name, "owner": owner_id})
    return premises


async def locked(db: AsyncSession, premises: Premises) -> Premises:
    found = await db.execute(
        select(Premises).where(Premises.id == premises.id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def edit(
    db: AsyncSession, actor: Actor, premises: Premises, *, version: int, values: Mapping[str, Any], place: Place | None
) -> None:
    """Save; raises Stale when somebody saved since the page was opened."""
    POLICY.check(actor, "premises.edit", premises)
    fresh = await locked(db, premises)
    if fresh.version != version:
        raise Stale(fresh)
    changed = {
        n: [str(getattr(fresh, n)), str(values[n])]
        for n in PREMISES_FIELDS
        if n in values and getattr(fresh, n) != values[n]
    }
    for name in PREMISES_FIELDS:
        if name in values:
            setattr(fresh, name, values[name])
    if place:
        place.write(fresh)
        changed["place"] = ["", place.source or ""]
    fresh.version += 1
    await record(db, actor, fresh, "premises.edit", {"changed": changed})


def missing_to_publish(premises: Premises, lots: list[Lot]) -> list[str]:
    """What a reader would look for and not find, in words."""
    missing = []
    if premises.point is None:
        missing.append(_("la position sur la carte"))
    if premises.commune_code is None:
        missing.append(_("la commune"))
    if not lots:
        missing.append(_("au moins un lot, avec sa surface et ses dates"))
    for lot in lots:
        if not lot.titles:
            missing.append(_("le titre possible pour le lot %(label)s", label=lot.label))
    return missing


async def publish(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    """On the public list, once; publishing what is published changes nothing."""
    POLICY.check(actor, "premises.publish", premises)
    fresh = await locked(db, premises)
    if fresh.published_at and not fresh.withdrawn_at:
        return
    lots = list((await db.execute(select(Lot).where(Lot.premises_id == fresh.id))).scalars())
    if missing := missing_to_publish(fresh, lots):
        raise Refused(
            _("Il manque encore : %(what)s.", what=", ".join(missing)), _("Complétez la fiche, puis publiez.")
        )
    fresh.published_at, fresh.withdrawn_at, fresh.confirmed_at = clock.now(), None, clock.now()
    await record(db, actor, fresh, "premises.publish", {"lots": len(lots)})


async def withdraw(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    POLICY.check(actor, "premises.withdraw", premises)
    fresh = await locked(db, premises)
    if fresh.published_at and not fresh.withdrawn_at:
        fresh.withdrawn_at = clock.now()
        await record(db, actor, fresh, "premises.withdraw", {})


async def confirm(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    """The owner says the page is still true today; saying it again the same day changes nothing."""
    POLICY.check(actor, "premises.edit", premises)
    fresh = await locked(db, premises)
    if fresh.confirmed_at and fresh.confirmed_at.astimezone(clock.PARIS).date() == clock.today():
        return
    fresh.confirmed_at = clock.now()
    await record(db, actor, fresh, "premises.confirm", {})


async def next_label(db: AsyncSession, premises_id: int) -> str:
    """A, B … Z, then 27, 28…"""
    taken = set((await db.execute(select(Lot.label).where(Lot.premises_id == premises_id))).scalars())
    letters = [chr(65 + n) for n in range(26)] + [str(n) for n in range(27, 1000)]
    return next(letter for letter in letters if letter not in taken)


async def save_lot(
    db: AsyncSession, actor: Actor, premises: Premises, lot: Lot | None, values: Mapping[str, Any]
) -> Lot:
    """Add a lot (`lot` None) or change one. Its area never goes under what is already occupied."""
    POLICY.check(actor, "premises.edit", premises)
    await locked(db, premises)
    kept = {name: values[name] for name in LOT_FIELDS if name in values}
    if lot is None:
        lot = Lot(premises_id=premises.id, **kept)
        db.add(lot)
    else:
        await _refuse_shrinking(db, lot, kept)
        for name, value in kept.items():
            setattr(lot, name, value)
    await db.flush()
    await record(db, actor, premises, "premises.save_lot", {"lot": lot.id, "label": lot.label, "area": str(lot.area)})
    return lot


async def _refuse_shrinking(db: AsyncSession, lot: Lot, values: Mapping[str, Any]) -> None:
    furthest = (
        await db.execute(select(func.max(func.upper(Occupancy.part))).where(Occupancy.lot_id == lot.id))
    ).scalar_one()
    if furthest and "area" in values and units(values["area"]) < furthest:
        raise Refused(
            _("Des occupations, passées ou en cours, prennent déjà plus que cette surface."),
            _("Gardez la surface, ou créez un autre lot."),
        )


async def remove_lot(db: AsyncSession, actor: Actor, premises: Premises, lot: Lot) -> None:
    """Only a lot nothing points at: its history is never erased."""
    POLICY.check(actor, "premises.edit", premises)
    await locked(db, premises)
    used = await db.execute(select(Occupancy.id).where(Occupancy.lot_id == lot.id).limit(1))
    if used.scalar_one_or_none():
        raise Refused(
            _("Ce lot a une histoire : il ne peut plus être supprimé."),
            _("Retirez plutôt le local de la liste publique."),
        )
    await db.delete(lot)
    await db.flush()
    await record(db, actor, premises, "premises.remove_lot", {"lot": lot.id, "label": lot.label})


async def record(db: AsyncSession, actor: Actor, premises: Premises, action: str, facts: dict[str, Any]) -> None:
    await journal.record(
        db, chain=f"organisation:{premises.owner_id}", action=action, subject=f"premises:{premises.id}", facts=facts,
        actor_id=actor.user_id, organisation_id=actor.current_id,
    )  # fmt: skip
