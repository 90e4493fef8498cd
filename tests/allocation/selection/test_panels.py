"""Composition, invitations and the opening act."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import panels
from allocation.selection.jurors import holds_a_seat
from allocation.selection.models import Panel
from allocation.selection.panels import Rules, SeatTerms
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from tests.allocation.selection import make
from tests.calls import make as calls_make


async def entries(db: Any, action: str) -> list[JournalEntry]:
    return list(
        (
            await db.execute(select(JournalEntry).where(JournalEntry.action == action).order_by(JournalEntry.id))
        ).scalars()
    )


async def test_only_the_organiser_composes(db: Any) -> None:
    scene = await make.closed_call(db, files=0)
    stranger = await calls_make.side(db, "city")
    with make.afterwards(), pytest.raises(Forbidden):
        await panels.compose(db, stranger.actor, scene.call, Rules())


async def test_who_accepts_sits_for_the_organisation_of_the_college(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=0), jurors=1)
    assert scene.seats[0].organisation_id == scene.jurors[0].org.id
    assert scene.seats[0].chair
    assert await holds_a_seat(db, scene.jurors[0].person.id)
    assert not await holds_a_seat(db, scene.city.person.id)


async def test_opening_is_dated_once_with_the_hash_of_each_file(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=2))
    await make.opened(db, scene)
    written = await entries(db, "panel.open")
    assert [e.facts for e in written] == [
        {"count": 2, "files": [{"number": f.number, "sha256": f.content_sha256} for f in scene.files]}
    ]
    assert all(f["sha256"] for f in written[0].facts["files"])
    with make.afterwards(), pytest.raises(Refused, match="déjà ouverts"):
        await panels.open_files(db, scene.city.actor, scene.call)
    assert len(await entries(db, "panel.open")) == 1


async def test_files_stay_sealed_until_the_call_closes(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=1))
    with calls_make.during(), pytest.raises(Refused, match="après la clôture"):
        await panels.open_files(db, scene.city.actor, scene.call)
    panel = (await db.execute(select(Panel).where(Panel.call_id == scene.call.id))).scalar_one()
    assert panel.opened_at is None


async def test_rules_are_fixed_once_files_are_open(db: Any) -> None:
    scene = await make.opened(db, await make.seated(db, await make.closed_call(db, files=1)))
    with make.afterwards():
        later = replace(Rules(), meets_at=make.AFTER + timedelta(days=3))
        assert (await panels.compose(db, scene.city.actor, scene.call, later)).meets_at == later.meets_at
        with pytest.raises(Refused, match="ne changent plus"):
            await panels.compose(db, scene.city.actor, scene.call, replace(later, quorum=1))


async def test_a_juror_who_scored_cannot_be_removed(db: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score(db, scene, 0, 0, 3)
    with make.afterwards():
        with pytest.raises(Refused, match="déjà validé"):
            await panels.leave(db, scene.city.actor, scene.call, scene.seats[0].id)
        await panels.leave(db, scene.city.actor, scene.call, scene.seats[1].id)
        with pytest.raises(Refused):
            await panels.leave(db, scene.city.actor, scene.call, scene.seats[1].id)


async def test_who_comes_back_declares_again(db: Any) -> None:
    scene = await make.ready(db, files=1)
    with make.afterwards():
        await panels.leave(db, scene.city.actor, scene.call, scene.seats[1].id)
        again = await make.sit(db, scene.city, scene.call, scene.jurors[1], SeatTerms("expert"))
    assert (again.id, again.declared_at, again.college) == (scene.seats[1].id, None, "expert")
