"""Eligibility: each requirement alone, unknown facts, and what must hold whatever the facts."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.assignment.eligibility import (
    CODES,
    LotFacts,
    Period,
    Wanted,
    doubts,
    free_room,
    needed_area,
    obstacles,
)

LOT = LotFacts(
    area=Decimal(120), divisible=True, min_area=Decimal(20), floor=0, water=True, step_free=True,
    erp_types=("M", "W"), available_from=date(2027, 1, 1), available_until=date(2028, 7, 1),
)  # fmt: skip
PERIOD = Period(date(2027, 2, 1), date(2028, 6, 1))
WANTED = Wanted(area_min=Decimal(48), area_max=Decimal(70), erp_type="M", ground_floor=True, water=True, step_free=True)


def codes(wanted: Wanted, lot: LotFacts, period: Period = PERIOD) -> list[str]:
    return [obstacle.code for obstacle in obstacles(wanted, lot, period)]


def test_a_lot_that_meets_everything_has_no_obstacle() -> None:
    assert codes(WANTED, LOT) == []
    assert doubts(WANTED, LOT) == ()


@pytest.mark.parametrize(
    ("lot", "code"),
    [
        (replace(LOT, area=Decimal("47.99")), "area"),
        (replace(LOT, min_area=Decimal("70.01")), "area"),
        (replace(LOT, min_area=Decimal(121)), "area"),
        (replace(LOT, erp_types=("W",)), "erp"),
        (replace(LOT, floor=1), "ground_floor"),
        (replace(LOT, floor=-1), "ground_floor"),
        (replace(LOT, water=False), "water"),
        (replace(LOT, step_free=False), "step_free"),
        (replace(LOT, available_from=date(2027, 2, 2)), "dates"),
        (replace(LOT, available_until=date(2028, 5, 31)), "dates"),
        (replace(LOT, taken=True), "dates"),
    ],
)
def test_each_requirement_alone_closes_the_lot(lot: LotFacts, code: str) -> None:
    assert codes(WANTED, lot) == [code]


def test_obstacles_are_all_told_not_only_the_first() -> None:
    poor = replace(LOT, area=Decimal(10), erp_types=("W",), floor=2, water=False, step_free=False, uses_out=frozenset({"food"}),
                   available_until=date(2028, 1, 1))  # fmt: skip
    assert codes(replace(WANTED, uses=frozenset({"food"})), poor) == list(CODES)


def test_exact_bounds_are_enough() -> None:
    assert codes(WANTED, replace(LOT, area=Decimal(48))) == []
    assert codes(WANTED, replace(LOT, min_area=Decimal(70))) == []
    assert codes(WANTED, replace(LOT, available_from=date(2027, 2, 1), available_until=date(2028, 6, 1))) == []


def test_an_unknown_fact_is_a_doubt_never_an_obstacle() -> None:
    unknown = LotFacts(area=Decimal(120), divisible=True)
    assert codes(WANTED, unknown) == []
    assert len(doubts(WANTED, unknown)) == 4


def test_a_sentence_names_both_figures() -> None:
    (obstacle,) = obstacles(WANTED, replace(LOT, area=Decimal(40)), PERIOD)
    assert obstacle.sentence == "La surface demandée est d’au moins 48\u00a0m² et le lot en offre 40\u00a0m²."


def test_an_open_ended_occupation_needs_an_open_ended_lot() -> None:
    assert codes(WANTED, LOT, Period(date(2027, 2, 1), None)) == ["dates"]
    assert codes(WANTED, replace(LOT, available_until=None), Period(date(2027, 2, 1), None)) == []


def test_a_whole_lot_is_taken_whole_and_said_so() -> None:
    whole = replace(LOT, divisible=False)
    assert needed_area(WANTED, whole) == (Decimal(120), Decimal(120))
    assert doubts(WANTED, whole) == ("Le lot ne se divise pas : 120\u00a0m² pour 70\u00a0m² demandés au plus.",)


def test_a_part_is_never_below_the_smallest_part_let() -> None:
    assert needed_area(WANTED, replace(LOT, min_area=Decimal(60))) == (Decimal(60), Decimal(70))


def test_free_room_closes_the_half_days_already_used() -> None:
    mornings = frozenset(range(0, 14, 2))
    assert free_room(Decimal(50), [(mornings, Decimal(50))]) == (Decimal(50), frozenset(range(1, 14, 2)))
    assert free_room(Decimal(50), [(frozenset(range(14)), Decimal(50))]) == (Decimal(0), frozenset())
    assert free_room(Decimal(50), [(frozenset(range(14)), Decimal(20))]) == (Decimal(30), frozenset(range(14)))


squares = st.decimals(min_value=Decimal("0.1"), max_value=500, places=2)
days = st.dates(date(2026, 1, 1), date(2030, 1, 1))
known = st.booleans() | st.none()
types = st.sampled_from(["M", "W", "N", "L"])


@st.composite
def lots(draw: st.DrawFn) -> LotFacts:
    start = draw(st.none() | days)
    return LotFacts(
        area=draw(squares), divisible=draw(st.booleans()), min_area=draw(st.none() | squares),
        floor=draw(st.none() | st.integers(-1, 3)), water=draw(known), step_free=draw(known),
        erp_types=tuple(sorted(draw(st.sets(types)))), available_from=start,
        available_until=draw(st.none() | days.map(lambda day: max(day, (start or day) + timedelta(days=1)))),
    )  # fmt: skip


@st.composite
def wants(draw: st.DrawFn) -> Wanted:
    low, high = sorted((draw(squares), draw(squares)))
    return Wanted(
        area_min=draw(st.none() | st.just(low)), area_max=draw(st.none() | st.just(high)),
        erp_type=draw(st.none() | types), ground_floor=draw(st.booleans()), water=draw(st.booleans()),
        step_free=draw(st.booleans()),
    )  # fmt: skip


@given(wants(), lots(), days)
def test_what_an_eligible_application_would_hold_fits_the_lot(wanted: Wanted, lot: LotFacts, start: date) -> None:
    if not obstacles(wanted, lot, Period(start, start + timedelta(days=365))):
        least, most = needed_area(wanted, lot)
        assert Decimal(0) < least <= most <= lot.area
        if wanted.area_min is not None:
            assert least >= wanted.area_min


@given(wants(), lots(), days)
def test_asking_for_less_never_closes_a_lot(wanted: Wanted, lot: LotFacts, start: date) -> None:
    period = Period(start, start + timedelta(days=365))
    milder = replace(wanted, ground_floor=False, water=False, step_free=False, erp_type=None, area_min=None)
    assert set(codes(milder, lot, period)) <= set(codes(wanted, lot, period))


@given(wants(), lots(), days)
def test_a_shorter_occupation_never_closes_a_lot(wanted: Wanted, lot: LotFacts, start: date) -> None:
    long = Period(start, start + timedelta(days=365))
    short = Period(start + timedelta(days=30), start + timedelta(days=300))
    assert set(codes(wanted, lot, short)) <= set(codes(wanted, lot, long))


@given(squares, st.lists(st.tuples(st.frozensets(st.integers(0, 13)), squares), max_size=4))
def test_free_room_is_free_on_each_open_half_day(area: Decimal, taken: list[tuple[frozenset[int], Decimal]]) -> None:
    left, open_on = free_room(area, taken)
    for slot in range(14):
        used = sum((amount for slots, amount in taken if slot in slots), Decimal(0))
        assert (area - used == left and left > 0) if slot in open_on else area - used < left or left == 0
