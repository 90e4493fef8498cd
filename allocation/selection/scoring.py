"""From jurors' marks to one score per file. Pure.

Marks are whole numbers on the grid's scale, or None for « not assessed », which is never zero: it is left out, and
a criterion nobody assessed keeps the file out of the ranking. Jurors' marks are combined per criterion (mean, median
or trimmed mean, as the call says), within each college first when colleges have weights. The total is
Σ weight × mark / scale on 0-100, exact until it is rounded half-up once, at two decimals.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from intervalle.french import number
from intervalle.labelled import Labelled
from intervalle.rounding import half_up_decimal, half_up_ratio


class Combination(Labelled):
    """How the marks of several jurors become one."""

    MEAN = "mean", "Moyenne"
    MEDIAN = "median", "Médiane"
    TRIMMED_MEAN = "trimmed_mean", "Moyenne sans la note la plus haute ni la plus basse"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the published grid. `floor` is on the mark's scale; below it the file is eliminated."""

    key: str
    weight: Fraction | Decimal | int
    label: str = ""
    floor: Decimal | int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The published rules of scoring. Raises ValueError when they do not hold together."""

    criteria: tuple[Criterion, ...]
    combination: Combination = Combination.MEAN
    scale: int = 5
    college_weights: Mapping[str, Decimal | int] = field(default_factory=dict)
    min_readers: int = 2
    reason_below: int | None = 2  # marks under this need a reason; None asks for none
    reason_above: int | None = 4

    def __post_init__(self) -> None:
        total = sum(Fraction(criterion.weight) for criterion in self.criteria)
        if total != 100:
            raise ValueError(f"Les poids des critères doivent faire 100 : ils font {number(half_up_decimal(total))}.")
        if any(criterion.weight < 0 for criterion in self.criteria):
            raise ValueError("Le poids d’un critère ne peut pas être négatif.")
        if len({criterion.key for criterion in self.criteria}) != len(self.criteria):
            raise ValueError("Deux critères portent le même nom.")
        if any(weight <= 0 for weight in self.college_weights.values()):
            raise ValueError("Le poids d’un collège doit être supérieur à zéro.")
        if self.scale <= 0:
            raise ValueError("L’échelle des notes va de zéro à un nombre positif.")


@dataclass(frozen=True, slots=True)
class Mark:
    """One juror's mark on one criterion of one file."""

    juror: str
    criterion: str
    value: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sheets:
    """Everything submitted on one file. `jurors` maps each juror who may score it (not recused) to a college."""

    jurors: Mapping[str, str]
    marks: Sequence[Mark]


class CriterionScore(NamedTuple):
    """One criterion of one file. `mark` is exact; the decimals are for reading. Spread is highest minus lowest.

    Tens of thousands are made for one call: hence a named tuple, like `Score`.
    """

    key: str
    mark: Fraction | None
    shown: Decimal | None
    mean: Decimal | None
    median: Decimal | None
    lowest: int | None
    highest: int | None
    readers: int
    missing_colleges: tuple[str, ...]

    @property
    def spread(self) -> int | None:
        return None if self.highest is None or self.lowest is None else self.highest - self.lowest


# (criterion, marks per college in order, colleges expected) -> the score of that criterion
Known = dict[tuple[str, tuple[tuple[str, tuple[int, ...]], ...], frozenset[str]], CriterionScore]


class Score(NamedTuple):
    """Result for one file. `total` is None as long as something is missing, and `missing_fr` says what."""

    total: Decimal | None
    criteria: tuple[CriterionScore, ...]
    readers: int
    missing_fr: tuple[str, ...]
    below_floor: tuple[str, ...]

    @property
    def rankable(self) -> bool:
        return self.total is not None and not self.below_floor

    def mark(self, key: str) -> Fraction | None:
        return next((criterion.mark for criterion in self.criteria if criterion.key == key), None)


def check_mark(mark: Mark, grid: Grid) -> None:
    """Refuse a mark off the scale, or an extreme one without its reason. Raises ValueError with the sentence."""
    if mark.criterion not in {criterion.key for criterion in grid.criteria}:
        raise ValueError("Ce critère n’est pas dans la grille publiée.")
    if mark.value is None:
        return
    if isinstance(mark.value, bool) or not isinstance(mark.value, int) or not 0 <= mark.value <= grid.scale:
        raise ValueError(f"Une note est un nombre entier de 0 à {grid.scale}.")
    if needs_reason(mark.value, grid) and not mark.reason.strip():
        raise ValueError(f"La note {mark.value} demande une phrase qui l’explique.")


def needs_reason(value: int | None, grid: Grid) -> bool:
    """Whether a mark is low or high enough to need a sentence."""
    if value is None:
        return False
    low = grid.reason_below is not None and value < grid.reason_below
    return low or (grid.reason_above is not None and value > grid.reason_above)


def combine(values: Sequence[int], rule: Combination) -> Fraction:
    """Several marks into one. A trimmed mean of fewer than three marks is their mean: nothing is left to trim."""
    if not values:
        raise ValueError("Aucune note à combiner.")
    ordered = sorted(values)
    if rule is Combination.MEDIAN:
        return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)
    if rule is Combination.TRIMMED_MEAN and len(ordered) >= 3:
        ordered = ordered[1:-1]
    return Fraction(sum(ordered), len(ordered))


def score(sheets: Sheets, grid: Grid, known: Known | None = None) -> Score:
    """Score of one file. Marks of jurors who may not score it are ignored. `known` keeps the scores of criteria already
    worked out, for files scored one after the other under one grid."""
    marks = _one_each(mark for mark in sheets.marks if mark.juror in sheets.jurors)
    expected = frozenset(sheets.jurors.values())
    known = {} if known is None else known
    results = []
    for criterion in grid.criteria:
        given = _by_college(criterion, sheets.jurors, marks)
        key = (
            criterion.key,
            tuple(sorted((college, tuple(sorted(values))) for college, values in given.items())),
            expected,
        )
        if key not in known:
            known[key] = criterion_score(criterion.key, given, expected, grid)
        results.append(known[key])
    readers = len({juror for (juror, _), mark in marks.items() if mark.value is not None})
    return with_total(tuple(results), readers, grid)


def with_total(results: tuple[CriterionScore, ...], readers: int, grid: Grid) -> Score:
    """The score of a file from its criteria."""
    missing = _missing(results, readers, grid)
    final = None if missing else total({result.key: result.mark for result in results}, grid)
    return Score(final, results, readers, missing, _below_floor(results, grid))


def total(marks: Mapping[str, Fraction | None], grid: Grid) -> Decimal:
    """Σ weight × mark / scale, rounded half-up once at two decimals. Every mark has to be there."""
    parts = []
    for criterion in grid.criteria:
        mark, weight = marks[criterion.key], Fraction(criterion.weight)
        if mark is None:
            raise ValueError(f"Le critère « {criterion.label or criterion.key} » n’a pas de note.")
        parts.append((weight.numerator * mark.numerator, weight.denominator * mark.denominator * grid.scale))
    # One common denominator and one division: adding fractions two by two would reduce each sum.
    common = lcm(*(bottom for _, bottom in parts))
    return half_up_ratio(sum(top * (common // bottom) for top, bottom in parts), common)


def _one_each(marks: Iterable[Mark]) -> dict[tuple[str, str], Mark]:
    found: dict[tuple[str, str], Mark] = {}
    for mark in marks:
        if (mark.juror, mark.criterion) in found:
            raise ValueError("Un membre de la commission a deux notes sur le même critère.")
        found[mark.juror, mark.criterion] = mark
    return found


def _by_college(
    criterion: Criterion, jurors: Mapping[str, str], marks: Mapping[tuple[str, str], Mark]
) -> dict[str, list[int]]:
    """The marks given on a criterion, per college of those who gave them."""
    given: dict[str, list[int]] = {}
    for juror, college in jurors.items():
        found = marks.get((juror, criterion.key))
        if found is not None and found.value is not None:
            given.setdefault(college, []).append(found.value)
    return given


def criterion_score(
    key: str, given: Mapping[str, Sequence[int]], expected: AbstractSet[str], grid: Grid
) -> CriterionScore:
    """One criterion from the marks `given` per college, of the colleges `expected` (those that may score the file)."""
    values = sorted(value for marks in given.values() for value in marks)
    missing = _missing_colleges(given, expected, grid)
    mark = None if missing or not values else _combined(given, values, grid)
    return CriterionScore(
        key=key,
        mark=mark,
        shown=None if mark is None else half_up_decimal(mark),
        mean=half_up_decimal(combine(values, Combination.MEAN)) if values else None,
        median=half_up_decimal(combine(values, Combination.MEDIAN)) if values else None,
        lowest=values[0] if values else None,
        highest=values[-1] if values else None,
        readers=len(values),
        missing_colleges=missing,
    )


def _missing_colleges(given: Iterable[str], expected: AbstractSet[str], grid: Grid) -> tuple[str, ...]:
    """Colleges that may score the file and gave no mark. One recused as a whole is not expected."""
    if not grid.college_weights:
        return ()
    return tuple(sorted((expected & grid.college_weights.keys()) - set(given)))


def _combined(given: Mapping[str, Sequence[int]], values: Sequence[int], grid: Grid) -> Fraction | None:
    if not grid.college_weights:
        return combine(values, grid.combination)
    # A college without a published weight has a voice in the debate, not in the score.
    weighed = {college: marks for college, marks in given.items() if college in grid.college_weights}
    weights = sum(Fraction(grid.college_weights[college]) for college in weighed)
    if not weights:
        return None
    return (
        sum(
            (Fraction(grid.college_weights[college]) * combine(marks, grid.combination))
            for college, marks in weighed.items()
        )
        / weights
    )


def _missing(results: Sequence[CriterionScore], readers: int, grid: Grid) -> tuple[str, ...]:
    if readers >= grid.min_readers and all(result.mark is not None for result in results):
        return ()
    labels = {criterion.key: criterion.label or criterion.key for criterion in grid.criteria}
    found = [
        f"« {labels[result.key]} » n’est pas évalué"
        + (f" par : {', '.join(result.missing_colleges)}." if result.missing_colleges else ".")
        for result in results
        if result.mark is None
    ]
    if readers < grid.min_readers:
        found.append(f"{readers} lecture sur {grid.min_readers} nécessaires." if readers < 2 else
                     f"{readers} lectures sur {grid.min_readers} nécessaires.")  # fmt: skip
    return tuple(found)


def _below_floor(results: Sequence[CriterionScore], grid: Grid) -> tuple[str, ...]:
    return tuple(
        [
            criterion.key
            for criterion, result in zip(grid.criteria, results, strict=True)
            if criterion.floor is not None and result.mark is not None and result.mark < Fraction(criterion.floor)
        ]
    )


@dataclass(frozen=True, slots=True)
class Severity:
    """How far a juror's marks are from those of the others on the same criteria of the same files.

    Negative is more severe. It is shown to the panel and never corrected: a severe juror may well be right.
    """

    juror: str
    compared: int
    gap: Decimal | None


def severities(files: Iterable[Sheets]) -> list[Severity]:
    """One row per juror, in order of name. None when nobody else marked what this juror marked."""
    # Per juror: how many comparisons, and the sum of the gaps by number of others (one division each, at the end).
    compared: dict[str, int] = {}
    gaps: dict[str, dict[int, int]] = {}
    for sheets in files:
        given: dict[str, dict[str, int]] = {}
        for mark in sheets.marks:
            if mark.value is not None and mark.juror in sheets.jurors:
                given.setdefault(mark.criterion, {})[mark.juror] = mark.value
        for values in given.values():
            others, sum_ = len(values) - 1, sum(values.values())
            for juror, value in values.items():
                compared.setdefault(juror, 0)
                if others:
                    own = gaps.setdefault(juror, {})
                    own[others] = own.get(others, 0) + value * others - (sum_ - value)
                    compared[juror] += 1
    return [
        Severity(juror, found, half_up_decimal(_mean_gap(gaps[juror], found)) if found else None)
        for juror, found in sorted(compared.items())
    ]


def _mean_gap(gaps: Mapping[int, int], compared: int) -> Fraction:
    return sum((Fraction(gap, others) for others, gap in gaps.items()), Fraction(0)) / compared
