"""The proof of how few exceptions there can be, against the plain program on calls small enough for it."""

import pytest

from allocation.assignment.conflicts import Bound, Finder, fewest, forced
from allocation.assignment.fairness import exceptions
from allocation.assignment.generate import with_rules
from allocation.assignment.instance import Instance, compile_problem
from allocation.assignment.optimum import fair
from allocation.assignment.problem import NoSolution, parse
from allocation.assignment.program import Clock
from allocation.assignment.rules import hard_rules, no_envy
from allocation.assignment.starts import claims


def tight(seed: int) -> Instance:
    """A call with the weakest lines imposed together and a floor for the neighbourhood."""
    return compile_problem(parse(with_rules(14, 3, seed, share=0.4, locks=3, rank=1)))


def by_plain_program(instance: Instance) -> int:
    rules = hard_rules(instance)
    no_envy(rules, claims(instance))
    answer = rules.program.minimise(dict.fromkeys(rules.v.values(), 1), 60)
    assert answer.status == "optimal"
    return round(answer.bound)


@pytest.mark.parametrize("seed", [3, 6, 7, 10, 15])
def test_the_fewest_exceptions_are_those_of_the_plain_program(seed: int) -> None:
    instance = tight(seed)
    outcome = fair(instance, 60)
    assert (outcome.unproven, len(exceptions(instance, outcome.place))) == (None, by_plain_program(instance))


@pytest.mark.parametrize("seed", [3, 10])
def test_a_conflict_is_one_and_can_spare_none_of_its_claims(seed: int) -> None:
    instance = tight(seed)
    least = by_plain_program(instance)
    bound = fewest(instance, least, Clock(60))
    assert (bound.least, len(bound.apart()) <= least, bool(bound.conflicts)) == (least, True, True)
    finder = Finder(instance, Clock(60))
    for conflict in bound.conflicts:
        assert finder.ask(conflict) is False
        assert all(isinstance(finder.ask(conflict - {claim}), dict) for claim in conflict)


def test_rules_that_exclude_each_other_blame_no_claim() -> None:
    bound = fewest(tight(2), 10, Clock(60))
    assert (bound.least, bound.conflicts, bound.place) == (1, [], None)
    with pytest.raises(NoSolution):
        fair(tight(2), 60)


def test_claims_outside_as_many_separate_conflicts_are_honoured() -> None:
    one, other, crossing = frozenset({(1, 1), (2, 1)}), frozenset({(3, 2)}), frozenset({(1, 1), (3, 2)})
    bound = Bound(2, [crossing, one, other])
    assert (forced(bound, 2), forced(bound, 3)) == (one | other, None)
