"""The notice of signature: what everybody reads of signed titles, once the results are public."""

from datetime import date
from typing import Any

from allocation.assignment import results
from allocation.leases import notices
from intervalle import clock
from tests.allocation.leases import make


async def test_a_signed_title_is_noticed_once_the_results_are_public(db: Any, client: Any) -> None:
    one, other = await make.world(db, landlord_kind="epci"), await make.world(db, landlord_kind="epci")
    await make.draft(db, one, 1)
    await make.signed(db, other)
    url, anyone = f"/appels/{one.call.id}/avis-de-signature", await client()
    with make.moment():
        await make.signed(db, one)
        assert "Aucun titre" in (await anyone.get(url)).text
        await results.publish(db, one.landlord.actor, one.call)
        await db.commit()
        page = (await anyone.get(url)).text
        shown = await notices.of(db, one.call)
        assert await notices.of(db, other.call) == []
    assert [(each.tenant.id, each.published_on, each.until) for each in shown] == [
        (one.tenants[0].org.id, date(2026, 12, 10), date(2027, 2, 11))
    ]
    assert ("1 titre signé" in page, "11 février 2027" in page) == (True, True)


async def test_a_private_owner_s_title_names_no_court(db: Any) -> None:
    world = await make.world(db)
    await make.signed(db, world)
    with clock.at(make.LIVING):
        await results.publish(db, world.landlord.actor, world.call)
        shown = await notices.of(db, world.call)
    # Public only from the results on, though signed weeks before.
    assert [(each.published_on, each.until) for each in shown] == [(date(2027, 2, 1), None)]
