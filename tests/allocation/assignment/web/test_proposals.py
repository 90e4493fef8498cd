"""Proposals and the panel's hand on them, on real rows."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from allocation.assignment import inputs, locks, proposals, queries
from allocation.assignment.check import check
from allocation.assignment.models import Lock, Proposal
from allocation.assignment.problem import canonical
from allocation.selection.models import Panel, Recusal, Seat
from calls import draw
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from premises.models import Occupancy
from tests import make
from tests.allocation.assignment.web import make as scene


def placed(proposal: Proposal) -> dict[str, str]:
    return {line["application"]: line["lot"] for line in json.loads(proposal.result)["placements"]}


def unplaced(proposal: Proposal) -> dict[str, Any]:
    return {line["application"]: line for line in json.loads(proposal.result)["unplaced"]}


async def actions(db: Any, call: Any) -> list[str]:
    found = await db.execute(
        select(JournalEntry.action).where(JournalEntry.chain == call.chain).order_by(JournalEntry.number)
    )
    return list(found.scalars())


async def test_the_document_holds_the_frozen_data_and_only_it(db: Any) -> None:
    ranked = await scene.maurepas(db, neighbourhood_share=Decimal("0.25"), tie_break="draw", draw_seed="graine")
    found = await inputs.gather(db, ranked.call)
    document = found.document
    assert [lot["area"] for lot in document["lots"]] == ["120", "172"]
    assert [row["id"] for row in document["applications"]] == ["C-01", "C-02", "C-03", "C-04", "C-05", "C-06"]
    first = document["applications"][0]
    assert first["wishes"] == [["B"], ["A"]]
    assert first["area"] == {"A": "80", "B": "80"}
    assert first["scores"] == {"A": "88.2", "B": "88.2"}
    assert document["quotas"] == [
        {"name": "seuil quartier", "kind": "area_share", "group": "neighbourhood", "at_least": "0.25"}
    ]
    assert document["tie_break"]["seed"] == "graine"
    assert document["ineligible"] == []
    assert found.keys["applications"]["C-01"] == ranked.applications["La Belle Boîte"].id


async def test_equal_scores_stand_as_the_ranking_left_them(db: Any) -> None:
    """Whatever the seed would draw, the assignment follows the ranks that the letters quote."""
    ranked = await scene.call(db, tie_break="draw", draw_seed="graine")
    for name in ("Un", "Deux", "Trois", "Quatre"):
        await scene.application(db, ranked, name, score="80", area=120, wishes="A")
    ties = (await inputs.gather(db, ranked.call)).document["tie_break"]
    drawn = draw.order("graine", ["C-01", "C-02", "C-03", "C-04"])
    assert drawn != ["C-01", "C-02", "C-03", "C-04"]
    assert ties == {"rule": "order", "order": ["C-01", "C-02", "C-03", "C-04"]}
    for row in (await db.execute(queries.standing_applications(ranked.call.id))).all():
        row.RankedScore.rank = drawn.index(row.Application.label) + 1
    await db.flush()
    ties = (await inputs.gather(db, ranked.call)).document["tie_break"]
    assert ties == {"rule": "draw", "seed": "graine", "commitment": draw.commit("graine")}


async def test_a_lot_that_cannot_suit_is_closed_with_its_reason(db: Any) -> None:
    ranked = await scene.call(db)
    ranked.lots["A"].water = False
    await scene.application(db, ranked, "Recyclerie", score="80", area=60, needs_water=True, erp_type="M")
    found = await inputs.gather(db, ranked.call)
    assert found.document["ineligible"] == [{"application": "C-01", "lot": "A", "reason": "water"}]
    assert found.document["applications"][0]["area"] == {"B": "60"}
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    assert placed(proposal) == {"C-01": "B"}
    assert proposal.findings == ""


async def test_an_occupied_part_is_not_given_twice(db: Any) -> None:
    from datetime import date

    from sqlalchemy.dialects.postgresql import MultiRange, Range

    ranked = await scene.maurepas(db)
    db.add(
        Occupancy(lot_id=ranked.lots["A"].id, during=Range(date(2027, 1, 1), date(2027, 3, 1)), kind="works",
                  part=Range(0, 5000), slots=MultiRange([Range(0, 14)]))
    )  # fmt: skip
    db.add(
        Occupancy(lot_id=ranked.lots["B"].id, during=Range(date(2028, 6, 1), date(2028, 7, 1)), kind="works",
                  part=Range(0, 17200), slots=MultiRange([Range(0, 14)]))
    )  # fmt: skip
    await db.flush()
    found = await inputs.gather(db, ranked.call)
    assert [lot["area"] for lot in found.document["lots"]] == ["70", "172"]


async def test_a_lot_wholly_taken_gives_each_wish_its_reason(db: Any) -> None:
    from datetime import date

    from sqlalchemy.dialects.postgresql import MultiRange, Range

    ranked = await scene.maurepas(db)
    db.add(
        Occupancy(lot_id=ranked.lots["A"].id, during=Range(date(2027, 3, 1), None), kind="demolition",
                  part=Range(0, 12000), slots=MultiRange([Range(0, 14)]))
    )  # fmt: skip
    await db.flush()
    found = await inputs.gather(db, ranked.call)
    wishing = {row["id"] for row in found.document["applications"] if ["A"] in row["wishes"]}
    assert {(row["application"], row["lot"], row["reason"]) for row in found.document["ineligible"]} == {
        (id, "A", "dates") for id in wishing
    }


async def test_half_days_count_only_where_every_wished_lot_is_shared(db: Any) -> None:
    ranked = await scene.call(db)
    for lot in ranked.lots.values():
        lot.shareable = True
    await scene.application(db, ranked, "Matin", score="80", area=120, wishes="A", slots=[0, 2])
    await scene.application(db, ranked, "Après-midi", score="70", area=120, wishes="A", slots=[1, 3])
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    assert placed(proposal) == {"C-01": "A", "C-02": "A"}
    ranked.lots["A"].shareable = False
    await db.flush()
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    assert placed(proposal) == {"C-01": "A"}


async def test_a_run_is_kept_with_its_inputs_and_checked(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    assert (proposal.number, proposal.method, proposal.status, proposal.findings) == (1, "fair", "optimal", "")
    assert placed(proposal) == {"C-01": "B", "C-02": "A", "C-03": "A", "C-04": "B", "C-06": "B"}
    assert list(unplaced(proposal)) == ["C-05"]
    assert canonical(json.loads(proposal.input)).decode() == proposal.input
    assert check(json.loads(proposal.input), json.loads(proposal.result)) == []
    assert await actions(db, ranked.call) == ["proposals.run"]


async def test_the_same_run_twice_is_one_proposal(db: Any) -> None:
    ranked = await scene.maurepas(db)
    first = await proposals.run(db, ranked.actor, ranked.call)
    second = await proposals.run(db, ranked.actor, ranked.call)
    assert first.id == second.id
    assert await actions(db, ranked.call) == ["proposals.run"]


async def test_three_methods_side_by_side(db: Any) -> None:
    ranked = await scene.maurepas(db)
    found = await proposals.compare(db, ranked.actor, ranked.call)
    assert [(p.number, p.method) for p in found] == [(1, "fair"), (2, "merit"), (3, "total")]
    assert len({p.input_sha256 for p in found}) == 1
    assert all(p.findings == "" for p in found if p.method == "fair")


async def test_a_line_fixed_by_hand_stays_and_the_rest_is_computed_again(db: Any) -> None:
    ranked = await scene.maurepas(db)
    await proposals.run(db, ranked.actor, ranked.call)
    proposal = await locks.fix(
        db, ranked.actor, ranked.call, application=ranked.applications["Association Cité Vélo"], lot=ranked.lots["A"],
        motive="Seul atelier de réparation du quartier.",
    )  # fmt: skip
    assert proposal.number == 2
    assert placed(proposal)["C-05"] == "A"
    assert proposal.findings == ""
    line = next(row for row in json.loads(proposal.result)["placements"] if row["application"] == "C-05")
    assert line["locked"] is True
    assert json.loads(proposal.result)["exceptions"] != []
    third = await locks.forbid(
        db, ranked.actor, ranked.call, application=ranked.applications["SEED"], lot=ranked.lots["B"],
        motive="Nuisances sonores établies par la visite.",
    )  # fmt: skip
    assert (third.number, placed(third)["C-05"]) == (3, "A")
    assert "C-04" in unplaced(third)
    assert await actions(db, ranked.call) == ["proposals.run", "proposals.override", "proposals.override"]


async def test_lifting_a_choice_gives_the_line_back(db: Any) -> None:
    ranked = await scene.maurepas(db)
    before = await proposals.run(db, ranked.actor, ranked.call)
    await locks.fix(
        db, ranked.actor, ranked.call, application=ranked.applications["Association Cité Vélo"], lot=ranked.lots["A"],
        motive="Seul atelier de réparation du quartier.",
    )  # fmt: skip
    lock = (await db.execute(queries.locks_in_force(ranked.call.id))).scalar_one()
    after = await locks.lift(
        db, ranked.actor, lock, ranked.call, motive="Le motif ne tient plus : autre atelier ouvert."
    )
    # The data are those of the first run again: so is the proposal.
    assert after.id == before.id
    with pytest.raises(Refused):
        await locks.lift(db, ranked.actor, lock, ranked.call, motive="Encore une fois, pour voir.")
    assert await actions(db, ranked.call) == ["proposals.run", "proposals.override", "proposals.lift"]


@pytest.mark.parametrize("motive", ["", "   ", "trop bref", "  court    "])
async def test_a_hand_made_change_needs_a_motive(db: Any, motive: str) -> None:
    ranked = await scene.maurepas(db)
    with pytest.raises(Refused):
        await locks.fix(
            db, ranked.actor, ranked.call, application=ranked.applications["SEED"], lot=ranked.lots["B"], motive=motive
        )
    assert await db.scalar(select(func.count()).select_from(Lock)) == 0


async def test_a_line_is_fixed_only_on_a_lot_asked_for_that_can_suit(db: Any) -> None:
    ranked = await scene.maurepas(db)
    with pytest.raises(Refused, match="n’a pas demandé"):
        await locks.fix(db, ranked.actor, ranked.call, application=ranked.applications["SEED"], lot=ranked.lots["A"],
                        motive="Un motif bien assez long.")  # fmt: skip
    ranked.lots["B"].erp_types = ["W"]
    ranked.applications["SEED"].erp_type = "M"
    await db.flush()
    with pytest.raises(Refused, match="ERP"):
        await locks.fix(db, ranked.actor, ranked.call, application=ranked.applications["SEED"], lot=ranked.lots["B"],
                        motive="Un motif bien assez long.")  # fmt: skip


async def test_choices_that_exclude_each_other_are_refused_whole(db: Any) -> None:
    ranked = await scene.maurepas(db)
    async with db.begin_nested():
        await locks.fix(db, ranked.actor, ranked.call, application=ranked.applications["Association Cité Vélo"],
                        lot=ranked.lots["A"], motive="Seul atelier de réparation.")  # fmt: skip
    with pytest.raises(Refused):
        async with db.begin_nested():
            await locks.fix(db, ranked.actor, ranked.call, application=ranked.applications["Fou de Coudre"],
                            lot=ranked.lots["A"], motive="Vitrine indispensable au projet.")  # fmt: skip
    assert [lock.application_id for lock in (await db.execute(queries.locks_in_force(ranked.call.id))).scalars()] == [
        ranked.applications["Association Cité Vélo"].id
    ]


async def test_only_the_organiser_s_editors_run_it(db: Any) -> None:
    ranked = await scene.maurepas(db)
    other_agent, other_city = await make.agent(db, "city", "admin")
    applicant = ranked.people["SEED"]
    viewer = make.acting(ranked.agent, ranked.city, role="viewer")
    for actor in (
        make.acting(other_agent, other_city), make.acting(applicant, ranked.organisations["SEED"]), viewer,
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await proposals.run(db, actor, ranked.call)


async def test_nothing_runs_before_the_ranking_is_frozen(db: Any) -> None:
    ranked = await scene.maurepas(db)
    ranked.call.ranked_at = None
    await db.flush()
    with pytest.raises(Refused):
        await proposals.run(db, ranked.actor, ranked.call)


async def test_who_sees_the_board(db: Any) -> None:
    """Two organisers, two applicants, a recused member of staff: before the release, only the call's own staff."""
    one, two = await scene.maurepas(db), await scene.maurepas(db)

    async def seen(actor: Any) -> list[int]:
        return sorted((await db.execute(queries.calls_to_assign_visible_to(actor))).scalars().all(), key=lambda c: c.id)  # type: ignore[no-any-return]

    assert await seen(one.actor) == [one.call]
    assert await seen(two.actor) == [two.call]
    for name in ("SEED", "Resport"):
        assert await seen(make.acting(one.people[name], one.organisations[name])) == []
    both = replace(make.acting(one.agent, one.city, one.organisations["SEED"]))
    assert await seen(both) == []
    panel = Panel(call_id=one.call.id)
    db.add(panel)
    await db.flush()
    seat = Seat(panel_id=panel.id, user_id=one.agent.id, college="city_ess")
    db.add(seat)
    await db.flush()
    recusal = Recusal(
        seat_id=seat.id, application_id=one.applications["SEED"].id, origin="declared", reason="Administrateur"
    )
    db.add(recusal)
    await db.flush()
    assert await seen(one.actor) == []
    one.call.released_at = one.call.ranked_at
    await db.flush()
    assert await seen(one.actor) == [one.call]
