"""Tells the selection room who houses whom: a landlord does not score its own tenant (AMI-04)."""

from collections import defaultdict

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.models import Lease
from allocation.selection.detection import HOUSING
from intervalle import clock


async def tenants_of(db: AsyncSession, landlords: frozenset[int]) -> dict[int, frozenset[int]]:
    """Landlord or manager -> tenants of signed titles that have not ended yet."""
    today = clock.today()
    rows = await db.execute(
        select(Lease.landlord_id, Lease.manager_id, Lease.tenant_id).where(
            or_(Lease.landlord_id.in_(landlords), Lease.manager_id.in_(landlords)),
            Lease.signed_at.is_not(None),
            or_(Lease.ended_on.is_(None), Lease.ended_on > today),
        )
    )
    housed: defaultdict[int, set[int]] = defaultdict(set)
    for landlord_id, manager_id, tenant_id in rows:
        for holder in landlords & {landlord_id, manager_id}:
            housed[holder].add(tenant_id)
    return {holder: frozenset(tenants) for holder, tenants in housed.items()}


if tenants_of not in HOUSING:
    HOUSING.append(tenants_of)
