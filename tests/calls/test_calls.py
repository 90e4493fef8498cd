"""Calls: who may write, open, extend and cancel them; what opening freezes; who sees them."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from calls import content, drafts, openings, queries
from calls.models import Call, CallVersion, Criterion
from intervalle import clock
from intervalle.accounts.actor import NOBODY
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.calls import make as calls


async def test_draft_carries_default_grid_and_only_own_published_lots(db):
    city, other = await calls.side(db), await calls.side(db, "developer")
    lots, foreign = await calls.premises(db, city.org), await calls.premises(db, other.org)
    call = await drafts.create(db, city.actor, title="Maurepas", organiser_id=city.org.id, lot_ids=[lots[0].id])
    version = await calls.version_of(db, call)
    weights = (
        await db.execute(
            select(Criterion.weight).where(Criterion.version_id == version.id).order_by(Criterion.position)
        )
    ).scalars()
    assert list(weights) == [25, 20, 20, 15, 10, 10]
    with pytest.raises(Refused, match="lots publiés de son organisateur"):
        await drafts.create(db, city.actor, title="Vol", organiser_id=city.org.id, lot_ids=[foreign[0].id])
    with pytest.raises(Forbidden):
        await drafts.create(
            db, city.actor, title="Au nom d’un autre", organiser_id=other.org.id, lot_ids=[foreign[0].id]
        )


async def test_stale_draft_is_not_written(db):
    city = await calls.side(db)
    call = await calls.draft_call(db, city, await calls.premises(db, city.org))
    version = await calls.version_of(db, call)
    with pytest.raises(drafts.Stale):
        await drafts.save(
            db, city.actor, call, seen=version.version - 1, values={"body": "perdu"}, lots={}, criteria=[]
        )
    assert (await calls.version_of(db, call)).body == calls.COMPLETE["body"]


async def test_opening_freezes_publishes_hash_and_commits_to_a_secret_seed(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    version = await calls.version_of(db, call)
    lots, criteria = await openings.parts(db, version)
    assert version.content_sha256 == content.sha256_of(openings.version_content(call, version, lots, criteria))
    assert version.draw_commitment == sha256(version.draw_seed.encode()).hexdigest()
    entry = (
        await db.execute(
            select(JournalEntry).where(JournalEntry.chain == call.chain, JournalEntry.action == "calls.open")
        )
    ).scalar_one()
    assert entry.facts["content_sha256"] == version.content_sha256
    assert version.draw_seed not in str(entry.facts)
    for statement in (
        update(CallVersion).where(CallVersion.id == version.id).values(body="autre"),
        update(Criterion).where(Criterion.version_id == version.id).values(weight=50),
    ):
        with pytest.raises(DBAPIError, match="frozen"):
            async with db.begin_nested():
                await db.execute(statement)
    with calls.during(), pytest.raises(Refused, match="gelés"):
        await drafts.save(db, city.actor, call, seen=version.version, values={}, lots={}, criteria=[])


async def test_opening_refuses_what_a_rule_blocks_and_keeps_reasons_of_warnings(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        lots = await calls.premises(db, city.org, regime="public_domain")
        call = await calls.draft_call(db, city, lots)
        version = await calls.version_of(db, call)
        with pytest.raises(Refused, match="domaine public"):
            await openings.open_call(db, city.actor, call, seen=version.version)
        assert call.opened_at is None
        short = await calls.draft_call(
            db, city, await calls.premises(db, city.org), closes_at=calls.OPENING + timedelta(days=10), title="Court"
        )
        version = await calls.version_of(db, short)
        with pytest.raises(Refused, match="AMI-02"):
            await openings.open_call(db, city.actor, short, seen=version.version)
        await openings.open_call(
            db, city.actor, short, seen=version.version, justifications={"AMI-02": "Démolition avancée."}
        )
    assert (await calls.version_of(db, short)).justifications == {"AMI-02": "Démolition avancée."}


async def test_opening_needs_the_text_one_has_read(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org))
        version = await calls.version_of(db, call)
        with pytest.raises(Refused, match="modifié depuis"):
            await openings.open_call(db, city.actor, call, seen=version.version - 1)


async def test_extension_is_for_everybody_and_told_once(db):
    city, alone, withdrawn = (
        await calls.side(db),
        await calls.side(db, "ess_structure"),
        await calls.side(db, "ess_structure"),
    )
    call = await calls.open_call(db, city)
    await calls.submitted(db, alone, call)
    gone = await calls.ready(db, withdrawn, call)
    later = calls.CLOSING + timedelta(days=7)
    with calls.during():
        from calls import applications

        await applications.withdraw(db, withdrawn.actor, gone)
        assert await openings.extend(db, city.actor, call, to=later, reason="Visites reportées.")
        assert await openings.extend(db, city.actor, call, to=later, reason="Visites reportées.") is None
        with pytest.raises(Refused, match="avancée"):
            await openings.extend(db, city.actor, call, to=calls.CLOSING, reason="Non.")
    told = (await db.execute(select(Message.to_email).where(Message.kind == "calls.extended"))).scalars().all()
    assert told == [alone.person.email]
    assert call.closes_at == later


async def test_nobody_extends_a_closed_call(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with clock.at(calls.CLOSING), pytest.raises(Refused, match="clos"):
        await openings.extend(db, city.actor, call, to=calls.CLOSING + timedelta(days=1), reason="Trop tard.")


async def test_another_organiser_may_neither_see_the_draft_nor_act(db):
    city, other, structure = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.draft_call(db, city, await calls.premises(db, city.org))

    async def seen(actor):
        return list((await db.execute(queries.calls_visible_to(actor))).scalars())

    assert [await seen(a) for a in (NOBODY, other.actor, structure.actor, city.actor)] == [[], [], [], [call]]
    with pytest.raises(Forbidden):
        await openings.open_call(db, other.actor, call, seen=1)
    with clock.at(calls.OPENING):
        version = await calls.version_of(db, call)
        await openings.open_call(db, city.actor, call, seen=version.version)
        assert [await seen(a) for a in (NOBODY, other.actor, structure.actor)] == [[call]] * 3


async def test_delegate_runs_the_call_for_the_owner(db):
    owner, delegate = await calls.side(db, "developer"), await calls.side(db, "support_body")
    lots = await calls.premises(db, owner.org)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, owner, lots, delegate_id=delegate.org.id)
        version = await calls.version_of(db, call)
        await openings.open_call(db, delegate.actor, call, seen=version.version)
    assert call.opened_at == calls.OPENING


async def test_cancelled_call_tells_why(db):
    city, structure = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    await calls.ready(db, structure, call)
    with calls.during():
        await openings.cancel(db, city.actor, call, reason="Le bâtiment menace ruine.")
    message = (await db.execute(select(Message).where(Message.kind == "calls.cancelled"))).scalar_one()
    assert (message.to_email, "menace ruine" in message.text) == (structure.person.email, True)


async def test_dates_in_the_database_are_in_order(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with pytest.raises(DBAPIError, match="opens_before_closing"):
        async with db.begin_nested():
            await db.execute(text("UPDATE calls SET closes_at = opened_at WHERE id = :id"), {"id": call.id})


async def test_calls_about_premises_follow_the_version_in_force(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city, lots=1)
    await calls.premises(db, city.org)
    lots = (await db.execute(queries.lots_of_versions([(await calls.version_of(db, call)).id]))).all()
    premises_id = lots[0][2].id
    with calls.during():
        assert list((await db.execute(queries.calls_about_premises(premises_id, NOBODY))).scalars()) == [call]
        assert list((await db.execute(queries.calls_about_premises(premises_id + 1, NOBODY))).scalars()) == []


async def test_lots_outside_their_interval_block_opening(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org), occupation_until=date(2030, 6, 1))
        said = await openings.verdicts_of(db, call, await calls.version_of(db, call))
    assert [v.id for v in said if v.level == "block"] == ["APPEL-04", "APPEL-04"]


def test_call_is_a_subject():
    assert Call(organiser_id=3, delegate_id=7).parties() == {"organiser": frozenset({3, 7})}
