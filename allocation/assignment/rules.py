"""The rules as rows of an integer program, over what narrowing left undecided.

x = 1 when a unit holds a lot, v = 1 when an exception is recorded. A pair already decided is a constant in its rows.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from allocation.assignment.fairness import exceptions, maximum
from allocation.assignment.instance import Instance, Place
from allocation.assignment.narrowing import Narrowing, Pair, narrow
from allocation.assignment.program import Program


@dataclass
class Rules:
    """The program of one instance. `x`: undecided pair → column; `v`: waived claim → its exception column."""

    instance: Instance
    state: Narrowing
    program: Program = field(default_factory=Program)
    x: dict[Pair, int] = field(default_factory=dict)
    v: dict[Pair, int] = field(default_factory=dict)
    fixed: dict[int, int] = field(default_factory=dict)
    # Helper columns: (column, need, terms), worth 1 when Σ terms ≥ need.
    helpers: list[tuple[int, int, dict[int, int]]] = field(default_factory=list)
    _full: dict[tuple[int, str], int] = field(default_factory=dict)

    def place(self, values: tuple[int, ...]) -> dict[int, int]:
        chosen = {unit: lot for (unit, lot), column in self.x.items() if values[column]}
        return dict(sorted({**self.fixed, **chosen}.items()))

    def start(self, place: Place) -> list[int] | None:
        """The column values of a placement, its exceptions recorded; None when it contradicts what is decided."""
        chosen = {pair for pair in place.items() if self.fixed.get(pair[0]) != pair[1]}
        if not chosen <= self.x.keys():
            return None
        values = [0] * self.program.columns
        for pair in chosen:
            values[self.x[pair]] = 1
        for column, need, terms in self.helpers:
            values[column] = int(sum(value for other, value in terms.items() if values[other]) >= need)
        for pair in exceptions(self.instance, place):
            if pair in self.v:
                values[self.v[pair]] = 1
        return values

    def sum(self, items: Iterable[tuple[Pair, int]]) -> tuple[dict[int, int], int]:
        """Σ coefficient · pair as (terms over columns, constant from decided pairs)."""
        terms: dict[int, int] = {}
        constant = 0
        for pair, coefficient in items:
            if pair in self.x:
                terms[self.x[pair]] = coefficient
            elif self.fixed.get(pair[0]) == pair[1]:
                constant += coefficient
        return terms, constant

    def add(self, items: Iterable[tuple[Pair, int]], *, low: int | None = None, high: int | None = None) -> None:
        terms, constant = self.sum(items)
        self.program.add(
            terms, low=None if low is None else low - constant, high=None if high is None else high - constant
        )


def hard_rules(instance: Instance, state: Narrowing | None = None) -> Rules:
    """One lot each, room per half-day, neighbours, organisations, quotas, locks. Without `state`, no claim is assumed."""
    if state is None:
        state = narrow(instance, {(index, lot) for index, unit in enumerate(instance.units) for lot in unit.pairs})
    rules = Rules(instance, state)
    for index, unit in enumerate(instance.units):
        held = state.held(index)
        if held is not None:
            rules.fixed[index] = held
            continue
        for lot in unit.pairs:
            if lot in state.possible[index]:
                rules.x[index, lot] = rules.program.column()
        low = 1 if state.must[index] else None
        rules.add((((index, lot), 1) for lot in unit.pairs), low=low, high=1)
    for lot in range(len(instance.lots)):
        _room(rules, lot)
    for one, others in instance.hostile.items():
        for other in others:
            for lot in instance.units[one].pairs:
                if one < other and lot in instance.units[other].pairs:
                    rules.add((((one, lot), 1), ((other, lot), 1)), high=1)
    for name, units in instance.by_organisation.items():
        rules.add(_awards(instance, name, units), high=maximum(instance))
    for quota in instance.quotas:
        rules.add(quota.coefficients.items(), low=quota.low, high=quota.high)
    return rules


def _room(rules: Rules, lot: int) -> None:
    area, units = rules.instance.lots[lot].area, rules.instance.units
    at = [unit for unit in rules.instance.at[lot] if (unit, lot) in rules.x or rules.fixed.get(unit) == lot]
    seen = set()
    for demands in zip(*(units[unit].pairs[lot].demand for unit in at), strict=True):
        # Two half-days with the same demands give the same row; one that cannot overflow gives none.
        if sum(demands) > area and demands not in seen:
            seen.add(demands)
            rules.add((((unit, lot), d) for unit, d in zip(at, demands, strict=True) if d), high=area)


def _awards(instance: Instance, name: str, units: Iterable[int]) -> list[tuple[Pair, int]]:
    return [
        ((unit, lot), instance.units[unit].organisations[name]) for unit in units for lot in instance.units[unit].pairs
    ]


def no_envy(
    rules: Rules,
    waivable: AbstractSet[Pair] = frozenset(),
    *,
    ignored: AbstractSet[Pair] = frozenset(),
    tight: bool = False,
) -> None:
    """One row per claim not settled yet: placed there or better, or the room is filled from above, or (for the
    `waivable` claims) an exception is recorded. Of the `ignored` claims nothing is asked."""
    state = rules.state
    for index, unit in enumerate(rules.instance.units):
        for lot, pair in unit.pairs.items():
            as_good = {other for other, its in unit.pairs.items() if its.tier <= pair.tier}
            settled = state.must[index] and state.possible[index] <= as_good
            if (index, lot) in ignored:
                continue
            if unit.locked is None and not settled and (index, lot) not in state.met:
                _claim(rules, index, lot, as_good, (index, lot) in waivable, tight)


def _claim(rules: Rules, unit: int, lot: int, as_good: AbstractSet[int], waivable: bool, tight: bool) -> None:
    """need·Σ(lots liked as much) + Σ area held from above + need·v ≥ need, with need = room − wanted + 1.

    Coefficients above `need` are cut down to it: as true for whole placements, and tighter for the relaxation.
    With several half-days that could be full, one helper column each says which one is.
    """
    instance, program = rules.instance, rules.program
    above = instance.above(unit, lot)
    enemies = [other for other in above if other in instance.hostile.get(unit, ())]
    settled, constant = rules.sum([*(((unit, other), 1) for other in as_good), *(((e, lot), 1) for e in enemies)])
    settled |= dict.fromkeys(_full_organisations(rules, unit), 1)
    fillers = _fillers(rules, unit, lot, above)
    if constant or any(need <= 0 for need, _ in fillers):
        return
    if waivable:
        rules.v[unit, lot] = program.column()
        settled[rules.v[unit, lot]] = 1
    if tight and fillers:
        _shut(rules, unit, lot, above, settled)
    if not fillers:
        program.add(settled, low=1)
    elif len(fillers) == 1:
        need, terms = fillers[0]
        program.add({**{c: min(value, need) for c, value in terms.items()}, **dict.fromkeys(settled, need)}, low=need)
    else:
        for need, terms in fillers:
            full = program.column()
            settled[full] = 1
            rules.helpers.append((full, need, terms))
            program.add({**terms, full: -need}, low=0)
        program.add(settled, low=1)


def _shut(rules: Rules, unit: int, lot: int, above: list[int], settled: dict[int, int]) -> None:
    """What the rows above imply for whole placements and not for the relaxation: whoever is ranked below and takes at
    least as much room leaves none of the excuses but « placed as well, or an exception », alone and all together."""
    instance, program = rules.instance, rules.program
    wanted, better = instance.units[unit].pairs[lot].demand, {unit, *above}
    larger = [
        other
        for other in instance.at[lot]
        if other not in better
        and all(its >= mine for its, mine in zip(instance.units[other].pairs[lot].demand, wanted, strict=True) if mine)
    ]
    if any(rules.fixed.get(other) == lot for other in larger):
        program.add(settled, low=1)
        return
    columns = [(other, rules.x[other, lot]) for other in larger if (other, lot) in rules.x]
    for _, column in columns:
        program.add({**settled, column: -1}, low=0)
    area = instance.lots[lot].area
    for slot in {slot for slot, mine in enumerate(wanted) if mine}:
        taken = {column: -instance.units[other].pairs[lot].demand[slot] for other, column in columns}
        if -sum(taken.values()) > area:
            program.add({**taken, **dict.fromkeys(settled, area)}, low=0)


def _fillers(rules: Rules, unit: int, lot: int, above: list[int]) -> list[tuple[int, dict[int, int]]]:
    """Per half-day that better-scored units could fill: the area still missing to be full, and what could bring it."""
    instance = rules.instance
    found: list[tuple[int, dict[int, int]]] = []
    for slot, wanted in enumerate(instance.units[unit].pairs[lot].demand):
        held = (((other, lot), instance.units[other].pairs[lot].demand[slot]) for other in above)
        terms, constant = rules.sum((pair, value) for pair, value in held if value)
        need = instance.lots[lot].area - wanted + 1 - constant
        if wanted and sum(terms.values()) >= need and (need, terms) not in found:
            found.append((need, terms))
    return found


def _full_organisations(rules: Rules, unit: int) -> list[int]:
    """Columns worth 1 only if the unit's organisation has its maximum without it (shared by all its pairs)."""
    instance = rules.instance
    for name, units in instance.by_organisation.items():
        if unit not in units or (unit, name) in rules._full:
            continue
        others = [other for other in units if other != unit]
        missing = maximum(instance) - instance.units[unit].organisations[name] + 1
        terms, constant = rules.sum(_awards(instance, name, others))
        column = rules.program.column()
        rules.helpers.append((column, missing - constant, terms))
        rules.program.add({**terms, column: -missing}, low=-constant)
        rules._full[unit, name] = column
    return [column for (index, _), column in rules._full.items() if index == unit]
