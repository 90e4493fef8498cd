"""No file before the declaration; declared and detected links close a file for good, until a named person lifts them."""

from typing import Any

import pytest
from sqlalchemy import select

from allocation.selection import conflicts, declarations, detection, queries
from allocation.selection.declarations import Link
from allocation.selection.models import LINKS, Recusal, Seat
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from tests import make as people
from tests.allocation.selection import make


async def visible(db: Any, seat: Seat) -> list[int]:
    return [a.id for a in (await db.execute(queries.applications_for_juror(seat))).scalars()]


async def recusals(db: Any) -> list[tuple[int, int, str]]:
    rows = await db.execute(
        select(Recusal.seat_id, Recusal.application_id, Recusal.origin)
        .where(Recusal.lifted_at.is_(None))
        .order_by(Recusal.id)
    )
    return [tuple(row) for row in rows]


async def opened_scene(db: Any, *, files: int = 2) -> make.Scene:
    return await make.opened(db, await make.seated(db, await make.closed_call(db, files=files)))


async def test_no_file_before_ones_own_declaration(db: Any) -> None:
    scene = await make.admitted(db, await make.declared(db, await opened_scene(db), but=1))
    everything = [f.id for f in scene.files]
    assert [await visible(db, seat) for seat in scene.seats] == [everything, everything, []]


async def test_nothing_is_declared_before_the_opening(db: Any) -> None:
    scene = await make.seated(db, await make.closed_call(db, files=1))
    with make.afterwards(), pytest.raises(Refused, match="pas encore ouverts"):
        await declarations.declare(db, scene.jurors[0].actor, scene.call, scene.seats[0], {})
    assert (await db.execute(queries.files_to_declare(scene.seats[0]))).all() == []


async def test_a_declared_link_closes_the_file(db: Any) -> None:
    scene = await make.admitted(db, await make.declared(db, await opened_scene(db)))
    first, second = (f.id for f in scene.files)
    with make.afterwards():
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {first: Link("other", "J’y suis bénévole.")}
        )
    assert await visible(db, scene.seats[0]) == [second]
    assert await visible(db, scene.seats[1]) == [first, second]
    assert await recusals(db) == [(scene.seats[0].id, first, "declared")]
    # The list shown for a later declaration no longer names it either.
    assert [a.id for a in (await db.execute(queries.files_to_declare(scene.seats[0]))).scalars()] == [second]


async def test_a_link_needs_its_reason(db: Any) -> None:
    scene = await opened_scene(db)
    with make.afterwards(), pytest.raises(Refused, match="quel est le lien"):
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {scene.files[0].id: Link("other", " ")}
        )


async def test_only_for_oneself_and_only_files_of_this_call(db: Any) -> None:
    scene, other = await opened_scene(db), await opened_scene(db)
    with make.afterwards():
        with pytest.raises(Forbidden):
            await declarations.declare(db, scene.jurors[1].actor, scene.call, scene.seats[0], {})
        with pytest.raises(NotFound):
            await declarations.declare(
                db, scene.jurors[0].actor, scene.call, scene.seats[0], {other.files[0].id: Link("family")}
            )


async def test_what_the_records_show_is_recorded_as_detected(db: Any) -> None:
    scene = await opened_scene(db)
    await people.join(db, scene.jurors[0].person, scene.applicants[1].org)
    await make.declared(db, scene)
    assert await recusals(db) == [(scene.seats[0].id, scene.files[1].id, "detected")]
    reason = (await db.execute(select(Recusal.reason))).scalar_one()
    assert scene.applicants[1].org.name in reason
    entry = (
        (await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.declare").order_by(JournalEntry.id)))
        .scalars()
        .first()
    )
    assert entry is not None
    assert entry.facts == {"declared": [], "detected": [scene.files[1].label]}


async def test_a_landlord_does_not_judge_its_tenant(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = await opened_scene(db)
    landlord, tenant = scene.jurors[2].org.id, scene.applicants[0].org.id

    async def houses(_db: Any, landlords: frozenset[int]) -> dict[int, frozenset[int]]:
        return {landlord: frozenset({tenant})} if landlord in landlords else {}

    monkeypatch.setattr(detection, "HOUSING", [houses])
    await make.declared(db, scene)
    assert await recusals(db) == [(scene.seats[2].id, scene.files[0].id, "detected")]


async def test_a_recusal_is_lifted_by_somebody_else_with_a_reason(db: Any) -> None:
    scene = await make.admitted(db, await opened_scene(db))
    with make.afterwards():
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {scene.files[0].id: Link("other", "Homonyme ?")}
        )
        recusal = (await db.execute(select(Recusal))).scalar_one()
        with pytest.raises(Forbidden):
            await declarations.lift(db, scene.jurors[0].actor, scene.call, recusal.id, "Non.")
        with pytest.raises(Refused):
            await declarations.lift(db, scene.city.actor, scene.call, recusal.id, "")
        await declarations.lift(db, scene.city.actor, scene.call, recusal.id, "C’était un homonyme.")
    assert await visible(db, scene.seats[0]) == [f.id for f in scene.files]
    with make.afterwards():
        assert await declarations.record_detected(db, scene.city.actor, scene.call) == 0


async def test_declaring_again_after_a_lift_closes_again(db: Any) -> None:
    scene = await make.admitted(db, await opened_scene(db))
    link = {scene.files[0].id: Link("other", "Lien.")}
    with make.afterwards():
        await declarations.declare(db, scene.jurors[0].actor, scene.call, scene.seats[0], link)
        recusal = (await db.execute(select(Recusal))).scalar_one()
        await declarations.lift(db, scene.city.actor, scene.call, recusal.id, "Erreur.")
        await declarations.declare(db, scene.jurors[0].actor, scene.call, scene.seats[0], link)
    assert await visible(db, scene.seats[0]) == [scene.files[1].id]


async def test_staff_who_sit_see_nothing_either_until_they_declare(db: Any) -> None:
    scene = await opened_scene(db)
    assert len((await db.execute(queries.files_open_to(scene.call.id, scene.city.actor))).all()) == 2
    scene.seats[0].user_id = scene.city.person.id
    await db.flush()
    assert (await db.execute(queries.files_open_to(scene.call.id, scene.city.actor))).all() == []


@pytest.mark.parametrize("kind", LINKS)
async def test_each_kind_of_link_is_recorded_as_declared(db: Any, kind: str) -> None:
    scene = await opened_scene(db)
    link = {scene.files[0].id: Link(kind, "depuis 2024")}
    with make.afterwards():
        await declarations.declare(db, scene.jurors[0].actor, scene.call, scene.seats[0], link)
    kept = (await db.execute(select(Recusal))).scalar_one()
    label = conflicts.LINKS[kind]
    assert (kept.link, kept.reason) == (kind, f"{label} : depuis 2024" if kind != "other" else "depuis 2024")


def test_what_must_be_declared_is_offered() -> None:
    """rules.md §4.4, and the codes the table accepts are those the page offers."""
    assert tuple(conflicts.LINKS) == LINKS
    assert {"employment", "mandate", "board", "family", "money", "subsidy", "rival"} < set(LINKS)
