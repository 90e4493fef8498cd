"""Marks counted where they are stored, and the score they give: the rule of `scoring`, for thousands of files. Pure.

A file's marks on one criterion are one whole number per *voice* (a group of seats of one college): BITS bits for each
mark of the scale, holding how many of the voice's seats gave it. Two files with the same count have the same score on that
criterion, so each count is worked out once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm

from allocation.selection.scoring import CriterionScore, Grid, Score, criterion_score, with_total
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


@dataclass(slots=True)
class Part:
    """One criterion of one file, its name again if below the floor, and what it adds to the total: `top` / `bottom`
    points (None: no mark). `scaled`: the same points as a whole number of 1 / `Scorer.bottom`."""

    result: CriterionScore
    top: int | None = None
    bottom: int = 1
    below: str | None = None
    scaled: int | None = None


@dataclass
class Scorer:
    """Scores of many files under one grid. `voices` say what the numbers of `Counts` are, in their order.

    Few counts exist, so each is worked out once: as a mark, the same on every criterion, then as a part of the total.
    The total of a file is then a sum of whole numbers: 1 / `bottom` point divides every part met so far.
    """

    grid: Grid
    voices: Sequence[Voice]
    bottom: int = 1
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
        results = tuple([part.result for part in parts])
        points = [part.scaled for part in parts if part.scaled is not None]
        if len(points) < len(parts) or readers < self.grid.min_readers:
            return with_total(results, readers, self.grid)
        below = tuple([part.below for part in parts if part.below])
        return Score(half_up_ratio(sum(points), self.bottom), results, readers, (), below)

    def _part(self, place: int, counts: Counts, expected: frozenset[str]) -> Part:
        criterion = self.grid.criteria[place]
        result = CriterionScore(criterion.key, *self._mark(counts, expected)[1:])
        part, mark, weight = Part(result), result.mark, self._weights[place]
        if mark is not None:
            low = criterion.floor is not None and mark < Fraction(criterion.floor)
            part.below = criterion.key if low else None
            part.top, part.bottom = weight.numerator * mark.numerator, weight.denominator * mark.denominator
            self._scale(part)
        self._parts[expected][place][counts] = part
        return part

    @cached_property
    def _weights(self) -> list[Fraction]:
        """Points that one step of the scale is worth, per criterion."""
        return [Fraction(criterion.weight) / self.grid.scale for criterion in self.grid.criteria]

    def _scale(self, part: Part) -> None:
        known: Iterable[Part] = ()
        if self.bottom % part.bottom:
            self.bottom = lcm(self.bottom, part.bottom)
            known = (one for tables in self._parts.values() for table in tables for one in table.values())
        for one in (part, *known):
            one.scaled = None if one.top is None else one.top * (self.bottom // one.bottom)

    def _mark(self, counts: Counts, expected: frozenset[str]) -> CriterionScore:
        known = self._marks.get((counts, expected))
        if known is None:
            given: dict[str, list[int]] = {}
            for voice, number in zip(self.voices, counts, strict=True):
                if number:
                    given.setdefault(voice.college, []).extend(marks(number, self.grid.scale))
            known = self._marks[counts, expected] = criterion_score("", given, expected, self.grid)
        return known
