"""REL-01 to REL-06."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from allocation.relocation.schedule import (
    Exit,
    Needed,
    Offered,
    Outcome,
    Step,
    counts_as_offer,
    exit_complete,
    indicators,
    overdue,
    schedule,
)
from intervalle.verdicts import Level
from premises.facts import Erp

START, END = date(2026, 3, 1), date(2029, 3, 1)


def dates(start: date = START, end: date = END, notice: int | None = None) -> dict[Step, date]:
    return {item.step: item.due for item in schedule(start, end, notice)}


def test_rel_01_02_steps_come_from_the_end_of_the_title() -> None:
    assert dates() == {
        Step.INTERVIEW: date(2028, 2, 28),
        Step.MATCHING: date(2028, 5, 28),
        Step.FIRST_OFFER: date(2028, 8, 28),
        Step.ESCALATION: date(2028, 11, 28),
        Step.EXIT: date(2029, 2, 28),
        Step.FOLLOW_UP_6: date(2029, 8, 28),
        Step.FOLLOW_UP_12: date(2030, 2, 28),
    }


def test_rel_01_a_title_under_eighteen_months_starts_with_the_interview() -> None:
    assert dates(end=date(2027, 8, 31))[Step.INTERVIEW] == START
    assert dates(end=date(2027, 9, 1))[Step.INTERVIEW] == date(2026, 8, 31)


def test_no_step_falls_before_the_first_day() -> None:
    short = dates(end=date(2026, 7, 1))
    assert short[Step.FIRST_OFFER] == START
    assert short[Step.ESCALATION] == date(2026, 3, 30)
    assert [item.step for item in schedule(START, date(2026, 7, 1))][:3] == [
        Step.INTERVIEW, Step.MATCHING, Step.FIRST_OFFER,
    ]  # fmt: skip


def test_notice_is_a_step_when_the_title_has_one() -> None:
    assert dates(notice=3)[Step.NOTICE] == date(2028, 11, 30)
    assert Step.NOTICE not in dates(notice=0)


def test_rel_02_a_step_not_done_in_time_raises_an_alarm() -> None:
    steps = schedule(START, END)
    day = date(2028, 8, 28)
    assert overdue(steps, {Step.INTERVIEW, Step.MATCHING}, day) == []
    late = overdue(steps, {Step.INTERVIEW}, date(2028, 8, 29))
    assert [(verdict.id, verdict.level, verdict.due) for verdict in late] == [
        ("REL-02", Level.ALARM, date(2028, 5, 28)),
        ("REL-02", Level.ALARM, day),
    ]
    assert [verdict.id for verdict in overdue(steps, (), date(2028, 3, 1))] == ["REL-01"]


NEED = Needed(area_m2=Decimal(100), budget_cents_month=80_000, erp=Erp.W, exit_on=date(2029, 3, 1))
OFFER = Offered(area_m2=Decimal(100), monthly_cents=80_000, erp_types=(Erp.W, Erp.M), available_on=date(2029, 3, 31))


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, 0),
        ({"area_m2": Decimal(80)}, 0),
        ({"area_m2": Decimal(120)}, 0),
        ({"area_m2": Decimal("79.99")}, 1),
        ({"area_m2": Decimal("120.01")}, 1),
        ({"monthly_cents": 80_001}, 1),
        ({"erp_types": (Erp.M,)}, 1),
        ({"available_on": date(2029, 4, 1)}, 1),
        ({"available_on": date(2028, 1, 1)}, 0),
        ({"area_m2": Decimal(10), "monthly_cents": 90_000, "erp_types": (), "available_on": date(2030, 1, 1)}, 4),
    ],
)
def test_rel_03_what_counts_as_an_offer(changes: dict[str, Any], reasons: int) -> None:
    found = counts_as_offer(replace(OFFER, **changes), NEED)
    assert found.counts == (reasons == 0)
    assert len(found.reasons_fr) == reasons


def test_rel_03_an_activity_without_public_fits_any_type() -> None:
    assert counts_as_offer(replace(OFFER, erp_types=()), replace(NEED, erp=None)).counts


@pytest.mark.parametrize(
    ("inspection", "keys", "meters", "words"),
    [
        (True, True, True, None),
        (False, True, True, "état des lieux"),
        (True, False, True, "clés"),
        (True, True, False, "compteurs"),
    ],
)
def test_rel_05_an_exit_is_complete(inspection: bool, keys: bool, meters: bool, words: str | None) -> None:
    verdict = exit_complete(inspection_out=inspection, keys_returned=keys, meters_read=meters)
    assert (verdict is None) == (words is None)
    if verdict and words:
        assert verdict.level is Level.BLOCK
        assert words in verdict.message_fr


def test_rel_06_indicators() -> None:
    found = indicators(
        [
            Exit(Outcome.RELOCATED_QPV, 10),
            Exit(Outcome.RELOCATED_COMMUNE, 31),
            Exit(Outcome.RELOCATED_ELSEWHERE),
            Exit(Outcome.NO_SOLUTION, 400),
            Exit(Outcome.LEFT_BY_CHOICE),
            Exit(Outcome.CLOSED),
        ]
    )
    assert (found.exits, found.relocated) == (6, 3)
    assert found.relocated_share == Decimal("0.5000")
    assert found.staying_in_qpv_share == Decimal("0.1667")
    assert found.median_gap_days == Decimal("20.5")


def test_rel_06_without_exits_there_is_nothing_to_say() -> None:
    found = indicators([])
    assert (found.relocated_share, found.staying_in_qpv_share, found.median_gap_days) == (None, None, None)
