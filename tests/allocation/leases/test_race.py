"""Two titles on one lot, signed at the same instant over two connections: one is signed, the other is refused."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select

from allocation.leases import leases
from allocation.leases.models import Lease
from allocation.relocation.models import RelocationPath
from intervalle import migrate
from intervalle.db import make_engine, make_sessions
from intervalle.errors import Refused
from intervalle.outbox import Message
from intervalle.settings import Settings
from premises.models import Occupancy
from tests.allocation.leases import make
from tests.conftest import _conninfo, _named


@pytest.fixture
async def apart(database_url: str) -> AsyncIterator[Any]:
    """A database of its own: what is committed here (the journal keeps everything) is seen by no other test."""
    name = f"race_{uuid.uuid4().hex[:10]}"
    server = _conninfo(_named(database_url, "postgres"))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = _named(database_url, name)
    migrate.upgrade(url)
    engine = make_engine(Settings(database_url=url), pool_size=4)
    yield make_sessions(engine)
    await engine.dispose()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_two_signatures_at_once_leave_one_title(apart):
    async with apart() as db, db.begin():
        w = await make.world(db, structures=3, same_lot=True)
        drafts = [(await make.draft(db, w, index)).id for index in range(3)]

    async def sign(lease_id: int) -> str:
        try:
            async with apart() as db, db.begin():
                lease = await db.get_one(Lease, lease_id)
                with make.moment():
                    await leases.sign(db, w.landlord.actor, lease, version=lease.version)
        except Refused as refused:
            return refused.sentence
        return "signed"

    said = await asyncio.gather(*(sign(lease_id) for lease_id in drafts), sign(drafts[0]))
    assert sorted(answer == "signed" for answer in said) == [False, False, False, True]
    async with apart() as db:
        counted = [
            (await db.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (Occupancy, RelocationPath)
        ]
        signed = (await db.execute(select(func.count()).where(Lease.signed_at.is_not(None)))).scalar_one()
        letters = (await db.execute(select(Message.dedupe).where(Message.kind == "lease_signed"))).scalars().all()
    assert (counted, signed, len(letters)) == ([1, 1], 1, 2)
