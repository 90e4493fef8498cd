"""A good placement to start from when exceptions cannot be avoided, and to fall back on when time runs out.

For a quota on a group: deferred acceptance on scores shifted for that group, a little, then more, until the quota holds,
or until it does once those it does not serve are thinned out.
Each candidate is judged on the true scores: hard rules first, then the fewest exceptions, then the points.
"""

from collections.abc import Iterator
from dataclasses import replace

from allocation.assignment.deferred import deferred_acceptance
from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.instance import Instance, Place, compile_problem
from allocation.assignment.merit import by_merit
from allocation.assignment.narrowing import Pair
from allocation.assignment.problem import Problem

THINNED = (200, 800, 10_000)  # the shifts whose placement is then thinned out,
CANDIDATES = 6  # lowest-scored placements weighed at each step,
MANY = 200  # … up to this many applications: weighing takes seconds above, so the lowest-scored goes
SHIFTS = (50, 100, 200, 300, 400, 600, 800, 1200, 1600, 2400, 4000, 10_000)  # hundredths of a point


def best_start(instance: Instance) -> dict[int, int] | None:
    """None when no quick placement keeps the hard rules."""
    valid = [place for place in _candidates(instance) if not broken(instance, place)]
    return min(valid, key=lambda place: worth(instance, place), default=None)


def worth(instance: Instance, place: Place) -> tuple[int, int]:
    """The first two objectives, smaller is better: exceptions, then minus the points."""
    points = sum(instance.units[unit].pairs[lot].points for unit, lot in place.items())
    return len(exceptions(instance, place)), -points


def claims(instance: Instance) -> set[Pair]:
    """Every pair that could be an exception: a lock decides for its own application."""
    return {(index, lot) for index, unit in enumerate(instance.units) if unit.locked is None for lot in unit.pairs}


def suspects(instance: Instance) -> set[Pair]:
    """Claims that the locks and quotas are likeliest to cost: those on a lot where a line is imposed, and for each quota
    on a group those of the side it does not serve. All of them when no rule points anywhere."""
    held = {unit.locked for unit in instance.units if unit.locked is not None}
    every = claims(instance)
    found = {(index, lot) for index, lot in every if lot in held}
    for quota in instance.problem.quotas:
        if quota.group is None:
            return every
        served = quota.at_least is not None
        for index, lot in every:
            inside = any(quota.group in instance.applications[id].groups for id in instance.units[index].members)
            if inside != served:
                found.add((index, lot))
    return found or every


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
            if shift in THINNED:
                yield _thinned(instance, place, quota.group, towards > 0)


def _thinned(instance: Instance, place: dict[int, int], group: str, served: bool) -> dict[int, int]:
    """The placement without enough of those the quota does not serve for it to hold, those that cost least first."""
    kept = dict(place)
    while kept and any(name.startswith("quota:") for name in broken(instance, kept)):
        others = [
            unit
            for unit, lot in kept.items()
            if instance.units[unit].locked is None
            and any((group in instance.applications[id].groups) != served for id in instance.units[unit].members)
        ]
        others.sort(key=lambda unit: (instance.units[unit].pairs[kept[unit]].points, unit))
        if not others:
            break
        if len(instance.units) > MANY:
            del kept[others[0]]
            continue
        trials = [{u: lot for u, lot in kept.items() if u != unit} for unit in others[:CANDIDATES]]
        kept = min(trials, key=lambda trial: worth(instance, trial))
    return kept


def _shifted(problem: Problem, group: str, shift: int) -> Problem:
    """The same call with `shift` added to every score of the group's applications."""
    return replace(
        problem,
        applications=tuple(
            replace(a, scores={lot: score + shift for lot, score in a.scores.items()}) if group in a.groups else a
            for a in problem.applications
        ),
    )
