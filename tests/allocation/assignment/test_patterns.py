"""The bound by whole lots never exceeds what the call can do, and a start made better stays a placement."""

from typing import Any

import pytest
from hypothesis import given, settings

from allocation.assignment.check import check
from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.generate import with_rules
from allocation.assignment.improving import improve
from allocation.assignment.instance import Instance, compile_problem
from allocation.assignment.narrowing import narrow
from allocation.assignment.patterns import Master, Relaxation, expected
from allocation.assignment.problem import InvalidProblem, parse
from allocation.assignment.program import Clock
from allocation.assignment.rules import hard_rules, no_envy
from allocation.assignment.solver import solve
from allocation.assignment.starts import best_start, claims, worth
from tests.allocation.assignment.instances import calls, placements


def relaxed(instance: Instance) -> Relaxation:
    return Master(instance, narrow(instance, claims(instance)), claims(instance), Clock(60)).relax()


@given(document=calls())
@settings(max_examples=120, deadline=None)
def test_the_bound_is_never_above_the_fewest_exceptions_of_all_placements(document: dict[str, Any]) -> None:
    try:
        instance = compile_problem(parse(document))
    except InvalidProblem:
        return
    found = [len(exceptions(instance, place)) for place in placements(instance)]
    if not found or narrow(instance, claims(instance)).impossible or expected(instance) > 60:
        return
    least, bound = min(found), relaxed(instance)
    assert bound.least <= least
    # And a claim that the prices hold to be too dear is in no placement with so few exceptions.
    allowed = bound.affordable(least, claims(instance))
    for place in placements(instance):
        envious = exceptions(instance, place)
        assert len(envious) > least or set(envious) <= allowed


@pytest.mark.parametrize("seed", [1, 3, 5, 6, 7])
def test_the_bound_by_whole_lots_is_at_least_that_of_the_plain_relaxation(seed: int) -> None:
    instance = compile_problem(parse(with_rules(14, 3, seed, share=0.5, locks=2, rank=0.5)))
    state = narrow(instance, claims(instance))
    if state.impossible:
        return
    rules = hard_rules(instance)
    no_envy(rules, claims(instance))
    answer = rules.program.minimise(dict.fromkeys(rules.v.values(), 1), 60)
    assert answer.status in ("optimal", "infeasible")
    if answer.status == "optimal":
        assert relaxed(instance).least <= round(answer.bound)


def test_a_tight_quota_is_bounded_far_above_one() -> None:
    """Where the plain relaxation proves two or three exceptions after twenty seconds of search."""
    instance = compile_problem(parse(with_rules(40, 8, 5, share=0.4, locks=3)))
    assert relaxed(instance).least >= 9


def test_a_start_is_made_better_and_stays_a_placement() -> None:
    instance = compile_problem(parse(with_rules(40, 8, 1, share=0.4, locks=3)))
    start = best_start(instance)
    assert start is not None
    better = improve(instance, start, Clock(4))
    assert broken(instance, better) == []
    assert worth(instance, better) < worth(instance, start)
    assert improve(instance, better, Clock(0)) == better


def test_an_unproven_answer_says_how_far_it_may_be_and_the_checker_agrees() -> None:
    document = with_rules(40, 8, 2, share=0.4, locks=3)
    result = solve(parse(document), "fair", 6, changes=False)
    assert check(document, result) == []
    assert (result["status"], result["unproven"]) == ("feasible", "exceptions")
    assert 0 < result["gap"] < 1
    assert len(result["exceptions"]) <= 12
