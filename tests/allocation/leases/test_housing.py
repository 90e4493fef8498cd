"""Who houses whom, as the selection room asks it."""

from datetime import date
from typing import Any

from allocation.leases import housing
from allocation.selection.detection import HOUSING
from tests.allocation.leases import make


async def test_signed_titles_link_landlord_and_tenant_until_they_end(db: Any) -> None:
    world = await make.world(db)
    landlord, tenants = world.landlord.org.id, [side.org.id for side in world.tenants]
    lease = await make.signed(db, world)
    await make.draft(db, world, 1)
    with make.moment():
        assert await housing.tenants_of(db, frozenset({landlord, tenants[1]})) == {landlord: frozenset({tenants[0]})}
        lease.ended_on = make.SIGNING.date()
        await db.flush()
        assert await housing.tenants_of(db, frozenset({landlord})) == {}
        lease.ended_on = date(2099, 1, 1)
        await db.flush()
        assert await housing.tenants_of(db, frozenset({landlord})) == {landlord: frozenset({tenants[0]})}
    assert housing.tenants_of in HOUSING
