"""Months, terms and lengths of leases. Pure.

A period is [start, end): `end` is the first day that is no longer covered. Law and contracts speak of the
last day included; `last_day` and `end_after` go from one to the other. Adding months keeps the day of the
month, and falls back to the last day of a shorter month.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from intervalle.months import add_months

__all__ = [
    "ONE_DAY",
    "Period",
    "add_months",
    "end_after",
    "end_for",
    "laid_end_to_end",
    "last_day",
    "length_in_words",
    "longer_than",
    "merged",
    "shorter_than",
    "together_at_least",
    "together_longer_than",
    "whole_months",
    "year_period",
]

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """[start, end). Raises ValueError when it covers no day."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("La fin d’une période doit être après son début.")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def meets(self, other: "Period") -> "Period | None":
        """The days both cover, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None


def last_day(end: date) -> date:
    """Last day covered by a period that ends (excluded) on `end`."""
    return end - ONE_DAY


def end_after(last: date) -> date:
    """Excluded end of a period whose last day, included, is `last`."""
    return last + ONE_DAY


def end_for(start: date, months: int) -> date:
    """Excluded end of a lease of exactly that many months."""
    return add_months(start, months)


def year_period(year: int) -> Period:
    return Period(date(year, 1, 1), date(year + 1, 1, 1))


def longer_than(start: date, end: date | None, months: int) -> bool:
    """Whether the lease lasts more than `months` months, even by one day; no end exceeds any length."""
    return end is None or end > add_months(start, months)


def shorter_than(start: date, end: date | None, months: int) -> bool:
    """Whether the lease lasts less than `months` months, by one day or more."""
    return end is not None and end < add_months(start, months)


def whole_months(start: date, end: date) -> tuple[int, int]:
    """Length as whole months and remaining days."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return months, (end - add_months(start, months)).days


def length_in_words(start: date, end: date | None) -> str:
    """« 18 ans », « 36 mois et 1 jour », « sans terme »."""
    if end is None:
        return "sans terme"
    months, days = whole_months(start, end)
    years, rest = divmod(months, 12)
    words = [f"{years} ans" if rest == 0 and years >= 4 else f"{months} mois"] if months else []
    if days or not months:
        words.append(f"{days} jour" if days == 1 else f"{days} jours")
    return " et ".join(words)


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same days, as the fewest periods: contiguous and overlapping ones become one."""
    result: list[Period] = []
    for period in sorted(periods):
        if result and period.start <= result[-1].end:
            result[-1] = Period(result[-1].start, max(result[-1].end, period.end))
        else:
            result.append(period)
    return result


def laid_end_to_end(periods: Iterable[Period]) -> Period | None:
    """One period as long as all of them together, from the first start.

    Interrupted leases are added month by month, then day by day, so that three leases of twelve months make
    exactly thirty-six months whatever the gaps between them.
    """
    runs = merged(periods)
    if not runs:
        return None
    lengths = [whole_months(run.start, run.end) for run in runs]
    end = add_months(runs[0].start, sum(months for months, _ in lengths))
    return Period(runs[0].start, end + timedelta(days=sum(days for _, days in lengths)))


def together_longer_than(periods: Iterable[Period], months: int) -> bool:
    """Whether successive leases, added up, exceed `months` months (c. com. L145-5: 36)."""
    total = laid_end_to_end(periods)
    return total is not None and longer_than(total.start, total.end, months)


def together_at_least(periods: Iterable[Period], months: int) -> bool:
    """Whether successive leases have used up `months` months."""
    total = laid_end_to_end(periods)
    return total is not None and not shorter_than(total.start, total.end, months)
