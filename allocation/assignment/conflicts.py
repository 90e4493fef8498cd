"""How few exceptions a call can do with: a proof by conflicts.

A *conflict* is a set of claims that cannot all be honoured, whatever the placement: one of them at least is an exception.
The smallest set of claims that touches every conflict known is a lower bound; when the call can be placed with just those
waived, it is also the answer. Relaxations prove little here, since half an exception settles half a claim everywhere; the
smallest conflicts name the few claims that locks and quotas truly cost. Pure.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from allocation.assignment.instance import Instance
from allocation.assignment.narrowing import Pair, narrow
from allocation.assignment.program import Clock, Program
from allocation.assignment.rules import hard_rules, no_envy
from allocation.assignment.starts import claims

QUESTION = 2.0  # seconds of search for one yes-or-no question; a slow one counts as « they may all be honoured »
READING = 3e-5  # seconds charged per pair narrowed: the pure modules read no clock


@dataclass
class Bound:
    """`least` exceptions are proven necessary. `place`, when given, needs no more."""

    least: int = 1
    conflicts: list[frozenset[Pair]] = field(default_factory=list)
    place: dict[int, int] | None = None

    def apart(self) -> list[frozenset[Pair]]:
        """Conflicts that share no claim, the smallest first."""
        found: list[frozenset[Pair]] = []
        for conflict in sorted(self.conflicts, key=lambda one: (len(one), sorted(one))):
            if all(conflict.isdisjoint(other) for other in found):
                found.append(conflict)
        return found


def fewest(instance: Instance, most: int, clock: Clock) -> Bound:
    """Conflicts found one after the other, until a placement meets the bound, the bound reaches `most` (the exceptions of
    the best placement known), or the time is spent. Zero exceptions were tried before: `least` starts at one, and one conflict
    is looked for all the same, since it says where that one exception lies."""
    bound, finder = Bound(), Finder(instance, clock)
    if finder.ask(frozenset()) is False:
        return bound  # locks and quotas exclude each other: no claim is at fault
    while clock.left > 0:
        waived = _hitting(bound.conflicts, clock)
        if waived is None:
            break
        bound.least = max(bound.least, len(waived))
        if bound.least >= most and bound.conflicts:
            break
        found, place = finder.beyond(waived)
        if place is not None:
            bound.place = place
            break
        if not found:
            break
        bound.conflicts += found
    return bound


def _hitting(conflicts: list[frozenset[Pair]], clock: Clock) -> frozenset[Pair] | None:
    """The fewest claims that touch every conflict; None when they are not found in time."""
    columns = {pair: n for n, pair in enumerate(sorted(set().union(*conflicts)))}
    program = Program(len(columns))
    for conflict in conflicts:
        program.add({columns[pair]: 1 for pair in conflict}, low=1)
    answer = clock.charge(program.minimise(dict.fromkeys(columns.values(), 1), clock.left))
    if answer.status != "optimal" or answer.values is None:
        return None
    return frozenset(pair for pair, n in columns.items() if answer.values[n])


@dataclass
class Finder:
    """Looks for conflicts in one instance, within one clock."""

    instance: Instance
    clock: Clock
    every: frozenset[Pair] = field(init=False)

    def __post_init__(self) -> None:
        self.every = frozenset(claims(self.instance))

    def beyond(self, waived: AbstractSet[Pair]) -> tuple[list[frozenset[Pair]], dict[int, int] | None]:
        """Conflicts among the claims not waived, sharing no claim; or the placement that honours all of those."""
        found: list[frozenset[Pair]] = []
        given_up = set(waived)
        while self.clock.left > 0:
            answer = self.ask(self.every - given_up)
            if answer is not False:
                return found, answer if isinstance(answer, dict) and not found else None
            conflict = self._smallest(self.every - given_up)
            if conflict is None:
                return found, None
            found.append(conflict)
            given_up |= conflict
        return found, None

    def ask(self, kept: AbstractSet[Pair]) -> dict[int, int] | bool:
        """A placement that honours these claims; False when there is none; True when it is not known in time."""
        waived = self.every - kept
        pairs = sum(len(unit.pairs) for unit in self.instance.units)
        self.clock.pay(pairs * READING)
        state = narrow(self.instance, waived)
        if state.impossible:
            return False
        rules = hard_rules(self.instance, state)
        no_envy(rules, ignored=waived)
        if rules.program.absurd:
            return False
        values, known = [0] * rules.program.columns, True
        for piece in rules.program.pieces():
            answer = self.clock.charge(piece.program.minimise({}, min(QUESTION, max(0.0, self.clock.left))))
            if answer.status == "infeasible":
                return False
            known &= answer.values is not None
            for column, value in zip(piece.columns, answer.values or (), strict=False):
                values[column] = value
        return rules.place(tuple(values)) if known else True

    def _smallest(self, clashing: AbstractSet[Pair]) -> frozenset[Pair] | None:
        """A conflict that can spare none of its claims, found by halves; None when time does not allow to prove it."""
        found = self._search([], False, self._few_lots(clashing))
        return found if found and self.ask(found) is False else None

    def _few_lots(self, clashing: AbstractSet[Pair]) -> list[Pair]:
        """The claims of as few lots as still clash: whole lots are set aside first, which spares most of the questions.
        Lots where a line is imposed come last: conflicts start there."""
        held = {unit.locked for unit in self.instance.units if unit.locked is not None}
        kept = set(clashing)
        for lot in sorted({lot for _, lot in clashing}, key=lambda lot: (lot in held, lot)):
            without = {pair for pair in kept if pair[1] != lot}
            if self.ask(without) is False:
                kept = without
        return sorted(kept)

    def _search(self, background: list[Pair], grown: bool, rest: list[Pair]) -> frozenset[Pair]:
        if grown and self.ask(frozenset(background)) is False:
            return frozenset()
        if len(rest) <= 1 or self.clock.left <= 0:
            return frozenset(rest)
        low, high = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        second = self._search([*background, *low], True, high)
        first = self._search([*background, *second], bool(second), low)
        return first | second


def forced(bound: Bound, exceptions: int) -> frozenset[Pair] | None:
    """The only claims that can be exceptions when no more than `exceptions` are: as many conflicts, sharing no claim, take
    one each and leave none for any other claim. None when nothing of the kind is known."""
    conflicts = bound.apart()
    return frozenset().union(*conflicts) if conflicts and len(conflicts) == exceptions else None


def recorded(claims_of: dict[Pair, int], conflicts: Iterable[frozenset[Pair]]) -> list[dict[int, int]]:
    """Each conflict as a row over exception columns: at least one of them is 1."""
    return [{claims_of[pair]: 1 for pair in sorted(conflict) if pair in claims_of} for conflict in conflicts]
