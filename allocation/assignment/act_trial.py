"""What an act starts from: the call computed again on a copy with one application corrected, and the lines that come of it.

Two readings. `keep`: whoever holds a place keeps it, and only what is free is given. `replay`: as if the correction had been
known the first day; whoever would lose a place is a line to examine, since a place given is not taken back freely.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import appeals, motives, proposals, standing, succession
from allocation.assignment.act_models import ActLine
from allocation.assignment.appeals import Correction
from allocation.assignment.board import Moved, compare
from allocation.assignment.decisions import names_of
from allocation.assignment.inputs import Inputs
from allocation.assignment.motives import Documents, Names
from allocation.assignment.problem import InvalidProblem
from allocation.assignment.proposals import Run
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


@dataclass(frozen=True)
class _Copy:
    """The corrected problem with what stands: who holds which place, who let one go, whose file is corrected."""

    inputs: Inputs
    keys: dict[str, dict[str, int]]
    changed: dict[str, Any]
    held: dict[str, tuple[str, Decimal]]
    gone: frozenset[str]
    own: str

    def document(self, *, replay: bool) -> dict[str, Any]:
        if replay:
            return succession.without(self.changed, self.gone)
        stay = {id: place for id, place in self.held.items() if id != self.own}
        return succession.kept_in_place(self.changed, stay, self.gone)


async def _copy(
    db: AsyncSession, call: Call, application_id: int, correction: Correction, stands: dict[int, Standing]
) -> _Copy:
    problem, known = await standing.documents_in_force(db, call)
    inputs = await appeals.with_appellant(db, call, application_id, correction, problem)
    keys = {name: {**known[name], **rows} for name, rows in inputs.keys.items()}
    labels = {id: label for label, id in keys["applications"].items()}
    lots = {id: label for label, id in keys["lots"].items()}
    own = labels[application_id]
    gone = {labels[id] for id, one in stands.items() if one.outcome == "given_up" and id in labels}
    held = {labels[id]: (lots[one.award.lot_id], one.award.area) for id, one in stands.items() if one.award}
    changed = appeals.corrected(problem, inputs, own, correction)
    return _Copy(inputs, keys, changed, held, frozenset(gone - {own}), own)


async def _solved(document: dict[str, Any]) -> Run:
    try:
        return await asyncio.to_thread(proposals.compute, document, "fair", explain=False)
    except InvalidProblem as problem:
        raise Refused(str(problem)) from problem


async def examine(db: AsyncSession, call: Call, application_id: int, correction: Correction) -> list[Moved]:
    """The places held today, beside both readings of the corrected copy: as if known the first day, then with what is
    free only. Nothing is kept."""
    copy = await _copy(db, call, application_id, correction, await standing.of_call(db, call))
    runs = [await _solved(copy.document(replay=replay)) for replay in (True, False)]
    rows = compare([Documents(json.loads(run.input), run.document) for run in runs], copy.inputs)
    return [replace(row, places=(copy.held.get(row.key), *row.places)) for row in rows]


async def compute(db: AsyncSession, call: Call, trial: Trial, stands: dict[int, Standing]) -> Tried:
    copy = await _copy(db, call, trial.application_id, trial.correction, stands)
    labels = {id: label for label, id in copy.keys["applications"].items()}
    done = await _solved(copy.document(replay=trial.replay))
    # What is kept is the whole problem as corrected: who is called next is computed from it.
    spelled = proposals.spell(copy.changed)
    documents = Documents(json.loads(done.input), done.document)
    lines = [
        line
        for id, one in stands.items()
        if (id == trial.application_id or trial.replay) and id in labels
        if (line := _line(documents, copy.inputs, one, labels[id], copy.keys["lots"]))
    ]
    if trial.correction.score is not None:
        told = f"Votre candidature est notée {number(trial.correction.score, 2)} points sur 100 après correction."
        for line in lines:
            if line.application_id == trial.application_id:
                line.motive = f"{told}\n\n{line.motive}"
    return Tried(spelled, done.result.decode(), copy.keys, lines)


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
