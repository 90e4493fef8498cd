"""Drafts, validation, the blind phase and its end."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import sheet_queries, sheets
from allocation.selection.models import Mark, ScoreSheet
from allocation.selection.reasons import Given
from allocation.selection.sheets import Incomplete, StaleSheet, Typed
from intervalle.errors import Forbidden, NotFound, Refused
from tests.allocation.selection import make


async def stored(db: Any) -> list[tuple[int | None, bool, str]]:
    rows = await db.execute(select(Mark.value, Mark.answered, Mark.reason).order_by(Mark.id))
    return [tuple(row) for row in rows]


async def test_a_draft_keeps_whatever_was_typed(db: Any) -> None:
    scene = await make.ready(db, files=1)
    a, b, c = (criterion.id for criterion in scene.criteria[:3])
    typed = Typed(
        {a: Given(True, 4), b: Given(True, None, "Hors champ."), c: Given(False, None, "À voir")},
        "Brouillon",
        "à moi",
        writer="p",
    )
    with make.afterwards():
        sheet = await sheets.save(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, typed)
    assert (sheet.version, sheet.comment, sheet.notes, sheet.submitted_at) == (1, "Brouillon", "à moi", None)
    assert await sheets.marks_of(db, sheet) == dict(typed.marks)


async def test_another_page_is_told_and_nothing_is_lost(db: Any) -> None:
    scene = await make.ready(db, files=1)
    a = scene.criteria[0].id
    save = lambda typed: sheets.save(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, typed)  # noqa: E731
    with make.afterwards():
        await save(Typed({a: Given(True, 4)}, writer="first"))
        # The same page may save again on the version it was opened on: its answers queue up behind one another.
        await save(Typed({a: Given(True, 3)}, writer="first"))
        with pytest.raises(StaleSheet) as caught:
            await save(Typed({a: Given(True, 1)}, writer="second"))
        assert caught.value.marks == {a: Given(True, 3)}
        with pytest.raises(StaleSheet):
            await save(Typed({a: Given(True, 1)}))
        await save(Typed({a: Given(True, 2)}, version=2, writer="second"))
    assert await stored(db) == [(2, True, "")]


async def test_a_sheet_without_its_sentences_is_not_submitted(db: Any) -> None:
    scene = await make.ready(db, files=1)
    marks = {c.id: Given(True, 5) for c in scene.criteria}
    with make.afterwards(), pytest.raises(Incomplete) as caught:
        await sheets.submit(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, Typed(marks))
    assert set(caught.value.why) == {f"m{c.id}" for c in scene.criteria} | {"comment"}


async def test_a_submitted_sheet_no_longer_changes(db: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score(db, scene, 0, 0, 3)
    with make.afterwards():
        for verb in (sheets.save, sheets.submit):
            with pytest.raises(Refused, match="validée"):
                await verb(
                    db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id,
                    Typed(make.marks(scene, 4), "Autre avis.", version=1, writer="page"),
                )  # fmt: skip
    assert {row[0] for row in await stored(db)} == {3}


async def test_only_the_holder_writes_in_a_seat(db: Any) -> None:
    scene = await make.ready(db, files=1)
    with make.afterwards(), pytest.raises(Forbidden):
        await sheets.save(db, scene.jurors[1].actor, scene.call, scene.seats[0], scene.files[0].id, Typed())


async def test_an_observer_does_not_score(db: Any) -> None:
    scene = await make.ready(db, files=1)
    scene.seats[0].voting = False
    await db.flush()
    with make.afterwards(), pytest.raises(Refused, match="pas de voix"):
        await sheets.save(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, Typed())


async def test_an_alternate_scores_once_its_principal_has_left(db: Any) -> None:
    scene = await make.ready(db, files=1)
    scene.seats[1].alternate_of_id = scene.seats[2].id
    await db.flush()
    with make.afterwards():
        with pytest.raises(Refused, match="pas de voix"):
            await sheets.save(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.files[0].id, Typed())
        scene.seats[2].left_at = make.AFTER
        await db.flush()
        assert (
            await sheets.save(db, scene.jurors[1].actor, scene.call, scene.seats[1], scene.files[0].id, Typed())
        ).version == 1


async def test_a_file_that_is_not_admissible_is_not_scored(db: Any) -> None:
    scene = await make.admitted(
        db,
        await make.declared(db, await make.opened(db, await make.seated(db, await make.closed_call(db, files=2)))),
        but=1,
    )
    with make.afterwards(), pytest.raises(NotFound):
        await sheets.save(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[1].id, Typed())


async def test_an_abstention_is_seen_and_is_no_score(db: Any) -> None:
    scene = await make.ready(db, files=1)
    with make.afterwards():
        with pytest.raises(Incomplete):
            await sheets.abstain(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, " ")
        sheet = await sheets.abstain(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, "Trop loin de mon métier."
        )
    assert (sheet.abstained, await stored(db)) == (True, [])


async def test_no_mark_lands_after_the_close(db: Any) -> None:
    scene = await make.ready(db, files=1)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        with pytest.raises(Refused, match="close"):
            await sheets.save(db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id, Typed())
        with pytest.raises(Refused, match="déjà close"):
            await sheets.close_scoring(db, scene.city.actor, scene.call)
    assert (await db.execute(select(ScoreSheet))).all() == []


async def test_others_marks_open_once_ones_own_are_given(db: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score(db, scene, 1, 0, 4)
    await make.score(db, scene, 2, 0, 2)
    others = sheet_queries.others_sheets(scene.seats[0], scene.files[0].id)
    assert (await db.execute(others)).all() == []
    with make.afterwards():
        await sheets.save(
            db,
            scene.jurors[0].actor,
            scene.call,
            scene.seats[0],
            scene.files[0].id,
            Typed(make.marks(scene, 3), "Avis.", writer="page"),
        )
    assert (await db.execute(others)).all() == []
    await make.score(db, scene, 0, 0, 3)
    assert [row[1].id for row in (await db.execute(others)).all()] == [scene.seats[1].id, scene.seats[2].id]


def test_typed_is_a_value() -> None:
    assert replace(Typed(), version=3).version == 3
