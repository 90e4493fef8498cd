"""The checklist of a file and the decision of a named person."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import admissibility, queries
from allocation.selection.admissibility import StaleChecklist, Undecidable
from allocation.selection.checklist import Answer
from allocation.selection.models import Admissibility
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from tests import make as people
from tests.allocation.selection import make
from tests.calls import make as calls_make


async def scene_of(db: Any) -> make.Scene:
    return await make.declared(db, await make.opened(db, await make.seated(db, await make.closed_call(db, files=2))))


async def test_an_examination_may_stay_open(db: Any) -> None:
    scene = await scene_of(db)
    answers = make.YES | {"ess": Answer("unknown")}
    with make.afterwards():
        held = await admissibility.examine(db, scene.city.actor, scene.call, scene.files[0].id, answers, version=1)
    assert (held.admissible, held.decided_at, held.version) == (None, None, 2)
    assert (await db.execute(queries.applications_for_juror(scene.seats[0]))).all() == []


async def test_the_decision_bears_a_name_and_opens_the_file_to_jurors(db: Any) -> None:
    scene = await make.admitted(db, await scene_of(db), but=1)
    held = await make.admissibility_of(db, scene.files[0])
    assert (held.admissible, held.decided_by_id, held.decided_at) == (True, scene.city.person.id, make.AFTER)
    assert [a.id for a in (await db.execute(queries.applications_for_juror(scene.seats[0]))).scalars()] == [
        scene.files[0].id
    ]


async def test_a_refusal_keeps_the_reason_of_each_failed_item(db: Any) -> None:
    scene = await scene_of(db)
    answers = make.YES | {"complete": Answer("no", "Budget absent."), "ess": Answer("no", "Société commerciale.")}
    with make.afterwards():
        held = await admissibility.examine(
            db, scene.city.actor, scene.call, scene.files[0].id, answers, version=1, admissible=False
        )
    assert held.reason.splitlines() == [
        "Point non rempli, « Structure de l’économie sociale et solidaire » : Société commerciale.",
        "Point non rempli, « Dossier complet » : Budget absent.",
    ]  # fmt: skip


async def test_answers_that_do_not_allow_it_decide_nothing(db: Any) -> None:
    scene = await scene_of(db)
    with make.afterwards(), pytest.raises(Undecidable) as caught:
        await admissibility.examine(
            db,
            scene.city.actor,
            scene.call,
            scene.files[0].id,
            make.YES | {"ess": Answer()},
            version=1,
            admissible=True,
        )
    assert list(caught.value.objections) == ["ess"]


async def test_a_stale_page_writes_nothing(db: Any) -> None:
    scene = await make.admitted(db, await scene_of(db), but=1)
    with make.afterwards(), pytest.raises(StaleChecklist) as caught:
        await admissibility.examine(
            db, scene.city.actor, scene.call, scene.files[0].id, make.YES | {"ess": Answer("no", "Non.")}, version=1
        )
    assert caught.value.stored.admissible is True


async def test_the_same_form_twice_is_one_entry(db: Any) -> None:
    scene = await make.admitted(db, await scene_of(db), but=1)
    with make.afterwards():
        await admissibility.examine(
            db, scene.city.actor, scene.call, scene.files[0].id, make.YES, version=2, admissible=True
        )
    found = await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.examine"))
    assert len(found.all()) == 1


async def test_nobody_else_and_nothing_sealed(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=1))
    stranger = await calls_make.side(db, "city")
    with make.afterwards():
        with pytest.raises(NotFound):
            await admissibility.examine(db, scene.city.actor, scene.call, scene.files[0].id, make.YES, version=1)
        await make.opened(db, scene)
        with pytest.raises(Forbidden):
            await admissibility.examine(db, stranger.actor, scene.call, scene.files[0].id, make.YES, version=1)
    assert (await db.execute(select(Admissibility))).all() == []


async def test_one_does_not_examine_the_file_of_ones_own_structure(db: Any) -> None:
    scene = await scene_of(db)
    both = people.acting(scene.city.person, scene.city.org, scene.applicants[0].org)
    with make.afterwards(), pytest.raises(Refused, match="un collègue"):
        await admissibility.examine(db, both, scene.call, scene.files[0].id, make.YES, version=1, admissible=True)
