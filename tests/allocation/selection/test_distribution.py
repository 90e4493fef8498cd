"""Sharing out files: everybody read, nobody in conflict, even loads, begun sheets never moved."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.selection.distribution import Task, loads, share_out, short_of

COLLEGES = ("ville", "bailleur", "habitants")


def task_of(files: int, jurors: int, readers: int, **more: object) -> Task:
    return Task(list(range(files)), {100 + j: COLLEGES[j % 3] for j in range(jurors)}, readers, **more)  # type: ignore[arg-type]


def test_without_conflicts_loads_differ_by_one_at_most() -> None:
    task = task_of(26, 7, 3)
    pairs = share_out(task)
    assert short_of(task, pairs) == {}
    assert max(loads(task, pairs).values()) - min(loads(task, pairs).values()) <= 1
    assert sum(loads(task, pairs).values()) == 78


def test_readers_of_a_file_come_from_different_colleges() -> None:
    task = task_of(9, 6, 3)
    for file in task.files:
        assert len({task.jurors[j] for f, j in share_out(task) if f == file}) == 3


def test_a_file_nobody_may_read_is_named() -> None:
    task = task_of(2, 3, 2, forbidden={(0, 100), (0, 101)})
    assert short_of(task, share_out(task)) == {0: 1}


def test_running_again_changes_nothing_and_a_newcomer_takes_only_a_share() -> None:
    task = task_of(12, 4, 2)
    first = share_out(task)
    assert share_out(task_of(12, 4, 2, before=first)) == first
    more = share_out(task_of(12, 5, 2, before=first))
    newcomer = {pair for pair in more if pair[1] == 104}
    assert more - first == newcomer
    assert 4 <= len(newcomer) <= 5


def brute(task: Task) -> tuple[int, int]:
    """(files short, sum of squared loads) of the best share, by trying everything."""
    choices = []
    for file in task.files:
        able = [j for j in task.jurors if (file, j) not in task.forbidden]
        choices.append(list(itertools.combinations(able, min(task.readers, len(able)))))
    best = None
    for combination in itertools.product(*choices):
        pairs = {(f, j) for f, group in zip(task.files, combination, strict=True) for j in group}
        found = (sum(short_of(task, pairs).values()), sum(v * v for v in loads(task, pairs).values()))
        best = found if best is None else min(best, found)
    assert best is not None
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.data())
def test_as_even_as_can_be(files: int, jurors: int, readers: int, data: st.DataObject) -> None:
    every = [(f, 100 + j) for f in range(files) for j in range(jurors)]
    task = task_of(files, jurors, readers, forbidden=set(data.draw(st.lists(st.sampled_from(every), max_size=5))))
    pairs = share_out(task)
    assert not pairs & set(task.forbidden)
    assert (sum(short_of(task, pairs).values()), sum(v * v for v in loads(task, pairs).values())) == brute(task)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_begun_sheet_stays_with_its_juror(data: st.DataObject) -> None:
    every = [(f, 100 + j) for f in range(6) for j in range(4)]
    begun = set(data.draw(st.lists(st.sampled_from(every), max_size=10)))
    assert begun <= share_out(task_of(6, 4, 2, begun=begun))
