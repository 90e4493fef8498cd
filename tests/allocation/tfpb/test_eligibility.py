"""TFPB-01 to TFPB-28."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from allocation.leases.durations import Period
from allocation.tfpb import axes
from allocation.tfpb.eligibility import (
    AbatementFacts,
    account_due,
    account_sent,
    declaration_alarms,
    declaration_limit,
    judge_abatement,
)
from allocation.tfpb.lease_link_rules import LinkFacts, days_allowed, judge_lease_link
from allocation.tfpb.programme_rules import (
    ActionFacts,
    counted_once,
    judge_action,
    not_overwritten,
    ratio_explained,
    valued_from_rate,
    valued_ratio,
)
from intervalle.verdicts import Level
from premises.facts import OwnerKind

GOOD = AbatementFacts(
    year=2026,
    in_qpv=True,
    owner=OwnerKind.SOCIAL_LANDLORD,
    contract_signed_on=date(2024, 6, 30),
    agreement_signed_on=date(2026, 1, 1),
    exemption_ended_on=date(2015, 1, 1),
    declared_on=date(2025, 12, 31),
    today=date(2026, 2, 1),
)


def found(**changes: Any) -> list[tuple[str, Level]]:
    return [(verdict.id, verdict.level) for verdict in judge_abatement(replace(GOOD, **changes))]


def test_a_good_dwelling_has_the_abatement() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("year", "signed", "eligible"),
    [
        (2026, date(2026, 1, 1), True),
        (2026, date(2026, 1, 2), False),
        (2027, date(2026, 1, 2), True),
        (2025, date(2025, 3, 30), True),
        (2025, date(2025, 3, 31), True),
        (2025, date(2025, 4, 1), False),
        (2026, None, False),
    ],
)
@pytest.mark.parametrize("field", ["agreement_signed_on", "contract_signed_on"])
def test_tfpb_05_06_signed_at_the_first_of_january_or_march_2025(
    field: str, year: int, signed: date | None, eligible: bool
) -> None:
    signatures = {"contract_signed_on": date(2024, 1, 5), "agreement_signed_on": date(2024, 1, 5), field: signed}
    verdicts = found(year=year, declared_on=declaration_limit(year), **signatures)
    rule = "TFPB-06" if year == 2025 else "TFPB-05"
    assert verdicts == ([] if eligible else [(rule, Level.BLOCK)])


def test_tfpb_06_overseas_agreements_were_renewed_for_2025_only() -> None:
    overseas = {"agreement_signed_on": None, "overseas": True, "agreement_renewed": True}
    assert found(year=2025, declared_on=date(2025, 3, 1), **overseas) == []
    assert found(**overseas) == [("TFPB-05", Level.BLOCK)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dwelling": False}, ("TFPB-01", Level.BLOCK)),
        ({"in_qpv": False}, ("TFPB-02", Level.BLOCK)),
        ({"in_qpv": None}, ("TFPB-02", Level.BLOCK)),
        ({"owner": OwnerKind.OFS}, ("TFPB-03", Level.BLOCK)),
        ({"owner": OwnerKind.LAND_TRUST}, ("TFPB-03", Level.BLOCK)),
        ({"owner": OwnerKind.COMMUNE}, ("TFPB-03", Level.BLOCK)),
        ({"exemption_ended_on": None}, ("TFPB-04", Level.WARN)),
        ({"exemption_ended_on": date(2026, 1, 2)}, ("TFPB-04", Level.WARN)),
        ({"declared_on": date(2026, 1, 1)}, ("TFPB-08", Level.WARN)),
        ({"declared_on": None}, ("TFPB-08", Level.WARN)),
    ],
)
def test_each_condition_is_asked(changes: dict[str, Any], expected: tuple[str, Level]) -> None:
    assert found(**changes) == [expected]


def test_tfpb_03_sem_and_oph_are_eligible() -> None:
    assert found(owner=OwnerKind.SEM) == []
    assert found(owner=OwnerKind.OPH) == []


def test_tfpb_04_an_old_acquisition_with_state_aid_is_enough() -> None:
    aided = {"exemption_ended_on": None, "acquired_with_state_aid": True}
    assert found(**aided, acquired_on=date(1997, 12, 31)) == []
    assert found(**aided, acquired_on=date(1998, 1, 1)) == [("TFPB-04", Level.WARN)]


@pytest.mark.parametrize(("year", "covered"), [(2024, False), (2025, True), (2030, True), (2031, False)])
def test_tfpb_07_tax_years_2025_to_2030(year: int, covered: bool) -> None:
    changes = {"year": year, "agreement_signed_on": date(2020, 1, 1), "contract_signed_on": date(2020, 1, 1)}
    rules = [rule for rule, _ in found(**changes, declared_on=date(2020, 1, 1))]
    assert ("TFPB-07" in rules) != covered


def test_tfpb_08_declaration_reminders() -> None:
    assert declaration_limit(2027) == date(2026, 12, 31)
    assert declaration_limit(2025) == date(2025, 3, 31)
    assert declaration_alarms(2027) == [date(2026, 10, 2), date(2026, 12, 1)]
    waiting = {"year": 2027, "declared_on": None, "agreement_signed_on": date(2026, 1, 2)}
    assert found(**waiting, today=date(2026, 10, 1)) == []
    assert found(**waiting, today=date(2026, 10, 2)) == [("TFPB-08", Level.WARN)]


def test_tfpb_09_the_account_is_due_on_31_march_unless_agreed_otherwise() -> None:
    assert account_due(2026) == date(2027, 3, 31)
    assert account_due(2026, date(2027, 6, 15)) == date(2027, 6, 15)
    late, early = account_sent(2026, None, date(2027, 4, 1)), account_sent(2026, None, date(2027, 3, 31))
    assert late is not None
    assert early is not None
    assert (late.level, early.level) == (Level.ALARM, Level.INFO)
    assert account_sent(2026, date(2027, 3, 1), date(2027, 9, 1)) is None


# Programme and account

ACTION = ActionFacts(axis=7, npnru=False, expense_cents=100_000, other_funding_cents=40_000, valued_cents=60_000)


def action(**changes: Any) -> set[str]:
    return {verdict.id for verdict in judge_action(replace(ACTION, **changes))}


def test_a_good_action_passes() -> None:
    assert action() == set()
    assert action(rate=Decimal("0.5"), valued_cents=30_000) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"axis": 8, "npnru": True}, {"TFPB-10"}),
        ({"axis": 8}, set()),
        ({"axis": 7, "npnru": True}, set()),
        ({"valued_cents": 60_001}, {"TFPB-11", "TFPB-12"}),
        ({"valued_cents": 59_999}, {"TFPB-12"}),
        ({"rate": Decimal(0), "valued_cents": 0}, {"TFPB-12"}),
        ({"rate": Decimal("1.01"), "valued_cents": 60_600}, {"TFPB-11", "TFPB-12"}),
        ({"axis": 3}, {"TFPB-14"}),
        ({"axis": 3, "gap_fr": "Un passage de plus par semaine"}, set()),
        ({"axis": 2}, set()),
    ],
)
def test_tfpb_10_to_14(changes: dict[str, Any], expected: set[str]) -> None:
    assert action(**changes) == expected


def test_tfpb_12_amount_from_the_rate_is_rounded_half_up_and_never_negative() -> None:
    assert valued_from_rate(101, 0, Decimal("0.5")) == 51
    assert valued_from_rate(100, 300, Decimal("0.5")) == 0


@pytest.mark.parametrize(
    ("valued", "warned"), [(9_499, True), (9_500, False), (10_000, False), (15_000, False), (15_001, True)]
)
def test_tfpb_13_the_ratio_is_explained_outside_95_to_150_per_cent(valued: int, warned: bool) -> None:
    assert (ratio_explained(valued, 10_000, "", 2026) is not None) == warned
    assert ratio_explained(valued, 10_000, "Travaux décalés", 2026) is None


def test_tfpb_13_ratio() -> None:
    assert valued_ratio(9_500, 10_000) == Decimal("0.9500")
    assert valued_ratio(1, 3) == Decimal("0.3333")
    assert valued_ratio(1, 0) is None
    assert ratio_explained(5, 0, "", 2026) is None


def test_tfpb_15_a_piece_of_evidence_is_used_once() -> None:
    shares = {"facture 12": [Decimal("0.6"), Decimal("0.4")], "facture 13": [Decimal("0.6"), Decimal("0.41")]}
    (verdict,) = counted_once(shares)
    assert verdict.id == "TFPB-15"
    assert "facture 13" in verdict.message_fr


def test_tfpb_16_what_was_issued_is_not_overwritten() -> None:
    assert not_overwritten(issued=True, same_version=True) is not None
    assert not_overwritten(issued=True, same_version=False) is None
    assert not_overwritten(issued=False, same_version=True) is None


def test_there_are_eight_axes() -> None:
    assert list(axes.AXES) == list(range(1, 9))
    assert {code for code, row in axes.AXES.items() if row.beyond_common_law} == {1, 3, 4, 5}
    assert axes.LEASE_SUB_ACTION in axes.axis(axes.LEASE_AXIS).sub_actions
    with pytest.raises(ValueError, match="huit"):
        axes.axis(9)


# Leases

LINK = LinkFacts(
    year=2026,
    in_programme_qpv=True,
    title=Period(date(2026, 4, 1), date(2027, 4, 1)),
    keys_from=date(2026, 4, 15),
    counted=Period(date(2026, 4, 15), date(2027, 1, 1)),
    reference_document="Avis de valeur",
    reference_dated=date(2024, 5, 1),
    tenant_benefit_fr="Ateliers ouverts aux locataires",
    indicators=1,
    billed_cents_year=320_000,
    reference_cents_year=960_000,
    same_owner=True,
)


def link(**changes: Any) -> list[tuple[str, Level]]:
    return [(verdict.id, verdict.level) for verdict in judge_lease_link(replace(LINK, **changes))]


def test_a_good_lease_counts() -> None:
    assert link() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"in_programme_qpv": False}, ("TFPB-20", Level.BLOCK)),
        ({"in_programme_qpv": None}, ("TFPB-20", Level.BLOCK)),
        ({"in_programme_qpv": False, "serves_qpv_fr": "À 80 m"}, ("TFPB-20", Level.BLOCK)),
        ({"in_programme_qpv": False, "serves_qpv_fr": "À 80 m", "signatories_agree": True}, ("TFPB-20", Level.WARN)),
        ({"counted": Period(date(2026, 4, 14), date(2026, 6, 1))}, ("TFPB-21", Level.BLOCK)),
        ({"counted": Period(date(2026, 12, 1), date(2027, 1, 2))}, ("TFPB-21", Level.BLOCK)),
        ({"keys_from": None}, ("TFPB-21", Level.BLOCK)),
        ({"reference_document": " "}, ("TFPB-22", Level.BLOCK)),
        ({"reference_dated": None}, ("TFPB-22", Level.BLOCK)),
        ({"reference_dated": date(2023, 4, 14)}, ("TFPB-22", Level.WARN)),
        ({"tenant_benefit_fr": ""}, ("TFPB-23", Level.BLOCK)),
        ({"indicators": 0}, ("TFPB-23", Level.BLOCK)),
        ({"unpaid_cents": 1}, ("TFPB-24", Level.BLOCK)),
        ({"vacancy_cents": 1}, ("TFPB-25", Level.BLOCK)),
        ({"same_owner": False}, ("TFPB-26", Level.BLOCK)),
        ({"billed_cents_year": 960_000}, ("TFPB-27", Level.INFO)),
        ({"subsidy_cents_year": 100_000}, ("TFPB-28", Level.BLOCK)),
    ],
)
def test_tfpb_20_to_28(changes: dict[str, Any], expected: tuple[str, Level]) -> None:
    assert link(**changes) == [expected]


def test_tfpb_22_exactly_thirty_six_months_is_accepted() -> None:
    assert link(reference_dated=date(2023, 4, 15)) == []


def test_tfpb_21_days_allowed() -> None:
    assert days_allowed(LINK) == Period(date(2026, 4, 15), date(2027, 1, 1))
    assert days_allowed(replace(LINK, keys_from=date(2026, 3, 1))) == Period(date(2026, 4, 1), date(2027, 1, 1))
    assert days_allowed(replace(LINK, year=2029)) is None
    assert days_allowed(replace(LINK, keys_from=date(2027, 1, 1))) is None


def test_tfpb_28_a_subsidy_already_counted_as_rent_is_fine() -> None:
    assert link(subsidy_cents_year=100_000, subsidy_counted_as_rent=True) == []
