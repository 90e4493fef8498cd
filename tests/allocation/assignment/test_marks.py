"""Marks as a letter shows them: the points are those of the exact mark, so that they make the total."""

from decimal import Decimal
from fractions import Fraction

from allocation.assignment.decisions import marks_of
from allocation.selection.boards import points_of
from allocation.selection.scoring import Criterion, Grid, Mark, Sheets, score

JURORS = dict.fromkeys(("Ana", "Bob", "Cé"), "ville")


def test_the_points_of_a_letter_are_those_of_the_exact_marks() -> None:
    grid = Grid(criteria=(Criterion("use", 35), Criterion("money", 65)))
    given = {"use": (3, 3, 4), "money": (4, 4, 3)}
    sheets = Sheets(JURORS, [Mark(j, key, v) for key, row in given.items() for j, v in zip(JURORS, row, strict=True)])
    found = score(sheets, grid)
    assert [c.mark for c in found.criteria] == [Fraction(10, 3), Fraction(11, 3)]
    points = [points_of(c, weight, grid.scale) for c, weight in zip(found.criteria, (35, 65), strict=True)]
    assert (points, found.total) == (["23.33", "47.67"], Decimal("71.00"))
    rows = [
        {"label": "Usage", "weight": 35, "mark": "3.33", "points": points[0]},
        {"label": "Solidité", "weight": 65, "mark": "3.67", "points": points[1]},
    ]
    assert [mark.points for mark in marks_of({"criteria": rows})] == [Decimal("23.33"), Decimal("47.67")]


def test_a_ranking_frozen_before_keeps_the_points_of_the_marks_shown() -> None:
    (mark,) = marks_of({"criteria": [{"label": "Usage", "weight": 35, "mark": "3.33"}]})
    assert mark.points == Decimal("23.31")
