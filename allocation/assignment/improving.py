"""A known placement made better a few lots at a time: everyone else stays, and the small program left is searched.

The rule asks for the fewest exceptions over the whole call, which a quota spreads over every lot; a search over all lots at
once then finds little in the time it has. Three lots and those without a place are searched in a fraction of a second. What
comes out is only a better start: nothing is claimed to be best. Pure.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from allocation.assignment.fairness import exceptions
from allocation.assignment.instance import Instance, Place
from allocation.assignment.narrowing import Narrowing, narrow
from allocation.assignment.program import Clock
from allocation.assignment.rules import Rules, hard_rules, no_envy
from allocation.assignment.starts import claims, worth

NODES = 50  # of search for one handful of lots,
SECONDS = 0.4  # … and at most that long
WIDTHS = (2, 3, 4)  # lots searched together, few first
WRITING = 6e-5  # seconds charged per pair written down: the pure modules read no clock


def improve(instance: Instance, place: dict[int, int], clock: Clock, least: int = 0) -> dict[int, int]:
    """The best placement met: no handful of lots betters it, it has `least` exceptions, or the time is spent."""
    width, best = 0, dict(place)
    state = narrow(instance, claims(instance))
    while width < len(WIDTHS) and clock.left > 0 and worth(instance, best)[0] > least:
        found = _pass(state, best, WIDTHS[width], clock)
        if found is None:
            width += 1
        else:
            best = found
    return best


def _pass(state: Narrowing, place: dict[int, int], width: int, clock: Clock) -> dict[int, int] | None:
    """Every handful of that width once, each from what the last one left; None when none betters it."""
    instance = state.instance
    best, few = place, worth(instance, place)
    for lots in _handfuls(instance, place, width):
        if clock.left <= 0:
            break
        found = _search(state, best, set(lots), clock)
        if found is not None and worth(instance, found) < few:
            best, few = found, worth(instance, found)
    return best if best is not place else None


def _handfuls(instance: Instance, place: Place, width: int) -> Iterator[tuple[int, ...]]:
    """Lots to search together: those with most exceptions first, each with those that share most applications with it."""
    count = [0] * len(instance.lots)
    for _, lot in exceptions(instance, place):
        count[lot] += 1
    shared = {
        (a, b): len(set(instance.at[a]) & set(instance.at[b])) for a, b in combinations(range(len(instance.lots)), 2)
    }
    seen = set()
    for lot in sorted(range(len(count)), key=lambda lot: (-count[lot], lot)):
        if not count[lot]:
            return
        near = sorted(
            (other for other in range(len(count)) if other != lot),
            key=lambda other: (-shared[min(lot, other), max(lot, other)], other),
        )
        for others in combinations(near[: 2 * width + 3], width - 1):
            chosen = tuple(sorted((lot, *others)))
            if chosen not in seen:
                seen.add(chosen)
                yield chosen


def _search(state: Narrowing, place: Place, lots: set[int], clock: Clock) -> dict[int, int] | None:
    rules = _around(state, place, lots)
    clock.pay(WRITING * sum(len(unit.pairs) for unit in state.instance.units))
    start = rules.start(place)
    if rules.program.absurd or start is None or not rules.program.accepts(start):
        return None
    costs = dict.fromkeys(rules.v.values(), 1)
    answer = clock.charge(rules.program.minimise(costs, max(0.01, min(SECONDS, clock.left)), start, nodes=NODES))
    return None if answer.values is None else rules.place(answer.values)


def _around(state: Narrowing, place: Place, lots: set[int]) -> Rules:
    """The rules with everyone who holds a place elsewhere kept there, and only these lots open to the others."""
    instance = state.instance
    state = replace(state, possible=list(state.possible), must=list(state.must))
    for index, unit in enumerate(instance.units):
        held = place.get(index)
        if held is not None and held not in lots:
            state.possible[index], state.must[index] = {held}, True
        elif unit.locked is None:
            state.possible[index] = state.possible[index] & lots
    rules = hard_rules(instance, state)
    no_envy(rules, claims(instance), tight=True)
    return rules
