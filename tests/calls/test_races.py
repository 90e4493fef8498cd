"""Drill: the same button pressed twenty times at once, on real transactions, has one effect."""

import asyncio

import pytest
from sqlalchemy import func, select, text

from calls import applications, groups, openings
from calls.models import Application, Extension
from intervalle.db import make_engine, make_sessions
from intervalle.errors import Refused
from intervalle.journal import JournalEntry, verify
from intervalle.outbox import Message
from intervalle.settings import Settings
from tests.calls import make as calls

pytestmark = pytest.mark.drill
TIMES = 20


@pytest.fixture
async def real(database_url):
    """Sessions that really commit, on a database emptied afterwards."""
    engine = make_engine(Settings(database_url=database_url), pool_size=TIMES)
    yield make_sessions(engine)
    async with engine.begin() as connection:
        await connection.execute(text("SET session_replication_role = replica"))  # the journal refuses to be emptied
        names = await connection.execute(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'spatial_ref_sys') AND tablename NOT LIKE 'procrastinate%'"
            )
        )
        for (name,) in names.all():
            await connection.execute(text(f'DELETE FROM "{name}"'))
    await engine.dispose()


async def at_once(real, act):
    """Run `act(db)` in twenty transactions that start together; the refusals, in words."""

    async def one():
        try:
            async with real() as db, db.begin():
                await act(db)
        except Refused as refused:
            return refused.sentence
        return None

    with calls.during():
        return await asyncio.gather(*(one() for _ in range(TIMES)))


async def scene(real):
    async with real() as db, db.begin():
        city, structure = await calls.side(db), await calls.side(db, "ess_structure")
        call = await calls.open_call(db, city)
    return city, structure, call


async def count(real, query):
    async with real() as db:
        return (await db.execute(query)).scalar_one()


async def test_twenty_starts_make_one_draft(real):
    _, structure, call = await scene(real)
    refused = await at_once(
        real, lambda db: applications.start(db, structure.actor, call, organisation_id=structure.org.id)
    )
    assert refused == [None] * TIMES
    assert await count(real, select(func.count()).select_from(Application)) == 1


async def test_twenty_structures_get_twenty_numbers(real):
    _, _, call = await scene(real)
    async with real() as db, db.begin():
        sides = [await calls.side(db, "ess_structure") for _ in range(TIMES)]
    left = iter(sides)
    await at_once(real, lambda db: _start_next(db, left, call))
    async with real() as db:
        assert sorted((await db.execute(select(Application.number))).scalars()) == list(range(1, TIMES + 1))


async def _start_next(db, sides, call):
    side = next(sides)
    await applications.start(db, side.actor, call, organisation_id=side.org.id)


async def test_twenty_deposits_make_one_receipt(real):
    _, structure, call = await scene(real)
    async with real() as db, db.begin():
        application = await calls.ready(db, structure, call)
    refused = await at_once(real, lambda db: applications.submit(db, structure.actor, application))
    assert refused == [None] * TIMES
    assert await count(real, select(func.count()).where(Message.kind == "applications.received")) == 1
    assert await count(real, select(func.count()).where(JournalEntry.action == "applications.submit")) == 1
    async with real() as db:
        assert (await verify(db))[1] == []


async def test_twenty_extensions_tell_applicants_once(real):
    city, structure, call = await scene(real)
    async with real() as db, db.begin():
        await calls.ready(db, structure, call)
    to = calls.CLOSING.replace(day=25)
    await at_once(real, lambda db: openings.extend(db, city.actor, call, to=to, reason="Visites."))
    assert await count(real, select(func.count()).select_from(Extension)) == 1
    assert await count(real, select(func.count()).where(Message.kind == "calls.extended")) == 1


async def test_twenty_openings_freeze_once(real):
    async with real() as db, db.begin():
        city = await calls.side(db)
        call = await calls.draft_call(db, city, await calls.premises(db, city.org))
        seen = (await calls.version_of(db, call)).version
    from intervalle import clock

    async def one():
        try:
            async with real() as db, db.begin():
                await openings.open_call(db, city.actor, call, seen=seen)
        except Refused as refused:
            return refused.sentence

    with clock.at(calls.OPENING):
        said = await asyncio.gather(*(one() for _ in range(TIMES)))
    assert sorted(said, key=str) == sorted([None] + ["L’appel est déjà ouvert."] * (TIMES - 1), key=str)


async def test_twenty_invitations_write_one_partner_and_one_mail(real):
    _, structure, call = await scene(real)
    async with real() as db, db.begin():
        partner = await calls.side(db, "ess_structure")
        application = await calls.ready(db, structure, call)
    refused = await at_once(
        real, lambda db: groups.invite(db, structure.actor, application, partner=partner.org, area=None)
    )
    assert refused == [None] * TIMES
    assert await count(real, select(func.count()).where(Message.kind == "applications.invited")) == 1
