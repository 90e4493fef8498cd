"""Long titles: OCC-21 to OCC-28."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allocation.leases.durations import Period, add_months
from allocation.leases.facts import (
    Occupant,
    Step,
)  # fmt: skip
from intervalle.verdicts import Level
from premises.facts import OwnerKind, TitleCode
from tests.allocation.leases.lease_samples import ONE_DAY, START, case, lease, levels, says


def test_occ_21_a_commercial_lease_lasts_nine_years() -> None:
    assert levels(lease(TitleCode.BAIL_COM, 72), "OCC-21") == [Level.BLOCK]
    assert levels(lease(TitleCode.BAIL_COM, 108), "OCC-21") == []
    assert levels(lease(TitleCode.BAIL_COM, 108, -1), "OCC-21") == [Level.BLOCK]


def test_occ_21_the_social_utility_lease_follows_its_base_title() -> None:
    assert levels(case(title=TitleCode.BCUS), "OCC-21") == [Level.BLOCK]
    assert levels(case(title=TitleCode.BCUS, base=TitleCode.BCUS), "OCC-21") == [Level.BLOCK]
    assert levels(lease(TitleCode.BCUS, 72, base=TitleCode.BAIL_COM), "OCC-21") == [Level.BLOCK]
    assert levels(lease(TitleCode.BCUS, 72, base=TitleCode.BAIL_CIVIL), "OCC-21") == []


def test_occ_22_an_unregistered_association_chooses_the_commercial_status() -> None:
    facts = lease(TitleCode.BAIL_COM, 108)
    assert levels(facts, "OCC-22") == [Level.WARN]
    assert levels(replace(facts, registered=True), "OCC-22") == []
    assert levels(replace(facts, voluntary_submission=True), "OCC-22") == []
    assert levels(replace(facts, occupant=Occupant.COMPANY), "OCC-22") == []


@pytest.mark.parametrize("code", [TitleCode.BAIL_EMPH, TitleCode.BEA])
@pytest.mark.parametrize(
    ("years", "days", "refused"), [(18, 0, True), (18, 1, False), (99, 0, False), (99, 1, True), (9, 0, True)]
)
def test_occ_23_more_than_eighteen_years_and_ninety_nine_at_most(
    code: TitleCode, years: int, days: int, refused: bool
) -> None:
    assert levels(lease(code, years * 12, days), "OCC-23") == ([Level.BLOCK] if refused else [])


def test_occ_23_a_perpetual_emphyteusis_is_refused_and_the_way_out_is_told() -> None:
    assert levels(case(title=TitleCode.BAIL_EMPH, end=None), "OCC-23") == [Level.BLOCK]
    assert "18 ans et un jour" in says(lease(TitleCode.BAIL_EMPH, 18 * 12), "OCC-23")


@pytest.mark.parametrize(("years", "days", "refused"), [(18, 0, False), (18, -1, True), (99, 0, False), (99, 1, True)])
def test_occ_24_construction_lease(years: int, days: int, refused: bool) -> None:
    assert levels(lease(TitleCode.BAIL_CONSTR, years * 12, days), "OCC-24") == ([Level.BLOCK] if refused else [])


def test_occ_25_no_tacit_renewal_of_long_real_rights() -> None:
    for code in (TitleCode.BAIL_EMPH, TitleCode.BEA, TitleCode.BAIL_CONSTR):
        assert levels(lease(code, 300, tacit_renewal=True), "OCC-25") == [Level.BLOCK]
        assert levels(lease(code, 300), "OCC-25") == []
    assert levels(lease(TitleCode.BAIL_PRO, 72, tacit_renewal=True), "OCC-25") == []


GOOD_BRSA = lease(
    TitleCode.BRSA, 144, owner=OwnerKind.OFS, staff=9, publicity=Period(date(2025, 11, 1), date(2026, 1, 1))
)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 0),
        ({"end": add_months(START, 11 * 12)}, 1),
        ({"end": add_months(START, 99 * 12)}, 0),
        ({"end": add_months(START, 99 * 12) + ONE_DAY}, 1),
        ({"owner": OwnerKind.COMMUNE}, 1),
        ({"staff": 10}, 1),
        ({"staff": None}, 1),
        ({"publicity": None}, 1),
        ({"publicity": Period(date(2025, 11, 1), date(2025, 12, 31))}, 1),
        ({"owner": OwnerKind.SEM, "staff": 40, "publicity": None, "end": START + ONE_DAY}, 4),
    ],
)
def test_occ_26_brsa(changes: dict[str, Any], count: int) -> None:
    assert levels(replace(GOOD_BRSA, **changes), "OCC-26") == [Level.BLOCK] * count


def test_occ_27_a_professional_lease_lasts_six_years() -> None:
    assert levels(lease(TitleCode.BAIL_PRO, 72), "OCC-27") == []
    assert levels(lease(TitleCode.BAIL_PRO, 72, -1), "OCC-27") == [Level.BLOCK]


def test_occ_28_more_than_twelve_years_is_a_deed() -> None:
    facts = replace(lease(TitleCode.BAIL_CIVIL, 144, 1), deed_reference="")
    assert levels(facts, "OCC-28") == [Level.BLOCK]
    assert levels(replace(facts, deed_reference="Étude Martin, 12 mars 2026"), "OCC-28") == []
    assert levels(replace(facts, end=add_months(START, 144)), "OCC-28") == []
    assert levels(replace(facts, step=Step.DRAFT), "OCC-28") == []
