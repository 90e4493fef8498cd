"""No-envy assignment to proof: our engine against the plain reference model in HiGHS, one thread, in one run.

The reference is the formulation of the published rule as it stands: one 0/1 column per acceptable pair, one exception
column per pair, exceptions weighing more than any score. Both must reach the same exceptions and the same score, and
the independent checker must agree with the engine's document.

    python bench/assignment.py            40x8 and 120x25
    python bench/assignment.py --large    also 300x60 and 1000x200 (the reference takes minutes)
"""

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import highspy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from allocation.assignment.check import check
from allocation.assignment.generate import SIZES, generate
from allocation.assignment.instance import compile_problem
from allocation.assignment.optimum import fair
from allocation.assignment.problem import parse
from allocation.assignment.solver import solve


def reference(document: dict[str, Any], time_limit: float) -> tuple[str, int, int, int, float]:
    """(status, exceptions, placed, score in hundredths, seconds) of the plain model."""
    room = {lot["id"]: round(lot["area"] * 100) for lot in document["lots"]}
    rows = document["applications"]
    wishes = {a["id"]: [lot for tier in a["wishes"] for lot in tier] for a in rows}
    area = {(a["id"], lot): round(a["area"][lot] * 100) for a in rows for lot in wishes[a["id"]]}
    score = {(a["id"], lot): round(a["scores"][lot] * 100) for a in rows for lot in wishes[a["id"]]}
    x = {pair: column for column, pair in enumerate(score)}
    v = {pair: len(x) + column for pair, column in x.items()}
    at = {lot: [i for (i, j) in x if j == lot] for lot in room}
    table: list[tuple[float, float, dict[int, int]]] = []
    for i, lots in wishes.items():
        table.append((-np.inf, 1, {x[i, j]: 1 for j in lots}))
    for j, users in at.items():
        table.append((-np.inf, room[j], {x[i, j]: area[i, j] for i in users}))
    for i, j in x:
        need = room[j] - area[i, j] + 1
        terms = {x[h, j]: area[h, j] for h in at[j] if h != i and score[h, j] >= score[i, j]}
        terms |= {x[i, k]: need for k in wishes[i][: wishes[i].index(j) + 1]} | {v[i, j]: need}
        table.append((need, np.inf, terms))
    solver = _solver(table, [-s for s in score.values()] + [1 + sum(score.values())] * len(v), time_limit)
    begun = perf_counter()
    solver.run()
    seconds = perf_counter() - begun
    values = solver.getSolution().col_value
    chosen = [pair for pair, column in x.items() if values[column] > 0.5]
    exceptions = sum(values[column] > 0.5 for column in v.values())
    status = solver.modelStatusToString(solver.getModelStatus())
    return status, exceptions, len(chosen), sum(score[pair] for pair in chosen), seconds


def _solver(table: list[tuple[float, float, dict[int, int]]], costs: list[int], time_limit: float) -> Any:
    model, columns = highspy.HighsLp(), len(costs)
    model.num_col_, model.num_row_ = columns, len(table)
    model.col_cost_ = np.array(costs, float)
    model.col_lower_, model.col_upper_ = np.zeros(columns), np.ones(columns)
    model.row_lower_ = np.array([low for low, _, _ in table], float)
    model.row_upper_ = np.array([high for _, high, _ in table], float)
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(terms) for _, _, terms in table)]).astype(np.int32)
    matrix.index_ = np.array([column for _, _, terms in table for column in terms], np.int32)
    matrix.value_ = np.array([value for _, _, terms in table for value in terms.values()], float)
    model.integrality_ = [highspy.HighsVarType.kInteger] * columns
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0), ("time_limit", time_limit)):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


def main() -> int:
    """Prints the table; exit code 1 when the two disagree, the checker objects or a target is missed."""
    faults = 0
    print(f"{'size':>10} {'placed':>7} {'reference':>10} {'engine':>8} {'ratio':>7}  verdict")
    for applications, lots in SIZES if "--large" in sys.argv else SIZES[:2]:
        document = generate(applications, lots)
        problem = parse(document)
        begun = perf_counter()
        outcome = fair(compile_problem(problem), 600)
        seconds = perf_counter() - begun
        result = solve(problem, changes=False)
        objections = check(document, result)
        status, exceptions, _, score, plain = reference(document, 600)
        objective = result["objective"]
        same = (exceptions, score) == (objective["exceptions"], objective["score"])
        agrees = outcome.unproven is None and not objections and (same or status != "Optimal")
        verdict = "checker agrees, same optimum" if agrees and same else f"reference {status}, {objections[:1]}"
        print(f"{applications:>5}x{lots:<4} {objective['placed']:>7} {plain:>9.2f}s {seconds:>7.2f}s", end="")
        print(f" {plain / seconds:>6.0f}x  {verdict}", flush=True)
        faults += not agrees or (applications >= 300 and plain < 2 * seconds) or seconds > 2
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
