"""What a diagnosis counts: stock, vacancy and its length, reasons, m² soon free, cost of emptiness. Pure.

One rule makes every number honest: a figure and the list behind it come from the same function, `members`.
Areas are m² (Decimal), money is cents, days are civil days; the vacancy rate is vacant m² over the m² of the stock.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median

from intervalle.i18n import N_

VACANT = ("vacant", "call", "selection")
# code of the list -> (label, state of the bar, states of the lots)
STATES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "vacants": (N_("Vacant"), "vacant", VACANT),
    "attribues": (N_("Attribué, pas encore occupé"), "awarded", ("awarded",)),
    "occupes": (N_("Occupé"), "occupied", ("occupied",)),
    "travaux": (N_("Travaux ou démolition"), "works", ("works",)),
}
# Months of emptiness: from, up to (excluded), label. Two years is the threshold of the tax on vacant shops (CGI 1530).
LENGTHS: tuple[tuple[int, int | None, str], ...] = (
    (0, 6, N_("Moins de 6 mois")),
    (6, 12, N_("De 6 à 12 mois")),
    (12, 24, N_("De 1 à 2 ans")),
    (24, None, N_("2 ans et plus")),
)
BANDS = (0, 30, 60, 100, 200, 500)  # m², the same as those of the demand
QUARTERS = 8
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LotFact:
    """One lot on the day of the diagnosis. `reason` and `cost_cents_month` are known of one's own premises only."""

    lot_id: int
    label: str
    name: str
    area: Decimal
    used: Decimal  # m² in use that day, half-days counted in proportion
    premises_id: int
    place: str
    kind: str
    commune: str
    own: bool
    state: str
    since: date | None = None  # first empty day, for a lot where nobody is
    reason: str | None = None
    cost_cents_month: Fraction | None = None  # guarding and taxes of the whole lot

    @property
    def vacant(self) -> bool:
        """Room is left today; a lot that is not offered yet counts when its owner says why it stands empty."""
        return self.state in VACANT or (self.state == "none" and self.reason is not None)

    @property
    def counted(self) -> bool:
        return self.state != "none" or self.vacant

    @property
    def free(self) -> Decimal:
        return max(self.area - self.used, ZERO) if self.vacant else ZERO

    def days_empty(self, on: date) -> int | None:
        return max((on - self.since).days, 0) if self.vacant and self.since else None

    def months_empty(self, on: date) -> int | None:
        """Whole months, as people count them."""
        if not self.vacant or self.since is None or self.since > on:
            return 0 if self.vacant and self.since else None
        return (on.year - self.since.year) * 12 + on.month - self.since.month - (on.day < self.since.day)

    def monthly(self) -> Fraction:
        """Cents a month for the empty part."""
        if not self.vacant or self.cost_cents_month is None or not self.area:
            return Fraction(0)
        return self.cost_cents_month * Fraction(self.free) / Fraction(self.area)


@dataclass(frozen=True, slots=True)
class Freed:
    """m² of a lot that a use, works or a date of delivery sets free on a day, nothing following."""

    lot_id: int
    on: date
    area: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table: `code` opens the list behind it."""

    code: str
    label: str
    lots: int
    area: Decimal
    state: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    on: date
    lots: int
    area: Decimal
    vacant: int
    free: Decimal
    states: list[Line]
    lengths: list[Line]
    reasons: list[Line]
    unknown_reasons: int
    quarters: list[Line]
    bands: list[Line]
    median_days: int | None
    costed: int  # vacant lots whose cost is known
    cost_cents_month: int
    cost_cents_so_far: int

    @property
    def rate(self) -> Fraction:
        """Vacant m² over the m² of the stock."""
        return Fraction(self.free) / Fraction(self.area) if self.area else Fraction(0)

    @property
    def rate_of_lots(self) -> Fraction:
        return Fraction(self.vacant, self.lots) if self.lots else Fraction(0)


def quarter(day: date) -> str:
    """« 2027T1 »."""
    return f"{day.year}T{(day.month + 2) // 3}"


def next_quarters(on: date) -> list[str]:
    first = on.year * 4 + (on.month - 1) // 3
    return [f"{n // 4}T{n % 4 + 1}" for n in range(first, first + QUARTERS)]


def band(area: Decimal) -> int:
    return max(low for low in BANDS if area >= low)


def _in_length(low: int, high: int | None, on: date) -> Callable[[LotFact], bool]:
    def chosen(lot: LotFact) -> bool:
        months = lot.months_empty(on)
        return months is not None and low <= months and (high is None or months < high)

    return chosen


def members(code: str, lots: Iterable[LotFact], freed: Sequence[Freed], on: date) -> list[LotFact] | None:
    """The lots a figure counts, by the code of its list; None for a code that means nothing."""
    kind, _dash, rest = code.partition("-")
    chosen: Callable[[LotFact], bool] | None = None
    if code == "tous":
        chosen = lambda lot: lot.counted  # noqa: E731
    elif code == "vacants":
        chosen = lambda lot: lot.vacant  # noqa: E731
    elif code in STATES:
        chosen = lambda lot: lot.state in STATES[code][2]  # noqa: E731
    elif code == "cout":
        chosen = lambda lot: lot.vacant and lot.cost_cents_month is not None  # noqa: E731
    elif kind == "duree" and rest.isdecimal() and int(rest) in {low for low, _h, _l in LENGTHS}:
        chosen = next(_in_length(low, high, on) for low, high, _l in LENGTHS if low == int(rest))
    elif kind == "raison":
        chosen = lambda lot: lot.vacant and (lot.reason or "inconnue") == rest  # noqa: E731
    elif kind == "surface" and rest.isdecimal() and int(rest) in BANDS:
        chosen = lambda lot: lot.vacant and band(lot.free) == int(rest)  # noqa: E731
    elif kind == "trimestre":
        ids = {f.lot_id for f in freed if quarter(f.on) == rest}
        chosen = lambda lot: lot.lot_id in ids  # noqa: E731
    return [lot for lot in lots if chosen(lot)] if chosen else None


def figures(lots: Sequence[LotFact], freed: Sequence[Freed], on: date, reasons: dict[str, str]) -> Figures:
    """`reasons`: code -> label of the reasons of emptiness, in the order of the table."""

    def behind(code: str) -> list[LotFact]:
        return members(code, lots, freed, on) or []

    def empty(code: str, label: str) -> Line:
        found = behind(code)
        return Line(code, label, len(found), sum((lot.free for lot in found), ZERO))

    stock, vacant, costed = behind("tous"), behind("vacants"), behind("cout")
    days = [d for lot in vacant if (d := lot.days_empty(on)) is not None]
    so_far = sum((lot.monthly() * (lot.months_empty(on) or 0) for lot in costed), Fraction(0))
    told = [empty(f"raison-{code}", label) for code, label in reasons.items()]
    return Figures(
        on=on, lots=len(stock), area=sum((lot.area for lot in stock), ZERO), vacant=len(vacant),
        free=sum((lot.free for lot in vacant), ZERO), states=_states(stock, behind),
        lengths=[empty(f"duree-{low}", label) for low, _high, label in LENGTHS],
        reasons=[line for line in told if line.lots], unknown_reasons=len(behind("raison-inconnue")),
        quarters=[_quarter(code, freed, {lot.lot_id for lot in lots}) for code in next_quarters(on)],
        bands=[empty(f"surface-{low}", str(low)) for low in BANDS],
        median_days=round(median(days)) if days else None, costed=len(costed),
        cost_cents_month=round(sum((lot.monthly() for lot in costed), Fraction(0))), cost_cents_so_far=round(so_far),
    )  # fmt: skip


def _states(stock: Sequence[LotFact], behind: Callable[[str], list[LotFact]]) -> list[Line]:
    """m² by state: what is used of a partly free lot counts as occupied, so that the lines add up to the stock."""
    partly = sum((lot.area - lot.free for lot in stock if lot.vacant), ZERO)
    lines = []
    for code, (label, state, _of) in STATES.items():
        found = behind(code)
        area = sum((lot.free if lot.vacant else lot.area for lot in found), ZERO)
        lines.append(Line(code, label, len(found), area + (partly if code == "occupes" else ZERO), state))
    return lines


def _quarter(code: str, freed: Sequence[Freed], known: set[int]) -> Line:
    there = [f for f in freed if quarter(f.on) == code and f.lot_id in known]
    return Line(f"trimestre-{code}", code, len({f.lot_id for f in there}), sum((f.area for f in there), ZERO))
