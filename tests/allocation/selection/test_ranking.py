"""Ranks, tie-breaks, draws, and the « what ifs »."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.selection.ranking import (
    Entry,
    TieBreak,
    inversions,
    juror_stability,
    moved_weights,
    rank,
    stable,
    under_weights,
    weight_stability,
)
from allocation.selection.scoring import Criterion, Grid, Mark, Sheets, score
from calls import draw

GRID = Grid(criteria=(Criterion("use", 60, "Utilité"), Criterion("money", 40, "Viabilité")))
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def sheet(**marks: tuple[int | None, int | None]) -> Sheets:
    rows = [
        Mark(juror, key, value)
        for juror, row in marks.items()
        for key, value in zip(("use", "money"), row, strict=True)
    ]
    return Sheets(dict.fromkeys(marks, "city"), rows)


def entry(file: str, use: int | None, money: int | None, hours: int | None = None, grid: Grid = GRID) -> Entry:
    when = None if hours is None else NOON + timedelta(hours=hours)
    return Entry(file, score(sheet(ana=(use, money), bob=(use, money)), grid), when)


def test_best_total_first() -> None:
    ranking = rank([entry("A", 3, 3), entry("B", 5, 5), entry("C", 4, 4)], GRID)
    assert [(row.file, row.rank, row.total) for row in ranking.ranked] == [
        ("B", 1, Decimal("100.00")),
        ("C", 2, Decimal("80.00")),
        ("A", 3, Decimal("60.00")),
    ]
    assert all(row.parted_by is None for row in ranking.ranked)


def test_equal_files_share_a_rank_and_the_next_one_is_skipped() -> None:
    ranking = rank([entry("A", 3, 3), entry("B", 4, 4), entry("C", 4, 4), entry("D", 5, 5)], GRID)
    assert ranking.ranks == {"D": 1, "B": 2, "C": 2, "A": 4}


def test_the_first_criterion_parts_files_with_the_same_total() -> None:
    same = [entry("A", 2, 5), entry("B", 4, 2)]  # 64 both
    assert {item.score.total for item in same} == {Decimal("64.00")}
    ranking = rank(same, GRID, (TieBreak.FIRST_CRITERION,))
    assert ranking.ranks == {"B": 1, "A": 2}
    assert {row.parted_by for row in ranking.ranked} == {TieBreak.FIRST_CRITERION}


def test_the_earliest_deposit_comes_next_and_an_undated_one_last() -> None:
    same = [entry("A", 3, 3), entry("B", 3, 3, hours=2), entry("C", 3, 3, hours=1)]
    ranking = rank(same, GRID, (TieBreak.FIRST_CRITERION, TieBreak.EARLIEST))
    assert ranking.order == ("C", "B", "A")
    assert {row.parted_by for row in ranking.ranked} == {TieBreak.EARLIEST}


def test_files_that_show_the_same_total_are_tied_even_if_they_differ_further_down() -> None:
    fine = Grid(criteria=(Criterion("use", Decimal("99.99")), Criterion("money", Decimal("0.01"))))
    close = [entry("A", 3, 1, grid=fine), entry("B", 3, 2, grid=fine)]
    assert [item.score.total for item in close] == [Decimal("60.00"), Decimal("60.00")]
    assert rank(close, fine).ranks == {"A": 1, "B": 1}


def test_a_draw_is_replayed_from_its_seed() -> None:
    same = [entry(file, 3, 3) for file in ("A", "B", "C", "D")]
    ranking = rank(same, GRID, (TieBreak.DRAW,), "graine publiée")
    by_hand = sorted("ABCD", key=lambda file: hashlib.sha256(f"graine publiée\n{file}".encode()).hexdigest())
    assert list(ranking.order) == by_hand == draw.order("graine publiée", "DCBA")
    assert sorted(ranking.ranks.values()) == [1, 2, 3, 4]
    orders = {rank(same, GRID, (TieBreak.DRAW,), seed).order for seed in ("1", "2", "3", "4", "5")}
    assert len(orders) > 1


def test_a_draw_needs_a_seed_and_its_fingerprint_is_published_first() -> None:
    with pytest.raises(ValueError, match="graine"):
        rank([entry("A", 3, 3)], GRID, (TieBreak.DRAW,))
    assert draw.commit("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_files_left_out_come_with_their_reason() -> None:
    floored = replace(GRID, criteria=(GRID.criteria[0], replace(GRID.criteria[1], floor=2)))
    ranking = rank(
        [entry("A", 5, 1, grid=floored), entry("B", 4, None, grid=floored), entry("C", 1, 2, grid=floored)], floored
    )
    assert ranking.order == ("C",)
    assert ranking.left_out == {
        "A": ("Note sous le seuil éliminatoire : money.",),
        "B": ("« Viabilité » n’est pas évalué.",),
    }


def test_an_empty_call_has_an_empty_ranking() -> None:
    assert rank([], GRID).ranked == ()


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8), st.randoms())
def test_the_order_of_files_does_not_matter(marks: list[tuple[int, int]], random: object) -> None:
    files = [entry(f"F{place}", *row, hours=place % 3) for place, row in enumerate(marks)]
    shuffled = list(files)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    rules = (TieBreak.FIRST_CRITERION, TieBreak.EARLIEST, TieBreak.DRAW)
    assert rank(shuffled, GRID, rules, "s").ranked == rank(files, GRID, rules, "s").ranked


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_a_rank_is_one_more_than_the_number_of_better_files(marks: list[tuple[int, int]]) -> None:
    files = [entry(f"F{place}", *row) for place, row in enumerate(marks)]
    ranking = rank(files, GRID)
    for row in ranking.ranked:
        assert row.rank == 1 + sum(other.total > row.total for other in ranking.ranked)


# Stability


def test_moving_a_weight_keeps_one_hundred_and_the_proportions_of_the_others() -> None:
    three = Grid(criteria=(Criterion("a", 50), Criterion("b", 30), Criterion("c", 20)))
    moved = moved_weights(three, "a", 5)
    assert moved is not None
    assert [criterion.weight for criterion in moved.criteria] == [55, 27, 18]
    assert moved_weights(three, "a", 51) is None
    assert moved_weights(three, "c", -21) is None
    assert moved_weights(Grid(criteria=(Criterion("a", 100),)), "a", -5) is None


def test_a_close_order_changes_when_a_weight_moves() -> None:
    close = [entry("A", 4, 2), entry("B", 2, 5)]  # 64 and 64: tied, then apart
    ahead = [entry("A", 4, 2), entry("B", 2, 4)]  # 64 and 56
    changes = weight_stability([*ahead, entry("C", 3, 3)], GRID)
    assert {change.what_fr for change in changes} == {
        "« Utilité » +5 points", "« Utilité » −5 points", "« Viabilité » +5 points", "« Viabilité » −5 points",
    }  # fmt: skip
    assert stable(weight_stability(ahead, GRID))
    # A tie that is broken by a what-if is not an inversion.
    assert stable(weight_stability(close, GRID))


def test_the_pair_that_changes_places_is_named() -> None:
    grid = Grid(criteria=(Criterion("use", 52, "Utilité"), Criterion("money", 48, "Viabilité")))
    files = [entry("A", 4, 3, grid=grid), entry("B", 3, 4, grid=grid)]  # 70.40 and 69.60
    found = [change for change in weight_stability(files, grid) if change.changes_order]
    assert [(change.what_fr, change.inverted) for change in found] == [
        ("« Utilité » −5 points", (("A", "B"),)),
        ("« Viabilité » +5 points", (("A", "B"),)),
    ]


def test_moving_nothing_changes_nothing() -> None:
    files = [entry("A", 4, 3), entry("B", 3, 4), entry("C", 1, 5)]
    assert stable(weight_stability(files, GRID, points=0))


def test_rescored_totals_are_those_of_a_full_recomputation() -> None:
    moved = moved_weights(GRID, "use", 5)
    assert moved is not None
    assert [criterion.weight for criterion in moved.criteria] == [Fraction(65), Fraction(35)]
    files = {"A": sheet(ana=(4, 2), bob=(5, 3)), "B": sheet(ana=(3, 5), bob=(4, 5))}
    full = rank([Entry(file, score(found, moved)) for file, found in files.items()], moved)
    before = rank([Entry(file, score(found, GRID)) for file, found in files.items()], GRID)
    (change,) = [
        change
        for change in weight_stability([Entry(file, score(found, GRID)) for file, found in files.items()], GRID)
        if change.what_fr == "« Utilité » +5 points"
    ]
    assert (change.inverted, change.inversions) == inversions(before, full)


def test_a_juror_who_decides_alone_is_seen() -> None:
    files = {
        "A": sheet(ana=(5, 5), bob=(3, 3), cyd=(3, 3)),
        "B": sheet(ana=(0, 0), bob=(4, 4), cyd=(4, 4)),
    }
    changes = {change.what_fr: change for change in juror_stability(files, GRID)}
    assert changes["Sans ana"].inverted == (("A", "B"),)
    assert not changes["Sans bob"].changes_order
    assert not stable(changes.values())


def test_a_file_that_only_one_juror_assessed_is_lost_without_them() -> None:
    files = {
        "A": sheet(ana=(4, 4), bob=(4, None)),
        "B": sheet(ana=(3, 3), bob=(3, 3)),
    }
    changes = {change.what_fr: change for change in juror_stability(files, GRID)}
    assert changes["Sans ana"].lost == ("A",)
    assert changes["Sans bob"].lost == ()
    assert changes["Sans ana"].changes_order


def test_the_minimum_of_readers_is_not_asked_of_a_what_if() -> None:
    files = {"A": sheet(ana=(4, 4), bob=(4, 4)), "B": sheet(ana=(3, 3), bob=(3, 3))}
    assert stable(juror_stability(files, GRID))


def test_the_same_marks_under_other_weights() -> None:
    files = [entry("A", 5, 1), entry("B", 2, 5)]
    assert rank(files, GRID).order == ("A", "B")
    tried = under_weights(files, GRID, {"use": 30, "money": 70})
    assert [(row.file, row.total) for row in tried.ranked] == [("B", Decimal("82.00")), ("A", Decimal("44.00"))]
