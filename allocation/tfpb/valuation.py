"""What the abatement is worth, and what a lease is worth in it. Pure (rules.md 1.5 and 1.7).

Money is in integer cents, rates are fractions of one. Everything is computed exactly and rounded half-up to the cent
once, at the end. No official formula values a lease: the method is Intervalle's, and the signatories of the agreement
accept it in writing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from allocation.leases.durations import Period, last_day, merged, year_period
from intervalle import parameters
from intervalle.french import euros, long_date, number, percent, plural, square_metres
from intervalle.rounding import half_up
from intervalle.verdicts import Rule, Source, Verdict

ESTIMATE = "Estimation : le montant de l’avis d’imposition la remplace dès qu’il est connu."
WEEK = 14  # half-days
PLAUSIBLE = Rule("TFPB-EST", "Montant plausible par logement", "Moyenne nationale 183 € (2017-2019)", Source.PRODUCT)


@dataclass(frozen=True, slots=True)
class Amount:
    """Cents, and the lines that explain them to a reader."""

    cents: int
    lines_fr: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Voted rates of the property tax, as fractions of one. The waste tax (TEOM) has another base: it is left out."""

    commune: Decimal
    epci: Decimal = Decimal(0)
    special: Decimal = Decimal(0)  # TSE
    gemapi: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.commune + self.epci + self.special + self.gemapi


def estimate_abatement(cadastral_cents: int, rate: Decimal, year: int, dwellings: int = 1) -> Amount:
    """Yearly saving on `dwellings` dwellings of one cadastral rental value (VLC) each. `rate` is 0.4187 for 41.87 %."""
    return estimate_many([(cadastral_cents, dwellings)], rate, year)


def estimate_many(groups: Sequence[tuple[int, int]], rate: Decimal, year: int) -> Amount:
    """The same for several groups of dwellings: (VLC in cents, number of dwellings)."""
    on = date(year, 1, 1)
    kept = 1 - parameters.ratio("tfpb.flat_deduction", on)
    share = parameters.ratio("tfpb.rate", on)
    total = sum((Fraction(value * count) for value, count in groups), Fraction(0))
    cents = half_up(total * Fraction(kept) * Fraction(share) * Fraction(rate))
    lines = [
        f"{plural(count, 'logement', 'logements')} × {euros(value)} de valeur locative cadastrale × "
        f"{number(kept)} (CGI art. 1388) × {percent(share * 100)} (CGI art. 1388 bis) × {percent(rate * 100)} de taux"
        for value, count in groups
    ]
    return Amount(cents, (*lines, f"= {euros(cents)} par an.", ESTIMATE))


def plausible(amount_cents: int, dwellings: int, year: int) -> Verdict | None:
    """Outside 50 to 500 euros per dwelling and year, the figures deserve a second look."""
    if dwellings <= 0:
        return None
    low, high = parameters.several("tfpb.plausible_cents_per_dwelling", date(year, 1, 1))
    each = half_up(Fraction(amount_cents, dwellings))
    if low <= each <= high:
        return None
    return PLAUSIBLE.warn(
        f"{euros(each)} par logement et par an, hors de la fourchette habituelle ({euros(low)} à {euros(high)}).",
        "Vérifiez la valeur locative, le taux et le nombre de logements, ou écrivez ce qui l’explique.",
    )


@dataclass(frozen=True, slots=True)
class RentTerm:
    """Rent billed over a period, per year, in cents. A subsidy paid to the landlord for the rent is added (TFPB-28)."""

    during: Period
    billed_cents_year: int
    subsidy_cents_year: int = 0

    @property
    def received_cents_year(self) -> int:
        return self.billed_cents_year + self.subsidy_cents_year


@dataclass(frozen=True, slots=True)
class Works:
    """Works paid by the landlord for this lot, net of grants, spread over years. Counted only if the method says so."""

    cost_cents: int
    grants_cents: int
    years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseValue:
    """What a lease brings to the programme of one year. `available` lists the days the keys were really held."""

    area_m2: Decimal
    reference_cents_m2_year: int
    rents: tuple[RentTerm, ...]
    title: Period
    available: tuple[Period, ...]
    year: int
    half_days: int = WEEK  # of the week, let to the tenant
    charges_cents: int = 0  # recoverable charges of the period that were not billed, with evidence
    other_compensation_cents: int = 0
    works: Works | None = None


def value_lease(lease: LeaseValue) -> Amount:
    """Valued amount of one lease in one year. Raises ValueError when a rent is missing for a day that counts."""
    year = year_period(lease.year)
    days = counted_periods(lease, year)
    counted = sum(period.days for period in days)
    reference = Fraction(lease.area_m2) * lease.reference_cents_m2_year * Fraction(lease.half_days, WEEK)
    advantage = sum((_advantage(reference, lease.rents, period) for period in days), Fraction(0)) / year.days
    lines = _advantage_lines(lease, days, reference, advantage, year.days)
    if advantage <= 0:
        return Amount(0, (*lines, "Le loyer perçu atteint la référence : rien n’est valorisable (TFPB-27)."))
    works = _works(lease.works, counted, year.days)
    total = advantage + lease.charges_cents + works - lease.other_compensation_cents
    cents = max(0, half_up(total))
    return Amount(cents, (*lines, *_other_lines(lease, works, counted, year.days), f"= {euros(cents)} valorisables."))


def counted_periods(lease: LeaseValue, year: Period) -> list[Period]:
    """TFPB-21: days in the title, in the year, and with the keys really held."""
    inside = lease.title.meets(year)
    if inside is None:
        return []
    return [period for held in merged(lease.available) if (period := held.meets(inside))]


def _advantage(reference: Fraction, rents: Iterable[RentTerm], period: Period) -> Fraction:
    """Cents × days: reference rent minus what the landlord receives, over the days of a period."""
    covered, total = 0, Fraction(0)
    for term in rents:
        part = term.during.meets(period)
        if part:
            covered += part.days
            total += (reference - term.received_cents_year) * part.days
    if covered != period.days:
        raise ValueError(
            f"Le loyer doit être connu une seule fois pour chaque jour du {long_date(period.start)} "
            f"au {long_date(last_day(period.end))}."
        )
    return total


def _works(works: Works | None, days: int, days_in_year: int) -> Fraction:
    if works is None:
        return Fraction(0)
    if works.years <= 0:
        raise ValueError("La durée d’amortissement des travaux est d’un an au moins.")
    return Fraction(max(0, works.cost_cents - works.grants_cents), works.years) * Fraction(days, days_in_year)


def _advantage_lines(
    lease: LeaseValue, days: Sequence[Period], reference: Fraction, advantage: Fraction, days_in_year: int
) -> list[str]:
    spans = " et ".join(f"du {long_date(part.start)} au {long_date(last_day(part.end))}" for part in days)
    counted = sum(part.days for part in days)
    received = " puis ".join(dict.fromkeys(f"{euros(term.received_cents_year)} par an" for term in lease.rents))
    shared = (
        f"× {plural(lease.half_days, 'demi-journée', 'demi-journées')} sur {WEEK} " if lease.half_days < WEEK else ""
    )
    return [
        f"Loyer de référence : {square_metres(lease.area_m2)} × {euros(lease.reference_cents_m2_year)} par m² et par an "
        f"{shared}= {euros(half_up(reference))} par an.",
        f"Loyer perçu, subvention de loyer comprise : {received or 'aucun'}.",
        f"Jours comptés : {counted} sur {days_in_year}{f' ({spans})' if spans else ''}.",
        f"Avantage de loyer : {euros(half_up(advantage))}.",
    ]


def _other_lines(lease: LeaseValue, works: Fraction, counted: int, days_in_year: int) -> list[str]:
    lines = []
    if lease.charges_cents:
        lines.append(f"+ charges non facturées : {euros(lease.charges_cents)}.")
    if lease.works:
        net = max(0, lease.works.cost_cents - lease.works.grants_cents)
        years = plural(lease.works.years, "an", "ans")
        lines.append(
            f"+ travaux : {euros(net)} sur {years}, {counted} jours sur {days_in_year} = {euros(half_up(works))}."
        )
    if lease.other_compensation_cents:
        lines.append(f"− autres compensations : {euros(lease.other_compensation_cents)}.")
    return lines
