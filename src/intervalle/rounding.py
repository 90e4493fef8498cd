"""Half-up rounding of exact numbers, done once at the end of a computation. Pure.

Sums and divisions are carried as `Fraction`, so that no intermediate rounding can move a cent.
"""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Fraction | Decimal | int) -> int:
    """Nearest whole number, halves away from zero (2.5 gives 3, -2.5 gives -3)."""
    exact = Fraction(value)
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return magnitude if exact >= 0 else -magnitude


def half_up_decimal(value: Fraction | Decimal | int, places: int = 2) -> Decimal:
    """The same, kept to `places` decimals."""
    return Decimal(half_up(Fraction(value) * 10**places)).scaleb(-places)
