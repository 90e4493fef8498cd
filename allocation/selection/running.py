"""A juror's own total, as it grows under the pen. Pure.

Σ weight × mark / 5 over what is answered. « Non évalué » takes its weight out of the denominator and is said; it is
never a zero, and the total is never blown up to hide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

from allocation.selection.reasons import Given
from intervalle.rounding import half_up_decimal, half_up_ratio

TOP = 5


class Weighed(Protocol):
    """A line of the grid."""

    @property
    def id(self) -> int: ...
    @property
    def weight(self) -> int: ...


@dataclass(frozen=True)
class Running:
    """Points so far out of `top`, their parts in the order of the grid, and what is still to answer."""

    points: Decimal
    top: int
    parts: tuple[Decimal, ...]
    left: int
    not_assessed: int

    @property
    def complete(self) -> bool:
        return self.left == 0


class Reached(NamedTuple):
    """The points of a sheet, out of `top`."""

    points: Decimal
    top: int


def reached(weighted: int | None, unassessed: int | None, weight: int) -> Reached:
    """The same total from sums the database made: Σ weight × mark, the weight of what was not assessed, and of the grid."""
    return Reached(half_up_ratio(weighted or 0, TOP), weight - (unassessed or 0))


def running(marks: Mapping[int, Given], criteria: Sequence[Weighed]) -> Running:
    """The total as it stands; marks on criteria outside the grid count for nothing."""
    given = [(c, marks.get(c.id, Given())) for c in criteria]
    exact = [Fraction(c.weight * a.value, TOP) if a.answered and a.value is not None else Fraction(0) for c, a in given]
    unassessed = [c for c, a in given if a.answered and a.value is None]
    return Running(
        points=half_up_decimal(sum(exact, Fraction(0))),
        top=sum(c.weight for c, _ in given) - sum(c.weight for c in unassessed),
        parts=tuple(half_up_decimal(part) for part in exact),
        left=sum(1 for _, a in given if not a.answered),
        not_assessed=len(unassessed),
    )
