"""A good placement to start from when exceptions cannot be avoided, and to fall back on when time runs out.

For a quota on a group: deferred acceptance on scores shifted for that group, a little, then more, until the quota holds.
Each candidate is judged on the true scores: hard rules first, then the fewest exceptions, then the points.
"""

from collections.abc import Iterator
from dataclasses import replace

from allocation.assignment.deferred import deferred_acceptance
from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.instance import Instance, compile_problem
from allocation.assignment.merit import by_merit
from allocation.assignment.problem import Problem

SHIFTS = (50, 100, 200, 300, 400, 600, 800, 1200, 1600, 2400, 4000, 10_000)  # hundredths of a point


def best_start(instance: Instance) -> dict[int, int] | None:
    """None when no quick placement keeps the hard rules."""
    valid = [place for place in _candidates(instance) if not broken(instance, place)]
    return min(valid, key=lambda place: _merit_of(instance, place), default=None)


def _merit_of(instance: Instance, place: dict[int, int]) -> tuple[int, int]:
    points = sum(instance.units[unit].pairs[lot].points for unit, lot in place.items())
    return len(exceptions(instance, place)), -points


def _candidates(instance: Instance) -> Iterator[dict[int, int]]:
    yield deferred_acceptance(instance)
    yield by_merit(instance)
    for quota in instance.problem.quotas:
        if quota.group is None:
            continue
        for shift in SHIFTS:
            towards = shift if quota.at_least is not None else -shift
            shifted = compile_problem(_shifted(instance.problem, quota.group, towards))
            place = deferred_acceptance(shifted)
            yield place
            if not broken(instance, place):
                break


def _shifted(problem: Problem, group: str, shift: int) -> Problem:
    """The same call with `shift` added to every score of the group's applications."""
    return replace(
        problem,
        applications=tuple(
            replace(a, scores={lot: score + shift for lot, score in a.scores.items()}) if group in a.groups else a
            for a in problem.applications
        ),
    )
