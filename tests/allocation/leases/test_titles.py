"""The catalogue, its clauses and the suggestion."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from allocation.leases import clauses
from allocation.leases.suggestions import Situation, suggest
from allocation.leases.titles import TITLES, Rent, title
from intervalle.verdicts import Level
from premises.facts import Domain, OwnerKind, TitleCode

DAY = date(2026, 3, 1)


def test_every_code_has_a_complete_row() -> None:
    assert set(TITLES) == set(TitleCode)
    for row in TITLES.values():
        texts = (row.article, row.who_fr, row.max_fr, row.renewal_fr, row.notice_fr, row.rent_fr)
        assert all(text.strip() for text in (*texts, row.normal_end_fr, row.early_end_fr, row.stay_fr, row.label))
        assert row.domains


def test_lengths_are_read_from_dated_parameters() -> None:
    bounds = {
        code.value: (row.min_months(DAY), row.max_months(DAY))
        for code, row in TITLES.items()
        if row.min_key or row.max_key
    }
    assert bounds == {
        "AOT_DR": (None, 840),
        "BAIL_DEROG": (None, 36),
        "BAIL_COM": (108, None),
        "BAIL_PRO": (72, None),
        "BAIL_CIVIL": (None, 1188),
        "BAIL_EMPH": (216, 1188),
        "BEA": (216, 1188),
        "BAIL_CONSTR": (216, 1188),
        "BRSA": (144, 1188),
        "RES_TEMP": (None, 36),
    }
    assert title("BAIL_DEROG").max_months(date(2013, 5, 1)) == 24


def test_strict_minimum_is_only_for_emphyteusis() -> None:
    assert {code.value for code, row in TITLES.items() if row.min_strict} == {"BAIL_EMPH", "BEA"}


def test_real_rights_and_free_titles() -> None:
    assert {code.value for code, row in TITLES.items() if row.real_rights} == {
        "AOT_DR", "BAIL_EMPH", "BEA", "BAIL_CONSTR", "BRSA",
    }  # fmt: skip
    assert [code.value for code, row in TITLES.items() if row.rent is Rent.NOTHING] == ["PRET_USAGE"]


def test_notice_lengths() -> None:
    assert title("BAIL_COM").notice_months(DAY) == 6
    assert title("COP").notice_months(DAY) == 1
    assert title("BAIL_DEROG").notice_months(DAY) is None


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="BAIL_LUNE"):
        title("BAIL_LUNE")


def test_every_title_carries_the_common_clauses() -> None:
    for row in TITLES.values():
        codes = [clause.code for clause in row.clauses]
        assert {clause.code for clause in clauses.CORE} <= set(codes)
        assert len(codes) == len(set(codes))


def test_missing_clauses_refuse_activation() -> None:
    wanted = clauses.required(TitleCode.COP)
    everything = frozenset(clause.code for clause in wanted)
    assert clauses.missing(wanted, everything) == []
    verdicts = clauses.missing(wanted, everything - {"end_event", "lot"})
    assert {(verdict.id, verdict.level) for verdict in verdicts} == {
        ("CLAUSE-end_event", Level.BLOCK),
        ("CLAUSE-lot", Level.BLOCK),
    }


def test_an_overlay_adds_the_clauses_of_its_base() -> None:
    codes = {clause.code for clause in clauses.required(TitleCode.BCUS, TitleCode.BAIL_COM)}
    assert {"indicators", "relief", "cancellation"} <= codes
    assert "cancellation" not in {clause.code for clause in clauses.required(TitleCode.BCUS)}


@pytest.mark.parametrize(
    ("code", "area", "permit", "expected"),
    [
        ("BAIL_COM", "120", date(1997, 7, 1), {"dpe", "risks"}),
        ("BAIL_COM", "120", date(1997, 6, 30), {"dpe", "risks", "asbestos"}),
        ("BAIL_COM", "120", None, {"dpe", "risks", "asbestos"}),
        ("BAIL_COM", "2000", date(2010, 1, 1), {"dpe", "risks"}),
        ("BAIL_COM", "2000.01", date(2010, 1, 1), {"dpe", "risks", "green"}),
        ("COP", "5000", None, set()),
    ],
)
def test_annexes(code: str, area: str, permit: date | None, expected: set[str]) -> None:
    found = clauses.annexes(TitleCode(code), DAY, Decimal(area), permit)
    assert {clause.code for clause in found} == expected
    assert all(verdict.level is Level.WARN for verdict in clauses.missing(found, frozenset()))


SITUATION = Situation(domain=Domain.PRIVATE, owner=OwnerKind.SOCIAL_LANDLORD, months=24, economic=False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"domain": Domain.PUBLIC}, ["AOT"]),
        ({"domain": Domain.PUBLIC, "economic": True}, ["AOT"]),
        ({"domain": Domain.PUBLIC, "real_rights": True}, ["AOT_DR", "BEA"]),
        ({"external_circumstance": True, "economic": True}, ["COP"]),
        ({"economic": True}, ["BAIL_DEROG"]),
        ({"commercial": True, "months": 36}, ["BAIL_DEROG"]),
        ({"free_of_charge": True}, ["PRET_USAGE"]),
        ({}, ["BAIL_CIVIL"]),
        ({"months": 37, "commercial": True}, ["BAIL_COM"]),
        ({"months": 72, "liberal": True}, ["BAIL_PRO"]),
        ({"months": 72}, ["BAIL_CIVIL"]),
        ({"months": 180, "owner": OwnerKind.OFS, "micro_enterprise": True}, ["BRSA"]),
        ({"months": 143, "owner": OwnerKind.OFS, "micro_enterprise": True}, ["BAIL_CIVIL"]),
        ({"months": 300}, ["BAIL_EMPH"]),
        ({"months": 300, "tenant_builds": True}, ["BAIL_CONSTR"]),
        ({"months": 300, "owner": OwnerKind.COMMUNE}, ["BEA", "BAIL_EMPH"]),
        ({"months": 12, "housing_protection": True}, ["RES_TEMP"]),
    ],
)
def test_suggestion(changes: dict[str, object], expected: list[str]) -> None:
    found = suggest(replace(SITUATION, **changes))  # type: ignore[arg-type]
    assert [suggestion.code.value for suggestion in found] == expected
    assert all("pas une décision" in suggestion.disclaimer_fr for suggestion in found)


def test_a_long_commercial_or_civil_lease_suggests_the_social_overlay() -> None:
    for commercial in (True, False):
        (found,) = suggest(replace(SITUATION, months=108, commercial=commercial))
        assert found.overlay is TitleCode.BCUS
