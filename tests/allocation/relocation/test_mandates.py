"""A mandate on the day decides what an agent may see and do of an owner's titles, paths and lots; what was stored does not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from allocation.leases import leases
from allocation.leases.gathering import dossier_of
from allocation.leases.models import Lease
from allocation.leases.queries import leases_visible_to
from allocation.relocation.models import RelocationPath
from allocation.relocation.queries import paths_visible_to
from calls.queries import lots_to_offer
from intervalle import clock
from intervalle.accounts import sessions as signed_in
from intervalle.accounts.models import Mandate
from intervalle.errors import Forbidden
from intervalle.journal import JournalEntry
from premises.models import Premises
from tests import make as people
from tests.allocation.leases import make

TODAY = clock.today()
IN_FORCE = Range(TODAY - timedelta(days=30), TODAY + timedelta(days=1))
OVER = Range(TODAY - timedelta(days=30), TODAY)


async def actor_of(db: Any, user: Any) -> Any:
    """As a request would have it today, second factor done."""
    return replace(await signed_in.actor_for(db, user), second_factor=True)


async def managed(db: Any, scope: str, during: Range[date]) -> tuple[Any, Any, Lease, RelocationPath]:
    """(agent, its organisation, title, path): a landlord's title that names an agent, with the mandate of that agent."""
    world = await make.world(db)
    agent, city = await people.agent(db, "city")
    lease = await make.running(db, world)
    path = (await db.execute(select(RelocationPath).where(RelocationPath.lease_id == lease.id))).scalar_one()
    place = (await db.execute(select(Premises).where(Premises.owner_id == world.landlord.org.id).limit(1))).scalar_one()
    place.manager_id = lease.manager_id = path.manager_id = city.id
    db.add(Mandate(grantor_id=world.landlord.org.id, agent_id=city.id, scope=scope, during=during))
    await db.flush()
    return agent, city, lease, path


@pytest.mark.parametrize(
    ("scope", "during", "titles", "lots"),
    [
        ("everything", IN_FORCE, True, True),
        ("calls", IN_FORCE, False, True),
        ("premises", IN_FORCE, False, False),
        ("everything", OVER, False, False),
    ],
)
async def test_the_rights_of_an_agent_are_those_of_its_mandate_today(
    db: Any, client: Any, scope: str, during: Range[date], titles: bool, lots: bool
) -> None:
    agent, city, lease, path = await managed(db, scope, during)
    stranger, _elsewhere = await people.agent(db, "city")
    actor, other = await actor_of(db, agent), await actor_of(db, stranger)
    seen = [
        (await db.execute(leases_visible_to(who).where(Lease.id == lease.id))).first() is not None
        and (await db.execute(paths_visible_to(who).where(RelocationPath.id == path.id))).first() is not None
        for who in (actor, other)
    ]
    offered = (await db.execute(lots_to_offer(city.id))).all()
    assert (seen, bool(offered), (await dossier_of(db, lease)).manager is not None) == ([titles, False], lots, titles)
    await db.commit()
    browser = await client(agent)
    pages = [await browser.get(f"/titres/{lease.id}"), await browser.get(f"/relogement/{path.id}")]
    assert [(p.status_code, "Vous agissez pour" in p.text) for p in pages] == [(200 if titles else 404, titles)] * 2


async def test_the_journal_names_who_an_agent_acts_for(db: Any) -> None:
    agent, city, lease, _path = await managed(db, "everything", IN_FORCE)
    actor = await actor_of(db, agent)
    await leases.insure(db, actor, lease, insurance="Maif 98765", until=TODAY + timedelta(days=200))
    entry = (await db.execute(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1))).scalar_one()
    assert (entry.actor_id, entry.facts["acting_for"]) == (agent.id, lease.landlord_id)
    mandate = (await db.execute(select(Mandate).where(Mandate.agent_id == city.id))).scalar_one()
    mandate.revoked_at = clock.now()
    await db.flush()
    with pytest.raises(Forbidden):
        await leases.insure(
            db, await actor_of(db, agent), lease, insurance="Maif 11111", until=TODAY + timedelta(days=300)
        )


async def test_an_owners_own_act_is_for_nobody_else(db: Any) -> None:
    world = await make.world(db)
    lease = await make.running(db, world)
    await leases.insure(db, world.landlord.actor, lease, insurance="Maif 98765", until=TODAY + timedelta(days=200))
    entry = (await db.execute(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1))).scalar_one()
    assert (entry.actor_id, "acting_for" in entry.facts) == (world.landlord.actor.user_id, False)
