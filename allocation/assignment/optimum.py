"""Lexicographic optima: fewest exceptions, then points, then wishes, then empty area, then one draw among equals."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite

from allocation.assignment.conflicts import Bound, fewest, forced, recorded
from allocation.assignment.fairness import broken
from allocation.assignment.improving import improve
from allocation.assignment.instance import Instance
from allocation.assignment.merit import by_merit
from allocation.assignment.narrowing import Pair, narrow
from allocation.assignment.patterns import Master, expected
from allocation.assignment.problem import NoSolution, OutOfTime
from allocation.assignment.program import Clock
from allocation.assignment.rules import Rules, hard_rules, no_envy
from allocation.assignment.starts import best_start, claims, suspects, worth

EXCLUSIVE = (
    "Aucune répartition ne respecte à la fois les verrous, les quotas et les incompatibilités : "
    "assouplissez un quota ou levez un verrou."
)
TOO_SHORT = (
    "Aucune répartition n’a été trouvée dans le temps imparti : allongez la limite de temps ou assouplissez un quota."
)
SECONDS = 60.0  # for a yes-or-no question asked beside the main one
# Shares of the time left, one after the other, when an exception is forced:
PLAIN = 0.3  # the plain search, when there is a quota
FOCUS = 0.1  # a start whose exceptions lie where a lock or a quota bites
RELAXING = 0.55  # how few exceptions there can be, by whole lots, when that can be told in time
IMPROVING = 0.5  # each start, the best first, made better a few lots at a time
PROOF = 0.4  # how few there can be, by conflicts, when so few are in doubt:
FEW = 2


@dataclass
class Outcome:
    """A placement, which objective was the last to be proven best, and how far the next one might still be."""

    place: dict[int, int]
    unproven: str | None = None  # None: everything is proven
    gap: float = 0.0


def fair(instance: Instance, time_limit: float) -> Outcome:
    """The no-envy optimum. Zero exceptions is tried first: narrowing then decides nearly everything."""
    clock = Clock(time_limit)
    return _without_exception(instance, OBJECTIVES, clock) or with_exceptions(instance, clock)


def avoidable(instance: Instance) -> bool:
    """Is there an arrangement without any exception?"""
    return _without_exception(instance, ("score",), Clock(SECONDS)) is not None


def _without_exception(instance: Instance, objectives: tuple[str, ...], clock: Clock) -> Outcome | None:
    state = narrow(instance)
    if state.impossible:
        return None
    rules = hard_rules(instance, state)
    no_envy(rules)
    return lexicographic(rules, objectives, clock)


def total(instance: Instance, time_limit: float) -> Outcome:
    """Most points under the hard rules, envy ignored: offered for comparison only, so equal totals are not told apart."""
    outcome = lexicographic(hard_rules(instance), ("score",), Clock(time_limit))
    if outcome is None:
        raise NoSolution(EXCLUSIVE)
    return outcome


def merit(instance: Instance, time_limit: float) -> Outcome:
    """The queue; nothing is optimised, hence nothing is left to prove. Only a quota may be missed, never a hard rule."""
    place = by_merit(instance)
    if any(not name.startswith("quota:") for name in broken(instance, place)):
        raise NoSolution(EXCLUSIVE)  # the locks alone overfill a lot or put enemies side by side
    return Outcome(place)


def with_exceptions(instance: Instance, clock: Clock) -> Outcome:
    """Some exception is forced: the fewest first, then the same objectives, from the best placement known."""
    plain = _plain(instance, clock) if instance.quotas else None
    if plain is not None and plain.unproven is None:
        return plain
    found = (plain.place if plain else None, best_start(instance), _focused(instance, clock))
    places = [place for place in found if place is not None] or _any(instance, clock)
    least, waivable, places = _by_patterns(instance, places, clock)
    bound, places = _bounded(instance, places, clock, least)
    best = min(places, key=lambda place: worth(instance, place)) if places else None
    only = None if best is None else forced(bound, worth(instance, best)[0])
    waivable = waivable if only is None else only
    # With only those claims at stake, narrowing decides most of the call, as it does when there is no exception.
    rules = hard_rules(instance, narrow(instance, waivable))
    no_envy(rules, waivable, tight=True)
    for row in recorded(rules.v, bound.conflicts):
        rules.program.add(row, low=1)
    rules.program.add(dict.fromkeys(rules.v.values(), 1), low=bound.least)
    outcome = lexicographic(rules, ("exceptions", *OBJECTIVES), clock, rules.start(best) if best is not None else None)
    if outcome is None:
        raise NoSolution(EXCLUSIVE)
    if outcome.unproven == "exceptions":  # a search cut short may not even know the bound it was given
        outcome.gap = min(outcome.gap, _gap(worth(instance, outcome.place)[0], bound.least))
    return outcome


def _plain(instance: Instance, clock: Clock) -> Outcome | None:
    """The published rule as it stands, with a share of the time: often enough for a quota that costs little, and no answer
    is then worse than it. None when it has none."""
    rules, share = hard_rules(instance), Clock(clock.left * PLAIN)
    no_envy(rules, claims(instance))
    try:
        outcome = lexicographic(rules, ("exceptions", *OBJECTIVES), share)
    except OutOfTime:
        outcome = None
    else:
        if outcome is None:
            raise NoSolution(EXCLUSIVE)
    clock.pay(share.spent)
    return outcome


def _by_patterns(
    instance: Instance, places: list[dict[int, int]], clock: Clock
) -> tuple[int, AbstractSet[Pair], list[dict[int, int]]]:
    """A lower bound on the exceptions, the only claims that may be among them, and the placements known, the best of them
    improved. Quotas are what the relaxation by whole lots is good at; without one it is spared."""
    every: AbstractSet[Pair] = claims(instance)
    least, relaxed = 1, None
    if min((worth(instance, place)[0] for place in places), default=FEW + 1) <= FEW:
        return least, every, places  # the search itself, and conflicts, are quicker
    state, share = narrow(instance, every), Clock(clock.left * RELAXING)
    if instance.quotas and not state.impossible and expected(instance) <= share.left:
        relaxed = Master(instance, state, every, share).relax()
        clock.pay(share.spent)
        least = max(least, relaxed.least)
    for place in sorted(places, key=lambda place: worth(instance, place)):
        share = Clock(clock.left * IMPROVING)
        places.append(improve(instance, place, share, least))
        clock.pay(share.spent)
    if places and relaxed is not None:
        every = relaxed.affordable(min(worth(instance, place)[0] for place in places), every)
    return least, every, places


def _bounded(
    instance: Instance, places: list[dict[int, int]], clock: Clock, least: int
) -> tuple[Bound, list[dict[int, int]]]:  # fmt: skip
    """How few exceptions there can be, and the placements known with the one that proves it. Conflicts are looked for
    where few can settle it."""
    most = min((worth(instance, place)[0] for place in places), default=len(instance.units) * len(instance.lots))
    if most - least > FEW:
        return Bound(least), places
    share = Clock(clock.left * PROOF)
    bound = fewest(instance, most, share)
    clock.pay(share.spent)
    bound.least = max(bound.least, least)
    found = bound.place
    return bound, places if found is None or broken(instance, found) else [*places, found]


def _focused(instance: Instance, clock: Clock) -> dict[int, int] | None:
    """A placement whose exceptions all lie where a lock or a quota bites: every other claim is honoured, so narrowing
    decides most of the call and the search is short. The rule asks for the fewest exceptions anywhere: only a start."""
    bitten = suspects(instance)
    state = narrow(instance, bitten)
    if state.impossible:
        return None
    rules = hard_rules(instance, state)
    no_envy(rules, bitten)
    if rules.program.absurd:
        return None
    share = Clock(clock.left * FOCUS)
    outcome = lexicographic(rules, ("exceptions", "score"), share)
    clock.pay(share.spent)
    place = None if outcome is None else outcome.place
    return None if place is None or broken(instance, place) else place


def _any(instance: Instance, clock: Clock) -> list[dict[int, int]]:
    """Some placement that keeps the hard rules, when no quick method has one: with many points, else any at all."""
    rules = hard_rules(instance)
    for costs in (_points(rules), {}):
        answer = clock.charge(rules.program.minimise(costs, clock.left * FOCUS))
        if answer.status == "infeasible":
            raise NoSolution(EXCLUSIVE)
        if answer.values is not None:
            return [rules.place(answer.values)]
    return []


def lexicographic(
    rules: Rules, objectives: tuple[str, ...], clock: Clock, start: list[int] | None = None
) -> Outcome | None:
    """Best in the first objective, then in the next among those, …; None when the rules exclude each other.

    Parts of the call that share nothing undecided are solved one after the other: every objective is a sum over them.
    """
    if rules.program.absurd:
        return None
    costs = {name: COSTS[name](rules) for name in objectives}
    values = [0] * rules.program.columns
    reached = len(objectives)  # objectives proven best in every piece so far
    shortfalls: dict[int, tuple[int, float]] = {}
    for piece in rules.program.pieces():
        known = None if start is None else tuple(start[column] for column in piece.columns)
        best = known if known is not None and piece.program.accepts(known) else None
        for step, name in enumerate(objectives):
            local = {n: costs[name][c] for n, c in enumerate(piece.columns) if costs[name].get(c)}
            if step and not local:
                continue
            answer = clock.charge(piece.program.minimise(local, clock.left, best))
            if answer.status == "infeasible":
                return None
            best = _cheaper(local, answer.values, best)
            if best is None:
                return _fallback(rules.instance)
            cost = _cost(local, best)
            if answer.status != "optimal":
                missing, bound = shortfalls.get(step, (0, 0.0))
                shortfalls[step] = missing + cost, bound + answer.bound
                reached = min(reached, step)
                break
            piece.program.add(local, high=cost)
        for n, column in enumerate(piece.columns):
            values[column] = (best or known or ())[n]
    place = rules.place(tuple(values))
    if reached == len(objectives):
        return Outcome(place)
    return Outcome(place, objectives[reached], _gap(*shortfalls[reached]))


def _cheaper(
    costs: dict[int, int], found: tuple[int, ...] | None, known: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """An unfinished search may end on a worse answer than the one it started from."""
    if found is None or known is None:
        return found or known
    return found if _cost(costs, found) <= _cost(costs, known) else known


def _fallback(instance: Instance) -> Outcome:
    """No answer in time: what the quick methods find, if it keeps every hard rule, and no claim about the rest."""
    place = best_start(instance)
    if place is None:
        raise OutOfTime(TOO_SHORT)
    return Outcome(place, "exceptions", 1.0)


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


def draw_number(instance: Instance, pair: Pair) -> int:
    """One number per pair, from its name (and the seed): two machines that tie on everything still agree."""
    tie_break = instance.problem.tie_break
    seed = (tie_break.seed if tie_break is not None else None) or ""
    name = f"{seed}\n{instance.units[pair[0]].members[0]}\n{instance.lots[pair[1]].id}"
    return int(sha256(name.encode()).hexdigest()[:5], 16)


def _cost(costs: dict[int, int], values: tuple[int, ...]) -> int:
    return sum(cost for column, cost in costs.items() if values[column])


def _gap(cost: int, bound: float) -> float:
    """Relative distance to the bound, rounded up to a hundredth of a percent; 1 when nothing is known."""
    if not isfinite(bound):
        return 1.0
    return min(1.0, -(-int(10_000 * max(0.0, cost - bound)) // max(1, abs(cost))) / 10_000)


OBJECTIVES = ("score", "wishes", "empty_area", "draw")
COSTS: dict[str, Callable[[Rules], dict[int, int]]] = {
    "exceptions": lambda rules: dict.fromkeys(rules.v.values(), 1),
    "score": _points,
    "wishes": _wishes,
    "empty_area": _empty,
    "draw": lambda rules: {column: draw_number(rules.instance, pair) for pair, column in rules.x.items()},
}
METHODS: dict[str, Callable[[Instance, float], Outcome]] = {"fair": fair, "merit": merit, "total": total}
