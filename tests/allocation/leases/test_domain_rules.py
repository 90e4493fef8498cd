"""Public domain and local authorities: OCC-02 to OCC-11, OCC-29, OCC-30, OCC-38."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from allocation.leases.domain_rules import refund_cents
from allocation.leases.durations import Period
from allocation.leases.facts import (
    Act,
    ActKind,
    Facts,
    FreeGround,
    Occupant,
    Step,
)  # fmt: skip
from allocation.leases.rules import judge
from calls.legality import Exemption, Procedure
from intervalle.verdicts import Level
from premises.facts import Domain, OwnerKind, TitleCode
from tests.allocation.leases.lease_samples import COUNCIL, ONE_DAY, case, lease, levels, says


@pytest.mark.parametrize(
    "code", ["BAIL_COM", "BAIL_DEROG", "BAIL_PRO", "BAIL_CIVIL", "BAIL_EMPH", "BRSA", "PRET_USAGE"]
)
def test_occ_02_private_law_titles_are_refused_on_public_domain(code: str) -> None:
    assert levels(case(title=TitleCode(code), domain=Domain.PUBLIC), "OCC-02") == [Level.BLOCK]
    assert levels(case(title=TitleCode(code), domain=Domain.PRIVATE_OF_PUBLIC), "OCC-02") == []


def test_occ_02_other_titles_on_public_domain() -> None:
    assert levels(case(domain=Domain.PUBLIC), "OCC-02") == [Level.WARN]
    assert levels(case(title=TitleCode.AOT, domain=Domain.PUBLIC), "OCC-02") == []
    assert levels(case(title=TitleCode.BCUS, base=TitleCode.BAIL_COM, domain=Domain.PUBLIC), "OCC-02") == [Level.BLOCK]


@pytest.mark.parametrize(
    ("domain", "incorporated", "refused"),
    [
        (Domain.PUBLIC, None, False),
        (Domain.PRIVATE, None, True),
        (Domain.PRIVATE_OF_PUBLIC, None, True),
        (Domain.PRIVATE_OF_PUBLIC, date(2026, 9, 1), False),
        (Domain.PRIVATE_OF_PUBLIC, date(2026, 9, 2), True),
        (Domain.PRIVATE, date(2026, 4, 1), True),
    ],
)
def test_occ_03_an_aot_needs_public_domain_or_incorporation_within_six_months(
    domain: Domain, incorporated: date | None, refused: bool
) -> None:
    facts = case(title=TitleCode.AOT, domain=domain, incorporation_by=incorporated)
    assert levels(facts, "OCC-03") == ([Level.BLOCK] if refused else [])


def aot(**changes: Any) -> Facts:
    return replace(case(title=TitleCode.AOT, domain=Domain.PUBLIC, owner=OwnerKind.COMMUNE, economic=True), **changes)


def test_occ_04_an_economic_aot_needs_a_selection() -> None:
    assert levels(aot(), "OCC-04") == [Level.BLOCK]
    assert levels(aot(procedure=Procedure.PUBLICITY), "OCC-04") == [Level.BLOCK]
    assert levels(aot(procedure=Procedure.SELECTION), "OCC-04") == []
    assert levels(aot(economic=False), "OCC-04") == []
    assert levels(aot(exemption=Exemption.PUBLIC_CONTRACT), "OCC-04") == []


def test_occ_05_urgency_lasts_twelve_months_at_most() -> None:
    year = aot(exemption=Exemption.URGENCY, end=date(2027, 3, 1))
    assert levels(year, "OCC-05") == []
    assert levels(replace(year, end=date(2027, 3, 2)), "OCC-05") == [Level.BLOCK]
    assert levels(replace(year, end=None), "OCC-05") == [Level.BLOCK]


@pytest.mark.parametrize("code", ["SEUL_OCCUPANT", "ENTITE_CONTROLEE", "INFRUCTUEUX", "CARACTERISTIQUES", "SECURITE"])
def test_occ_05_grounds_of_l2122_1_3_are_published(code: str) -> None:
    exempt = aot(exemption=Exemption(code))
    assert levels(exempt, "OCC-05") == [Level.BLOCK]
    assert levels(replace(exempt, statement_url="https://ville.example/avis"), "OCC-05") == [Level.BLOCK]
    published = replace(exempt, statement_url="https://ville.example/avis", statement_published_on=date(2026, 1, 5))
    assert levels(published, "OCC-05") == []


def test_occ_06_short_titles_need_publicity_only() -> None:
    short = aot(short_or_unlimited=True, procedure=Procedure.PUBLICITY)
    assert levels(short, "OCC-04") == []
    assert levels(short, "OCC-06") == [Level.INFO]
    assert levels(replace(short, procedure=Procedure.NONE), "OCC-04") == [Level.BLOCK]


def test_occ_07_a_spontaneous_proposal_needs_publicity_first() -> None:
    assert levels(aot(spontaneous=True), "OCC-07") == [Level.BLOCK]
    checked = aot(spontaneous=True, interest_checked_on=date(2026, 1, 20))
    assert levels(checked, "OCC-07") == []
    assert levels(checked, "OCC-04") == []


def test_occ_08_private_domain_owes_no_competition() -> None:
    assert levels(case(domain=Domain.PRIVATE_OF_PUBLIC), "OCC-08") == [Level.INFO]
    assert levels(aot(), "OCC-08") == []


@pytest.mark.parametrize(
    ("occupant", "ground", "decision", "refused"),
    [
        (Occupant.COMPANY, None, "", True),
        (Occupant.COMPANY, FreeGround.GREENING, "", True),
        (Occupant.ASSOCIATION, None, "", True),
        (Occupant.ASSOCIATION, FreeGround.GENERAL_INTEREST, "", False),
        (Occupant.ASSOCIATION, FreeGround.COUNCIL_DECISION, "", True),
        (Occupant.ASSOCIATION, FreeGround.COUNCIL_DECISION, "Délibération 2026-14", False),
        (Occupant.COOPERATIVE, FreeGround.GENERAL_INTEREST, "", True),
        (Occupant.PERSON, FreeGround.GREENING, "", False),
    ],
)
def test_occ_09_public_domain_is_free_only_on_a_ground_of_law(
    occupant: Occupant, ground: FreeGround | None, decision: str, refused: bool
) -> None:
    facts = aot(occupant=occupant, rent_cents=0, free_ground=ground, free_decision=decision)
    assert levels(facts, "OCC-09") == ([Level.BLOCK] if refused else [])


def test_occ_09_a_council_decision_is_one_of_the_commune() -> None:
    facts = aot(rent_cents=0, free_ground=FreeGround.COUNCIL_DECISION, free_decision="D1", owner=OwnerKind.DEPARTEMENT)
    assert levels(facts, "OCC-09") == [Level.BLOCK]
    assert levels(replace(facts, rent_cents=1), "OCC-09") == []
    assert levels(replace(facts, domain=Domain.PRIVATE), "OCC-09") == []


def test_occ_10_an_early_withdrawal_refunds_the_unused_days() -> None:
    paid = Period(date(2026, 1, 1), date(2027, 1, 1))
    facts = aot(step=Step.RUNNING, advance_paid_for=paid, withdrawn_on=date(2026, 7, 1))
    assert levels(facts, "OCC-10") == [Level.INFO]
    assert "1ᵉʳ juillet 2026 au 31 décembre 2026" in says(facts, "OCC-10")
    assert levels(replace(facts, withdrawn_for_breach=True), "OCC-10") == []
    assert levels(replace(facts, withdrawn_on=date(2027, 1, 1)), "OCC-10") == []


def test_occ_10_refund_is_pro_rata_of_days() -> None:
    assert refund_cents(365_000, date(2026, 1, 1), date(2027, 1, 1), date(2026, 12, 31)) == 1_000
    assert refund_cents(365_000, date(2026, 1, 1), date(2027, 1, 1), date(2026, 1, 1)) == 365_000
    assert refund_cents(365_000, date(2026, 1, 1), date(2027, 1, 1), date(2025, 11, 1)) == 365_000
    assert refund_cents(365_000, date(2026, 1, 1), date(2027, 1, 1), date(2027, 5, 1)) == 0
    assert refund_cents(100, date(2026, 1, 1), date(2026, 1, 9), date(2026, 1, 8)) == 13  # 12.5 rounds up


def test_occ_11_real_rights_last_seventy_years_at_most() -> None:
    facts = lease(TitleCode.AOT_DR, 70 * 12, domain=Domain.PUBLIC)
    assert levels(facts, "OCC-11") == []
    assert levels(replace(facts, end=facts.end and facts.end + ONE_DAY), "OCC-11") == [Level.BLOCK]


def test_int_02_public_domain_is_occupied_for_a_time() -> None:
    assert levels(aot(end=None), "INT-02") == [Level.WARN]
    assert levels(aot(), "INT-02") == []


def commune(months: int, days: int = 0, **changes: Any) -> Facts:
    return lease(
        TitleCode.BAIL_CIVIL, months, days, owner=OwnerKind.COMMUNE, domain=Domain.PRIVATE_OF_PUBLIC, **changes
    )


MAYOR = Act(ActKind.MAYOR, "DEC-8", date(2026, 1, 20), date(2026, 1, 22))


def test_occ_29_a_commune_decides_before_letting() -> None:
    assert levels(commune(36), "OCC-29") == [Level.BLOCK]
    assert levels(commune(36, act=COUNCIL), "OCC-29") == []
    assert levels(commune(36, act=MAYOR), "OCC-29") == [Level.BLOCK]
    assert levels(commune(36, act=MAYOR, delegation_reference="2020-12"), "OCC-29") == []
    assert levels(commune(144, act=MAYOR, delegation_reference="2020-12"), "OCC-29") == []
    assert levels(commune(144, 1, act=MAYOR, delegation_reference="2020-12"), "OCC-29") == [Level.BLOCK]
    assert levels(commune(144, 1, act=COUNCIL), "OCC-29") == []
    assert levels(commune(36, act=replace(COUNCIL, reference=" ")), "OCC-29") == [Level.BLOCK]
    assert levels(lease(TitleCode.BAIL_CIVIL, 36), "OCC-29") == []


def test_occ_30_the_act_goes_to_the_prefect_within_fifteen_days() -> None:
    act = replace(COUNCIL, sent_on=None)
    due = date(2026, 2, 4)
    early = [v for v in judge(commune(36, act=act, today=due)) if v.id == "OCC-30"]
    late = [v for v in judge(commune(36, act=act, today=due + ONE_DAY)) if v.id == "OCC-30"]
    assert [(v.level, v.due) for v in early] == [(Level.INFO, due)]
    assert [(v.level, v.due) for v in late] == [(Level.ALARM, due)]
    assert levels(commune(36, act=COUNCIL), "OCC-30") == []


def test_occ_38_no_heating_on_a_terrace() -> None:
    assert levels(aot(terrace=True), "OCC-38") == [Level.INFO]
    assert levels(aot(), "OCC-38") == []
    assert levels(case(terrace=True), "OCC-38") == []
