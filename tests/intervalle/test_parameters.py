"""Dated legal parameters, exact rounding, French sentences."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intervalle import french
from intervalle.parameters import (
    ROWS,
    UnknownParameter,
    day_of,
    exists,
    parameter,
    ratio,
    several,
    whole,
)
from intervalle.rounding import half_up, half_up_decimal


def test_a_value_depends_on_the_day() -> None:
    assert whole("derog.max_months", date(2014, 8, 31)) == 24
    assert whole("derog.max_months", date(2014, 9, 1)) == 36
    assert ratio("tfpb.rate", date(2026, 1, 1)) == Decimal("0.30")
    assert day_of("tfpb.signature_until", date(2025, 6, 1)) == date(2025, 3, 31)
    assert several("exit.steps_months", date(2026, 1, 1)) == (12, 9, 6, 3)


def test_outside_its_dates_a_parameter_is_unknown_and_says_so() -> None:
    assert exists("tfpb.signature_until", date(2025, 12, 31))
    assert not exists("tfpb.signature_until", date(2026, 1, 1))
    with pytest.raises(UnknownParameter, match="01/01/2031"):
        parameter("tfpb.rate", date(2031, 1, 1))
    with pytest.raises(UnknownParameter, match=r"no\.such\.key"):
        parameter("no.such.key", date(2026, 1, 1))


def test_a_parameter_of_the_wrong_kind_is_refused() -> None:
    day = date(2026, 1, 1)
    for read, key in (
        (whole, "tfpb.rate"),
        (ratio, "derog.max_months"),
        (day_of, "derog.max_months"),
        (several, "tfpb.rate"),
    ):
        with pytest.raises(TypeError, match=r"tfpb\.rate|derog\.max_months"):
            read(key, day)


def test_every_row_has_a_source_and_the_unsure_ones_say_so() -> None:
    for rows in ROWS.values():
        for row in rows:
            assert row.source.strip()
            assert row.sure != ("confirmer" in row.source or "Intervalle" in row.source)


def test_rows_of_one_key_never_overlap_and_are_all_of_one_type() -> None:
    for key, rows in ROWS.items():
        assert len({type(row.value) for row in rows}) == 1, key
        for row in rows:
            days = [row.valid_from] + ([row.valid_to - timedelta(days=1)] if row.valid_to else [date.max])
            assert row.valid_to is None or row.valid_from < row.valid_to
            for day in days:
                assert sum(other.covers(day) for other in rows) == 1, (key, day)


def test_lease_parameters_have_a_value_today_and_in_ten_years() -> None:
    bounded = {"tfpb.rate", "tfpb.regime_year", "tfpb.signature_until", "tfpb.overseas_renewal"}
    for key in set(ROWS) - bounded:
        assert exists(key, date(2026, 1, 1)), key
        assert exists(key, date(2036, 1, 1)), key


@pytest.mark.parametrize(
    ("value", "expected"), [("2.5", 3), ("2.4999", 2), ("-2.5", -3), ("-2.4", -2), ("0.5", 1), ("0", 0)]
)
def test_half_up(value: str, expected: int) -> None:
    assert half_up(Decimal(value)) == expected


def test_half_up_keeps_thirds_exact() -> None:
    assert half_up_decimal(Fraction(1, 3)) == Decimal("0.33")
    assert half_up_decimal(Fraction(1, 8)) == Decimal("0.13")
    assert half_up_decimal(Decimal("66.665")) == Decimal("66.67")
    assert str(half_up_decimal(5)) == "5.00"


@given(st.fractions(-1000, 1000))
def test_half_up_is_the_nearest_and_is_symmetrical(value: Fraction) -> None:
    assert abs(half_up(value) - value) <= Fraction(1, 2)
    assert half_up(-value) == -half_up(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (french.euros(482_192), "4 821,92 €"),
        (french.euros(0), "0,00 €"),
        (french.round_euros(30_000_000), "300 000 €"),
        (french.percent(Decimal("41.8700")), "41,87 %"),
        (french.percent(Decimal(30)), "30 %"),
        (french.square_metres(Decimal("1234.50")), "1 234,5 m²"),
        (french.number(1_000_000), "1 000 000"),
        (french.number(100), "100"),
        (french.long_date(date(2026, 3, 1)), "1ᵉʳ mars 2026"),
        (french.long_date(date(2029, 2, 28)), "28 février 2029"),
        (french.span(36), "36 mois"),
        (french.span(216), "18 ans"),
        (french.span(37), "37 mois"),
        (french.plural(0, "jour", "jours"), "0 jour"),
        (french.plural(1, "jour", "jours"), "1 jour"),
        (french.plural(2, "jour", "jours"), "2 jours"),
    ],
)
def test_french(text: str, expected: str) -> None:
    assert text.replace("\u00a0", " ") == expected
