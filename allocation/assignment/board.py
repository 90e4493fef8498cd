"""The board « Qui va où, et pourquoi »: a stored proposal, read for people. Rows and documents in, values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allocation.assignment import french, motives, proposals
from allocation.assignment.inputs import Candidate, Inputs
from allocation.assignment.models import Proposal
from allocation.assignment.motives import Documents, Names

WEEK = 14


@dataclass(frozen=True)
class Line:
    """One placed application, as a row of its lot's table."""

    key: str
    application_id: int
    name: str
    neighbourhood: bool
    score: Decimal
    rank: int
    area: Decimal
    week: Decimal  # share of the week held, 0-1
    half_days: int | None  # None: the whole week
    why: str
    follower: str
    locked: bool
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class LotCard:
    """A lot with who holds it. `used` is the area held on the busiest half-day."""

    key: str
    name: str
    premises: str
    area: Decimal
    used: Decimal
    lines: tuple[Line, ...]

    @property
    def parts(self) -> list[Decimal]:
        """For the meter: each line's area, weighed by the share of the week it is held."""
        return [line.area * line.week for line in self.lines]


@dataclass(frozen=True)
class Unplaced:
    """An application without a place: every reason, and the smallest change that would have been enough."""

    key: str
    application_id: int
    name: str
    neighbourhood: bool
    score: Decimal
    rank: int
    reasons: tuple[str, ...]
    change: str
    smaller: tuple[str, Decimal] | None  # (lot, area) the counterfactual names, to try out


@dataclass(frozen=True)
class Summary:
    """What the note under the title says, and what proposals are compared by."""

    proven: bool
    gap: Decimal
    seconds: Decimal
    exceptions: tuple[str, ...]
    placed: int
    candidates: int
    allotted: Decimal
    offered: Decimal
    share: Decimal | None  # of the allotted area, for structures of the neighbourhood; None when nothing is allotted
    threshold: Decimal | None
    points: Decimal
    first_wishes: int
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    proposal: Proposal
    lots: tuple[LotCard, ...]
    unplaced: tuple[Unplaced, ...]
    summary: Summary
    stale: bool  # the data have changed since this proposal
    untold: int  # applications for which the worker is still looking for what would have been enough


def build(proposal: Proposal, documents: Documents, inputs: Inputs, *, stale: bool) -> Board:
    """`inputs` gives names; every figure and every reason comes from the stored documents."""
    names = board_names(inputs)
    waiting = proposal.explained_at is None and proposal.retained_at is None
    untold = len(proposals.untold(documents.result)) if waiting else 0
    lots = tuple(_lot(documents, inputs, names, row) for row in documents.problem["lots"])
    unplaced = tuple(
        sorted(
            (_unplaced(documents, inputs, names, line, untold > 0) for line in documents.result["unplaced"]),
            key=lambda row: (row.rank, row.key),
        )
    )
    return Board(proposal, lots, unplaced, summary_of(proposal, documents, names), stale, untold)


def board_names(inputs: Inputs) -> Names:
    return Names(
        applications={key: candidate.organisation.name for key, candidate in inputs.candidates.items()},
        lots={key: key for key in inputs.lots},
        obstacles={pair: [obstacle.sentence for obstacle in found] for pair, found in inputs.obstacles.items()},
    )


def _known(inputs: Inputs, key: str) -> tuple[int, str, int]:
    """(application id, structure, rank); a file withdrawn since keeps its label."""
    candidate: Candidate | None = inputs.candidates.get(key)
    if candidate is None:
        return 0, key, 0
    return candidate.application.id, candidate.organisation.name, candidate.score.rank


def _lot(documents: Documents, inputs: Inputs, names: Names, row: Mapping[str, Any]) -> LotCard:
    key = str(row["id"])
    placed = [line for line in documents.result["placements"] if line["lot"] == key]
    lines = tuple(
        sorted((_line(documents, inputs, names, line) for line in placed), key=lambda one: (-one.score, one.key))
    )
    offered = inputs.lots.get(key)
    return LotCard(
        key=key, name=offered.lot.name if offered else "", premises=offered.premises.name if offered else "",
        area=Decimal(row["area"]), used=_busiest(documents, placed), lines=lines,
    )  # fmt: skip


def _busiest(documents: Documents, placed: list[Mapping[str, Any]]) -> Decimal:
    per_slot: dict[str, Decimal] = {}
    for line in placed:
        for slot in documents.application(line["application"])["slots"] or ALL_WEEK:
            per_slot[slot] = per_slot.get(slot, Decimal(0)) + Decimal(str(line["area"]))
    return max(per_slot.values(), default=Decimal(0))


ALL_WEEK = tuple(str(n) for n in range(WEEK))


def _line(documents: Documents, inputs: Inputs, names: Names, line: Mapping[str, Any]) -> Line:
    key = line["application"]
    id, name, _ = _known(inputs, key)
    application = documents.application(key)
    slots = application["slots"]
    follower = line["next_in_line"]
    return Line(
        key=key, application_id=id, name=name, neighbourhood=application["neighbourhood"],
        score=Decimal(str(line["score"])), rank=line["rank"], area=Decimal(str(line["area"])),
        week=Decimal(len(slots) if slots else WEEK) / WEEK, half_days=len(slots) if slots else None,
        why=motives.short_why(documents, line), follower=names.applications.get(follower, follower or ""),
        locked=bool(line["locked"]), doubts=inputs.doubts.get((key, line["lot"]), ()),
    )  # fmt: skip


def _untold(documents: Documents, line: Mapping[str, Any], pending: bool) -> str:
    """Said of the call's own method only: comparisons never tell what would have been enough."""
    if documents.result["method"] != "fair" or line.get("counterfactuals") is not None:
        return ""
    return french.CHANGE_TO_COME if pending else french.UNKNOWN_CHANGE


def _unplaced(documents: Documents, inputs: Inputs, names: Names, line: Mapping[str, Any], pending: bool) -> Unplaced:
    key = line["application"]
    id, name, rank = _known(inputs, key)
    changes = line.get("counterfactuals") or []
    smaller = next(((c["lot"], Decimal(str(c["area"]))) for c in changes if "area" in c), None)
    application = documents.application(key)
    score = max((Decimal(str(value)) for value in application["scores"].values()), default=Decimal(0))
    return Unplaced(
        key=key, application_id=id, name=name, neighbourhood=application["neighbourhood"], score=score, rank=rank,
        reasons=tuple(third_person(documents, names, key, reason) for reason in line["reasons"]),
        change=french.changes(changes, names.lots) or _untold(documents, line, pending), smaller=smaller,
    )  # fmt: skip


def third_person(documents: Documents, names: Names, id: str, reason: Mapping[str, Any]) -> str:
    """A reason for the panel's eyes, holders with their scores."""
    lot = reason["lot"]
    if reason["kind"] == "requirement":
        said = [sentence.rstrip(".") for sentence in names.obstacles.get((id, lot), ())]
        reason = dict(reason) | ({"reason": " ; ".join(s[0].lower() + s[1:] for s in said)} if said else {})
    if reason["kind"] == "lock":
        reason = dict(reason) | {"motive": str(reason["motive"]).rstrip(".")}
    labels = names.applications
    if reason["kind"] != "exception":  # there, whoever the rule was for may hold another lot
        labels = {
            other: f"{name} ({motives.score_at(documents, other, lot)})" for other, name in names.applications.items()
        }
    return french.why([reason], {**labels, **names.lots})[0]


def summary_of(proposal: Proposal, documents: Documents, names: Names) -> Summary:
    result, problem = documents.result, documents.problem
    placed = result["placements"]
    held = {line["application"]: Decimal(str(line["area"])) * _week(documents, line["application"]) for line in placed}
    near = {key: area for key, area in held.items() if documents.application(key)["neighbourhood"]}
    allotted = sum(held.values(), Decimal(0))
    offered = sum(
        (Decimal(lot["area"]) * Decimal(len(lot["slots"] or ALL_WEEK)) / WEEK for lot in problem["lots"]), Decimal(0)
    )
    quota = next((q for q in problem.get("quotas") or [] if q["kind"] == "area_share"), None)
    return Summary(
        proven=result["status"] == "optimal", gap=Decimal(str(result["gap"])), seconds=proposal.seconds,
        exceptions=tuple(
            f"{names.applications.get(row['application'], row['application'])}, lot {row['lot']} : "
            f"{french.cause(row['because'], names.applications)}."
            for row in result["exceptions"]
        ),
        placed=len(placed), candidates=len(problem["applications"]), allotted=allotted, offered=offered,
        share=sum(near.values(), Decimal(0)) / allotted if allotted else None,
        threshold=Decimal(quota["at_least"]) if quota and quota["at_least"] is not None else None,
        points=Decimal(result["objective"]["score"]) / 100, first_wishes=sum(line["wish"] == 1 for line in placed),
        findings=tuple(proposal.findings.splitlines()),
    )  # fmt: skip


def _week(documents: Documents, key: str) -> Decimal:
    return Decimal(len(documents.application(key)["slots"] or ALL_WEEK)) / WEEK


@dataclass(frozen=True)
class Moved:
    """One application across several proposals: the lot it holds in each (None = not placed)."""

    key: str
    name: str
    score: Decimal
    places: tuple[tuple[str, Decimal] | None, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.places)) > 1


def compare(columns: list[Documents], inputs: Inputs) -> list[Moved]:
    """Applications by rank, with their place in each document."""
    found = []
    keys = {row["id"] for documents in columns for row in documents.problem["applications"]}
    for key in keys:
        places = []
        for documents in columns:
            line = documents.placement(key)
            places.append((str(line["lot"]), Decimal(str(line["area"]))) if line else None)
        _, name, rank = _known(inputs, key)
        score = inputs.candidates[key].score.score if key in inputs.candidates else Decimal(0)
        found.append((rank, Moved(key, name, score, tuple(places))))
    return [moved for _, moved in sorted(found, key=lambda row: (row[0], row[1].key))]
