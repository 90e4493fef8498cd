"""A juror's own total as it grows; the order of reading; the steps."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from allocation.selection.reading_order import next_file, own_order
from allocation.selection.reasons import Given
from allocation.selection.running import running
from allocation.selection.scoring import Criterion, Grid, total
from allocation.selection.workflow import Facts, next_act, phase, steps


@dataclass(frozen=True)
class Line:
    id: int
    weight: int


GRID = [Line(1, 35), Line(2, 25), Line(3, 20), Line(4, 20)]


def test_the_reference_sheet_adds_up() -> None:
    marks = {1: Given(True, 4), 2: Given(True, 5), 3: Given(True, 2), 4: Given(True, 3)}
    found = running(marks, GRID)
    assert (found.points, found.top, found.left, found.complete) == (Decimal("73.00"), 100, 0, True)
    assert found.parts == (Decimal("28.00"), Decimal("25.00"), Decimal("8.00"), Decimal("12.00"))


def test_not_assessed_leaves_the_denominator_and_is_no_zero() -> None:
    found = running({1: Given(True, None, "Hors champ."), 2: Given(True, 5)}, GRID)
    assert (found.points, found.top, found.left, found.not_assessed) == (Decimal("25.00"), 65, 2, 1)
    assert running({1: Given(True, 0), 2: Given(True, 5)}, GRID).top == 100


@sampled(st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_a_whole_sheet_equals_the_score_of_its_only_juror(values: list[int]) -> None:
    found = running({line.id: Given(True, v) for line, v in zip(GRID, values, strict=True)}, GRID)
    grid = Grid(criteria=tuple(Criterion(str(line.id), line.weight) for line in GRID))
    assert found.points == total({str(line.id): v for line, v in zip(GRID, values, strict=True)}, grid)


def test_the_least_read_file_comes_first_and_each_juror_has_an_order() -> None:
    assert next_file(1, [10, 11, 12], {10: 2, 11: 1, 12: 1}) in {11, 12}
    assert next_file(1, [10], {10: 9}) == 10
    assert next_file(1, [], {}) is None
    assert next_file(1, [10, 11], {10: 0, 11: 5}, but=10) == 11
    orders = {tuple(own_order(seat, range(8))) for seat in range(20)}
    assert len(orders) > 15
    assert own_order(3, range(8)) == own_order(3, reversed(range(8)))


NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
CLOSED = NOW.replace(day=15)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(closes_at=NOW), "opening"),
        (Facts(closes_at=NOW.replace(day=21)), "waiting"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, files=3), "admissibility"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, files=3, decided=2, admissible=2), "admissibility"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, files=3, decided=2, admissible=2, sheets_in=1), "scoring"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, files=3, decided=3, admissible=2), "scoring"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, scoring_closed_at=NOW), "deliberation"),
        (Facts(closes_at=CLOSED, opened_at=CLOSED, scoring_closed_at=NOW, ranked_at=NOW), "ranked"),
        (Facts(closes_at=CLOSED, ranked_at=CLOSED, released_at=NOW), "released"),
        (Facts(closes_at=CLOSED, cancelled_at=NOW, ranked_at=CLOSED), "cancelled"),
    ],
)
def test_phases_follow_the_dates(facts: Facts, expected: str) -> None:
    assert phase(facts, NOW) == expected
    marks = [s.mark for s in steps(facts, NOW, mine=False)]
    assert marks.count("now") <= 1
    if "now" in marks:
        assert set(marks[: marks.index("now")]) <= {"done"}
    for role in ("staff", "juror", "observer"):
        assert next_act(facts, NOW, role=role, declared=True)[0]


def test_who_has_not_declared_is_asked_to_first() -> None:
    facts = Facts(closes_at=CLOSED, opened_at=CLOSED, files=2, decided=2, admissible=2, sheets_due=2)
    assert "déclarez" in next_act(facts, NOW, role="juror", declared=False)[0]
    assert next_act(facts, NOW, role="juror", declared=True)[1] == {"left": 2}


def test_each_is_told_by_when_and_a_list_that_counts_nothing_claims_nothing() -> None:
    meets = NOW + timedelta(days=4)
    facts = Facts(closes_at=CLOSED, opened_at=CLOSED, meets_at=meets, files=2, decided=2, admissible=2, sheets_due=2)

    def said(role: str, *, mine: bool = False, **more: int) -> tuple[str, dict[str, object]]:
        return next_act(replace(facts, **more), NOW, role=role, declared=True, mine=mine)

    assert said("juror")[1] == {"left": 2, "meets": meets}
    assert said("staff", mine=True)[0] == said("juror")[0]  # who runs the call and sits in it has sheets too
    assert said("staff")[0].startswith("Aux membres")
    assert said("staff")[1] == {"meets": meets}
    assert said("staff", sheets_in=2)[0].startswith("À vous : toutes les fiches sont validées")
    assert said("juror", sheets_in=2)[0].startswith("Vos fiches sont validées")
    assert said("juror", sheets_due=0)[0].startswith("Aux membres")
