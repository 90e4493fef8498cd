"""Which published rule forces an exception: the quota or the lock that the page and the letter must name."""

from dataclasses import replace
from functools import lru_cache

from allocation.assignment.fairness import fits
from allocation.assignment.instance import Instance, Place, compile_problem
from allocation.assignment.problem import Problem

UNAVOIDABLE = "sizes"  # no lock, no quota: the areas alone leave no arrangement without an exception


def because(instance: Instance, place: Place, unit: int, lot: int) -> str:
    """ "lock:<application>", "quota:<name>" or "sizes".

    First the plain case: give the unit its place, sending away the lowest-scored it is entitled to displace; a lock that
    stands in the way, or a quota that would then be broken, is the cause. Otherwise the cause is further
    off: the rules that force an exception when they are the only ones are looked for.
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
    return _forced(instance, lot)


@lru_cache(maxsize=16)
def forcing(instance: Instance) -> tuple[tuple[str, int | None], ...]:
    """(cause, lot of the lock) of each rule that, alone, already leaves no arrangement without an exception.

    When the rules only do so jointly, all of them. Empty when the areas alone are to blame.
    """
    from allocation.assignment.optimum import avoidable  # the optimum does not need the causes

    problem = instance.problem
    bare = replace(problem, quotas=(), locks=tuple(lock for lock in problem.locks if lock.kind == "never"))
    rules = [
        (f"lock:{lock.application}", instance.lot_index[lock.lot], replace(bare, locks=(*bare.locks, lock)))
        for lock in problem.locks
        if lock.kind == "must"
    ]
    quotas = [(f"quota:{quota.name}", None, replace(bare, quotas=(quota,))) for quota in problem.quotas]
    everything: list[tuple[str, int | None, Problem]] = [*rules, *quotas]
    if not avoidable(compile_problem(bare)):
        return ()
    alone = [(name, lot) for name, lot, milder in everything if not avoidable(compile_problem(milder))]
    return tuple(alone or [(name, lot) for name, lot, _ in everything])


def _forced(instance: Instance, lot: int) -> str:
    """A rule on this very lot first, else the first rule that forces an exception."""
    rules = forcing(instance)
    return next((name for name, where in rules if where == lot), rules[0][0] if rules else UNAVOIDABLE)
