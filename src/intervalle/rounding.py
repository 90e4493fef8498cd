"""Half-up rounding of exact numbers, done once at the end of a computation. Pure.

Sums and divisions are carried as `Fraction`, so that no intermediate rounding can move a cent.
"""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Fraction | Decimal | int) -> int:
    """Nearest whole number, halves away from zero (2.5 gives 3, -2.5 gives -3)."""
    exact = Fraction(value)
    return _nearest(exact.numerator, exact.denominator)


def half_up_decimal(value: Fraction | Decimal | int, places: int = 2) -> Decimal:
    """The same, kept to `places` decimals."""
    exact = Fraction(value)
    return half_up_ratio(exact.numerator, exact.denominator, places)


def half_up_ratio(top: int, bottom: int, places: int = 2) -> Decimal:
    """top / bottom the same way, without reducing it first; `bottom` is positive."""
    return Decimal(_nearest(top * 10**places, bottom)).scaleb(-places)


def _nearest(top: int, bottom: int) -> int:
    magnitude = (2 * abs(top) + bottom) // (2 * bottom)
    return magnitude if top >= 0 else -magnitude
