"""How few exceptions a call can do with, by whole lots: a bound that quotas do not blunt.

A *pattern* is a set of units that one lot may hold together. A call is one pattern per lot; a claim is honoured when the
unit holds a lot it likes as much, or when the pattern of the lot fills the room from above. The relaxation over patterns
knows exactly which sets fill a lot, where the plain relaxation settles half a claim with half a lot. Patterns are far too many
to write down: those that would improve the relaxation are found one lot at a time by filling its room in the order of the
ranking (Dantzig and Wolfe, 1960). The bound is computed from the prices alone, so a search cut short is still a proof. Pure.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, gcd, inf
from typing import Any

from allocation.assignment.fairness import maximum
from allocation.assignment.instance import Instance
from allocation.assignment.narrowing import Narrowing, Pair
from allocation.assignment.program import Clock

CELLS = 120_000  # a lot whose room has more steps than that (half-days multiply them) is left to the plain relaxation
STEP = 6e-9  # seconds charged per cell filled: the pure modules read no clock
ROUNDS = 50  # of prices, usually, before no pattern improves
MARGIN = 1e-6  # forgives the last digits of a double
DEAR = 100.0  # price of what no proposal may do: miss a quota, leave out a line imposed, waive a claim that must be honoured


@dataclass
class Prices:
    """What a unit more at a lot, or a lot filled above a claim, is worth to the relaxation."""

    value: dict[Pair, float]
    claim: dict[Pair, float]
    constant: float


@dataclass
class Relaxation:
    """The bound for one set of claims that may be waived. `dear`: claim → what waiving it would add to the bound."""

    bound: float
    dear: dict[Pair, float] = field(default_factory=dict)
    patterns: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    @property
    def least(self) -> int:
        """Exceptions are whole: 9.2 proves 10."""
        return max(0, ceil(self.bound - MARGIN))

    def affordable(self, most: int, claims: AbstractSet[Pair]) -> AbstractSet[Pair]:
        """The claims that can be exceptions in a placement that has `most` of them or fewer."""
        return {claim for claim in claims if self.bound + self.dear.get(claim, 0.0) <= most + MARGIN}


def expected(instance: Instance) -> float:
    """Seconds that the relaxation will take, about; infinite when the room of some lot has too many steps."""
    cells = [_cells(instance, lot) for lot in range(len(instance.lots))]
    if max(cells, default=0) > CELLS:
        return inf
    return ROUNDS * STEP * sum(size * len(at) for size, at in zip(cells, instance.at, strict=True))


def _grain(instance: Instance, lot: int) -> int:
    """The step all areas of a lot share, in square decimetres."""
    return (
        gcd(instance.lots[lot].area, *(d for u in instance.at[lot] for d in instance.units[u].pairs[lot].demand)) or 1
    )


def _cells(instance: Instance, lot: int) -> int:
    at = instance.at[lot]
    classes = len(instance.units[at[0]].pairs[lot].demand) if at else 1
    return int((instance.lots[lot].area // _grain(instance, lot) + 1) ** classes)


@dataclass
class Master:
    """The relaxation over the patterns found so far."""

    instance: Instance
    state: Narrowing
    waivable: AbstractSet[Pair]
    clock: Clock
    claims: dict[Pair, int] = field(default_factory=dict)
    serves: dict[Pair, list[Pair]] = field(default_factory=dict)
    patterns: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    known: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)
    _solver: Any = None
    _linear: list[tuple[Mapping[Pair, int], int | None, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._groups = [_equals(self.instance, lot) for lot in range(len(self.instance.lots))]
        self._list_claims()
        self._write_rows()
        for lot in range(len(self.instance.lots)):
            self.add(lot, ())

    def _list_claims(self) -> None:
        """Claims not settled yet, and which pairs honour each. Those that only a maximum per organisation could excuse are
        left out: the bound holds without them."""
        instance, state = self.instance, self.state
        excusable = {unit for units in instance.by_organisation.values() for unit in units}
        for index, unit in enumerate(instance.units):
            if unit.locked is not None or index in excusable:
                continue
            for lot, pair in unit.pairs.items():
                as_good = [other for other, its in unit.pairs.items() if its.tier <= pair.tier]
                settled = state.must[index] and state.possible[index] <= set(as_good)
                if settled or (index, lot) in state.met:
                    continue
                self.claims[index, lot] = 0
                for other in as_good:
                    self.serves.setdefault((index, other), []).append((index, lot))
                above = set(instance.above(index, lot))
                for enemy in instance.hostile.get(index, ()):
                    if enemy in above:
                        self.serves.setdefault((enemy, lot), []).append((index, lot))

    def _write_rows(self) -> None:
        import highspy  # loaded by who solves, not by who serves pages

        from allocation.assignment.program import _solver

        instance, self._solver = self.instance, _solver(60.0)
        far = highspy.kHighsInf
        self._linear = [(quota.coefficients, quota.low, quota.high) for quota in instance.quotas]
        for name, units in instance.by_organisation.items():
            terms = {(u, lot): instance.units[u].organisations[name] for u in units for lot in instance.units[u].pairs}
            self._linear.append((terms, None, maximum(instance)))
        for must in self.state.must:
            self._row(1.0 if must else -far, 1.0)
        for _ in instance.lots:
            self._row(1.0, 1.0)
        self._scale = [max(1, *map(abs, terms.values())) if terms else 1 for terms, _, _ in self._linear]
        for (_, low, high), scale in zip(self._linear, self._scale, strict=True):
            self._row(-far if low is None else low / scale, far if high is None else high / scale)
        first = len(instance.units) + len(instance.lots) + len(self._linear)
        for n, claim in enumerate(self.claims):
            self.claims[claim] = first + n
            self._row(1.0, far)
        for claim, row in self.claims.items():
            self._column(1.0 if claim in self.waivable else DEAR, {row: 1.0})
        for index, must in enumerate(self.state.must):
            if must:
                self._column(DEAR, {index: 1.0})
        for n, (_, low, high) in enumerate(self._linear):
            row = len(instance.units) + len(instance.lots) + n
            if low is not None:
                self._column(DEAR, {row: 1.0})
            if high is not None:
                self._column(DEAR, {row: -1.0})

    def _row(self, low: float, high: float) -> None:
        self._solver.addRow(low, high, 0, [], [])

    def _column(self, cost: float, terms: Mapping[int, float]) -> None:
        import highspy

        self._solver.addCol(cost, 0.0, highspy.kHighsInf, len(terms), list(terms), list(terms.values()))

    def add(self, lot: int, pattern: tuple[int, ...]) -> bool:
        """Make a pattern known to the relaxation; False when it was."""
        if (lot, pattern) in self.known:
            return False
        self.known.add((lot, pattern))
        self.patterns.append((lot, pattern))
        instance, units = self.instance, len(self.instance.units)
        terms: dict[int, float] = {units + lot: 1.0}
        for unit in pattern:
            terms[unit] = 1.0
            for n, (coefficients, _, _) in enumerate(self._linear):
                if (unit, lot) in coefficients:
                    row = units + len(instance.lots) + n
                    terms[row] = terms.get(row, 0.0) + coefficients[unit, lot] / self._scale[n]
            for claim in self.serves.get((unit, lot), ()):
                terms[self.claims[claim]] = terms.get(self.claims[claim], 0.0) + 1.0
        for claim in self._filled(lot, set(pattern)):
            terms[self.claims[claim]] = terms.get(self.claims[claim], 0.0) + 1.0
        self._column(0.0, {row: value for row, value in terms.items() if value})
        return True

    def _filled(self, lot: int, pattern: set[int]) -> list[Pair]:
        """Claims on the lot that the pattern answers « the room is taken by better scores »."""
        area, units, found = self.instance.lots[lot].area, self.instance.units, []
        held: list[int] = []
        for group in self._groups[lot]:
            for unit in group:
                if unit in pattern:
                    demand = units[unit].pairs[lot].demand
                    held = [t + w for t, w in zip(held, demand, strict=True)] if held else list(demand)
            for unit in group:
                demand = units[unit].pairs[lot].demand
                full = any(w and t + w > area for w, t in zip(demand, held, strict=False))
                if full and unit not in pattern and (unit, lot) in self.claims:
                    found.append((unit, lot))
        return found

    def relax(self, enough: float = inf) -> Relaxation:
        """Patterns are added until none improves, the bound reaches `enough`, or the time is spent."""
        best, dear = -inf, dict[Pair, float]()
        while True:
            self._solver.setOptionValue("time_limit", max(0.01, self._solver.getRunTime() + self.clock.left))
            before = self._solver.getRunTime()
            self._solver.run()
            self.clock.pay(self._solver.getRunTime() - before)
            prices = self._prices()
            bound, grew = prices.constant, False
            for lot in range(len(self.instance.lots)):
                worth, pattern = self._best(lot, prices)
                bound -= worth
                grew |= self.add(lot, pattern)
            if bound > best:
                best = bound
                dear = {claim: 1.0 - prices.claim[claim] for claim in self.claims}
            if not grew or best >= enough or self.clock.left <= 0:
                return Relaxation(best, dear, list(self.patterns))

    def _prices(self) -> Prices:
        """Row prices, cut to the signs and limits that keep the bound true whatever the solver's last digits."""
        instance, dual = self.instance, self._solver.getSolution().row_dual
        constant, value = 0.0, dict[Pair, float]()
        unit_price = []
        for index, must in enumerate(self.state.must):
            price = min(dual[index], DEAR) if must else min(dual[index], 0.0)
            unit_price.append(price)
            constant += price
        claim = {}
        for pair, row in self.claims.items():
            claim[pair] = min(max(dual[row], 0.0), 1.0 if pair in self.waivable else DEAR)
            constant += claim[pair]
        linear = []
        for n, (_, low, high) in enumerate(self._linear):
            price = dual[len(instance.units) + len(instance.lots) + n]
            price = min(max(price, -DEAR if high is not None else 0.0), DEAR if low is not None else 0.0)
            linear.append(price / self._scale[n])
            bound = low if price > 0 else high
            constant += linear[-1] * (bound or 0)
        for index, unit in enumerate(instance.units):
            for lot in unit.pairs:
                if lot in self.state.possible[index]:
                    value[index, lot] = (
                        unit_price[index]
                        + sum(claim[one] for one in self.serves.get((index, lot), ()))
                        + sum(p * t.get((index, lot), 0) for p, (t, _, _) in zip(linear, self._linear, strict=True))
                    )
        return Prices(value, claim, constant)

    def _best(self, lot: int, prices: Prices) -> tuple[float, tuple[int, ...]]:
        """The pattern of the lot worth most, and its worth: its room is filled in the order of the ranking, each state being
        the area held per class of half-days."""
        import numpy as np

        instance, grain, at = self.instance, _grain(self.instance, lot), self.instance.at[lot]
        if not at:
            return 0.0, ()
        demands = {unit: tuple(d // grain for d in instance.units[unit].pairs[lot].demand) for unit in at}
        steps = instance.lots[lot].area // grain
        shape = (steps + 1,) * len(demands[at[0]])
        self.clock.pay(STEP * len(at) * (steps + 1) ** len(shape))
        worth = np.full(shape, -inf)
        worth[(0,) * len(shape)] = 0.0
        taken: list[tuple[int, Any]] = []
        for group in self._groups[lot]:
            if len(group) == 1:
                _reward(worth, demands[group[0]], prices.claim.get((group[0], lot), 0.0))
            for unit in group:
                if (unit, lot) in prices.value:
                    demand = demands[unit]
                    with_it = worth[tuple(slice(0, steps + 1 - d) for d in demand)] + prices.value[unit, lot]
                    without = worth[tuple(slice(d, None) for d in demand)]
                    taken.append((unit, with_it > without))
                    np.maximum(with_it, without, out=without)
            if len(group) > 1:  # equals count as above one another: rewarded once all are in, never too little
                for unit in group:
                    _reward(worth, demands[unit], prices.claim.get((unit, lot), 0.0))
        state = np.unravel_index(int(np.argmax(worth)), shape)
        best, pattern = float(worth[state]), []
        for unit, better in reversed(taken):
            before = tuple(s - d for s, d in zip(state, demands[unit], strict=True))
            if min(before) >= 0 and better[before]:
                pattern.append(unit)
                state = before
        return best, tuple(sorted(pattern))


def _reward(worth: Any, demand: tuple[int, ...], price: float) -> None:
    """Add the price of the claim wherever some half-day it wants has not enough room left."""
    if price <= 0:
        return
    rest: list[slice] = []
    for wanted, size in zip(demand, worth.shape, strict=True):
        if wanted:  # full on this class of half-days, and on none of those before
            enough = max(0, size - wanted)
            worth[(*rest, slice(enough, None))] += price
            rest.append(slice(0, enough))
        else:
            rest.append(slice(None))


def _equals(instance: Instance, lot: int) -> list[list[int]]:
    """Units of the lot, best first, those truly equal in one list."""
    at = instance.at[lot]
    cuts = [
        0,
        *(n for n, (a, b) in enumerate(pairwise(at), 1) if instance.key(a, lot) != instance.key(b, lot)),
        len(at),
    ]
    return [list(at[start:end]) for start, end in pairwise(cuts) if start < end]
