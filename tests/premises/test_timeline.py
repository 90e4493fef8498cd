"""The interval in words and fractions: pure, so that a date can be checked by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premises.timeline import Span, bar, free_from, state_on

USE = (date(2026, 1, 1), date(2030, 1, 1))
LEASE = Span("occupied", date(2026, 6, 1), date(2027, 6, 1), "Atelier vélo")
CALL = Span("call", date(2027, 1, 1), date(2027, 2, 1))
WORKS = Span("works", date(2029, 1, 1), None)


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2025, 12, 31), "none"),
        (date(2026, 1, 1), "vacant"),
        (date(2026, 6, 1), "occupied"),
        (date(2027, 1, 15), "occupied"),  # the place is taken although its next call is open
        (date(2027, 5, 31), "occupied"),
        (date(2027, 6, 1), "vacant"),  # the end is excluded
        (date(2029, 1, 1), "works"),
        (date(2040, 1, 1), "works"),
    ],
)
def test_state_on_a_day(on: date, state: str) -> None:
    assert state_on(on, [LEASE, CALL, WORKS], USE) == state


def test_a_call_shows_where_nothing_else_stands() -> None:
    assert state_on(date(2027, 1, 15), [CALL], USE) == "call"


def test_open_ended_use_has_no_outside() -> None:
    assert state_on(date(2200, 1, 1), [], (None, None)) == "vacant"


def test_free_again_after_uses_that_follow_each_other() -> None:
    second = Span("occupied", date(2027, 6, 1), date(2028, 1, 1))
    assert free_from(date(2026, 7, 1), [second, LEASE]) == date(2028, 1, 1)
    assert free_from(date(2029, 2, 1), [LEASE, WORKS]) is None
    assert free_from(date(2026, 2, 1), [LEASE]) == date(2026, 2, 1)


def test_the_bar_covers_the_interval_and_marks_today() -> None:
    drawn = bar(USE, [LEASE], date(2028, 1, 1), "18 mois")
    days = (USE[1] - USE[0]).days
    assert (drawn.start, drawn.end, drawn.middle) == (*USE, "18 mois")
    assert drawn.today == pytest.approx((date(2028, 1, 1) - USE[0]).days / days)
    assert [(s, label) for s, _from, _to, label in drawn.spans] == [
        ("vacant", "Vacant"),
        ("vacant", "Vacant"),
        ("occupied", "Atelier vélo"),
    ]
    assert drawn.sentence.startswith("Utilisable du 1ᵉʳ janvier 2026 au 31 décembre 2029. Aujourd’hui : Vacant.")


def test_a_bar_without_end_says_so_and_still_has_a_length() -> None:
    drawn = bar((date(2026, 1, 1), None), [], date(2026, 2, 1))
    assert (drawn.end, [s[:3] for s in drawn.spans]) == (None, [("vacant", 0.0, 1.0)])


days = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(days)
    length = draw(st.one_of(st.none(), st.integers(1, 2000)))
    state = draw(st.sampled_from(["occupied", "works", "call", "selection", "awarded"]))
    return Span(state, start, None if length is None else start + timedelta(days=length))


@given(st.lists(spans(), max_size=5), st.one_of(st.none(), days), st.integers(1, 3000), days)
def test_what_is_drawn_stays_between_the_posts(found: list[Span], first: date | None, length: int, today: date) -> None:
    last = first + timedelta(days=length) if first else None
    drawn = bar((first, last), found, today)
    assert all(0 <= begin < end <= 1 for _state, begin, end, _label in drawn.spans)
    assert drawn.today is None or 0 <= drawn.today < 1


@given(st.lists(spans(), max_size=5), days)
def test_free_day_is_free(found: list[Span], on: date) -> None:
    free = free_from(on, found)
    if free is not None:
        assert state_on(free, found, (None, None)) in {"vacant", "call", "selection"}
