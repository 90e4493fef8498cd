"""Forms read what French people type, say what they expect otherwise, and lose nothing that was typed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intervalle import clock, i18n
from intervalle.forms import (
    Area,
    Choice,
    Choices,
    Day,
    DecimalNumber,
    Euros,
    Form,
    Instant,
    LongText,
    Radio,
    Text,
    Tri,
    Whole,
    YesNo,
    between,
    required,
)  # fmt: skip

KINDS = [("office", "Bureau"), ("shop", "Boutique")]


class Everything(Form):
    name = Text("Nom", [required()], limit=20)
    story = LongText("Récit", limit=50)
    area = Area("Surface")
    rent = Euros("Loyer")
    seats = Whole("Places", low=1, high=12)
    share = DecimalNumber("Part", [between(0, 100, " %")])
    day = Day("Jour")
    closing = Instant("Clôture")
    kind = Choice("Nature", KINDS, empty="Aucune")
    manner = Radio("Manière", KINDS)
    uses = Choices("Usages", KINDS)
    water = Tri("Eau")
    agreed = YesNo("D’accord")


def read(name: str, typed: Any) -> tuple[Any, list[str]]:
    """The value of one field, and what the form says of it."""
    form = Everything({"name": "x", name: typed})
    form.validate()
    return form[name].data, [str(error) for error in form[name].errors]


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("38", 3800), ("38,5", 3850), ("38,50", 3850), ("38.50", 3850), ("1 234,56", 123456), ("1\u202f234,56 €", 123456),
        ("1\u00a0234\u00a0€", 123400), (" 0 ", 0), ("0,01", 1), ("999999999999", 99999999999900),
    ],
)  # fmt: skip
def test_money_is_typed_in_euros_and_read_in_cents(typed: str, cents: int) -> None:
    assert read("rent", typed) == (cents, [])


@pytest.mark.parametrize("typed", ["-1", "1,234", "1,2,3", "douze", "1e3", "NaN", "Infinity", "1 234,5 $", "9" * 13])
def test_money_that_cannot_be_read_is_said_and_kept(typed: str) -> None:
    form = Everything({"name": "x", "rent": typed})
    assert not form.validate()
    assert form.rent.data is None
    assert form.errors_in_order == [("rent", "Loyer", "Écrivez un montant en euros, par exemple 38 ou 38,50.")]
    assert f'value="{typed}"' in str(form.rent())


@given(st.integers(min_value=0, max_value=10**13))
def test_money_shown_and_typed_back_is_the_same(cents: int) -> None:
    form = Everything(obj=None, rent=cents)
    assert read("rent", form.rent._value())[0] == cents


@pytest.mark.parametrize(
    ("typed", "square_metres"),
    [("62", "62"), ("62,5", "62.5"), ("62,55 m²", "62.55"), ("1 200", "1200"), ("0,1", "0.1"), ("1000000", "1000000")],
)
def test_areas_take_a_comma(typed: str, square_metres: str) -> None:
    assert read("area", typed) == (Decimal(square_metres), [])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0", "Au moins 0,1\u00a0m²."),
        ("-5", "Au moins 0,1\u00a0m²."),
        ("1000001", "Au plus 1\u00a0000\u00a0000\u00a0m²."),
        ("62,555", "Écrivez une surface en m², par exemple 62 ou 62,5."),
        ("grand", "Écrivez une surface en m², par exemple 62 ou 62,5."),
    ],
)
def test_areas_out_of_bounds(typed: str, said: str) -> None:
    assert read("area", typed)[1] == [said]


@given(st.decimals(min_value=Decimal("0.1"), max_value=10**6, places=2))
def test_areas_shown_and_typed_back_are_the_same(area: Decimal) -> None:
    assert read("area", Everything(obj=None, area=area).area._value()) == (area, [])


@pytest.mark.parametrize("typed", ["31/12/2027", "31.12.2027", "31-12-2027", "31 12 2027", "2027-12-31"])
def test_dates_as_people_and_browsers_write_them(typed: str) -> None:
    assert read("day", typed) == (date(2027, 12, 31), [])


@pytest.mark.parametrize(
    "typed", ["30/02/2027", "31/04/2027", "12/31/2027", "demain", "01/01/1899", "01/01/2201", "0000-01-01"]
)
def test_dates_that_do_not_exist(typed: str) -> None:
    assert read("day", typed) == (None, ["Écrivez une date, par exemple 31/12/2027."])


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_dates_shown_and_typed_back_are_the_same(day: date) -> None:
    assert read("day", Everything(obj=None, day=day).day._value()) == (day, [])


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2027-01-15T12:00", datetime(2027, 1, 15, 11, tzinfo=UTC)),
        ("2027-07-15T12:00", datetime(2027, 7, 15, 10, tzinfo=UTC)),
        ("15/07/2027 12:00", datetime(2027, 7, 15, 10, tzinfo=UTC)),
        ("15/07/2027 12 h 00", datetime(2027, 7, 15, 10, tzinfo=UTC)),
        # The hour before and the hour after the one that spring skips on 28 March 2027, one hour apart.
        ("2027-03-28T01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28T03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        # The hour that autumn gives twice is the first of the two.
        ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_instants_are_typed_in_paris(typed: str, instant: datetime) -> None:
    assert read("closing", typed) == (instant, [])


@pytest.mark.parametrize("typed", ["2027-03-28T02:30", "28/03/2027 02:00", "28/03/2027 2h59"])
def test_the_hour_that_spring_skips_is_refused(typed: str) -> None:
    assert read("closing", typed) == (None, ["Écrivez un jour et une heure, par exemple 31/12/2027 12:00."])


MINUTES = st.integers(0, 220 * 365 * 24 * 60).map(lambda n: datetime(1980, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@given(MINUTES)
def test_instants_shown_and_typed_back_are_the_same_minute(instant: datetime) -> None:
    """But in the hour that autumn gives twice, where a wall clock cannot tell."""
    found, errors = read("closing", Everything(obj=None, closing=instant).closing._value())
    assert errors == []
    assert found == instant or instant.astimezone(clock.PARIS).fold == 1


@pytest.mark.parametrize("typed", ["0", "13", "-1", "1,5", "x", "9" * 16])
def test_whole_numbers_keep_within_their_bounds(typed: str) -> None:
    assert len(read("seats", typed)[1]) == 1


def test_whole_numbers() -> None:
    assert read("seats", "1 2") == (12, [])
    assert read("seats", "") == (None, [])


def test_emptiness_is_no_value_and_no_error_unless_required() -> None:
    form = Everything({"name": "  ", "rent": " ", "area": "", "day": "", "closing": "", "kind": "", "story": ""})
    assert not form.validate()
    assert [form[n].data for n in ("rent", "area", "day", "closing", "kind")] == [None] * 5
    assert form.errors_in_order == [("name", "Nom", "À remplir.")]


def test_a_required_field_that_cannot_be_read_says_only_that() -> None:
    class Needed(Form):
        rent = Euros("Loyer", [required()])

    form = Needed({"rent": "beaucoup"})
    assert not form.validate()
    assert [str(e) for e in form.rent.errors if str(e)] == ["Écrivez un montant en euros, par exemple 38 ou 38,50."]


def test_length_is_counted_and_said() -> None:
    assert read("name", "x" * 20)[1] == []
    assert read("name", "x" * 21)[1] == ["21 caractères : raccourcissez à 20."]
    assert read("story", "a\r\nb\r\n") == ("a\nb", [])


@pytest.mark.parametrize("name", ["kind", "manner"])
def test_only_what_was_offered_is_taken(name: str) -> None:
    assert read(name, "office") == ("office", [])
    assert read(name, "castle")[1] == ["Choisissez dans la liste."]


def test_several_of_a_few() -> None:
    form = Everything({"name": "x", "uses": ["office", "shop"]})
    assert form.validate()
    assert form.uses.data == ["office", "shop"]
    assert read("uses", ["office", "castle"])[1] == ["Choisissez dans la liste."]


def test_choices_offered_at_request_time() -> None:
    form = Everything({"name": "x", "kind": "7", "uses": ["7"]})
    form.kind.offer([("7", "Lot 7")])
    form.uses.offer([("7", "Lot 7")])
    assert form.validate()
    assert [choice.label for choice in form.kind.iter_choices()] == ["Aucune", "Lot 7"]


@pytest.mark.parametrize(("typed", "truth"), [("yes", True), ("no", False), ("", None)])
def test_not_known_is_an_answer(typed: str, truth: bool | None) -> None:
    form = Everything({"name": "x", "water": typed})
    assert form.validate()
    assert form.water.truth is truth
    assert Everything(obj=None, water=truth).water.truth is truth


def test_an_error_found_elsewhere_stands_beside_its_field() -> None:
    form = Everything({"name": "x"})
    assert form.validate()
    form.add_error("area", "Plus grande que le lot.")
    assert form.errors_in_order == [("area", "Surface", "Plus grande que le lot.")]


@pytest.mark.parametrize("value", ["\x00", "a\x00b"])
def test_nul_is_never_read_into_a_typed_value(value: str) -> None:
    """The text fields leave NUL to `form_data`, which refuses the whole request (tests/test_web.py)."""
    for name in ("area", "rent", "seats", "share", "day", "closing"):
        assert read(name, value)[0] is None
        assert len(read(name, value)[1]) == 1


@given(st.text(max_size=40))
def test_nothing_typed_breaks_a_form(typed: str) -> None:
    fields = dict.fromkeys(
        ("name", "story", "area", "rent", "seats", "share", "day", "closing", "kind", "manner", "water"), typed
    )
    form = Everything(fields)
    form.validate()
    for field in form:
        str(field())
        assert all(isinstance(error, str) for error in field.errors)


def test_sentences_follow_the_reader() -> None:
    """Bounds are written the reader's way."""
    i18n.set_locale("en")
    try:
        assert "1,000,000" in read("area", "1000001")[1][0]
    finally:
        i18n.set_locale("fr")
