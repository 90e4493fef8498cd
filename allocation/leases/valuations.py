"""Verbs on the value of the help in kind: a reference rent with its method and date, never rewritten."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases import reading
from allocation.leases.aid_rules import aid_cents, yearly_advantage_cents
from allocation.leases.facts import Step
from allocation.leases.gathering import Dossier, dossier_of
from allocation.leases.models import Lease, LeaseValuation
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused


def value(dossier: Dossier, reference_cents_m2_year: int, today: date) -> tuple[int, int | None]:
    """Reference rent of the area and half-days minus the rent asked: cents of a full year, and of the whole term (None if open)."""
    facts = replace(
        reading.facts_of(dossier.file, step=Step.DRAFT, today=today),
        reference_rent_cents=reading.yearly(reference_cents_m2_year, dossier.lease.area, dossier.lease.slots),
    )
    year = yearly_advantage_cents(facts)
    return year, aid_cents(year, facts.start, facts.end) if facts.end else None


async def revalue(
    db: AsyncSession, actor: Actor, lease: Lease, *, reference_cents_m2_year: int, basis: str, dated: date
) -> LeaseValuation:
    """A new dated valuation, which becomes the title's reference. The former ones stay as they were."""
    POLICY.check(actor, "leases.revalue", lease)
    if dated > clock.today():
        raise Refused("Le document de référence est daté d’un jour à venir.", "Corrigez sa date.")
    fresh = (
        await db.execute(
            select(Lease).where(Lease.id == lease.id).with_for_update().execution_options(populate_existing=True)
        )
    ).scalar_one()
    dossier = await dossier_of(db, fresh)
    if dossier.valuations and _same(dossier.valuations[0], reference_cents_m2_year, basis, dated):
        return dossier.valuations[0]
    year, term = value(dossier, reference_cents_m2_year, clock.today())
    fresh.reference_rent_cents_m2_year, fresh.reference_basis, fresh.reference_dated = (
        reference_cents_m2_year, basis, dated,
    )  # fmt: skip
    made = LeaseValuation(
        lease_id=fresh.id, reference_cents_m2_year=reference_cents_m2_year, basis=basis, dated=dated, year_cents=year,
        term_cents=term, made_at=clock.now(), made_by_id=actor.user_id,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    await journal.record(
        db, chain=dossier.chain, action="leases.revalue", subject=f"lease:{fresh.id}",
        facts={"reference_cents_m2_year": reference_cents_m2_year, "basis": basis, "dated": dated.isoformat(), "year_cents": year},
        actor_id=actor.user_id, organisation_id=fresh.landlord_id,
    )  # fmt: skip
    return made


def _same(last: LeaseValuation, cents: int, basis: str, dated: date) -> bool:
    return (last.reference_cents_m2_year, last.basis, last.dated) == (cents, basis, dated)
