"""French identifiers: the vectors of rules.md 6.3."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intervalle.identifiers import (
    check_commune,
    check_parcel,
    check_qpv,
    check_rna,
    check_siren,
    check_siret,
    check_tva,
    keep,
    qpv_vintage,
    rna_doubt,
    tva_of,
    whole_commune,
)


@pytest.mark.parametrize("number", ["732829320", "732 829 320", "\u00a0732.829.320 ", "732829320\n"])
def test_siren(number: str) -> None:
    assert check_siren(number) == "732829320"


@pytest.mark.parametrize("number", ["732829321", "73282932", "7328293200", "73282932O", "", "٧٣٢٨٢٩٣٢٠"])
def test_siren_refused(number: str) -> None:
    with pytest.raises(ValueError, match="SIREN"):
        check_siren(number)


@pytest.mark.parametrize("number", ["73282932000074", "35600000000048", "35600000049837", "35600000000001"])
def test_siret_and_la_poste(number: str) -> None:
    assert check_siret(f" {number[:9]} {number[9:]}") == number


@pytest.mark.parametrize(
    "number", ["73282932000079", "12345678900014", "32303273870601", "732829320", "35600000000002"]
)
def test_siret_refused(number: str) -> None:
    with pytest.raises(ValueError, match="SIRET"):
        check_siret(number)


@given(st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(place: int, shift: int) -> None:
    digits = list("73282932000074")
    digits[place] = str((int(digits[place]) + shift) % 10)
    with pytest.raises(ValueError, match="SIRET"):
        check_siret("".join(digits))


def test_rna() -> None:
    assert check_rna("w123456789") == "W123456789"
    assert rna_doubt("W123456789") is None


@pytest.mark.parametrize("number", ["W12345678", "W1234567890", "123456789", "X123456789", ""])
def test_rna_refused(number: str) -> None:
    with pytest.raises(ValueError, match="W123456789"):
        check_rna(number)


def test_rna_with_letters_is_accepted_with_a_doubt() -> None:
    number = check_rna("W9N1004567")
    assert number == "W9N1004567"
    assert rna_doubt(number) is not None


def test_tva() -> None:
    assert check_tva("fr 44 732 829 320") == "FR44732829320"
    assert tva_of("732 829 320") == "FR44732829320"


@pytest.mark.parametrize("number", ["FR45732829320", "44732829320", "FR44732829321", "DE44732829320"])
def test_tva_refused(number: str) -> None:
    with pytest.raises(ValueError, match="TVA"):
        check_tva(number)


@pytest.mark.parametrize(
    ("text", "code"), [("35238", "35238"), ("2a004", "2A004"), ("2B033", "2B033"), ("97411", "97411")]
)
def test_commune(text: str, code: str) -> None:
    assert check_commune(text) == code


@pytest.mark.parametrize("text", ["2C004", "3523", "352380", "Rennes"])
def test_commune_refused(text: str) -> None:
    with pytest.raises(ValueError, match="INSEE"):
        check_commune(text)


@pytest.mark.parametrize(
    ("code", "commune"),
    [
        ("75101", "75056"), ("75120", "75056"), ("75121", "75121"), ("69389", "69123"), ("13201", "13055"),
        ("13216", "13055"), ("35238", "35238"), ("2A004", "2A004"),
    ],
)  # fmt: skip
def test_arrondissements_belong_to_their_commune(code: str, commune: str) -> None:
    assert whole_commune(code) == commune


def test_parcel() -> None:
    assert check_parcel("12083000AH0035") == "12083000AH0035"
    assert check_parcel("12083 000 ah 0035") == "12083000AH0035"
    assert check_parcel("2A004000AB0012") == "2A004000AB0012"
    for wrong in ("12083000AH035", "12083000AH00355", "C2083000AH0035"):
        with pytest.raises(ValueError, match="14 caractères"):
            check_parcel(wrong)


@pytest.mark.parametrize(
    ("code", "vintage"),
    [
        ("QP066007", 2015), ("QN00101M", 2024), ("QN07501M", 2024), ("QN04901M", 2024), ("QN97414I", 2024),
        ("QN06255M", 2024), ("QN09104M", 2024), ("qn02a01m", 2024), ("QP02A001", 2015),
    ],
)  # fmt: skip
def test_qpv(code: str, vintage: int) -> None:
    assert check_qpv(code) == code.upper()
    assert qpv_vintage(code) == vintage


@pytest.mark.parametrize("code", ["QP06600", "QN0010M", "QN001011", "QX001001", "QP0660071"])
def test_qpv_refused(code: str) -> None:
    with pytest.raises(ValueError, match="QP066007"):
        check_qpv(code)


def test_an_import_keeps_and_flags_what_is_wrong() -> None:
    wrong = keep(check_siret, " 32303273870601 ")
    assert (wrong.value, wrong.right) == ("32303273870601", False)
    assert "SIRET" in wrong.problem_fr
    right = keep(check_siret, "732 829 320 00074")
    assert (right.value, right.right, right.problem_fr) == ("73282932000074", True, "")


@given(st.text(max_size=30))
def test_any_text_is_normalised_or_refused_in_one_sentence(text: str) -> None:
    for check in (check_siren, check_siret, check_rna, check_tva, check_commune, check_parcel, check_qpv):
        kept = keep(check, text)
        assert re.fullmatch(r"[0-9A-Z]+", kept.value) if kept.right else kept.problem_fr.endswith(".")
