"""Keys, notices, inspections, safety, insurance: OCC-01, OCC-36 to OCC-40."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allocation.leases.facts import (
    Facts,
    Notice,
    NoticeForm,
    Step,
)  # fmt: skip
from intervalle.verdicts import Level
from premises.facts import Authorised, Erp, PublicUse, TitleCode
from tests.allocation.leases.lease_samples import ONE_DAY, START, case, lease, levels, says


@pytest.mark.parametrize(
    ("signed", "keys", "refused"),
    [
        (None, START, True),
        (date(2026, 2, 20), START, False),
        (START, START, False),
        (date(2026, 3, 2), START, True),
        (date(2026, 2, 20), date(2026, 2, 25), True),
        (date(2026, 2, 20), date(2028, 3, 1), True),
        (date(2026, 2, 20), date(2028, 2, 29), False),
        (None, None, False),
    ],
)
def test_occ_01_keys_need_a_signed_title_that_covers_the_day(
    signed: date | None, keys: date | None, refused: bool
) -> None:
    facts = case(step=Step.KEYS, signed_on=signed, keys_on=keys)
    assert levels(facts, "OCC-01") == ([Level.BLOCK] if refused else [])


def commercial(notice: Notice, **changes: Any) -> Facts:
    return lease(TitleCode.BAIL_COM, 108, step=Step.RUNNING, notice=notice, registered=True, **changes)


TENANT = Notice(False, date(2028, 8, 31), date(2029, 2, 28), NoticeForm.REGISTERED)
LANDLORD = Notice(True, date(2034, 8, 1), date(2035, 2, 28), NoticeForm.DEED, "Refus de renouvellement", True)


def test_occ_36_a_good_notice_passes() -> None:
    assert levels(commercial(TENANT), "OCC-36") == []
    assert levels(commercial(LANDLORD), "OCC-36") == []


@pytest.mark.parametrize(
    "notice",
    [
        replace(TENANT, given_on=date(2028, 9, 1)),
        replace(TENANT, last_day=date(2029, 1, 31)),
        replace(TENANT, form=NoticeForm.OTHER),
        replace(LANDLORD, form=NoticeForm.REGISTERED),
        replace(LANDLORD, reasons=""),
        replace(LANDLORD, mentions_two_years=False),
        replace(LANDLORD, given_on=date(2034, 9, 15)),
        replace(LANDLORD, last_day=date(2032, 2, 29), given_on=date(2031, 5, 1)),
    ],
)
def test_occ_36_form_content_and_time(notice: Notice) -> None:
    assert levels(commercial(notice), "OCC-36") == [Level.BLOCK]


def test_occ_36_a_landlord_could_write_a_letter_before_august_2015() -> None:
    old = replace(LANDLORD, form=NoticeForm.REGISTERED, given_on=date(2015, 8, 7), last_day=date(2016, 2, 29))
    facts = replace(commercial(old), start=date(2007, 3, 1), end=date(2016, 3, 1))
    assert levels(facts, "OCC-36") == []
    assert levels(replace(facts, notice=replace(old, given_on=date(2015, 8, 8))), "OCC-36") == [Level.BLOCK]


def test_occ_36_the_next_possible_departure_is_told() -> None:
    late = replace(TENANT, given_on=date(2028, 9, 15))
    assert "29 février 2032" in says(commercial(late), "OCC-36")


@pytest.mark.parametrize(
    ("code", "level"),
    [(TitleCode.BAIL_DEROG, Level.BLOCK), (TitleCode.BAIL_COM, Level.BLOCK), (TitleCode.COP, Level.WARN)],
)
def test_occ_37_entry_inspection(code: TitleCode, level: Level) -> None:
    facts = case(title=code, step=Step.KEYS)
    assert levels(facts, "OCC-37") == [level]
    assert levels(replace(facts, inspection_in_on=START), "OCC-37") == []


def test_occ_39_the_use_fits_the_authorised_type_and_category() -> None:
    lot = Authorised((Erp.M, Erp.W), 5)
    assert levels(case(use=PublicUse(Erp.M, 60), authorised=lot), "OCC-39") == []
    assert levels(case(use=PublicUse(Erp.N, 60), authorised=lot), "OCC-39") == [Level.BLOCK]
    assert levels(case(use=PublicUse(Erp.M, 250), authorised=lot), "OCC-39") == [Level.BLOCK]
    assert levels(case(use=PublicUse(None), authorised=Authorised((), None)), "OCC-39") == []


def test_occ_40_no_keys_without_insurance() -> None:
    entering = case(step=Step.KEYS, keys_on=START, today=date(2026, 2, 1))
    assert levels(entering, "OCC-40") == [Level.BLOCK]
    assert levels(replace(entering, insured_until=START), "OCC-40") == []
    assert levels(replace(entering, insured_until=START - ONE_DAY), "OCC-40") == [Level.BLOCK]
    running = replace(entering, step=Step.RUNNING, today=date(2027, 1, 1), insured_until=date(2026, 12, 31))
    assert levels(running, "OCC-40") == [Level.ALARM]
    assert levels(replace(running, insured_until=date(2027, 1, 1)), "OCC-40") == []
