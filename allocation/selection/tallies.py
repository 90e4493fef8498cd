"""Marks counted where they are stored, and the score they give: the rule of `scoring`, for thousands of files. Pure.

A file's marks on one criterion are one whole number per *voice* (a group of seats of one college): BITS bits for each
mark of the scale, holding how many of the voice's seats gave it. Two files with the same count have the same score on that
criterion, so each count is worked out once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from allocation.selection.scoring import CriterionScore, Grid, Score, criterion_score, renamed, with_total
from intervalle.rounding import half_up_ratio

BITS = 5  # a count up to 31: six marks of 5 bits hold in a signed 32-bit number
MOST = 2**BITS - 1
Counts = tuple[int | None, ...]  # one number per voice; None when no seat of it gave a mark


@dataclass(frozen=True, slots=True)
class Voice:
    """Seats counted together: at most MOST of them, of one college."""

    college: str
    seats: tuple[int, ...]


def voices(seats: Mapping[int, str], grid: Grid) -> tuple[Voice, ...]:
    """Seats (seat → college) in the groups their marks are counted by: one per college when colleges have weights."""
    groups: dict[str, list[int]] = {}
    for seat, college in seats.items():
        groups.setdefault(college if grid.college_weights else "", []).append(seat)
    return tuple(
        Voice(college, tuple(members[start : start + MOST]))
        for college, members in groups.items()
        for start in range(0, len(members), MOST)
    )


def count(values: Iterable[int]) -> int:
    """The marks of one voice on one criterion as one number."""
    return sum(1 << (BITS * value) for value in values)


def marks(number: int, scale: int) -> list[int]:
    """The marks back, in rising order."""
    return [value for value in range(scale + 1) for _ in range(number >> (BITS * value) & MOST)]


class Part(NamedTuple):
    """One criterion of one file: weight × mark / scale as a ratio (`top` None: no mark), its name again if below the floor."""

    result: CriterionScore
    top: int | None
    bottom: int
    below: str | None


@dataclass
class Scorer:
    """Scores of many files under one grid. `voices` say what the numbers of `Counts` are, in their order.

    Few counts exist, so each is worked out once: as a mark, the same on every criterion, then as a part of the total.
    """

    grid: Grid
    voices: Sequence[Voice]
    _marks: dict[tuple[Counts, frozenset[str]], CriterionScore] = field(default_factory=dict)
    # Colleges expected -> for each criterion, counts -> part.
    _parts: dict[frozenset[str], list[dict[Counts, Part]]] = field(default_factory=dict)

    def score(self, counts: Sequence[Counts], readers: int, expected: frozenset[str] = frozenset()) -> Score:
        """One file: its counts per criterion of the grid, how many jurors assessed something, colleges that may score it
        (only asked for when colleges have weights)."""
        tables = self._parts.get(expected)
        if tables is None:
            tables = self._parts[expected] = [{} for _ in self.grid.criteria]
        parts = [
            table.get(row) or self._part(place, row, expected)
            for place, (table, row) in enumerate(zip(tables, counts, strict=True))
        ]
        results, tops, bottoms, below = zip(*parts, strict=True)
        if None in tops or readers < self.grid.min_readers:
            return with_total(results, readers, self.grid)
        common = lcm(*bottoms)
        exact = sum([top * (common // bottom) for top, bottom in zip(tops, bottoms, strict=True)])
        return Score(half_up_ratio(exact, common), results, readers, (), tuple(filter(None, below)))

    def _part(self, place: int, counts: Counts, expected: frozenset[str]) -> Part:
        criterion = self.grid.criteria[place]
        result = renamed(self._mark(counts, expected), criterion.key)
        mark, weight, floor = result.mark, Fraction(criterion.weight), criterion.floor
        if mark is None:
            part = Part(result, None, 1, None)
        else:
            low = criterion.key if floor is not None and mark < Fraction(floor) else None
            bottom = weight.denominator * mark.denominator * self.grid.scale
            part = Part(result, weight.numerator * mark.numerator, bottom, low)
        self._parts[expected][place][counts] = part
        return part

    def _mark(self, counts: Counts, expected: frozenset[str]) -> CriterionScore:
        known = self._marks.get((counts, expected))
        if known is None:
            given: dict[str, list[int]] = {}
            for voice, number in zip(self.voices, counts, strict=True):
                if number:
                    given.setdefault(voice.college, []).extend(marks(number, self.grid.scale))
            known = self._marks[counts, expected] = criterion_score("", given, expected, self.grid)
        return known
