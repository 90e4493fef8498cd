"""Months, terms, and the vectors of rules.md 2.4."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.leases.durations import (
    Period,
    add_months,
    end_after,
    end_for,
    laid_end_to_end,
    last_day,
    length_in_words,
    longer_than,
    merged,
    shorter_than,
    together_at_least,
    together_longer_than,
    whole_months,
    year_period,
)

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 1), 36, date(2029, 3, 1)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 10), -1, date(2025, 12, 10)),
        (date(2026, 5, 20), 0, date(2026, 5, 20)),
    ],
)
def test_adding_months_clamps_to_the_end_of_the_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_thirty_six_months_from_the_first_of_march_end_on_the_last_of_february() -> None:
    assert last_day(end_for(date(2026, 3, 1), 36)) == date(2029, 2, 28)


def test_last_day_and_end_are_inverse() -> None:
    assert end_after(last_day(date(2027, 4, 1))) == date(2027, 4, 1)


@given(days, st.integers(-600, 600))
def test_adding_months_keeps_the_day_or_falls_on_the_last_day_of_the_month(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months


@given(days, days)
def test_whole_months_and_days_rebuild_the_end(one: date, other: date) -> None:
    start, end = sorted((one, other))
    months, rest = whole_months(start, end)
    assert rest >= 0
    assert add_months(start, months) + timedelta(days=rest) == end
    assert add_months(start, months + 1) > end


@given(days, st.integers(1, 1200))
def test_a_lease_of_n_months_is_neither_longer_nor_shorter_than_n_months(start: date, months: int) -> None:
    end = end_for(start, months)
    assert not longer_than(start, end, months)
    assert not shorter_than(start, end, months)
    assert longer_than(start, end + timedelta(days=1), months)
    assert shorter_than(start, end - timedelta(days=1), months)


def test_a_lease_without_end_is_longer_than_anything() -> None:
    assert longer_than(date(2026, 1, 1), None, 1188)
    assert not shorter_than(date(2026, 1, 1), None, 1188)


def leases(*lengths: int, start: date = date(2026, 1, 1), gap: int = 0) -> list[Period]:
    found = []
    for months in lengths:
        found.append(Period(start, add_months(start, months)))
        start = found[-1].end + timedelta(days=gap)
    return found


def test_three_leases_of_twelve_months_make_thirty_six_and_one_more_month_is_too_much() -> None:
    assert not together_longer_than(leases(12, 12, 12), 36)
    assert together_longer_than(leases(12, 12, 13), 36)


def test_gaps_between_leases_are_not_counted() -> None:
    assert not together_longer_than(leases(12, 12, 12, gap=45), 36)
    assert together_longer_than(leases(12, 12, 13, gap=45), 36)


def test_one_day_more_than_thirty_six_months_is_too_much() -> None:
    whole = Period(date(2026, 3, 1), date(2029, 3, 2))
    assert together_longer_than([whole], 36)


@given(days, st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_contiguous_leases_are_as_long_as_one_lease(start: date, lengths: list[int]) -> None:
    found = []
    for length in lengths:
        found.append(Period(start, start + timedelta(days=length)))
        start = found[-1].end
    assert laid_end_to_end(found) == Period(found[0].start, found[-1].end)


def test_used_up_means_at_least_thirty_six_months() -> None:
    assert together_at_least(leases(18, 18), 36)
    assert not together_at_least(leases(18, 17), 36)
    assert not together_at_least([], 36)


def test_overlapping_periods_are_counted_once() -> None:
    assert merged([Period(date(2026, 1, 1), date(2026, 6, 1)), Period(date(2026, 3, 1), date(2026, 9, 1))]) == [
        Period(date(2026, 1, 1), date(2026, 9, 1))
    ]


def test_two_periods_meet_on_the_days_both_cover() -> None:
    title = Period(date(2026, 4, 1), date(2027, 4, 1))
    assert title.meets(year_period(2026)) == Period(date(2026, 4, 1), date(2027, 1, 1))
    assert title.meets(year_period(2028)) is None
    assert title.meets(Period(date(2027, 4, 1), date(2027, 5, 1))) is None  # one ends as the other starts


def test_the_days_of_a_period() -> None:
    assert Period(date(2026, 4, 1), date(2027, 1, 1)).days == 275


def test_a_period_covers_at_least_one_day() -> None:
    with pytest.raises(ValueError, match="après son début"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (date(2029, 1, 1), "36 mois"),
        (date(2029, 1, 2), "36 mois et 1 jour"),
        (date(2044, 1, 1), "18 ans"),
        (date(2030, 1, 1), "4 ans"),
        (date(2030, 2, 1), "49 mois"),
        (date(2026, 1, 11), "10 jours"),
        (None, "sans terme"),
    ],
)
def test_a_length_is_written_in_words(end: date | None, expected: str) -> None:
    assert length_in_words(date(2026, 1, 1), end) == expected
