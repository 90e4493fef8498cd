"""Value of the help in kind of an award: what the owner forgoes over the days the call offers. Pure.

A refusal of help in kind is motivated, and its gift is valued in the act that gives it (CGCT L1511-3, décret 2017-779).
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from intervalle.rounding import half_up

WEEK = 14  # half-days


class LotPrices(Protocol):
    """Cents per m² and year; None when not known (or « to be proposed »)."""

    reference_rent_cents_m2_year: int | None
    rent_cents_m2_year: int | None


class Terms(Protocol):
    """What the frozen version of the call says: [occupation_from, occupation_until), rent or charges only."""

    charges_only: bool
    occupation_from: date | None
    occupation_until: date | None


def value_of(lot: LotPrices, terms: Terms, area: Decimal, half_days: int = 0) -> int | None:
    """Reference rent less rent asked, by area, days (365 to the year) and share of the week, in cents; None when a figure is
    unknown. `half_days`: those held out of fourteen; none is the whole week. Product: no text gives the share."""
    asked = 0 if terms.charges_only else lot.rent_cents_m2_year
    if lot.reference_rent_cents_m2_year is None or asked is None:
        return None
    if terms.occupation_from is None or terms.occupation_until is None:
        return None
    days = (terms.occupation_until - terms.occupation_from).days
    forgone = max(0, lot.reference_rent_cents_m2_year - asked)
    return half_up(Fraction(forgone) * Fraction(area) * days / 365 * Fraction(half_days or WEEK, WEEK))
