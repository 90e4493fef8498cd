"""Two small needs that fit one lot together: by area, or turn by turn. Pure.

Product rule: both accept to share; nothing but the size or the price keeps either away; either the half-days they ask
for do not meet, in a lot shared by half-days, or the lot, larger than each asks for, lies between the sum of what
suffices and the sum of what each takes at most. When both name a budget, together they pay the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from calls.matching import Offered, Wanted, least_area

SHARED = frozenset({"large", "budget"})  # what a partner takes a part of


@dataclass(frozen=True, slots=True)
class Pair:
    """Positions of the two needs; `turns`: by half-days, else by area. `area`: m² that suffice both."""

    first: int
    second: int
    turns: bool
    area: Decimal


def together(one: Wanted, other: Wanted, lot: Offered) -> bool | None:
    """True: turn by turn; False: each its part of the area; None: not together."""
    if not (one.sharing and other.sharing):
        return None
    if lot.shareable and one.slots and other.slots:
        fits = max(one.area_min, other.area_min) <= lot.area
        return True if fits and not set(one.slots) & set(other.slots) else None
    least, most = one.area_min + other.area_min, one.area_max + other.area_max
    # A lot that can be divided down to what one asks for needs no partner.
    larger = least_area(lot) > max(one.area_max, other.area_max)
    if not larger or least > lot.area or least_area(lot) > most:
        return None
    return None if _too_dear(one, other, lot) else False


def _too_dear(one: Wanted, other: Wanted, lot: Offered) -> bool:
    if one.budget is None or other.budget is None or (lot.charges is None and lot.rent is None):
        return False
    part = max(one.area_min + other.area_min, least_area(lot))
    return Decimal((lot.charges or 0) + (lot.rent or 0)) * part > (one.budget + other.budget) * 12


def pairs(needs: Sequence[Wanted], lot: Offered) -> Iterator[Pair]:
    """Every pair that fits, by position."""
    for (i, one), (j, other) in combinations(enumerate(needs), 2):
        turns = together(one, other, lot)
        if turns is not None:
            yield Pair(i, j, turns, one.area_min + other.area_min)
