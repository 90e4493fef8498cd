"""Which published rule forces an exception: the quota or the lock that the page and the letter must name."""

from dataclasses import replace

from allocation.assignment.fairness import exceptions, fits
from allocation.assignment.instance import Instance, Place, compile_problem
from allocation.assignment.problem import NoSolution, Problem

UNAVOIDABLE = "sizes"  # no lock, no quota: the areas alone leave no arrangement without an exception
SECONDS = 60.0


def because(instance: Instance, place: Place, unit: int, lot: int) -> str:
    """ "lock:<application>", "quota:<name>" or "sizes".

    First the plain case: give the unit its place, sending away the lowest-scored it is entitled to displace; a lock that
    stands in the way, or a quota that would then be broken, is the cause. Otherwise the cause is further
    off: rules are lifted one by one and the first whose absence removes the exception is named.
    """
    trial, above = dict(place), set(instance.above(unit, lot))
    trial.pop(unit, None)
    lower = [other for other in reversed(instance.at[lot]) if trial.get(other) == lot and other not in above]
    for other in sorted(lower, key=lambda other: instance.units[other].locked is not None):
        if fits(instance, trial, unit, lot):
            break
        if instance.units[other].locked is not None:
            return f"lock:{instance.units[other].members[0]}"
        del trial[other]
    trial[unit] = lot
    for quota in instance.quotas:
        if not quota.holds(trial):
            return f"quota:{quota.name}"
    return _lifted(instance, unit, lot)


def _lifted(instance: Instance, unit: int, lot: int) -> str:
    problem = instance.problem
    without: list[tuple[str, Problem]] = [
        (f"quota:{quota.name}", replace(problem, quotas=tuple(q for q in problem.quotas if q is not quota)))
        for quota in problem.quotas
    ]
    without += [
        (
            f"lock:{lock.application}",
            replace(problem, locks=tuple(other for other in problem.locks if other is not lock)),
        )
        for lock in problem.locks
    ]
    names = instance.units[unit].members
    for name, milder in without:
        if names not in [members for members, where in _exceptions(milder) if where == lot]:
            return name
    return UNAVOIDABLE


def _exceptions(problem: Problem) -> list[tuple[tuple[str, ...], int]]:
    from allocation.assignment.optimum import fair  # the optimum does not need the causes

    instance = compile_problem(problem)
    try:
        place = fair(instance, SECONDS).place
    except NoSolution:
        return []
    return [(instance.units[unit].members, lot) for unit, lot in exceptions(instance, place)]
