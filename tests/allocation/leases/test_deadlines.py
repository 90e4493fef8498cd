"""Dates generated at signature."""

from datetime import date

import pytest

from allocation.leases.deadlines import Kind, exit_steps, notice_respected, schedule
from intervalle.verdicts import Level
from premises.facts import TitleCode

START, END = date(2026, 3, 1), date(2029, 3, 1)


def due(
    code: TitleCode, kind: Kind, start: date = START, end: date | None = END, notice: int | None = None
) -> list[date]:
    return [item.due for item in schedule(code, start, end, notice) if item.kind is kind]


def test_exit_is_prepared_twelve_nine_six_and_three_months_ahead() -> None:
    assert due(TitleCode.COP, Kind.EXIT) == [
        date(2028, 2, 28), date(2028, 5, 28), date(2028, 8, 28), date(2028, 11, 28),
    ]  # fmt: skip
    assert due(TitleCode.COP, Kind.TERM) == [date(2029, 2, 28)]


def test_a_short_title_prepares_its_exit_at_entry() -> None:
    steps = exit_steps(START, date(2026, 9, 1))
    assert [step.due for step in steps] == [START, START, START, date(2026, 5, 31)]
    assert len({step.label_fr for step in steps}) == 4


def test_notice_of_the_contract_comes_before_usage() -> None:
    assert due(TitleCode.COP, Kind.NOTICE) == [date(2029, 1, 31)]
    assert due(TitleCode.COP, Kind.NOTICE, notice=3) == [date(2028, 11, 30)]
    assert due(TitleCode.COP, Kind.NOTICE, notice=0) == []
    assert due(TitleCode.BAIL_DEROG, Kind.NOTICE) == []


def test_derogatory_reminders_and_the_day_a_commercial_lease_is_born() -> None:
    assert due(TitleCode.BAIL_DEROG, Kind.BORN) == [date(2029, 3, 28)]
    assert due(TitleCode.BAIL_DEROG, Kind.COMMERCIAL)[0] == date(2028, 9, 1)
    assert due(TitleCode.COP, Kind.BORN) == []


def test_a_commercial_tenant_may_leave_every_three_years() -> None:
    nine_years = date(2035, 3, 1)
    assert due(TitleCode.BAIL_COM, Kind.TRIENNIAL, end=nine_years) == [date(2028, 8, 31), date(2031, 8, 31)]
    assert due(TitleCode.BAIL_COM, Kind.NOTICE, end=nine_years) == [date(2034, 8, 31)]


def test_a_title_without_end_has_no_term() -> None:
    assert schedule(TitleCode.BAIL_CIVIL, START, None) == []
    assert len(due(TitleCode.BAIL_COM, Kind.TRIENNIAL, end=None)) == 12


def test_dates_come_in_order() -> None:
    dates = [item.due for item in schedule(TitleCode.BAIL_DEROG, START, END)]
    assert dates == sorted(dates)
    assert len(dates) >= 10


@pytest.mark.parametrize(
    ("given", "leaves", "agreed", "refused"),
    [
        (date(2028, 8, 31), date(2029, 2, 28), None, False),
        (date(2028, 9, 1), date(2029, 2, 28), None, True),
        (date(2029, 1, 28), date(2029, 2, 28), 1, False),
        (date(2029, 2, 1), date(2029, 2, 28), 1, True),
        (date(2029, 2, 27), date(2029, 2, 28), 0, False),
    ],
)
def test_rel_04_notice_is_respected(given: date, leaves: date, agreed: int | None, refused: bool) -> None:
    verdict = notice_respected(TitleCode.BAIL_PRO, given, leaves, agreed)
    assert (verdict is not None) == refused
    if verdict:
        assert (verdict.id, verdict.level) == ("REL-04", Level.BLOCK)
        assert notice_respected(TitleCode.BAIL_PRO, given, verdict.due, agreed) is None  # type: ignore[arg-type]
