"""Freezing the ranking, and what refuses it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, true

from allocation.selection import boards, declarations, rankings, scoring, sheets
from allocation.selection.declarations import Link
from allocation.selection.models import Panel, RankedScore
from allocation.selection.panels import Rules, SeatTerms
from allocation.selection.sheets import Typed
from calls.models import Call
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from tests import make as people
from tests.allocation.selection import make
from tests.calls import make as calls_make


async def ranks(db: Any) -> list[tuple[int, Decimal, int]]:
    rows = await db.execute(
        select(RankedScore.application_id, RankedScore.score, RankedScore.rank).order_by(RankedScore.rank)
    )
    return [tuple(row) for row in rows]


async def test_the_ranking_is_frozen_with_its_detail(db: Any) -> None:
    scene = await make.ready(db)
    await make.score_all(db, scene, 2, 4, 3)
    with make.afterwards():
        await rankings.rank(db, scene.city.actor, scene.call)
    a, b, c = (f.id for f in scene.files)
    assert await ranks(db) == [(b, Decimal("80.00"), 1), (c, Decimal("60.00"), 2), (a, Decimal("40.00"), 3)]
    call = (await db.execute(select(Call).where(Call.id == scene.call.id))).scalar_one()
    panel = (await db.execute(select(Panel))).scalar_one()
    assert (call.ranked_at, panel.scoring_closed_at) == (make.AFTER, make.AFTER)
    detail = (await db.execute(select(RankedScore.detail).where(RankedScore.application_id == b))).scalar_one()
    assert (detail["rule"], detail["readers"], detail["grid_version"]) == ("mean", 3, 1)
    assert [(row["weight"], row["mark"], row["lowest"], row["highest"]) for row in detail["criteria"]] == [
        (criterion.weight, "4.00", 4, 4) for criterion in scene.criteria
    ]
    points = [Decimal(criterion.weight) * 4 / 5 for criterion in scene.criteria]
    assert [Decimal(row["points"]) for row in detail["criteria"]] == points
    assert sum(points) == 80
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.rank"))).scalar_one()
    assert [row["file"] for row in entry.facts["ranked"]] == [scene.files[i].label for i in (1, 2, 0)]


async def test_it_is_frozen_once(db: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score_all(db, scene, 3)
    with make.afterwards():
        await rankings.rank(db, scene.city.actor, scene.call)
        with pytest.raises(Refused, match="déjà arrêté"):
            await rankings.rank(db, scene.city.actor, scene.call)
    assert len(await ranks(db)) == 1


async def test_a_stranger_ranks_nothing(db: Any) -> None:
    scene = await make.ready(db, files=1)
    stranger = await calls_make.side(db, "city")
    with make.afterwards(), pytest.raises(Forbidden):
        await rankings.rank(db, stranger.actor, scene.call)


async def test_a_missing_sheet_breaks_the_quorum_of_three(db: Any) -> None:
    scene = await make.ready(db, files=1)
    await make.score(db, scene, 0, 0, 3)
    await make.score(db, scene, 1, 0, 3)
    with make.afterwards(), pytest.raises(Refused, match="2 votes pour 3"):
        await rankings.rank(db, scene.city.actor, scene.call)
    assert await ranks(db) == []


async def test_a_criterion_nobody_assessed_blocks_the_file_and_is_named(db: Any) -> None:
    scene = await make.ready(db, files=1)
    for index in range(3):
        marks = make.marks(scene, 3)
        first = scene.criteria[0]
        marks[first.id] = type(marks[first.id])(True, None, "Rien dans le dossier.")
        with make.afterwards():
            await sheets.submit(
                db, scene.jurors[index].actor, scene.call, scene.seats[index], scene.files[0].id, Typed(marks, "Vu.")
            )
    with make.afterwards(), pytest.raises(Refused) as caught:
        await rankings.rank(db, scene.city.actor, scene.call)
    assert scene.files[0].label in caught.value.sentence
    assert scene.criteria[0].label in caught.value.sentence


async def test_an_undecided_file_blocks_the_ranking(db: Any) -> None:
    scene = await make.admitted(
        db,
        await make.declared(db, await make.opened(db, await make.seated(db, await make.closed_call(db, files=2)))),
        but=1,
    )
    for juror in range(3):
        await make.score(db, scene, juror, 0, 3)
    with make.afterwards(), pytest.raises(Refused, match=scene.files[1].label):
        await rankings.rank(db, scene.city.actor, scene.call)


async def test_a_set_aside_juror_no_longer_counts_and_does_not_block(db: Any) -> None:
    scene = await make.ready(db, files=2, jurors=4)
    await make.score_all(db, scene, 3, 3)
    with make.afterwards():
        # The fourth juror had marked the first file before finding the link: that sheet counts no more.
        await declarations.declare(
            db,
            scene.jurors[3].actor,
            scene.call,
            scene.seats[3],
            {scene.files[0].id: Link("other", "Ma sœur y travaille.")},
        )
        board = await rankings.rank(db, scene.city.actor, scene.call)
    assert [board.scores[f.label].readers for f in scene.files] == [3, 4]


async def test_staff_set_aside_from_a_file_leaves_the_ranking_to_a_colleague(db: Any) -> None:
    scene = await make.ready(db, files=2, jurors=3)
    with make.afterwards():
        seat = await make.sit(db, scene.city, scene.call, scene.city, SeatTerms("city_ess", voting=False))
        await declarations.declare(
            db, scene.city.actor, scene.call, seat, {scene.files[0].id: Link("other", "Ancien bénévole.")}
        )
    await make.score_all(db, scene, 3, 4)
    colleague = await people.user(db, "Collègue")
    await people.join(db, colleague, scene.city.org)
    with make.afterwards():
        with pytest.raises(Refused, match="collègue"):
            await rankings.rank(db, scene.city.actor, scene.call)
        await rankings.rank(db, people.acting(colleague, scene.city.org), scene.call)
    assert len(await ranks(db)) == 2


async def test_a_link_found_late_stops_the_ranking_until_it_is_recorded(db: Any) -> None:
    scene = await make.ready(db, files=1, jurors=4)
    await make.score_all(db, scene, 3)
    await people.join(db, scene.jurors[3].person, scene.applicants[0].org)
    with make.afterwards():
        with pytest.raises(Refused, match="détecté"):
            await rankings.rank(db, scene.city.actor, scene.call)
        assert await declarations.record_detected(db, scene.city.actor, scene.call) == 1
        board = await rankings.rank(db, scene.city.actor, scene.call)
    assert board.scores[scene.files[0].label].readers == 3


async def test_a_file_under_a_floor_is_kept_out_with_its_reason(db: Any) -> None:
    scene = await make.ready(db, files=2, floor=2)
    await make.score_all(db, scene, 1, 3)
    with make.afterwards():
        await rankings.rank(db, scene.city.actor, scene.call)
    assert [row[0] for row in await ranks(db)] == [scene.files[1].id]
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "panel.rank"))).scalar_one()
    assert list(entry.facts["left_out"]) == [scene.files[0].label]
    assert "seuil" in entry.facts["left_out"][scene.files[0].label][0]


async def test_ties_follow_the_published_rule(db: Any) -> None:
    scene = await make.ready(db, files=2, tie_break="earliest")
    await make.score_all(db, scene, 3, 3)
    scene.files[0].submitted_at += timedelta(minutes=5)
    await db.flush()
    with make.afterwards():
        board = await rankings.rank(db, scene.city.actor, scene.call)
    assert [(r.file, r.rank, r.parted_by) for r in board.result.ranked] == [
        (scene.files[1].label, 1, "earliest"),
        (scene.files[0].label, 2, "earliest"),
    ]


async def test_college_weights_are_the_panels(db: Any) -> None:
    weights = {"city_ess": 2, "urban_policy": 1, "landlord": 1, "residents": 1, "expert": 1}
    scene = await make.ready(db, files=1, rules=Rules(college_weights=weights))
    for juror, value in enumerate((4, 2, 2)):
        await make.score(db, scene, juror, 0, value)
    with make.afterwards():
        board = await rankings.rank(db, scene.city.actor, scene.call)
    # (2 × 4 + 1 × 2 + 1 × 2) / 4 = 3 of 5.
    assert board.scores[scene.files[0].label].total == Decimal("60.00")


async def test_a_college_without_its_voters_holds_the_ranking(db: Any) -> None:
    scene = await make.ready(db, files=1, jurors=4, rules=Rules(college_quorums={"landlord": 1, "residents": 1}))
    for juror in range(3):
        await make.score(db, scene, juror, 0, 3)
    with make.afterwards():
        await sheets.close_scoring(db, scene.city.actor, scene.call)
        with pytest.raises(Refused, match="Collège « Habitants » : 0 vote pour 1 nécessaire"):
            await rankings.rank(db, scene.city.actor, scene.call)


async def test_a_college_with_its_voters_lets_the_ranking_be(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=1, rules=Rules(college_quorums={"landlord": 1}))
    await make.score_all(db, scene, 3)
    with make.afterwards():
        staff = await client(scene.city.person)
        assert "3 voix, dont 1 pour « Bailleur »" in (await staff.get(f"/commissions/{scene.call.id}")).text
        await rankings.rank(db, scene.city.actor, scene.call)
    assert len(await ranks(db)) == 1


@pytest.mark.parametrize("weights", [{}, {"city_ess": 2, "urban_policy": 1, "landlord": 1}])
@pytest.mark.parametrize("rule", ["mean", "median", "trimmed_mean"])
async def test_marks_counted_by_the_database_give_the_score_of_the_marks(db: Any, rule: str, weights: Any) -> None:
    scene = await make.ready(db, files=3, jurors=4, rules=Rules(college_weights=weights), score_rule=rule)
    for juror, values in enumerate([(4, 2, 1, 5), (3, 3, 0, 1), (5, 5, 4)]):
        for file in range(3):
            await make.score(db, scene, juror, file, *values[file:])
    await make.score(db, scene, 3, 0, 0)
    with make.afterwards():
        await sheets.abstain(db, scene.jurors[3].actor, scene.call, scene.seats[3], scene.files[1].id, "Trop proche.")
        await declarations.declare(
            db,
            scene.jurors[0].actor,
            scene.call,
            scene.seats[0],
            {scene.files[2].id: Link("other", "Ma sœur y travaille.")},
        )
        panel = (await db.execute(select(Panel).where(Panel.call_id == scene.call.id))).scalar_one()
        board = await boards.load(db, scene.call, panel, seen=true())
        with pytest.raises(LookupError):
            _ = board.sheets
        read = await boards.with_marks(db, board)
    assert [len(sheet.jurors) for sheet in read.sheets.values()] == [4, 3, 3]
    assert board.scores == {key: scoring.score(sheet, board.grid) for key, sheet in read.sheets.items()}
