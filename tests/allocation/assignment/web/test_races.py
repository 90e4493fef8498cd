"""Several people at the same instant, on connections of their own, committed for real (in a database of their own)."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from allocation.assignment import decisions, offers, proposals, queries, release
from allocation.assignment.models import Award, Decision, Proposal
from calls.models import Call
from intervalle import clock, journal, migrate
from intervalle.db import make_engine, refusal
from intervalle.errors import Refused
from intervalle.outbox import Message
from intervalle.settings import Settings
from intervalle.setup.cluster import ensure_test_cluster
from tests import make
from tests.allocation.assignment.web import make as scene

Work = Callable[[Any, Call], Awaitable[Any]]


@pytest.fixture(scope="module")
async def own(database_url: str) -> AsyncIterator[Any]:
    """Sessions that commit, in a database dropped at the end: the journal refuses to be cleaned row by row."""
    plain = ensure_test_cluster().replace("postgresql+psycopg://", "postgresql://", 1)
    name = f"r_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    head, _, tail = database_url.partition("?")
    url = head.rsplit("/", 1)[0] + f"/{name}" + (f"?{tail}" if tail else "")
    kept = os.environ["INTERVALLE_DATABASE_URL"]
    migrate.upgrade(url)
    os.environ["INTERVALLE_DATABASE_URL"] = kept
    engine = make_engine(Settings(database_url=url), pool_size=6)
    yield async_sessionmaker(engine, expire_on_commit=False)
    await engine.dispose()
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        await asyncio.sleep(0)
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)


async def ready(own: Any, *, retain: bool, sign: bool = True) -> scene.Ranked:
    async with own() as db, db.begin():
        ranked = await scene.maurepas(db)
        proposal = await proposals.run(db, ranked.actor, ranked.call)
        if retain:
            await decisions.retain(db, ranked.actor, ranked.call, proposal)
            if sign:
                await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan, adjointe")
                await scene.sign_minutes(db, ranked.call)
    return ranked


async def race(own: Any, ranked: scene.Ranked, *works: Work) -> list[Any]:
    """Each work in its own transaction; a refusal is told by its name."""

    async def one(work: Work) -> Any:
        async with own() as db:
            try:
                async with db.begin():
                    call = (await db.execute(select(Call).where(Call.id == ranked.call.id))).scalar_one()
                    return await work(db, call)
            except Refused:
                return "refused"
            except DBAPIError as error:
                if refusal(error) is None:
                    raise
                return "refused"

    return list(await asyncio.gather(*(one(work) for work in works)))


async def count(own: Any, what: Any, **where: Any) -> int:
    async with own() as db:
        return int(await db.scalar(select(func.count()).select_from(what).filter_by(**where)) or 0)


async def test_two_runs_at_once_are_one_proposal(own: Any) -> None:
    async with own() as db, db.begin():
        ranked = await scene.maurepas(db)

    async def run(db: Any, call: Call) -> int:
        return (await proposals.run(db, ranked.actor, call)).number

    assert await race(own, ranked, run, run, run) == [1, 1, 1]
    assert await count(own, Proposal, call_id=ranked.call.id) == 1


async def test_two_panels_cannot_retain_two_proposals(own: Any) -> None:
    ranked = await ready(own, retain=False)
    async with own() as db, db.begin():
        call = (await db.execute(select(Call).where(Call.id == ranked.call.id))).scalar_one()
        first = (await db.execute(queries.proposals_of(call.id))).scalar_one()
        # A twin with the same documents: both are lawful choices, and only one may be made.
        twin = Proposal(
            **{c.key: getattr(first, c.key) for c in Proposal.__table__.columns if c.key not in ("id", "number")}
        )
        twin.number = 2
        db.add(twin)

    def retain(number: int) -> Work:
        async def work(db: Any, call: Call) -> int:
            chosen = select(Proposal).where(Proposal.call_id == call.id, Proposal.number == number)
            await decisions.retain(db, ranked.actor, call, (await db.execute(chosen)).scalar_one())
            return number

        return work

    outcomes = await race(own, ranked, retain(1), retain(2), retain(1), retain(2))
    assert outcomes.count("refused") == 2
    assert len(set(outcomes) - {"refused"}) == 1
    assert await count(own, Decision, call_id=ranked.call.id) == 7


async def test_three_releases_at_once_send_each_letter_once(own: Any) -> None:
    ranked = await ready(own, retain=True)
    before = await count(own, Message)

    async def work(db: Any, call: Call) -> int:
        return await release.release(db, ranked.actor, call)

    assert sorted(await race(own, ranked, work, work, work)) == [0, 0, 7]
    assert await count(own, Message) - before == 7
    assert await count(own, Award, call_id=ranked.call.id) == 5
    entries = await count(own, journal.JournalEntry, chain=ranked.call.chain, action="decisions.release")
    assert entries == 1


async def test_a_letter_corrected_during_the_release_never_leaves_in_its_old_words(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The correction commits while the letters are being printed: nothing leaves, and the correction is kept."""
    ranked = await ready(own, retain=True)
    printing, corrected = asyncio.Event(), asyncio.Event()

    async def slow(html: str) -> bytes:
        printing.set()
        await corrected.wait()
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", slow)

    async def send(db: Any, call: Call) -> int:
        return await release.release(db, ranked.actor, call)

    async def correct() -> None:
        await printing.wait()
        async with own() as db, db.begin():
            call = (await db.execute(select(Call).where(Call.id == ranked.call.id))).scalar_one()
            decision = (await db.execute(select(Decision).where(Decision.call_id == call.id).limit(1))).scalar_one()
            await decisions.edit(db, ranked.actor, call, decision, motive="Motif corrigé.", remedies="R.", version=1)
        corrected.set()

    outcomes, _ = await asyncio.gather(race(own, ranked, send), correct())
    assert outcomes == ["refused"]
    async with own() as db:
        call = (await db.execute(select(Call).where(Call.id == ranked.call.id))).scalar_one()
        assert call.released_at is None
    assert await count(own, Decision, call_id=ranked.call.id, motive="Motif corrigé.") == 1
    assert await count(own, Award, call_id=ranked.call.id) == 0


async def test_nothing_is_written_when_the_release_fails_at_the_end(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = await ready(own, retain=True)
    before = await count(own, Message)

    async def broken(*args: Any, **values: Any) -> None:
        raise Refused("la dernière écriture échoue")

    monkeypatch.setattr("allocation.assignment.release.journal.record", broken)

    async def send(db: Any, call: Call) -> int:
        return await release.release(db, ranked.actor, call)

    assert await race(own, ranked, send) == ["refused"]
    monkeypatch.undo()
    assert await count(own, Message) == before
    assert await count(own, Award, call_id=ranked.call.id) == 0
    assert await count(own, Decision, call_id=ranked.call.id, released_at=None) == 7


async def test_a_place_given_up_and_expiring_at_once_calls_one_successor(own: Any) -> None:
    async with own() as db, db.begin():
        ranked = await scene.call(db)
        for name, score in (("Un", "90"), ("Deux", "80"), ("Trois", "70")):
            await scene.application(db, ranked, name, score=score, area=120, wishes="A")
        proposal = await proposals.run(db, ranked.actor, ranked.call)
        await decisions.retain(db, ranked.actor, ranked.call, proposal)
        await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan")
        await scene.sign_minutes(db, ranked.call)
        await release.release(db, ranked.actor, ranked.call)
    beneficiary = make.acting(ranked.people["Un"], ranked.organisations["Un"])

    async def decline(db: Any, call: Call) -> str:
        award = (await db.execute(queries.awards_of(call.id).limit(1))).scalar_one()
        await offers.answer(db, beneficiary, award, accepted=False)
        return "declined"

    async def expire(db: Any, call: Call) -> str:
        award = (await db.execute(queries.awards_of(call.id).limit(1))).scalar_one()
        with clock.at(award.offer_expires_at):
            await offers.expire_due(db)
        return "expired"

    await race(own, ranked, decline, expire, decline, expire)
    assert await count(own, Award, call_id=ranked.call.id) == 2
