"""The abatement's estimate and the value of a lease: vectors of rules.md 1.5 and 1.7, and their properties."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.leases.durations import Period
from allocation.tfpb.valuation import (
    LeaseValue,
    Rates,
    RentTerm,
    Works,
    estimate_abatement,
    estimate_many,
    plausible,
    value_lease,
)
from intervalle.parameters import UnknownParameter
from intervalle.verdicts import Level

TITLE = Period(date(2026, 4, 1), date(2027, 4, 1))


def rent(per_m2: int, during: Period, subsidy: int = 0) -> RentTerm:
    return RentTerm(during, 80 * per_m2 * 100, subsidy)


def lease(per_m2: int = 40, title: Period = TITLE, year: int = 2026, **changes: object) -> LeaseValue:
    found = LeaseValue(
        area_m2=Decimal(80),
        reference_cents_m2_year=12_000,
        rents=(rent(per_m2, title),),
        title=title,
        available=(title,),
        year=year,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def test_one_dwelling() -> None:
    assert estimate_abatement(320_000, Decimal("0.40"), 2026).cents == 19_200


def test_one_hundred_and_twenty_dwellings() -> None:
    assert estimate_abatement(320_000, Decimal("0.4187"), 2026, 120).cents == 2_411_712


def test_the_estimate_is_rounded_once_and_not_per_dwelling() -> None:
    # 0.01 € of rental value, 100 %: 0.0015 € a dwelling, 0.15 € for a hundred of them.
    assert estimate_abatement(1, Decimal(1), 2026).cents == 0
    assert estimate_abatement(1, Decimal(1), 2026, 100).cents == 15
    assert estimate_many([(1, 50), (1, 50)], Decimal(1), 2026).cents == 15


def test_the_estimate_explains_itself_and_says_it_is_one() -> None:
    lines = estimate_abatement(320_000, Decimal("0.4187"), 2026, 120).lines_fr
    assert "120 logements × 3 200,00 € de valeur locative cadastrale × 0,5" in lines[0].replace("\u00a0", " ")
    assert "30 %" in lines[0].replace("\u00a0", " ")
    assert "41,87 %" in lines[0].replace("\u00a0", " ")
    assert "Estimation" in lines[-1]


def test_the_abatement_has_no_value_after_its_last_year() -> None:
    assert estimate_abatement(320_000, Decimal("0.40"), 2030).cents == 19_200
    with pytest.raises(UnknownParameter, match=r"tfpb\.rate"):
        estimate_abatement(320_000, Decimal("0.40"), 2031)


def test_rates_add_up_without_the_waste_tax() -> None:
    rates = Rates(commune=Decimal("0.35"), epci=Decimal("0.05"), special=Decimal("0.01"), gemapi=Decimal("0.0087"))
    assert rates.total == Decimal("0.4187")
    assert not hasattr(rates, "teom")


@pytest.mark.parametrize(
    ("cents", "warned"), [(4_999, True), (5_000, False), (18_300, False), (50_000, False), (50_001, True)]
)
def test_amount_per_dwelling_outside_the_usual_range_is_questioned(cents: int, warned: bool) -> None:
    verdict = plausible(cents * 10, 10, 2026)
    assert (verdict is not None and verdict.level is Level.WARN) == warned
    assert plausible(cents, 0, 2026) is None


def test_lease_of_nine_months_in_the_year() -> None:
    assert value_lease(lease()).cents == 482_192


def test_lease_in_a_leap_year() -> None:
    title = Period(date(2028, 2, 1), date(2029, 2, 1))
    assert value_lease(lease(title=title, year=2028)).cents == 585_792


def test_rent_above_the_reference_is_worth_nothing() -> None:
    assert value_lease(lease(130)).cents == 0


def test_at_the_reference_rent_charges_and_works_are_not_valued_either() -> None:
    full = lease(120, charges_cents=50_000, works=Works(1_000_000, 0, 10))
    assert value_lease(full).cents == 0
    assert "TFPB-27" in value_lease(full).lines_fr[-1]


def test_next_year_values_the_rest_of_the_title() -> None:
    assert value_lease(lease(year=2027)).cents == 157_808  # 640 000 × 90/365
    assert value_lease(lease(year=2028)).cents == 0


def test_only_days_with_the_keys_count() -> None:
    late = lease(available=(Period(date(2026, 7, 1), date(2027, 4, 1)),))
    assert value_lease(late).cents == 322_630  # 640 000 × 184/365
    holes = lease(available=(Period(date(2026, 4, 1), date(2026, 4, 11)), Period(date(2026, 12, 22), date(2027, 1, 1))))
    assert value_lease(holes).cents == 35_068  # 640 000 × 20/365
    assert value_lease(lease(available=())).cents == 0


def test_days_held_twice_are_counted_once() -> None:
    doubled = lease(available=(TITLE, Period(date(2026, 5, 1), date(2026, 8, 1))))
    assert value_lease(doubled).cents == 482_192


def test_a_rent_that_changes_is_valued_day_by_day() -> None:
    july = date(2026, 7, 1)
    changing = lease(rents=(rent(40, Period(TITLE.start, july)), rent(80, Period(july, TITLE.end))))
    # 91 days at 80 €/m² and 184 at 40 €/m² below the reference
    assert value_lease(changing).cents == 320_877


def test_a_dear_period_is_set_against_a_cheap_one() -> None:
    july = date(2026, 7, 1)
    mixed = lease(rents=(rent(40, Period(TITLE.start, july)), rent(130, Period(july, TITLE.end))))
    assert value_lease(mixed).cents == 119_233  # (640 000 × 91 − 80 000 × 184) / 365


def test_a_subsidy_that_pays_the_rent_is_rent() -> None:
    assert value_lease(lease(rents=(rent(40, TITLE, subsidy=640_000),))).cents == 0
    assert value_lease(lease(rents=(rent(40, TITLE, subsidy=320_000),))).cents == 241_096


def test_charges_works_and_compensations() -> None:
    full = lease(charges_cents=30_000, works=Works(1_200_000, 200_000, 10), other_compensation_cents=12_192)
    # 482 191.78 + 30 000 + 100 000 × 275/365 (75 342.47) − 12 192
    assert value_lease(full).cents == 575_342
    text = "\n".join(value_lease(full).lines_fr).replace("\u00a0", " ")
    assert "+ charges non facturées : 300,00 €." in text
    assert "+ travaux : 10 000,00 € sur 10 ans, 275 jours sur 365 = 753,42 €." in text
    assert "− autres compensations : 121,92 €." in text
    assert value_lease(lease(other_compensation_cents=900_000)).cents == 0
    assert value_lease(lease(works=Works(100, 500, 10))).cents == 482_192


def test_works_are_spread_over_a_year_at_least() -> None:
    with pytest.raises(ValueError, match="amortissement"):
        value_lease(lease(works=Works(100_000, 0, 0)))


def test_a_day_without_rent_or_with_two_is_refused() -> None:
    june = date(2026, 6, 1)
    with pytest.raises(ValueError, match="connu une seule fois"):
        value_lease(lease(rents=(rent(40, Period(june, TITLE.end)),)))
    with pytest.raises(ValueError, match="connu une seule fois"):
        value_lease(lease(rents=(rent(40, TITLE), rent(40, Period(june, TITLE.end)))))


def test_the_value_explains_itself_with_its_numbers() -> None:
    text = "\n".join(value_lease(lease()).lines_fr).replace("\u00a0", " ")
    for words in ("80 m² × 120,00 €", "9 600,00 €", "3 200,00 € par an", "275 sur 365", "4 821,92 €"):
        assert words in text
    assert "du 1ᵉʳ avril 2026 au 31 décembre 2026" in text


@given(st.integers(0, 20_000), st.integers(1, 364))
def test_a_higher_rent_never_raises_the_value(per_year: int, shift: int) -> None:
    def worth(cents: int) -> int:
        return value_lease(lease(rents=(RentTerm(TITLE, cents),))).cents

    assert worth(per_year * 100 + shift) <= worth(per_year * 100)


@given(st.dates(date(2025, 6, 1), date(2027, 6, 1)), st.integers(1, 900))
def test_the_years_of_a_title_add_up_to_its_whole_advantage(start: date, days: int) -> None:
    """Years of 365 days only: the advantage of all years is that of all days, to a cent per year."""
    title = Period(start, min(start + timedelta(days=days), date(2028, 1, 1)))
    years = [value_lease(lease(title=title, year=year)).cents for year in (2025, 2026, 2027)]
    assert abs(sum(years) - Decimal(640_000) * title.days / 365) <= 3


def test_a_shared_place_counts_for_its_half_days() -> None:
    free = {"rents": (RentTerm(TITLE, 0),)}
    whole, shared = value_lease(lease(**free)), value_lease(lease(**free, half_days=7))
    assert shared.cents * 2 == whole.cents
    assert shared.lines_fr[0] == (
        "Loyer de référence : 80\u00a0m² × 120,00\u00a0€ par m² et par an × 7 demi-journées sur 14 = 4\u00a0800,00\u00a0€ par an."
    )
