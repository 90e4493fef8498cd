"""A small integer program over HiGHS: columns are 0/1, every coefficient is a whole number.

One thread and a fixed seed: the same program gives the same answer. Answers are read back as exact zeros and ones, and
bounds are rounded to whole numbers, because every objective here is whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, gcd, inf
from typing import Any

Terms = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """low ≤ Σ coefficient · column ≤ high; None is no bound."""

    terms: Terms
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """`values` is None when there is no solution (`infeasible`) or none was found in time.

    `bound` is the least value the objective (minimised) can take, as far as proven.
    """

    status: str  # "optimal" | "feasible" | "infeasible" | "unknown"
    values: tuple[int, ...] | None
    bound: float
    seconds: float


@dataclass
class Clock:
    """Seconds left, counted by the solver itself: the pure modules read no clock."""

    left: float
    spent: float = field(default=0.0)

    def charge(self, answer: Answer) -> Answer:
        self.pay(answer.seconds)
        return answer

    def pay(self, seconds: float) -> None:
        self.left -= seconds
        self.spent += seconds


@dataclass
class Program:
    """Columns are numbered from zero in the order they are added."""

    columns: int = 0
    rows: list[Row] = field(default_factory=list)

    def column(self) -> int:
        self.columns += 1
        return self.columns - 1

    def add(self, terms: Terms, *, low: int | None = None, high: int | None = None) -> None:
        """Add a row, divided by the common divisor of its coefficients (rounding its bounds inwards)."""
        divisor = gcd(*terms.values()) or 1
        self.rows.append(
            Row(
                {column: value // divisor for column, value in terms.items()},
                None if low is None else -(-low // divisor),
                None if high is None else high // divisor,
            )
        )

    def pieces(self) -> list["Piece"]:
        """Parts that share no row, each a program of its own, in the order of their first column."""
        leader = list(range(self.columns))

        def find(column: int) -> int:
            while leader[column] != column:
                leader[column] = leader[leader[column]]
                column = leader[column]
            return column

        for row in self.rows:
            first, *others = [find(column) for column in row.terms] or [0]
            for other in others:
                low, high = sorted((find(first), find(other)))
                leader[high] = low
        members: dict[int, list[int]] = {}
        for column in range(self.columns):
            members.setdefault(find(column), []).append(column)
        pieces = {head: Piece(columns, Program(len(columns))) for head, columns in members.items()}
        position = {column: n for columns in members.values() for n, column in enumerate(columns)}
        for row in self.rows:
            if row.terms:
                head = find(next(iter(row.terms)))
                terms = {position[column]: value for column, value in row.terms.items()}
                pieces[head].program.rows.append(Row(terms, row.low, row.high))
        return [pieces[head] for head in sorted(pieces)]

    @property
    def absurd(self) -> bool:
        """A row without columns that its constants already break."""
        return any(not row.terms and not _admits(row, 0) for row in self.rows)

    def minimise(
        self, costs: Terms, time_limit: float, start: Sequence[int] | None = None, *, nodes: int | None = None
    ) -> Answer:
        """Least Σ cost · column within `time_limit` seconds (and `nodes` of search); `start` is a solution already known."""
        import highspy  # loaded by who solves, not by who serves pages

        if self.absurd:
            return Answer("infeasible", None, inf, 0.0)
        if not self.columns:
            return Answer("optimal", (), 0, 0.0)
        divisor = gcd(*costs.values()) or 1
        solver = _solver(time_limit)
        if nodes is not None:
            solver.setOptionValue("mip_max_nodes", nodes)
        solver.passModel(self._highs({column: cost // divisor for column, cost in costs.items()}))
        if start is not None:
            known = highspy.HighsSolution()
            known.col_value = [float(value) for value in start]
            solver.setSolution(known)
        solver.run()
        return self._answer(solver, divisor)

    def _answer(self, solver: Any, divisor: int) -> Answer:
        import highspy

        seconds = float(solver.getRunTime())
        status = solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return Answer("infeasible", None, inf, seconds)
        information = solver.getInfo()
        if information.primal_solution_status != 2:  # no feasible point known
            return Answer("unknown", None, -inf, seconds)
        values = tuple(round(value) for value in solver.getSolution().col_value)
        if not self.accepts(values):  # rounding must never invent a placement: exact integers decide
            return Answer("unknown", None, -inf, seconds)
        if status == highspy.HighsModelStatus.kOptimal:
            objective = information.objective_function_value
            return Answer("optimal", values, round(objective) * divisor, seconds)
        # The objective is whole, so a bound of 12.3 proves 13; the margin forgives the last digits of a double.
        bound = information.mip_dual_bound
        proven = ceil(bound - 1e-6 * max(1.0, abs(bound))) * divisor if abs(bound) < 1e15 else -inf
        return Answer("feasible", values, proven, seconds)

    def accepts(self, values: Sequence[int]) -> bool:
        """Do these values satisfy every row, in whole numbers?"""
        for row in self.rows:
            if not _admits(row, sum(coefficient * values[column] for column, coefficient in row.terms.items())):
                return False
        return True

    def _highs(self, costs: Terms) -> Any:
        import highspy
        import numpy as np

        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.columns, len(self.rows)
        cost, lower, upper = np.zeros(self.columns), np.zeros(self.columns), np.ones(self.columns)
        for column, value in costs.items():
            cost[column] = value
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
        model.row_lower_ = np.array([-inf if row.low is None else row.low for row in self.rows], float)
        model.row_upper_ = np.array([inf if row.high is None else row.high for row in self.rows], float)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.cumsum([0, *(len(row.terms) for row in self.rows)]).astype(np.int32)
        matrix.index_ = np.array([column for row in self.rows for column in row.terms], np.int32)
        matrix.value_ = np.array([value for row in self.rows for value in row.terms.values()], float)
        model.integrality_ = [highspy.HighsVarType.kInteger] * self.columns
        return model


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a program: `columns` are its columns' numbers in the whole."""

    columns: list[int]
    program: Program


def _admits(row: Row, total: int) -> bool:
    return (row.low is None or total >= row.low) and (row.high is None or total <= row.high)


def _solver(time_limit: float) -> Any:
    import highspy

    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 1),
        ("time_limit", max(0.01, time_limit)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),  # objectives are whole: less than one apart is equal
        ("mip_feasibility_tolerance", 1e-8),
    ):
        solver.setOptionValue(option, value)
    return solver
