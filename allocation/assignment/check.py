"""The independent checker: reads the two documents of a proposal and says, in French, everything that is wrong.

It shares no code with the engine on purpose (it imports none of it): a mistake in the engine's reading of the rule cannot
hide here. It re-verifies room on every half-day, locks, quotas, neighbours, envy, ranks, next in line and the truth of
every reason. It does not re-prove that no better proposal exists. An empty list means it agrees.
"""

from collections.abc import Mapping
from typing import Any

from allocation.assignment.checking.call import Call, hundredths, read_call
from allocation.assignment.checking.hard import hard_faults
from allocation.assignment.checking.lines import line_faults
from allocation.assignment.checking.spelling import canonical_sha256


def check(problem_document: Mapping[str, Any], result_document: Mapping[str, Any]) -> list[str]:
    """French sentences, one per disagreement; empty when the proposal may be retained."""
    try:
        call = read_call(problem_document)
        faults = _shape(call, result_document)
        if faults:
            return faults
        place = {line["application"]: line["lot"] for line in result_document["placements"]}
        areas = {line["application"]: hundredths(line["area"]) for line in result_document["placements"]}
        if result_document["input_sha256"] != canonical_sha256(problem_document):
            faults.append("L’empreinte des données ne correspond pas à la proposition.")
        faults += hard_faults(call, place, areas, result_document)
        if not faults:
            faults += line_faults(call, place, areas, result_document)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        return [f"Le document ne suit pas le format d’échange ({type(error).__name__} : {error})."]
    return faults


FIELDS = {
    "method", "status", "gap", "unproven", "objective", "placements", "unplaced", "exceptions", "unmet",
    "input_sha256", "engine",
}  # fmt: skip


def _shape(call: Call, result: Mapping[str, Any]) -> list[str]:
    """Every application on exactly one line, on a lot it asked for; a status and a gap that agree."""
    faults = []
    if set(result) != FIELDS:
        faults.append("La proposition n’a pas exactement les champs du format d’échange.")
        return faults
    if result["method"] not in ("fair", "merit", "total"):
        faults.append("La méthode de la proposition est inconnue.")
    proven = result["status"] == "optimal" and result["unproven"] is None and result["gap"] == 0
    open_status = result["status"] == "feasible" and result["unproven"] in (
        "exceptions", "score", "wishes", "empty_area", "draw",
    )  # fmt: skip
    if not proven and not (open_status and 0 <= result["gap"] <= 1):
        faults.append("Le statut, l’écart et l’objectif non prouvé se contredisent.")
    if not isinstance(result["engine"], str) or not result["engine"].startswith("intervalle-assignment/"):
        faults.append("La version du moteur n’est pas indiquée.")
    lines = [line["application"] for part in ("placements", "unplaced") for line in result[part]]
    if sorted(lines) != sorted(call.applications):
        faults.append("Chaque candidature doit figurer sur une ligne, et une seule.")
        return faults
    for line in result["placements"]:
        if line["lot"] not in call.applications[line["application"]].tier:
            faults.append(f"{line['application']} est placée sur le lot {line['lot']}, qu’elle n’a pas demandé.")
    return faults
