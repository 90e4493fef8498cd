"""Short titles: OCC-12 to OCC-20, INT-01."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allocation.leases.durations import Period, add_months
from allocation.leases.facts import (
    Earlier,
    Facts,
    Step,
)  # fmt: skip
from allocation.leases.rules import judge
from allocation.leases.short_rules import commercial_status_on, derogatory_alarm_days
from intervalle.verdicts import Level
from premises.facts import TitleCode
from tests.allocation.leases.lease_samples import ONE_DAY, START, case, lease, levels, says


def derogatory(*earlier: int, months: int = 12, days: int = 0, **changes: Any) -> Facts:
    """A derogatory lease of `months` after earlier ones, laid one after the other just before it."""
    start, before = START, []
    for length in reversed(earlier):
        before.append(Earlier(TitleCode.BAIL_DEROG, Period(add_months(start, -length), start)))
        start = before[-1].period.start
    return lease(TitleCode.BAIL_DEROG, months, days, earlier=tuple(before), **changes)


def test_occ_12_thirty_six_months_for_all_leases_together() -> None:
    assert levels(derogatory(12, 12, months=12), "OCC-12") == []
    assert levels(derogatory(12, 12, months=13), "OCC-12") == [Level.BLOCK]
    assert levels(derogatory(months=36), "OCC-12") == []
    assert levels(derogatory(months=36, days=1), "OCC-12") == [Level.BLOCK]
    assert levels(case(title=TitleCode.BAIL_DEROG, end=None), "OCC-12") == [Level.BLOCK]


def test_occ_12_other_titles_are_not_counted() -> None:
    before = Earlier(TitleCode.COP, Period(date(2023, 3, 1), START))
    assert levels(derogatory(months=36, days=0), "OCC-12") == []
    assert levels(replace(derogatory(months=36), earlier=(before,)), "OCC-12") == []


def test_occ_12_leases_before_september_2014_lasted_two_years() -> None:
    old = replace(derogatory(months=24), start=date(2013, 1, 1), end=date(2015, 1, 1))
    assert levels(old, "OCC-12") == []
    assert levels(replace(old, end=date(2015, 1, 2)), "OCC-12") == [Level.BLOCK]


def test_occ_13_signed_at_entry_at_the_latest() -> None:
    facts = derogatory(step=Step.KEYS, keys_on=START, signed_on=START)
    assert levels(facts, "OCC-13") == []
    assert levels(replace(facts, signed_on=START + ONE_DAY), "OCC-13") == [Level.BLOCK]
    assert levels(replace(facts, signed_on=None), "OCC-13") == [Level.BLOCK]
    assert levels(replace(facts, keys_on=None, signed_on=None), "OCC-13") == []


def test_occ_14_the_commercial_lease_is_born_one_month_after_the_last_day() -> None:
    assert commercial_status_on(date(2029, 3, 1)) == date(2029, 3, 28)
    assert commercial_status_on(date(2026, 2, 1)) == date(2026, 2, 28)


def test_occ_14_alarm_days_stop_at_the_birth_of_the_lease() -> None:
    assert derogatory_alarm_days(date(2029, 3, 1)) == [
        date(2028, 9, 1),
        date(2028, 11, 30),
        date(2029, 1, 29),
        date(2029, 2, 28),
        date(2029, 3, 15),
        date(2029, 3, 28),
    ]
    assert derogatory_alarm_days(date(2026, 5, 16))[-2:] == [date(2026, 6, 14), date(2026, 6, 15)]
    assert derogatory_alarm_days(date(2026, 4, 16))[-2:] == [date(2026, 4, 30), date(2026, 5, 15)]


@pytest.mark.parametrize(
    ("today", "keys", "left", "due"),
    [
        (date(2028, 8, 31), START, None, None),
        (date(2028, 9, 1), START, None, date(2028, 9, 1)),
        (date(2028, 9, 2), START, None, date(2028, 11, 30)),
        (date(2029, 3, 20), START, None, date(2029, 3, 28)),
        (date(2029, 3, 28), START, None, date(2029, 3, 28)),
        (date(2029, 5, 1), START, None, date(2029, 3, 28)),
        (date(2029, 5, 1), START, date(2029, 2, 28), None),
        (date(2029, 5, 1), None, None, None),
    ],
)
def test_occ_14_alarm_while_the_tenant_is_in(
    today: date, keys: date | None, left: date | None, due: date | None
) -> None:
    facts = derogatory(months=36, step=Step.RUNNING, today=today, keys_on=keys, left_on=left)
    found = [verdict for verdict in judge(facts) if verdict.id == "OCC-14"]
    assert [(verdict.level, verdict.due) for verdict in found] == ([(Level.ALARM, due)] if due else [])
    assert ("est né" in says(facts, "OCC-14")) == (due is not None and today >= date(2029, 3, 28))


def test_occ_15_no_new_derogatory_lease_once_the_months_are_used_up() -> None:
    assert levels(derogatory(24, 12, months=6), "OCC-15") == [Level.BLOCK]
    assert levels(derogatory(24, 11, months=1), "OCC-15") == []
    assert levels(derogatory(months=12), "OCC-15") == []


def test_occ_16_a_precarious_agreement_has_a_circumstance_and_its_evidence() -> None:
    assert levels(case(circumstance="  "), "OCC-16") == [Level.BLOCK]
    assert levels(case(evidence=False), "OCC-16") == [Level.BLOCK]
    assert "pièce" in says(case(evidence=False), "OCC-16")
    assert levels(case(title=TitleCode.BAIL_CIVIL, circumstance=""), "OCC-16") == []


def test_occ_17_a_precarious_agreement_after_a_derogatory_lease_needs_a_new_circumstance() -> None:
    after = case(earlier=(Earlier(TitleCode.BAIL_DEROG, Period(date(2025, 3, 1), START)),))
    assert levels(after, "OCC-17") == [Level.BLOCK]
    assert levels(replace(after, new_circumstance=True), "OCC-17") == []
    assert levels(case(earlier=(Earlier(TitleCode.COP, Period(date(2025, 3, 1), START)),)), "OCC-17") == []


def test_occ_18_three_months_after_the_end_event() -> None:
    facts = case(
        step=Step.RUNNING, end_event_on=date(2027, 1, 31), today=date(2027, 4, 30), insured_until=date(2030, 1, 1)
    )
    assert levels(facts, "OCC-18") == []
    assert levels(replace(facts, today=date(2027, 5, 1)), "OCC-18") == [Level.ALARM]
    assert levels(replace(facts, today=date(2027, 5, 1), left_on=date(2027, 2, 1)), "OCC-18") == []


def test_occ_19_rent_from_ninety_per_cent_of_the_reference() -> None:
    assert levels(case(rent_cents=809_999), "OCC-19") == []
    assert levels(case(rent_cents=810_000), "OCC-19") == [Level.WARN]
    assert levels(case(rent_cents=810_000, reference_rent_cents=None), "OCC-19") == []
    assert levels(case(rent_cents=810_000, title=TitleCode.BAIL_CIVIL), "OCC-19") == []


def test_occ_20_a_loan_for_use_is_free() -> None:
    assert levels(case(title=TitleCode.PRET_USAGE, rent_cents=1), "OCC-20") == [Level.BLOCK]
    assert levels(case(title=TitleCode.PRET_USAGE, rent_cents=0), "OCC-20") == []


def test_int_01_a_ten_year_precarious_agreement_is_questioned() -> None:
    assert levels(case(end=date(2036, 3, 1)), "INT-01") == [Level.WARN]
    assert levels(case(end=date(2029, 3, 1)), "INT-01") == []
    assert levels(case(end=date(2029, 3, 2)), "INT-01") == [Level.WARN]
