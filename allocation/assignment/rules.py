"""The rules as rows of an integer program: x = 1 when a unit holds a lot, v = 1 when an exception is recorded."""

from dataclasses import dataclass, field

from allocation.assignment.fairness import maximum
from allocation.assignment.instance import Instance, Place
from allocation.assignment.program import Program

Pair = tuple[int, int]


@dataclass
class Rules:
    """The program of one instance. `x`: open pair → column; `v`: pair → exception column (when allowed)."""

    instance: Instance
    program: Program = field(default_factory=Program)
    x: dict[Pair, int] = field(default_factory=dict)
    v: dict[Pair, int] = field(default_factory=dict)
    _full: dict[tuple[int, str], int | None] = field(default_factory=dict)

    def place(self, values: tuple[int, ...]) -> dict[int, int]:
        return {unit: lot for (unit, lot), column in self.x.items() if values[column]}

    def start(self, place: Place) -> list[int] | None:
        """The column values of a placement, when this program has no helper columns beside x and v."""
        if self.program.columns > len(self.x) + len(self.v):
            return None
        values = [0] * self.program.columns
        for pair in place.items():
            values[self.x[pair]] = 1
        return values


def hard_rules(instance: Instance) -> Rules:
    """One lot each, room per half-day, neighbours, organisations, quotas, locks."""
    rules = Rules(instance)
    program = rules.program
    for index, unit in enumerate(instance.units):
        for lot in unit.pairs:
            rules.x[index, lot] = program.column()
        if unit.pairs:
            low = None if unit.locked is None else 1
            program.add({rules.x[index, lot]: 1 for lot in unit.pairs}, low=low, high=1)
    for lot in range(len(instance.lots)):
        _room(rules, lot)
    for one, others in instance.hostile.items():
        for other in others:
            for lot in instance.units[one].pairs:
                if one < other and (other, lot) in rules.x:
                    program.add({rules.x[one, lot]: 1, rules.x[other, lot]: 1}, high=1)
    for name, units in instance.by_organisation.items():
        program.add(_awards(rules, name, list(units)), high=maximum(instance))
    for quota in instance.quotas:
        terms = {rules.x[pair]: value for pair, value in quota.coefficients.items()}
        program.add(terms, low=quota.low, high=quota.high)
    return rules


def _room(rules: Rules, lot: int) -> None:
    area = rules.instance.lots[lot].area
    seen = set()
    for demands in zip(*(rules.instance.units[u].pairs[lot].demand for u in rules.instance.at[lot]), strict=True):
        # Two half-days with the same demands give the same row; one that cannot overflow gives none.
        if sum(demands) > area and demands not in seen:
            seen.add(demands)
            users = zip(rules.instance.at[lot], demands, strict=True)
            rules.program.add({rules.x[unit, lot]: wanted for unit, wanted in users if wanted}, high=area)


def _awards(rules: Rules, name: str, units: list[int]) -> dict[int, int]:
    return {
        rules.x[unit, lot]: rules.instance.units[unit].organisations[name]
        for unit in units
        for lot in rules.instance.units[unit].pairs
    }


def no_envy(rules: Rules, *, exceptions: bool) -> None:
    """One row per open pair: placed there or better, or the room is filled from above, or an exception is recorded."""
    for unit, lot in list(rules.x):
        if rules.instance.units[unit].locked is None:
            _claim(rules, unit, lot, exceptions)


def _claim(rules: Rules, unit: int, lot: int, exceptions: bool) -> None:
    """need·Σ(lots liked as much) + Σ area held from above + need·v ≥ need, with need = room − wanted + 1.

    Coefficients above `need` are cut down to it: as true for whole placements, and tighter for the relaxation.
    With several half-days that could be full, one helper column each says which one is.
    """
    instance, x, program = rules.instance, rules.x, rules.program
    pairs = instance.units[unit].pairs
    above = instance.above(unit, lot)
    settled = {x[unit, other]: 1 for other, pair in pairs.items() if pair.tier <= pairs[lot].tier}
    settled |= {x[other, lot]: 1 for other in above if other in instance.hostile.get(unit, ())}
    settled |= dict.fromkeys(_full_organisations(rules, unit), 1)
    if exceptions:
        rules.v[unit, lot] = program.column()
        settled[rules.v[unit, lot]] = 1
    fillers = _fillers(rules, unit, lot, above)
    if not fillers:
        program.add(settled, low=1)
    elif len(fillers) == 1:
        need, terms = fillers[0]
        program.add({**{c: min(value, need) for c, value in terms.items()}, **dict.fromkeys(settled, need)}, low=need)
    else:
        for need, terms in fillers:
            full = program.column()
            settled[full] = 1
            program.add({**terms, full: -need}, low=0)
        program.add(settled, low=1)


def _fillers(rules: Rules, unit: int, lot: int, above: list[int]) -> list[tuple[int, dict[int, int]]]:
    """Per half-day that better-scored units could fill: the area that makes it full, and what they would hold."""
    instance = rules.instance
    found: list[tuple[int, dict[int, int]]] = []
    for slot, wanted in enumerate(instance.units[unit].pairs[lot].demand):
        need = instance.lots[lot].area - wanted + 1
        held = {rules.x[other, lot]: instance.units[other].pairs[lot].demand[slot] for other in above}
        terms = {column: value for column, value in held.items() if value}
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
        held = _awards(rules, name, others)
        column = None
        if sum(max(1, instance.units[other].organisations[name]) for other in others) >= missing > 0:
            column = rules.program.column()
            rules.program.add({**held, column: -missing}, low=0)
        rules._full[unit, name] = column
    return [column for (index, _), column in rules._full.items() if index == unit and column is not None]
