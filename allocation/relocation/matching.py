"""Which lots would fit an occupant who has to leave, which nearly do, and why not. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from allocation.relocation.schedule import Needed, Offered, counts_as_offer
from premises.facts import Erp

# An unknown price is not a reason to hide a place: the interview settles it.
NO_BUDGET = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for. `erps` are acceptable types, any of them; empty when no public is received."""

    area_min: Decimal
    area_max: Decimal
    erps: Collection[Erp] = ()
    budget_cents_month: int | None = None
    must_stay_in_qpv: bool = False
    exit_on: date

    @property
    def area(self) -> Decimal:
        """The area REL-03 compares with: the middle of what is asked."""
        return (self.area_min + self.area_max) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lot on the market. `available_on` is the first day it is free from the exit on; None when it never is."""

    area: Decimal
    min_area: Decimal | None
    divisible: bool
    monthly_cents_m2: Decimal | None
    erps: Collection[Erp]
    in_qpv: bool | None
    available_on: date | None
    distance_m: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How a lot meets the need: the area that would be offered, and every reason it does not fit."""

    area: Decimal
    monthly_cents: int | None
    reasons_fr: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.reasons_fr

    @property
    def near_miss(self) -> bool:
        """One reason only: worth showing, with it."""
        return len(self.reasons_fr) == 1


def area_to_offer(wanted: Wanted, lot: Candidate) -> Decimal:
    """The whole lot, or the part of a divisible one that is closest to what is asked."""
    if not lot.divisible or lot.area <= wanted.area:
        return lot.area
    return max(wanted.area, lot.min_area or Decimal(0))


def match(wanted: Wanted, lot: Candidate) -> Match:
    """The lot as its page describes it: REL-03, and the neighbourhood when the occupant has to stay in it."""
    area = area_to_offer(wanted, lot)
    monthly = None if lot.monthly_cents_m2 is None else int(lot.monthly_cents_m2 * area)
    return offered(wanted, lot, area=area, monthly_cents=monthly, available_on=lot.available_on)


def offered(
    wanted: Wanted, lot: Candidate, *, area: Decimal, monthly_cents: int | None, available_on: date | None
) -> Match:
    """The same lot on terms that may differ from its page: another area, price or day."""
    reasons = [] if available_on else ["Occupé, sans date de libération connue."]
    reasons += _rel_03(wanted, lot, area, monthly_cents, available_on or wanted.exit_on)
    if wanted.must_stay_in_qpv and not lot.in_qpv:
        reasons.append(
            "Hors d’un quartier prioritaire." if lot.in_qpv is False else "Quartier prioritaire indéterminé."
        )
    return Match(area, monthly_cents, tuple(reasons))


def _rel_03(wanted: Wanted, lot: Candidate, area: Decimal, monthly: int | None, available_on: date) -> list[str]:
    """The four conditions of REL-03. Several acceptable types count as one need when the lot has any of them."""
    common = [erp for erp in wanted.erps if erp in lot.erps]
    erp = None if not wanted.erps else (common or list(wanted.erps))[0]
    need = Needed(
        area_m2=wanted.area, exit_on=wanted.exit_on, erp=erp,
        budget_cents_month=NO_BUDGET if wanted.budget_cents_month is None else wanted.budget_cents_month,
    )  # fmt: skip
    terms = Offered(area_m2=area, monthly_cents=monthly or 0, erp_types=lot.erps, available_on=available_on)
    return list(counts_as_offer(terms, need).reasons_fr)


def in_reading_order(found: Iterable[tuple[int, Candidate, Match]]) -> list[tuple[int, Candidate, Match]]:
    """What fits first, then near misses; nearest first in each. The rest is left out."""
    kept = [one for one in found if one[2].fits or one[2].near_miss]
    return sorted(kept, key=lambda one: (not one[2].fits, one[1].distance_m is None, one[1].distance_m or 0, one[0]))
