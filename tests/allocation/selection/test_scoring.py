"""Score of a file: combination, colleges, floors, what is missing, and the properties every score must keep."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.selection.scoring import (
    Combination,
    Criterion,
    Grid,
    Mark,
    Sheets,
    check_mark,
    combine,
    score,
    severities,
)

GRID = Grid(criteria=(Criterion("use", 60, "Utilité"), Criterion("money", 40, "Viabilité")))


def sheets(**marks: tuple[int | None, ...]) -> Sheets:
    """`ana=(4, None)`: Ana gives 4 to the first criterion and does not assess the second."""
    keys = ("use", "money", "third")
    rows = [
        Mark(juror, keys[place], value, "Parce que")
        for juror, values in marks.items()
        for place, value in enumerate(values)
    ]
    return Sheets(dict.fromkeys(marks, "city"), rows)


def test_total_is_weight_times_mark_over_five() -> None:
    assert score(sheets(ana=(4, 2), bob=(5, 3)), GRID).total == Decimal("74.00")  # 60×4.5/5 + 40×2.5/5


def test_all_fives_make_one_hundred_and_all_zeros_make_zero() -> None:
    assert score(sheets(ana=(5, 5), bob=(5, 5)), GRID).total == Decimal("100.00")
    assert score(sheets(ana=(0, 0), bob=(0, 0)), GRID).total == Decimal("0.00")


def test_the_total_is_rounded_half_up_once() -> None:
    thirds = Grid(criteria=(Criterion("use", 50), Criterion("money", 50)))
    # 50 × (1/3)/5 + 50 × (1/3)/5 = 6.666… : rounding each part first would give 6.66.
    assert score(sheets(a=(0, 0), b=(0, 0), c=(1, 1)), thirds).total == Decimal("6.67")
    eighth = Grid(criteria=(Criterion("use", Decimal("0.025")), Criterion("money", Decimal("99.975"))))
    assert score(sheets(a=(1, 0), b=(1, 0)), eighth).total == Decimal("0.01")  # 0.005 rounds up


def test_not_assessed_is_left_out_and_is_not_zero() -> None:
    some = score(sheets(ana=(4, 4), bob=(None, 4)), GRID)
    assert some.total == Decimal("80.00")
    assert some.criteria[0].readers == 1
    assert score(sheets(ana=(4, 4), bob=(0, 4)), GRID).total == Decimal("56.00")


def test_a_criterion_nobody_assessed_keeps_the_file_out_and_is_named() -> None:
    missing = score(sheets(ana=(4, None), bob=(3, None)), GRID)
    assert missing.total is None
    assert not missing.rankable
    assert missing.missing_fr == ("« Viabilité » n’est pas évalué.",)


def test_a_file_needs_its_readers() -> None:
    alone = score(sheets(ana=(4, 4)), GRID)
    assert alone.total is None
    assert alone.missing_fr == ("1 lecture sur 2 nécessaires.",)
    assert score(sheets(ana=(4, 4)), replace(GRID, min_readers=1)).total == Decimal("80.00")


def test_a_juror_who_assessed_nothing_is_not_a_reader() -> None:
    assert score(sheets(ana=(4, 4), bob=(None, None)), GRID).readers == 1


def test_marks_of_a_recused_juror_are_ignored() -> None:
    full = sheets(ana=(5, 5), bob=(5, 5), eve=(0, 0))
    assert score(Sheets({"ana": "city", "bob": "city"}, full.marks), GRID).total == Decimal("100.00")


def test_two_marks_of_one_juror_on_one_criterion_are_refused() -> None:
    twice = Sheets({"ana": "city"}, [Mark("ana", "use", 3), Mark("ana", "use", 4)])
    with pytest.raises(ValueError, match="deux notes"):
        score(twice, GRID)


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        (Combination.MEAN, (0, 4, 5), Fraction(3)),
        (Combination.MEAN, (1, 1, 2), Fraction(4, 3)),
        (Combination.MEDIAN, (0, 4, 5), Fraction(4)),
        (Combination.MEDIAN, (0, 3, 4, 5), Fraction(7, 2)),
        (Combination.TRIMMED_MEAN, (0, 3, 4, 5), Fraction(7, 2)),
        (Combination.TRIMMED_MEAN, (0, 4, 5), Fraction(4)),
        (Combination.TRIMMED_MEAN, (0, 5), Fraction(5, 2)),
        (Combination.TRIMMED_MEAN, (3,), Fraction(3)),
    ],
)
def test_combination(rule: Combination, values: tuple[int, ...], expected: Fraction) -> None:
    assert combine(values, rule) == expected


def test_nothing_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="Aucune note"):
        combine([], Combination.MEAN)


def test_mean_median_and_spread_are_shown() -> None:
    criterion = score(sheets(ana=(1, 3), bob=(4, 3), cyd=(5, 3)), GRID).criteria[0]
    assert (criterion.mean, criterion.median, criterion.spread) == (Decimal("3.33"), Decimal("4.00"), 4)
    assert score(sheets(ana=(None, 3), bob=(None, 3)), GRID).criteria[0].spread is None


COLLEGES = replace(GRID, college_weights={"city": 50, "landlord": 25, "residents": 25})


def test_colleges_weigh_by_their_weight_not_by_their_number() -> None:
    jurors = {"a": "city", "b": "landlord", "c": "landlord", "d": "landlord", "e": "residents"}
    marks = [
        Mark(juror, key, 4 if college == "city" else 2) for juror, college in jurors.items() for key in ("use", "money")
    ]
    assert score(Sheets(jurors, marks), COLLEGES).total == Decimal("60.00")  # mark (4×50 + 2×25 + 2×25)/100 = 3


def test_a_college_that_is_silent_is_named() -> None:
    jurors = {"a": "city", "b": "landlord"}
    marks = [Mark("a", "use", 4), Mark("a", "money", 4), Mark("b", "use", 4), Mark("b", "money", None)]
    result = score(Sheets(jurors, marks), COLLEGES)
    assert result.total is None
    assert result.missing_fr == ("« Viabilité » n’est pas évalué par : landlord.",)


def test_a_college_recused_as_a_whole_gives_its_weight_to_the_others() -> None:
    jurors = {"a": "city", "e": "residents"}
    marks = [Mark("a", key, 5) for key in ("use", "money")] + [Mark("e", key, 2) for key in ("use", "money")]
    assert score(Sheets(jurors, marks), COLLEGES).total == Decimal("80.00")  # (5×50 + 2×25)/75 = 4


def test_a_college_without_weight_has_no_say_in_the_score() -> None:
    jurors = {"a": "city", "x": "expert"}
    marks = [Mark("a", key, 3) for key in ("use", "money")] + [Mark("x", key, 5) for key in ("use", "money")]
    assert score(Sheets(jurors, marks), COLLEGES).total == Decimal("60.00")


def test_a_file_under_a_floor_is_scored_but_not_ranked() -> None:
    floored = replace(GRID, criteria=(GRID.criteria[0], replace(GRID.criteria[1], floor=Decimal(2))))
    under = score(sheets(ana=(5, 1), bob=(5, 2)), floored)
    assert under.total == Decimal("72.00")
    assert under.below_floor == ("money",)
    assert not under.rankable
    assert score(sheets(ana=(5, 2), bob=(5, 2)), floored).rankable


@pytest.mark.parametrize("weights", [(60, 39), (60, 41), (Decimal("60.01"), 40), (100, 0, 1)])
def test_weights_make_exactly_one_hundred(weights: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="doivent faire 100"):
        Grid(criteria=tuple(Criterion(str(place), weight) for place, weight in enumerate(weights)))


def test_a_grid_refuses_what_does_not_hold() -> None:
    with pytest.raises(ValueError, match="négatif"):
        Grid(criteria=(Criterion("a", 120), Criterion("b", -20)))
    with pytest.raises(ValueError, match="même nom"):
        Grid(criteria=(Criterion("a", 50), Criterion("a", 50)))
    with pytest.raises(ValueError, match="collège"):
        replace(GRID, college_weights={"city": 0})
    with pytest.raises(ValueError, match="échelle"):
        replace(GRID, scale=0)


@pytest.mark.parametrize("value", [-1, 6, True, 2.5, "3"])
def test_a_mark_is_a_whole_number_on_the_scale(value: object) -> None:
    with pytest.raises(ValueError, match="de 0 à 5"):
        check_mark(Mark("ana", "use", value, "Motif"), GRID)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "needed"), [(0, True), (1, True), (2, False), (3, False), (4, False), (5, True), (None, False)]
)
def test_extreme_marks_need_a_sentence(value: int | None, needed: bool) -> None:
    check_mark(Mark("ana", "use", value, "Un motif"), GRID)
    free = replace(GRID, reason_below=None, reason_above=None)
    check_mark(Mark("ana", "use", value), free)
    if needed:
        with pytest.raises(ValueError, match="demande une phrase"):
            check_mark(Mark("ana", "use", value, "  "), GRID)
    else:
        check_mark(Mark("ana", "use", value), GRID)


def test_a_mark_is_on_a_criterion_of_the_grid() -> None:
    with pytest.raises(ValueError, match="grille"):
        check_mark(Mark("ana", "charm", 3), GRID)


def test_severity_is_the_gap_with_the_others() -> None:
    rows = severities([sheets(ana=(1, 1), bob=(4, 4), cyd=(4, 4)), sheets(ana=(2, None), bob=(3, 5))])
    shown = {row.juror: (row.compared, row.gap) for row in rows}
    assert shown["ana"] == (3, Decimal("-2.33"))  # −3, −3, −1
    assert shown["bob"] == (3, Decimal("1.33"))  # +1.5, +1.5, +1 ; alone on the last one
    assert shown["cyd"] == (2, Decimal("1.50"))


def test_a_juror_alone_has_no_severity() -> None:
    (row,) = severities([sheets(ana=(3, 3))])
    assert (row.compared, row.gap) == (0, None)


# Properties

values = st.integers(0, 5)
rules = st.sampled_from(list(Combination))
files = st.dictionaries(st.sampled_from("abcdefg"), st.tuples(values, values, values), min_size=2, max_size=7)
weights = st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda pair: sum(pair) <= 100)


def grid_of(pair: tuple[int, int], rule: Combination, scale: int = 5) -> Grid:
    third = 100 - sum(pair)
    criteria = (Criterion("use", pair[0]), Criterion("money", pair[1]), Criterion("third", third))
    return Grid(criteria=criteria, combination=rule, scale=scale)


@given(files, weights, rules)
def test_scale_free(marks: dict[str, tuple[int, ...]], pair: tuple[int, int], rule: Combination) -> None:
    """The same opinions on a scale twice as fine give the same total."""
    doubled = {juror: tuple(2 * value for value in row) for juror, row in marks.items()}
    assert score(sheets(**marks), grid_of(pair, rule)).total == score(sheets(**doubled), grid_of(pair, rule, 10)).total


@given(files, weights, rules, st.randoms())
def test_order_free(
    marks: dict[str, tuple[int, ...]], pair: tuple[int, int], rule: Combination, random: object
) -> None:
    """Neither the order of jurors nor of marks nor of criteria changes anything."""
    grid = grid_of(pair, rule)
    straight = sheets(**marks)
    shuffled = list(straight.marks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    backwards = Sheets(dict(reversed(straight.jurors.items())), shuffled)
    assert score(backwards, grid) == score(straight, grid)
    turned = replace(grid, criteria=grid.criteria[::-1])
    assert score(straight, turned).total == score(straight, grid).total


@given(values, weights, rules, st.integers(2, 7))
def test_weight_normalised(value: int, pair: tuple[int, int], rule: Combination, jurors: int) -> None:
    """When everybody agrees, weights do not matter: the total is the mark, brought to 100."""
    marks = dict.fromkeys("abcdefg"[:jurors], (value,) * 3)
    assert score(sheets(**marks), grid_of(pair, rule)).total == Decimal(value * 20)


@given(files, weights, rules, st.integers(0, 2), st.data())
def test_monotone(
    marks: dict[str, tuple[int, ...]], pair: tuple[int, int], rule: Combination, place: int, data: st.DataObject
) -> None:
    """Raising one mark never lowers the total."""
    juror = data.draw(st.sampled_from(sorted(marks)))
    row = list(marks[juror])
    row[place] = min(5, row[place] + 1)
    grid = grid_of(pair, rule)
    before, after = score(sheets(**marks), grid).total, score(sheets(**{**marks, juror: tuple(row)}), grid).total
    assert before is not None
    assert after is not None
    assert after >= before


@given(files, weights, rules)
def test_between_zero_and_one_hundred(
    marks: dict[str, tuple[int, ...]], pair: tuple[int, int], rule: Combination
) -> None:
    total = score(sheets(**marks), grid_of(pair, rule)).total
    assert total is not None
    assert 0 <= total <= 100
    assert total == total.quantize(Decimal("0.01"))
