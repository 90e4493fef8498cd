"""Lexicographic optima: fewest exceptions, then points, then wishes, then empty area, then one draw among equals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite

from allocation.assignment.deferred import deferred_acceptance
from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.instance import Instance, Place
from allocation.assignment.merit import by_merit
from allocation.assignment.problem import NoSolution
from allocation.assignment.program import Answer
from allocation.assignment.rules import Pair, Rules, hard_rules, no_envy

EXCLUSIVE = (
    "Aucune répartition ne respecte à la fois les verrous, les quotas et les incompatibilités : "
    "assouplissez un quota ou levez un verrou."
)
TOO_SHORT = (
    "Aucune répartition n’a été trouvée dans le temps imparti : allongez la limite de temps ou assouplissez un quota."
)


@dataclass
class Outcome:
    """A placement, which objective was the last to be proven best, and how far the next one might still be."""

    place: dict[int, int]
    unproven: str | None = None  # None: everything is proven
    gap: float = 0.0


@dataclass
class Clock:
    """Seconds left, counted by the solver itself: the pure modules read no clock."""

    left: float
    spent: float = field(default=0.0)

    def charge(self, answer: Answer) -> Answer:
        self.left -= answer.seconds
        self.spent += answer.seconds
        return answer


def fair(instance: Instance, time_limit: float) -> Outcome:
    """The no-envy optimum. Zero exceptions is tried first: the program is far smaller without their columns."""
    clock = Clock(time_limit)
    quick = deferred_acceptance(instance)
    if broken(instance, quick):
        quick = by_merit(instance)
    rules = hard_rules(instance)
    no_envy(rules, exceptions=False)
    start = _valid(rules, rules.start(quick)) if not exceptions(instance, quick) else None
    answer = clock.charge(rules.program.minimise(_points(rules), clock.left, start))
    if answer.status == "infeasible":
        return _with_exceptions(instance, clock, quick)
    if answer.values is None:
        return _fallback(instance, quick)
    if answer.status == "feasible":
        return Outcome(rules.place(answer.values), "score", _gap(answer, _cost(_points(rules), answer.values)))
    return _refine(rules, answer.values, clock)


def total(instance: Instance, time_limit: float) -> Outcome:
    """Most points under the hard rules, envy ignored: offered for comparison only."""
    clock = Clock(time_limit)
    rules = hard_rules(instance)
    answer = clock.charge(rules.program.minimise(_points(rules), clock.left))
    if answer.status == "infeasible":
        raise NoSolution(EXCLUSIVE)
    if answer.values is None:
        return _fallback(instance, by_merit(instance))
    if answer.status == "feasible":
        return Outcome(rules.place(answer.values), "score", _gap(answer, _cost(_points(rules), answer.values)))
    return _refine(rules, answer.values, clock)


def merit(instance: Instance, time_limit: float) -> Outcome:
    """The queue; nothing is optimised, hence nothing is left to prove."""
    return Outcome(by_merit(instance))


METHODS: dict[str, Callable[[Instance, float], Outcome]] = {"fair": fair, "merit": merit, "total": total}


def _with_exceptions(instance: Instance, clock: Clock, quick: Place) -> Outcome:
    """Some exception is forced: find the fewest, forbid more, and go on with the points."""
    rules = hard_rules(instance)
    no_envy(rules, exceptions=True)
    count = dict.fromkeys(rules.v.values(), 1)
    start = rules.start(quick)
    if start is not None:
        for pair in exceptions(instance, quick):
            start[rules.v[pair]] = 1
    rules.program.add(count, low=1)  # proven: zero is impossible
    answer = clock.charge(rules.program.minimise(count, clock.left, _valid(rules, start)))
    if answer.status == "infeasible":
        raise NoSolution(EXCLUSIVE)
    if answer.values is None:
        return _fallback(instance, quick)
    fewest = _cost(count, answer.values)
    if answer.status == "feasible":
        return Outcome(rules.place(answer.values), "exceptions", _gap(answer, fewest))
    rules.program.add(count, high=fewest)
    points = _points(rules)
    better = clock.charge(rules.program.minimise(points, clock.left, answer.values))
    if better.status != "optimal" or better.values is None:
        values = better.values or answer.values
        return Outcome(rules.place(values), "score", _gap(better, _cost(points, values)))
    return _refine(rules, better.values, clock)


def _refine(rules: Rules, values: tuple[int, ...], clock: Clock) -> Outcome:
    """Keep the points just proven, then improve wishes, empty area and the draw, each keeping the ones before."""
    program = rules.program
    program.add(_points(rules), high=_cost(_points(rules), values))
    for name, costs in (("wishes", _wishes(rules)), ("empty_area", _empty(rules)), ("draw", _draw(rules))):
        answer = clock.charge(program.minimise(costs, clock.left, values))
        if answer.status != "optimal" or answer.values is None:
            values = answer.values or values
            return Outcome(rules.place(values), name, _gap(answer, _cost(costs, values)))
        values = answer.values
        program.add(costs, high=_cost(costs, values))
    return Outcome(rules.place(values))


def _fallback(instance: Instance, quick: Place) -> Outcome:
    """No answer in time: what the quick methods found, if it keeps every hard rule, and no claim about the rest."""
    if broken(instance, quick):
        raise NoSolution(TOO_SHORT)
    return Outcome(dict(quick), "exceptions", 1.0)


def _points(rules: Rules) -> dict[int, int]:
    return {column: -rules.instance.units[u].pairs[lot].points for (u, lot), column in rules.x.items()}


def _wishes(rules: Rules) -> dict[int, int]:
    """Sum of the ranks of the wishes granted, an ungranted application counting one more than the longest list."""
    return {column: _wish_gain(rules.instance, pair) for pair, column in rules.x.items()}


def _wish_gain(instance: Instance, pair: Pair) -> int:
    unit = instance.units[pair[0]]
    return (unit.pairs[pair[1]].tier - longest_list(instance)) * len(unit.members)


def longest_list(instance: Instance) -> int:
    """Rank that an ungranted application counts for."""
    return 1 + max((len(application.tiers) for application in instance.problem.applications), default=0)


def _empty(rules: Rules) -> dict[int, int]:
    return {column: -rules.instance.units[u].pairs[lot].use for (u, lot), column in rules.x.items()}


def _draw(rules: Rules) -> dict[int, int]:
    """One number per pair, from its name (and the seed): two machines that tie on everything still agree."""
    tie_break = rules.instance.problem.tie_break
    seed = (tie_break.seed if tie_break is not None else None) or ""
    costs = {}
    for (u, lot), column in rules.x.items():
        name = f"{seed}\n{rules.instance.units[u].members[0]}\n{rules.instance.lots[lot].id}"
        costs[column] = int(sha256(name.encode()).hexdigest()[:5], 16)
    return costs


def _cost(costs: dict[int, int], values: tuple[int, ...]) -> int:
    return sum(cost for column, cost in costs.items() if values[column])


def _gap(answer: Answer, cost: int) -> float:
    """Relative distance to the bound, rounded up; 1 when nothing is known."""
    if not isfinite(answer.bound):
        return 1.0
    return min(1.0, -(-int(10_000 * max(0.0, cost - answer.bound)) // max(1, abs(cost))) / 10_000)


def _valid(rules: Rules, start: list[int] | None) -> list[int] | None:
    return start if start is not None and rules.program.accepts(start) else None
