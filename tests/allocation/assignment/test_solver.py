"""The engine against exhaustive search and against the published rule, on random small calls."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.assignment.check import check
from allocation.assignment.counterfactual import changed
from allocation.assignment.fairness import exceptions
from allocation.assignment.generate import generate
from allocation.assignment.instance import compile_problem, recompile
from allocation.assignment.optimum import METHODS
from allocation.assignment.problem import InvalidProblem, NoSolution, canonical, parse
from allocation.assignment.rules import hard_rules, no_envy
from allocation.assignment.solver import solve
from allocation.assignment.starts import claims
from tests.allocation.assignment.instances import calls, placements, value


def solved(document: dict[str, Any], method: str = "fair", changes: bool = False) -> dict[str, Any] | None:
    """The result, or None when the drawn rules exclude one another."""
    try:
        return solve(parse(document), method, changes=changes)
    except InvalidProblem:
        return None


@pytest.mark.parametrize("method", ["fair", "total"])
@given(document=calls())
@settings(max_examples=100, deadline=None)
def test_agrees_with_exhaustive_search(method: str, document: dict[str, Any]) -> None:
    try:
        instance = compile_problem(parse(document))
    except InvalidProblem:
        return
    best = min((value(instance, place, method) for place in placements(instance)), default=None)
    if best is None:
        with pytest.raises(NoSolution):
            METHODS[method](instance, 60)
    else:
        assert value(instance, METHODS[method](instance, 60).place, method) == best


@pytest.mark.parametrize("method", ["fair", "merit", "total"])
@given(document=calls(most=7))
@settings(max_examples=80, deadline=None)
def test_the_independent_checker_agrees(method: str, document: dict[str, Any]) -> None:
    result = solved(document, method)
    assert result is None or check(document, result) == []


@given(document=calls(most=7), random=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_changes_nothing(document: dict[str, Any], random: Any) -> None:
    before = solved(document)
    for rows in document.values():
        if isinstance(rows, list):
            random.shuffle(rows)
    for application in document["applications"]:
        for tier in application["wishes"]:
            random.shuffle(tier)
    assert json.dumps(solved(document)) == json.dumps(before)


@given(document=calls())
@settings(max_examples=100, deadline=None)
def test_the_canonical_document_is_the_same_problem(document: dict[str, Any]) -> None:
    spelled = canonical(document)
    assert canonical(json.loads(spelled)) == spelled
    assert parse(json.loads(spelled)) == parse(document)


def test_no_quota_no_exception_and_the_same_bytes_twice() -> None:
    document = generate(120, 25)
    first, second = (solve(parse(document), changes=False) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    assert first["status"] == "optimal"
    assert first["exceptions"] == []
    assert len(first["placements"]) > 100
    assert check(document, first) == []


def test_a_lock_on_a_low_score_is_an_exception_that_names_it() -> None:
    document = {
        "lots": [{"id": "A", "area": 50}],
        "applications": [
            {"id": "C-1", "wishes": ["A"], "area": 40, "scores": 80},
            {"id": "C-2", "wishes": ["A"], "area": 40, "scores": 60},
        ],
        "locks": [{"application": "C-2", "lot": "A", "kind": "must", "motive": "engagement antérieur"}],
    }
    result = solve(parse(document))
    assert result["exceptions"] == [{"application": "C-1", "lot": "A", "because": "lock:C-2"}]
    assert result["unplaced"][0]["reasons"][0]["because"] == "lock:C-2"
    assert check(document, result) == []


def test_a_quota_that_displaces_a_better_score_is_named() -> None:
    document = {
        "lots": [{"id": "A", "area": 50}],
        "applications": [
            {"id": "C-1", "wishes": ["A"], "area": 40, "scores": 80},
            {"id": "C-2", "neighbourhood": True, "wishes": ["A"], "area": 40, "scores": 60},
        ],
        "quotas": [{"name": "réserve", "kind": "awards", "group": "neighbourhood", "at_least": 1}],
    }
    result = solve(parse(document))
    assert [line["application"] for line in result["placements"]] == ["C-2"]
    assert result["exceptions"] == [{"application": "C-1", "lot": "A", "because": "quota:réserve"}]
    assert check(document, result) == []


def test_rules_that_exclude_each_other_are_told_in_french() -> None:
    document = {
        "lots": [{"id": "A", "area": 50}],
        "applications": [{"id": "C-1", "wishes": ["A"], "area": 40, "scores": 80}],
        "quotas": [{"name": "réserve", "kind": "awards", "group": "neighbourhood", "at_least": 1}],
    }
    with pytest.raises(NoSolution, match="Aucune répartition ne respecte"):
        solve(parse(document))


def test_variable_areas_fill_the_room_left_best_rank_first() -> None:
    document = {
        "lots": [{"id": "A", "area": 100}],
        "applications": [
            {"id": "C-1", "wishes": ["A"], "area": {"min": 30, "max": 55}, "scores": 60},
            {"id": "C-2", "wishes": ["A"], "area": {"A": {"min": 30, "max": 60}}, "scores": 80},
        ],
    }
    result = solve(parse(document))
    assert {line["application"]: line["area"] for line in result["placements"]} == {"C-1": 40, "C-2": 60}
    assert check(document, result) == []


def test_a_limit_too_short_is_said_and_still_keeps_every_rule() -> None:
    document = generate(120, 25)
    result = solve(parse(document), "total", 0.05, changes=False)
    assert result["status"] == "feasible"
    assert 0 < result["gap"] <= 1
    assert check(document, result) == []


def test_a_tight_quota_is_an_honest_answer_and_every_exception_names_it() -> None:
    document = generate(40, 8) | {
        "quotas": [{"name": "seuil", "kind": "area_share", "group": "neighbourhood", "at_least": 0.4}]
    }
    result = solve(parse(document), "fair", 2, changes=False)
    assert (result["status"] == "optimal") == (result["gap"] == 0 and result["unproven"] is None)
    assert result["exceptions"]
    assert {row["because"] for row in result["exceptions"]} == {"quota:seuil"}
    assert check(document, result) == []


def test_many_locks_in_little_time_are_an_honest_answer() -> None:
    document = generate(120, 25)
    weakest = sorted(document["applications"], key=lambda row: max(row["scores"].values()))[:4]
    document["locks"] = [
        {"application": row["id"], "lot": row["wishes"][0][0], "kind": "must", "motive": "vote"} for row in weakest
    ]
    result = solve(parse(document), "fair", 1, changes=False)
    assert check(document, result) == []
    assert (result["status"] == "optimal") == (result["unproven"] is None)
    assert len(result["exceptions"]) < 12


@pytest.mark.parametrize("method", ["fair", "merit", "total"])
def test_locks_that_overfill_a_lot_are_refused_by_every_method(method: str) -> None:
    rows = [{"id": id, "wishes": ["A"], "area": 40, "scores": 80} for id in ("C-1", "C-2")]
    locks = [{"application": row["id"], "lot": "A", "kind": "must", "motive": "vote"} for row in rows]
    with pytest.raises(NoSolution, match="levez un verrou"):
        solve(parse({"lots": [{"id": "A", "area": 50}], "applications": rows, "locks": locks}), method)


def test_a_start_among_the_claims_a_lock_bites_keeps_exceptions_few() -> None:
    """One line imposed on a crowded lot, one common score: without that start, dozens were passed over for nothing."""
    document = generate(120, 25)
    for row in document["applications"]:
        row["scores"] = dict.fromkeys(row["scores"], next(iter(row["scores"].values())))
    document["tie_break"] = {"rule": "draw", "seed": "x"}
    weakest = min(document["applications"], key=lambda row: max(row["scores"].values()))
    lot = weakest["wishes"][0][0]
    document["locks"] = [{"application": weakest["id"], "lot": lot, "kind": "must", "motive": "vote"}]
    result = solve(parse(document), "fair", 6, changes=False)
    assert check(document, result) == []
    assert 1 <= len(result["exceptions"]) <= 5


def test_a_start_fits_the_program_whatever_the_half_days() -> None:
    """The columns that stand for a full half-day are computed from the placement, so no known placement is lost."""
    document = generate(12, 3, wishes=3) | {"max_awards_per_organisation": 1}
    for n, row in enumerate(document["applications"]):
        row["slots"] = [None, ["mon-am", "tue-am"], ["tue-am", "wed-am"]][n % 3]
        row["organisation"] = f"O-{n % 5}"
    instance = compile_problem(parse(document))
    place = METHODS["merit"](instance, 1).place
    rules = hard_rules(instance)
    no_envy(rules, claims(instance))
    start = rules.start(place)
    assert start is not None
    assert rules.helpers
    assert rules.program.accepts(start)
    assert sum(start[column] for column in rules.v.values()) == len(exceptions(instance, place))


@given(document=calls(most=7), data=st.data())
@settings(max_examples=100, deadline=None)
def test_one_figure_changed_is_the_same_call_compiled_again(document: dict[str, Any], data: st.DataObject) -> None:
    try:
        instance = compile_problem(parse(document))
    except InvalidProblem:
        return
    alone = [unit for unit in instance.units if len(unit.members) == 1 and unit.pairs]
    if not alone:
        return
    unit = data.draw(st.sampled_from(alone))
    lot = instance.lots[data.draw(st.sampled_from(list(unit.pairs)))].id
    figure: Any = data.draw(st.sampled_from(({"area": 900}, {"score": 6500}, {"score": 8000})))
    problem = changed(instance.problem, unit.members[0], lot, **figure)
    quick, slow = recompile(instance, problem, unit.members[0]), compile_problem(problem)
    for name in ("units", "quotas", "hostile", "ties", "at", "unit_of", "lot_index", "by_organisation", "applications"):
        assert getattr(quick, name) == getattr(slow, name), name
