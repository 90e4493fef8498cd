"""What a sheet must hold before it is submitted."""

import pytest

from allocation.selection.reasons import Given, given, needs_reason, objections


@pytest.mark.parametrize(("choice", "value"), [("0", 0), ("5", 5), ("3", 3)])
def test_a_button_is_a_mark(choice: str, value: int) -> None:
    assert given(choice, " vu ") == Given(True, value, "vu")
    assert given(choice).choice == choice


@pytest.mark.parametrize("choice", [None, "", "6", "-1", "4.5", "oui"])
def test_anything_else_is_no_answer(choice: str | None) -> None:
    assert given(choice) == Given(False, None, "")


def test_not_assessed_is_an_answer_and_not_a_zero() -> None:
    assert given("ne") == Given(True, None, "")
    assert given("ne") != given("0")


@pytest.mark.parametrize(
    ("value", "wanted"), [(0, True), (1, True), (2, False), (3, False), (4, False), (5, True), (None, True)]
)
def test_extremes_and_not_assessed_need_a_sentence(value: int | None, wanted: bool) -> None:
    assert needs_reason(Given(True, value), below=2, above=4) is wanted


def test_the_setting_moves_the_bounds() -> None:
    assert not needs_reason(Given(True, 5), below=0, above=5)
    assert needs_reason(Given(True, 3), below=4, above=4)


def test_objections_name_each_missing_field() -> None:
    marks = {1: Given(True, 3), 2: Given(True, 5), 3: Given(False, None, "pas encore")}
    assert sorted(objections(marks, " ", [1, 2, 3, 4], below=2, above=4)) == ["comment", "m2", "n3", "n4"]
    whole = {1: Given(True, 3), 2: Given(True, 5, "Exemplaire."), 3: Given(True, None, "Hors de ma compétence.")}
    assert objections(whole, "Bon dossier.", [1, 2, 3], below=2, above=4) == {}
