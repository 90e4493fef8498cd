"""Counted marks give the same score as the marks themselves: the rule of scoring is one."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from allocation.selection.scoring import Combination, Criterion, Grid, Mark, Sheets, score
from allocation.selection.tallies import MOST, Scorer, Voice, count, marks, voices

COLLEGES = ("ville", "quartier", "bailleur")


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    weights = draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    total = sum(weights)
    colleges = draw(st.dictionaries(st.sampled_from(COLLEGES), st.integers(1, 5)))
    return Grid(
        criteria=tuple(
            Criterion(str(n), Fraction(100 * weight, total), floor=draw(st.sampled_from((None, 0, 2, 3))))
            for n, weight in enumerate(weights)
        ),
        combination=draw(st.sampled_from(list(Combination))),
        college_weights=colleges,
        min_readers=draw(st.integers(1, 3)),
    )


@st.composite
def files(draw: st.DrawFn, grid: Grid, jurors: dict[str, str]) -> Sheets:
    value = st.one_of(st.none(), st.integers(0, 5))
    there = {juror: college for juror, college in jurors.items() if draw(st.booleans())}
    rows = [
        Mark(juror, criterion.key, draw(value)) for juror in there for criterion in grid.criteria if draw(st.booleans())
    ]
    return Sheets(there, rows)


@given(st.data())
def test_counts_give_the_score_of_the_marks(data: st.DataObject) -> None:
    grid = data.draw(grids())
    seats = {n: data.draw(st.sampled_from(COLLEGES)) for n in range(data.draw(st.integers(1, 9)))}
    names = {f"p{seat}": college for seat, college in seats.items()}
    groups = voices(seats, grid)
    scorer = Scorer(grid, groups)
    for _ in range(data.draw(st.integers(1, 3))):  # what is remembered of a file must not spill on the next
        sheets = data.draw(files(grid, names))
        given_marks = {(mark.juror, mark.criterion): mark.value for mark in sheets.marks}

        def counted(voice: Voice, key: str, given_marks: dict[tuple[str, str], int | None] = given_marks) -> int | None:
            values = [v for seat in voice.seats if (v := given_marks.get((f"p{seat}", key))) is not None]
            return count(values) if values else None

        counts = [tuple(counted(voice, criterion.key) for voice in groups) for criterion in grid.criteria]
        readers = len({mark.juror for mark in sheets.marks if mark.value is not None})
        assert scorer.score(counts, readers, frozenset(sheets.jurors.values())) == score(sheets, grid)


@given(st.lists(st.integers(0, 5), max_size=MOST))
def test_a_count_holds_every_mark(values: list[int]) -> None:
    assert marks(count(values), 5) == sorted(values)
    assert count(values) < 2**31 or values.count(5) > MOST


def test_a_large_college_is_counted_in_several_voices() -> None:
    grid = Grid(criteria=(Criterion("use", 100),), college_weights={"ville": 1})
    groups = voices(dict.fromkeys(range(40), "ville"), grid)
    assert [(group.college, len(group.seats)) for group in groups] == [("ville", MOST), ("ville", 40 - MOST)]
