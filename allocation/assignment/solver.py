"""From a problem to a result document: the method's placement, then a reason per line.

The document is a pure function of the problem (and, when the time limit bites, of the machine's speed, which it
then says in `status` and `gap`).
"""

from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version
from typing import Any

from allocation.assignment import counterfactual
from allocation.assignment.areas import allotted
from allocation.assignment.explain import next_in_line, rank, reason, reasons
from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.instance import Instance, Place, compile_problem
from allocation.assignment.optimum import METHODS, Outcome, longest_list
from allocation.assignment.problem import InvalidProblem, Problem
from allocation.assignment.writing import number

ENGINE = f"intervalle-assignment/2 highspy/{version('highspy')}"
TIME_LIMIT = 300.0


def solve(
    problem: Problem,
    method: str = "fair",
    time_limit: float = TIME_LIMIT,
    *,
    changes: bool | Collection[str] = True,
    patient: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """The result document. `changes`: which applications get their counterfactuals (they re-solve, and cost the most), all,
    none or these; best scores first, as long as `patient` says so before each. `null` says they were not computed.

    Raises InvalidProblem (NoSolution when locks and quotas exclude each other), always one French sentence.
    """
    if method not in METHODS:
        raise InvalidProblem(f"Méthode « {method} » inconnue : choisissez fair, merit ou total.")
    instance = compile_problem(problem)
    outcome = METHODS[method](instance, time_limit)
    place = outcome.place
    envious = exceptions(instance, place)
    wanted = instance.applications.keys() if changes is True else changes or ()
    return {
        "method": method,
        "status": "optimal" if outcome.unproven is None else "feasible",
        "gap": outcome.gap if outcome.gap else 0,
        "unproven": outcome.unproven,
        "objective": _objective(instance, place, len(envious)),
        "placements": _placements(instance, place, method),
        "unplaced": _unplaced(instance, outcome, method, wanted, patient),
        "exceptions": [_exception(instance, place, unit, lot, method) for unit, lot in envious],
        "unmet": broken(instance, place),
        "input_sha256": problem.sha256,
        "engine": ENGINE,
    }


def _objective(instance: Instance, place: Place, envious: int) -> dict[str, Any]:
    """`score` in hundredths of a point, `wishes` the sum of ranks granted, `empty_area` in m² (mean over the week)."""
    used = sum(area * len(instance.applications[id].slots) for id, area in allotted(instance, place).items())
    # Slots a lot is closed on are not empty: only its open half-days count.
    offered = sum(lot.area * len(lot.slots) for lot in instance.lots)
    placed = sum(len(instance.units[unit].members) for unit in place)
    wishes = sum(instance.units[u].pairs[lot].tier * len(instance.units[u].members) for u, lot in place.items())
    return {
        "exceptions": envious,
        "score": sum(instance.units[unit].pairs[lot].points for unit, lot in place.items()),
        "wishes": wishes + longest_list(instance) * (len(instance.problem.applications) - placed),
        "empty_area": number((offered - used) // 14),
        "placed": placed,
    }


def _placements(instance: Instance, place: Place, method: str) -> list[dict[str, Any]]:
    areas = allotted(instance, place)
    lines = []
    for unit, lot in place.items():
        follower = next_in_line(instance, place, unit)
        name = instance.lots[lot].id
        for id in instance.units[unit].members:
            application = instance.applications[id]
            lines.append(
                {
                    "application": id,
                    "lot": name,
                    "area": number(areas[id]),
                    "score": number(application.scores[name]),
                    "wish": 1 + next(n for n, tier in enumerate(application.tiers) if name in tier),
                    "rank": rank(instance, id, lot),
                    "next_in_line": follower,
                    "locked": instance.units[unit].locked is not None,
                    "reasons": reasons(instance, place, id, method),
                }
            )
    return sorted(lines, key=lambda line: str(line["application"]))


def _unplaced(
    instance: Instance, outcome: Outcome, method: str, wanted: Collection[str], patient: Callable[[], bool]
) -> list[dict[str, Any]]:
    place = outcome.place
    left = [id for index, unit in enumerate(instance.units) if index not in place for id in unit.members]
    # Without a proof, "it would have been placed" cannot be told from a lucky search.
    solvable = method == "fair" and outcome.unproven is None
    found: dict[str, Any] = dict.fromkeys(left)
    for id in _nearest(instance, left):
        if solvable and id in wanted and patient():
            found[id] = counterfactual.changes(instance, place, id)
    return [
        {"application": id, "reasons": reasons(instance, place, id, method), "counterfactuals": found[id]}
        for id in sorted(left)
    ]


def _nearest(instance: Instance, ids: Collection[str]) -> list[str]:
    """Best scores first: those whom a small change would have placed."""
    return sorted(ids, key=lambda id: (-max(instance.applications[id].scores.values(), default=0), id))


def tell_more(
    problem: Problem, result: Mapping[str, Any], unknown: Collection[str], seconds: float, patient: Callable[[], bool]
) -> tuple[dict[str, Any], set[str]]:
    """The result with more of its counterfactuals, and for whom they were asked: those not computed yet nor `unknown`, as
    long as `patient` says so before each. Each question has `seconds`."""
    instance = compile_problem(problem)
    place = {instance.unit_of[line["application"]]: instance.lot_index[line["lot"]] for line in result["placements"]}
    told = {line["application"]: line["counterfactuals"] for line in result["unplaced"]}
    asked = set()
    for id in _nearest(instance, [id for id in told if told[id] is None and id not in unknown]):
        if not patient():
            break
        told[id] = counterfactual.changes(instance, place, id, seconds)
        asked.add(id)
    unplaced = [{**line, "counterfactuals": told[line["application"]]} for line in result["unplaced"]]
    return {**result, "unplaced": unplaced}, asked


def _exception(instance: Instance, place: Place, unit: int, lot: int, method: str) -> dict[str, Any]:
    id, name = instance.units[unit].members[0], instance.lots[lot].id
    if method != "fair":
        return {"application": id, "lot": name, "because": f"method:{method}"}
    return {"application": id, "lot": name, "because": reason(instance, place, id, name, method)["because"]}
