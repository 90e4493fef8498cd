"""What an act starts from: the call computed again on a copy with one application corrected, and the lines that come of it.

Two readings. `keep`: whoever holds a place keeps it, and only what is free is given. `replay`: as if the correction had been
known the first day; whoever would lose a place is a line to examine, since a place given is not taken back freely.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import appeals, motives, proposals, standing, succession
from allocation.assignment.act_models import ActLine
from allocation.assignment.appeals import Correction
from allocation.assignment.decisions import names_of
from allocation.assignment.inputs import Inputs
from allocation.assignment.motives import Documents, Names
from allocation.assignment.problem import InvalidProblem
from allocation.assignment.standing import Standing
from calls.models import Call
from intervalle.errors import Refused
from intervalle.french import number


@dataclass(frozen=True)
class Trial:
    application_id: int
    correction: Correction
    replay: bool = False


@dataclass(frozen=True)
class Tried:
    """The two documents of the run on the copy, byte for byte, the rows they name, and the lines to begin with."""

    input: str
    result: str
    keys: dict[str, dict[str, int]]
    lines: list[ActLine]


async def compute(db: AsyncSession, call: Call, trial: Trial, stands: dict[int, Standing]) -> Tried:
    problem, known = await standing.documents_in_force(db, call)
    inputs = await appeals.with_appellant(db, call, trial.application_id, trial.correction, problem)
    keys = {name: {**known[name], **rows} for name, rows in inputs.keys.items()}
    labels = {id: label for label, id in keys["applications"].items()}
    lots = {id: label for label, id in keys["lots"].items()}
    changed = appeals.corrected(problem, inputs, labels[trial.application_id], trial.correction)
    gone = {labels[id] for id, one in stands.items() if one.outcome == "given_up" and id in labels}
    held = {labels[id]: (lots[one.award.lot_id], one.award.area) for id, one in stands.items() if one.award}
    if trial.replay:
        document = succession.without(changed, gone)
    else:
        own = labels[trial.application_id]
        stay = {id: place for id, place in held.items() if id != own}
        document = succession.kept_in_place(changed, stay, gone - {own})
    try:
        done = await asyncio.to_thread(proposals.compute, document, "fair", explain=False)
    except InvalidProblem as problem_found:
        raise Refused(str(problem_found)) from problem_found
    # What is kept is the whole problem as corrected: who is called next is computed from it.
    spelled = proposals.spell(changed)
    documents = Documents(json.loads(done.input), done.document)
    lines = [
        line
        for id, one in stands.items()
        if (id == trial.application_id or trial.replay) and id in labels
        if (line := _line(documents, inputs, one, labels[id], keys["lots"]))
    ]
    if trial.correction.score is not None:
        told = f"Votre candidature est notée {number(trial.correction.score, 2)} points sur 100 après correction."
        for line in lines:
            if line.application_id == trial.application_id:
                line.motive = f"{told}\n\n{line.motive}"
    return Tried(spelled, done.result.decode(), keys, lines)


def _line(
    documents: Documents, inputs: Inputs, one: Standing, label: str, lots: dict[str, int]
) -> ActLine | None:  # fmt: skip
    """The line that makes of what stands what was computed; None when it is the same place, or none either way."""
    if not any(row["id"] == label for row in documents.problem["applications"]):
        return None
    placed, award = documents.placement(label), one.award
    base = ActLine(
        application_id=one.application.id, before=one.outcome, before_award_id=award.id if award else None, heard="",
    )  # fmt: skip
    names = _present(names_of(inputs), documents)
    if placed is None:
        if award is None:
            return None
        base.outcome, base.ground = "refused", "unlawful"
        base.motive = "\n\n".join(motives.unplaced_paragraphs(documents, names, label))
        return base
    lot, area = lots[placed["lot"]], Decimal(str(placed["area"]))
    if award and (award.lot_id, award.area) == (lot, area):
        return None
    base.outcome, base.lot_id, base.area = "awarded", lot, area
    base.ground = "unlawful" if award and (award.lot_id != lot or area < award.area) else None
    base.motive = "\n\n".join(motives.placed_paragraphs(documents, names, label))
    return base


def _present(names: Names, documents: Documents) -> Names:
    """Names of those who are in the copy: whoever gave a place up is not, and no sentence speaks of them."""
    there = {row["id"] for row in documents.problem["applications"]}
    return replace(names, applications={id: name for id, name in names.applications.items() if id in there})
