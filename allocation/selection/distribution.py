"""Who reads which file, shared out evenly and without a conflict. Pure.

A transport problem, solved exactly: every file gets its readers as far as conflicts allow; then loads are as equal as
they can be (least sum of squares); then readers of one file come from different colleges; then as few changes as
possible to the shares already handed out. A share whose sheet is begun never moves.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

Pair = tuple[int, int]  # (file, juror)
# Each aim outweighs everything after it: at most LEAST of the lesser for one of the greater.
READ, EVEN, MIXED, KEPT = 10**9, 10**5, 10**2, 1


@dataclass(frozen=True)
class Task:
    """Files to share out among jurors (id -> college), with the pairs forbidden, begun and handed out before."""

    files: Sequence[int]
    jurors: Mapping[int, str]
    readers: int
    forbidden: Collection[Pair] = ()
    begun: Collection[Pair] = ()
    before: Collection[Pair] = ()


@dataclass
class _Network:
    """Columns with their cost and bounds, rows with theirs, as HiGHS wants them."""

    costs: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)

    def column(self, cost: float, upper: float = 1.0) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        return len(self.costs) - 1

    def row(self, low: float, high: float, terms: dict[int, float]) -> None:
        self.rows.append((low, high, terms))

    def solve(self) -> list[float]:
        import highspy  # loaded by who solves, not by who serves pages
        import numpy as np

        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("solver", "simplex")  # a vertex of a network is whole
        for cost, upper in zip(self.costs, self.upper, strict=True):
            solver.addCol(cost, 0.0, upper, 0, np.array([], dtype=np.int32), np.array([]))
        for low, high, terms in self.rows:
            solver.addRow(low, high, len(terms), np.array(list(terms), dtype=np.int32), np.array(list(terms.values())))
        solver.run()
        return [float(v) for v in solver.getSolution().col_value]


def share_out(task: Task) -> set[Pair]:
    """The pairs to read. A file nobody may read gets nobody: `short_of` names it."""
    begun = {pair for pair in task.begun if pair[0] in set(task.files) and pair[1] in task.jurors}
    before, forbidden = set(task.before), set(task.forbidden)
    network, column_of = _Network(), dict[Pair, int]()
    per_file: defaultdict[int, dict[int, float]] = defaultdict(dict)
    per_juror: defaultdict[int, dict[int, float]] = defaultdict(dict)
    per_college: defaultdict[tuple[int, str], dict[int, float]] = defaultdict(dict)
    for file in task.files:
        for juror, college in sorted(task.jurors.items()):
            if (file, juror) in forbidden or (file, juror) in begun:
                continue
            column = column_of[file, juror] = network.column(0 if (file, juror) in before else KEPT)
            per_file[file][column] = per_juror[juror][column] = per_college[file, college][column] = 1.0
    read = Counter(file for file, _ in begun)
    load = Counter(juror for _, juror in begun)
    mixed = Counter((file, task.jurors[juror]) for file, juror in begun)
    for file in task.files:
        missing = network.column(READ, float(task.readers))
        wanted = float(max(task.readers - read[file], 0))
        network.row(wanted, wanted, per_file[file] | {missing: 1.0})
    for juror in sorted(task.jurors):
        _steps(network, per_juror[juror], EVEN, load[juror])
    for place in sorted(per_college):
        _steps(network, per_college[place], MIXED, mixed[place])
    values = network.solve()
    return begun | {pair for pair, column in column_of.items() if values[column] > 0.5}


def _steps(network: _Network, terms: dict[int, float], weight: int, already: int) -> None:
    """Each further unit costs more than the one before (2k + 1): the sum is a square, least when even."""
    if not terms:
        return
    units = {network.column(weight * (2 * (already + k) + 1)): -1.0 for k in range(len(terms))}
    network.row(0.0, 0.0, terms | units)


def short_of(task: Task, pairs: Collection[Pair]) -> dict[int, int]:
    """File -> readers it lacks, for lack of jurors without a conflict."""
    read = Counter(file for file, _ in pairs)
    return {file: task.readers - read[file] for file in task.files if read[file] < task.readers}


def loads(task: Task, pairs: Collection[Pair]) -> dict[int, int]:
    """Juror -> files to read."""
    found = Counter(juror for _, juror in pairs)
    return {juror: found[juror] for juror in task.jurors}
