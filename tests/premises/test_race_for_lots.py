"""Several agents, the same lots, the same instant, over HTTP: one use per lot, everybody else is told."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from intervalle.db import make_engine, make_sessions
from intervalle.journal import verify
from intervalle.settings import Settings
from premises.models import Occupancy
from tests import make
from tests.premises import make as supply
from tests.served import Served, served

INSTANT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.drill
@pytest.mark.parametrize(("racers", "lots"), [(4, 8), (8, 1000)], ids=["reduced", "whole"])
async def test_two_agents_one_lot(racers: int, lots: int) -> None:
    with served(INSTANT, workers=2) as server:
        engine = make_engine(Settings(database_url=server.url), pool_size=4)
        sessions = make_sessions(engine)
        async with sessions() as db, db.begin():
            org = await make.organisation(db, "city", "Ville")
            people = [await make.user(db, f"Agent {n}") for n in range(racers)]
            for person in people:
                await make.join(db, person, org)
            place = await supply.premises(db, org)
            wanted = [(await supply.lot(db, place, f"R{n}")).id for n in range(lots)]
        answers = await asyncio.gather(
            *(_race(server, sessions, person, place.id, wanted, n) for n, person in enumerate(people))
        )
        assert Counter(status for row in answers for status in row) == {303: lots, 409: (racers - 1) * lots}
        async with sessions() as db:
            held = select(func.count(), func.count(Occupancy.lot_id.distinct())).where(Occupancy.lot_id.in_(wanted))
            assert (await db.execute(held)).one() == (lots, lots)
            assert (await verify(db))[1] == []
        assert server.faults() == {"deadlocks": 0, "crashes": 0}
        await engine.dispose()


async def _race(server: Served, sessions: Any, person: Any, place: int, lots: list[int], n: int) -> list[int]:
    """One agent writes a use of their own on every lot, one after the other, as fast as the answers come."""
    said = []
    async with await server.browser(sessions, person) as client:
        for lot in lots:
            form = {"kind": "meanwhile", "label": f"Atelier {n}", "start": "2027-01-04", "last": "2027-06-30"}
            answer = await client.post(f"/locaux/{place}/lots/{lot}/histoire", data=form)
            said.append(answer.status_code)
            if answer.status_code == 409:
                assert "pas possible maintenant" in answer.text
    return said
