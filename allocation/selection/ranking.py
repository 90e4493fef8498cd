"""Ranks, published tie-breaks, and how firmly the order stands. Pure.

Files are compared by their published totals (two decimals): two files that show the same total are tied, and only the
call's published rule may part them. A draw is replayed from a seed whose fingerprint was published before the scores.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from math import inf
from operator import itemgetter
from typing import Any, NamedTuple

from allocation.selection.scoring import Criterion, Grid, Known, Score, Sheets, score, total
from calls import draw
from intervalle.labelled import Labelled

MOST_TOLD = 12

Key = tuple[Any, ...]  # minus the total, then one value per tie-break: smallest first
Line = tuple[Key, str]  # with the file


class TieBreak(Labelled):
    """Published way to part files with the same total."""

    FIRST_CRITERION = "first_criterion", "Meilleure note au premier critère"
    EARLIEST = "earliest", "Dépôt complet le plus ancien"
    DRAW = "draw", "Tirage au sort, graine publiée"
    NONE = "none", "Aucune : les ex æquo le restent"


class Entry(NamedTuple):
    """One file to rank."""

    file: str
    score: Score
    deposited_at: datetime | None = None


class Ranked(NamedTuple):
    """One file in order. `parted_by` names the tie-break that placed it among equals; None when there was no tie."""

    file: str
    rank: int
    total: Decimal
    parted_by: TieBreak | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Files in order, those kept out with the reason, and the groups that remain tied."""

    ranked: tuple[Ranked, ...]
    left_out: Mapping[str, tuple[str, ...]]

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(row.file for row in self.ranked)

    @property
    def ranks(self) -> dict[str, int]:
        return {row.file: row.rank for row in self.ranked}


def rank(
    entries: Iterable[Entry], grid: Grid, tie_breaks: Sequence[TieBreak] = (TieBreak.NONE,), seed: str = ""
) -> Ranking:
    """Ranks from 1; files still equal after every tie-break share one, and the next rank skips (1, 2, 2, 4)."""
    everything = list(entries)
    rules = [_tie_rule(rule, grid, seed) for rule in tie_breaks]
    lines = sorted(
        ((-(entry.score.total or Decimal(0)), *[key(entry) for key in rules]), entry.file)
         for entry in everything if entry.score.rankable
    )  # fmt: skip
    rows: list[Ranked] = []
    for _, group in groupby(lines, key=lambda line: line[0][0]):
        rows += _placed(list(group), tie_breaks, len(rows))
    return Ranking(tuple(rows), {entry.file: _why_out(entry.score) for entry in everything if not entry.score.rankable})


def _tie_rule(rule: TieBreak, grid: Grid, seed: str) -> Callable[[Entry], Any]:
    """What a file is sorted by under this tie-break, smallest first."""
    if rule is TieBreak.FIRST_CRITERION:
        first = grid.criteria[0].key
        return lambda entry: -(entry.score.mark(first) or Fraction(0))
    if rule is TieBreak.EARLIEST:
        # A file without a deposit time comes after every dated one.
        return lambda entry: entry.deposited_at.timestamp() if entry.deposited_at else inf
    if rule is TieBreak.DRAW:
        if not seed:
            raise ValueError("Le tirage au sort demande une graine.")
        return lambda entry: draw.ticket(seed, entry.file)
    return lambda entry: 0


def _placed(group: Sequence[Line], tie_breaks: Sequence[TieBreak], before: int) -> list[Ranked]:
    """Rows of files with one same total, in order, which `before` files precede."""
    total = -group[0][0][0]
    if len(group) == 1:
        return [Ranked(group[0][1], before + 1, total)]
    rows: list[Ranked] = []
    runs = [(key, [file for _, file in same]) for key, same in groupby(group, key=itemgetter(0))]
    steps = [_first_difference(one, other) for (one, _), (other, _) in pairwise(runs)]
    for place, (_key, files) in enumerate(runs):
        # In sorted order nobody shares more of a key than the neighbours do: they are the hardest to tell apart from.
        deepest = max(steps[max(place - 1, 0) : place + 1], default=0)
        parted = tie_breaks[deepest - 1] if deepest else None
        position = before + len(rows) + 1
        rows += [Ranked(file, position, total, parted) for file in files]
    return rows


def _first_difference(key: Key, other: Key) -> int:
    return next(step for step, (mine, its) in enumerate(zip(key, other, strict=True)) if mine != its)


def _why_out(result: Score) -> tuple[str, ...]:
    floors = tuple(f"Note sous le seuil éliminatoire : {key}." for key in result.below_floor)
    return (*result.missing_fr, *floors)


@dataclass(frozen=True, slots=True)
class Change:
    """One « what if »: what was changed, which pairs change places, which files leave or enter the ranking.

    `inverted` holds the first MOST_TOLD pairs of `inversions`: the whole list of a large call is no reading.
    """

    what_fr: str
    inverted: tuple[tuple[str, str], ...]
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    inversions: int = 0

    @property
    def changes_order(self) -> bool:
        return bool(self.inverted or self.lost or self.gained)

    @property
    def untold(self) -> int:
        """Pairs that change places beside those listed."""
        return max(0, self.inversions - len(self.inverted))


def inversions(before: Ranking, after: Ranking, most: int | None = None) -> tuple[tuple[tuple[str, str], ...], int]:
    """Pairs ranked in one order before and in the other after, both strictly: the first `most` of them, best placed
    first, and how many there are."""
    old, new = before.ranks, after.ranks
    common = [file for file in before.order if file in new]
    pairs: list[tuple[str, str]] = []
    total = 0
    placed: list[int] = []  # ranks after, in order, of the files strictly better before
    for _, tied in groupby(common, key=old.__getitem__):
        group = list(tied)
        for second in group:
            total += (passed := len(placed) - bisect_right(placed, new[second]))
            if passed and (most is None or len(pairs) < most):
                pairs += [(first, second) for first in common if old[first] < old[second] and new[first] > new[second]]
        for file in group:
            insort(placed, new[file])
    return tuple(pairs[:most]), total


def moved_weights(grid: Grid, key: str, points: int) -> Grid | None:
    """The grid with one weight moved by `points`, the others shrunk or grown in proportion to keep 100.

    None when the move is impossible: a weight outside 0-100, or no other weight to take from.
    """
    chosen = next(criterion for criterion in grid.criteria if criterion.key == key)
    target = Fraction(chosen.weight) + points
    others = 100 - Fraction(chosen.weight)
    if not 0 <= target <= 100 or others == 0:
        return None
    factor = (100 - target) / others
    return replace(grid, criteria=tuple(_reweighed(criterion, key, target, factor) for criterion in grid.criteria))


def _reweighed(criterion: Criterion, key: str, target: Fraction, factor: Fraction) -> Criterion:
    # Weights of a what-if are exact fractions; published ones are whole numbers.
    weight = target if criterion.key == key else Fraction(criterion.weight) * factor
    return replace(criterion, weight=weight)


def weight_stability(
    entries: Sequence[Entry], grid: Grid, points: int = 5, tie_breaks: Sequence[TieBreak] = (), seed: str = ""
) -> list[Change]:
    """Would the order change if one weight moved by `points`, up or down?"""
    before = rank(entries, grid, tie_breaks, seed)
    found = []
    for what, after in weight_variants(entries, grid, points, tie_breaks, seed):
        pairs, count = inversions(before, after, MOST_TOLD)
        found.append(Change(what, pairs, inversions=count))
    return found


def weight_variants(
    entries: Sequence[Entry], grid: Grid, points: int = 5, tie_breaks: Sequence[TieBreak] = (), seed: str = ""
) -> Iterator[tuple[str, Ranking]]:
    """The ranking with each weight moved by `points`, up and down, where it can be."""
    for criterion in grid.criteria:
        for move in (points, -points):
            moved = moved_weights(grid, criterion.key, move)
            if moved is not None:
                sign = "+" if move > 0 else "−"
                what = f"« {criterion.label or criterion.key} » {sign}{abs(move)} points"
                yield what, rank([_rescored(entry, moved) for entry in entries], moved, tie_breaks, seed)


def under_weights(
    entries: Sequence[Entry],
    grid: Grid,
    weights: Mapping[str, int],
    tie_breaks: Sequence[TieBreak] = (),
    seed: str = "",
) -> Ranking:
    """The ranking the same marks would give under other weights (by criterion key, 100 in all)."""
    moved = replace(grid, criteria=tuple(replace(one, weight=weights[one.key]) for one in grid.criteria))
    return rank([_rescored(entry, moved) for entry in entries], moved, tie_breaks, seed)


def _rescored(entry: Entry, grid: Grid) -> Entry:
    """The same marks under other weights: combined marks do not depend on them."""
    if entry.score.total is None:
        return entry
    marks = {criterion.key: criterion.mark for criterion in entry.score.criteria}
    return entry._replace(score=entry.score._replace(total=total(marks, grid)))


def juror_stability(
    files: Mapping[str, Sheets],
    grid: Grid,
    deposited: Mapping[str, datetime] | None = None,
    tie_breaks: Sequence[TieBreak] = (),
    seed: str = "",
) -> list[Change]:
    """Would the order change if one juror were removed? The minimum of readers is not asked of this what-if."""
    known: Known = {}
    before = _ranked(files, grid, deposited or {}, tie_breaks, seed, known)
    found = []
    for what, after in juror_variants(files, grid, deposited, tie_breaks, seed, known):
        lost = tuple(file for file in before.order if file not in after.ranks)
        gained = tuple(file for file in after.order if file not in before.ranks)
        pairs, count = inversions(before, after, MOST_TOLD)
        found.append(Change(what, pairs, lost, gained, count))
    return found


def juror_variants(
    files: Mapping[str, Sheets],
    grid: Grid,
    deposited: Mapping[str, datetime] | None = None,
    tie_breaks: Sequence[TieBreak] = (),
    seed: str = "",
    known: Known | None = None,
) -> Iterator[tuple[str, Ranking]]:
    """The ranking without each juror. Few combinations of marks exist: each is worked out once, whoever is removed."""
    known = {} if known is None else known
    relaxed = replace(grid, min_readers=1)
    for juror in sorted({juror for sheet in files.values() for juror in sheet.jurors}):
        without = {file: _without(sheet, juror) for file, sheet in files.items()}
        yield f"Sans {juror}", _ranked(without, relaxed, deposited or {}, tie_breaks, seed, known)


def _ranked(
    files: Mapping[str, Sheets],
    grid: Grid,
    deposited: Mapping[str, datetime],
    tie_breaks: Sequence[TieBreak],
    seed: str,
    known: Known,
) -> Ranking:
    entries = [Entry(file, score(sheet, grid, known), deposited.get(file)) for file, sheet in files.items()]
    return rank(entries, grid, tie_breaks, seed)


def _without(sheets: Sheets, juror: str) -> Sheets:
    return Sheets(
        {name: college for name, college in sheets.jurors.items() if name != juror},
        [mark for mark in sheets.marks if mark.juror != juror],
    )


def stable(changes: Iterable[Change]) -> bool:
    """Whether no « what if » changes the order."""
    return not any(change.changes_order for change in changes)
