"""A call decided, its awards released, and titles at any moment of their life."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import allocation.relocation.paths  # noqa: F401 - opens the relocation path at the signature
from allocation.assignment.models import Award
from allocation.leases import leases
from allocation.leases.leases import Draft
from allocation.leases.models import Lease
from calls.models import Application, Call
from intervalle import clock
from premises.models import Lot, Premises
from tests.calls import make as calls_make
from tests.calls.make import Side

DECIDED = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
SIGNING = datetime(2026, 12, 10, 10, 0, tzinfo=UTC)
LIVING = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
_siren = itertools.count(100_000_001)


@dataclass
class World:
    """A developer, its premises of two lots, a released call, two structures with a place each."""

    landlord: Side
    tenants: list[Side]
    call: Call
    applications: list[Application]
    lots: list[Lot]
    awards: list[Award]


@contextmanager
def moment(instant: datetime = SIGNING) -> Iterator[None]:
    with clock.at(instant):
        yield


async def known(db: AsyncSession, side: Side) -> Side:
    """A party with its SIREN, as a contract names it."""
    side.org.siren = str(next(_siren))
    await db.flush()
    return side


async def world(
    db: AsyncSession,
    *,
    structures: int = 2,
    landlord_kind: str = "developer",
    same_lot: bool = False,
    part: Decimal = Decimal(1),
) -> World:
    landlord = await known(db, await calls_make.side(db, landlord_kind, "Territoires Rennes"))
    call = await calls_make.open_call(
        db, landlord, lots=2, counterparts="12 h d’ouverture au quartier par mois\nDeux journées portes ouvertes"
    )
    names = ("Fou de Coudre", "Resport", "La Belle Boîte")
    tenants = [await known(db, await calls_make.side(db, "ess_structure", names[i])) for i in range(structures)]
    applications = [await calls_make.submitted(db, tenant, call) for tenant in tenants]
    lots = list(
        (
            await db.execute(select(Lot).join(Premises).where(Premises.owner_id == landlord.org.id).order_by(Lot.id))
        ).scalars()
    )
    for lot in lots:
        lot.divisible = part < 1
        lot.erp_types, lot.erp_category, lot.capacity = ["M", "W"], 5, 40
    call.ranked_at = call.released_at = DECIDED
    awards = [
        Award(
            call_id=call.id, application_id=application.id, organisation_id=tenant.org.id,
            lot_id=lots[0 if same_lot else i % 2].id, area=lots[0 if same_lot else i % 2].area * part, score=Decimal("81.5"),
            created_at=DECIDED, released_at=DECIDED,
        )
        for i, (tenant, application) in enumerate(zip(tenants, applications, strict=True))
    ]  # fmt: skip
    db.add_all(awards)
    await db.flush()
    return World(landlord, tenants, call, applications, lots, awards)


COMPLETE: dict[str, Any] = {
    "circumstances_proof": "Permis de démolir du 4 avril 2026.",
    "end_event": "Démolition du bâtiment à l’été 2028",
    "notice_months": 2,
    "landlord_signatory": "Anne Le Goff, directrice",
    "tenant_signatory": "Samir Benali, président",
}


async def draft(db: AsyncSession, w: World, index: int = 0, **changes: Any) -> Lease:
    """A draft that the rules let pass, changed by `changes`."""
    with moment():
        lease = await leases.prepare(db, w.landlord.actor, award_id=w.awards[index].id)
        await leases.edit(
            db, w.landlord.actor, lease, version=lease.version,
            draft=Draft({**COMPLETE, **changes}, [{"label": "Deux journées portes ouvertes", "due": date(2027, 1, 20), "proof": "Photos"}]),
        )  # fmt: skip
        return lease


async def signed(db: AsyncSession, w: World, index: int = 0, **changes: Any) -> Lease:
    lease = await draft(db, w, index, **changes)
    with moment():
        await leases.sign(db, w.landlord.actor, lease, version=lease.version)
    return lease


async def running(db: AsyncSession, w: World, index: int = 0, **changes: Any) -> Lease:
    """Signed, insured, with the keys since 4 January 2027."""
    lease = await signed(db, w, index, **changes)
    with moment(LIVING):
        await leases.insure(db, w.landlord.actor, lease, insurance="Maif 12345", until=date(2027, 12, 31))
        await leases.hand_keys(db, w.landlord.actor, lease, on=date(2027, 1, 4), inspected_on=date(2027, 1, 4), why={})
    return lease
