"""What the rule of no envy already decides, before any search: pairs that cannot be, units that must be placed.

Three arguments, repeated until nothing moves (each only uses claims that must be honoured, `waived` ones excepted):

* *sure*: all who could hold the lot above a unit, and itself, fit together: it gets this lot or better;
* *pressed*: a unit whose better lots are gone is on the lot, or those above fill it: either way the room is taken;
* *full*: what is surely taken leaves too little: the unit cannot be on the lot.

Typically nine pairs in ten are decided, and what is left falls apart into small independent pieces.
"""

from collections import deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from allocation.assignment.instance import Instance

Pair = tuple[int, int]


@dataclass(slots=True)
class Candidate:
    """A unit open to a lot. `rivals`: its other lots liked at least as much; `bound`: its claim must be honoured;
    `plain`: nothing but room can excuse a refusal."""

    unit: int
    demand: tuple[int, ...]
    rivals: frozenset[int]
    bound: bool
    plain: bool


@dataclass
class Narrowing:
    """`possible`: lots each unit may still get; `must`: it gets one of them; `met`: claims that always hold."""

    instance: Instance
    groups: list[list[list[Candidate]]]
    possible: list[set[int]]
    must: list[bool]
    met: set[Pair] = field(default_factory=set)
    impossible: bool = False
    queue: deque[int] = field(default_factory=deque)
    queued: set[int] = field(default_factory=set)

    def held(self, unit: int) -> int | None:
        """The lot the unit surely gets."""
        return next(iter(self.possible[unit])) if self.must[unit] and len(self.possible[unit]) == 1 else None

    def restrict(self, unit: int, lots: set[int], must: bool) -> None:
        """Keep only these lots for the unit, and perhaps oblige it to get one."""
        if len(lots) == len(self.possible[unit]) and (self.must[unit] or not must):
            return
        self.possible[unit] = lots
        self.must[unit] |= must
        self.impossible |= self.must[unit] and not lots
        self.touch(self.instance.units[unit].pairs)

    def touch(self, lots: Iterable[int]) -> None:
        for lot in lots:
            if lot not in self.queued:
                self.queued.add(lot)
                self.queue.append(lot)


def narrow(instance: Instance, waived: AbstractSet[Pair] = frozenset()) -> Narrowing:
    """Everything decided when every claim outside `waived` is honoured; `impossible` when that cannot be."""
    excusable = {u for units in instance.by_organisation.values() for u in units} | set(instance.hostile)
    state = Narrowing(
        instance,
        [_groups(instance, lot, waived, excusable) for lot in range(len(instance.lots))],
        [set(unit.pairs) for unit in instance.units],
        [unit.locked is not None for unit in instance.units],
    )
    state.impossible = any(must and not lots for must, lots in zip(state.must, state.possible, strict=True))
    state.touch(range(len(instance.lots)))
    while state.queue and not state.impossible:
        lot = state.queue.popleft()
        state.queued.discard(lot)
        groups = state.groups[lot]
        if groups:
            if len(groups[0][0].demand) == 1:
                _sure(state, lot, groups)
                _taken(state, lot, groups)
            else:
                _sure_per_slot(state, lot, groups)
                _taken_per_slot(state, lot, groups)
    return state


def _groups(
    instance: Instance, lot: int, waived: AbstractSet[Pair], excusable: AbstractSet[int]
) -> list[list[Candidate]]:
    """Candidates of the lot, best first, those truly equal in one list."""
    groups: list[list[Candidate]] = []
    last = None
    for unit in instance.at[lot]:
        pairs = instance.units[unit].pairs
        pair = pairs[lot]
        if pair.key != last:
            groups.append([])
            last = pair.key
        rivals = frozenset(other for other, its in pairs.items() if its.tier <= pair.tier and other != lot)
        bound = (unit, lot) not in waived and instance.units[unit].locked is None
        groups[-1].append(Candidate(unit, pair.demand, rivals, bound, unit not in excusable))
    return groups


def _sure(state: Narrowing, lot: int, groups: list[list[Candidate]]) -> None:
    """From the best ranked down, as long as all who could be there fit together. Lots used on one class of half-days:
    nearly all of them, and where most of the time goes."""
    area, possible, most = state.instance.lots[lot].area, state.possible, 0
    for group in groups:
        for one in group:
            if lot in possible[one.unit]:
                most += one.demand[0]
        for one in group:
            if one.bound and one.plain and most + (0 if lot in possible[one.unit] else one.demand[0]) <= area:
                _entitle(state, one, lot)
        if most > area:
            return


def _entitle(state: Narrowing, one: Candidate, lot: int) -> None:
    """The unit gets this lot or one it likes as much."""
    possible = state.possible[one.unit]
    if state.must[one.unit] and len(possible) == 1 and lot in possible:
        return
    state.restrict(one.unit, {other for other in possible if other == lot or other in one.rivals}, must=True)


def _sure_per_slot(state: Narrowing, lot: int, groups: list[list[Candidate]]) -> None:
    """The same with several classes of half-days: the unit must fit on each it wants."""
    area = state.instance.lots[lot].area
    most = [0] * len(groups[0][0].demand)
    for group in groups:
        for one in group:
            if lot in state.possible[one.unit]:
                most = [total + wanted for total, wanted in zip(most, one.demand, strict=True)]
        for one in group:
            if not one.bound or not one.plain:
                continue
            own = lot in state.possible[one.unit]
            if all(not w or total + (0 if own else w) <= area for w, total in zip(one.demand, most, strict=True)):
                _entitle(state, one, lot)
        if min(most) > area:
            return


def _taken(state: Narrowing, lot: int, groups: list[list[Candidate]]) -> None:
    """Lots used on one class of half-days: a floor under what is taken, from the best ranked down."""
    area = state.instance.lots[lot].area
    must, possible = state.must, state.possible
    # Nobody comes to be held here below: only this lot is taken away.
    held = {u for u in state.instance.at[lot] if must[u] and len(possible[u]) == 1 and lot in possible[u]}
    below = sum(one.demand[0] for group in groups for one in group if one.unit in held)
    floor = 0
    for group in groups:
        reached, surely = floor, 0
        for one in group:
            wanted = one.demand[0]
            if floor + wanted > area:
                state.met.add((one.unit, lot))
            if one.unit in held:
                surely += wanted
                continue
            if floor + below + wanted > area and lot in possible[one.unit]:
                state.restrict(one.unit, possible[one.unit] - {lot}, must=False)
            # Pressed: no lot it likes as much is left, so it is here or those above leave too little for it.
            if one.bound and one.plain and possible[one.unit].isdisjoint(one.rivals):
                reached = max(reached, min(floor + wanted, area - wanted + 1))
        below -= surely
        floor = max(reached, floor + surely)
        if floor + below > area:
            state.impossible = True
            return


def _taken_per_slot(state: Narrowing, lot: int, groups: list[list[Candidate]]) -> None:
    """Several classes of half-days: only what is surely there is counted, since any class may be the full one."""
    area = state.instance.lots[lot].area
    held = [one for group in groups for one in group if state.held(one.unit) == lot]
    taken = [sum(demands) for demands in zip(*(one.demand for one in held), strict=True)]
    state.impossible |= any(total > area for total in taken)
    for one in (one for group in groups for one in group if held and one not in held):
        if any(w and t + w > area for t, w in zip(taken, one.demand, strict=True)):
            state.restrict(one.unit, state.possible[one.unit] - {lot}, must=False)
