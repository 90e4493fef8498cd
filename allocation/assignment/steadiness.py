"""Would the assignment change if the scores were a little different? Solved again for each variant of the ranking. Pure.

A variant moves one weight by five points, or takes one juror away; only scores and ties follow it. Locks, quotas, areas and
wishes stay. An application that a variant leaves without a score keeps its own: what is asked is where the others would go.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allocation.assignment.instance import compile_problem
from allocation.assignment.optimum import fair
from allocation.assignment.problem import NoSolution, parse

SECONDS = 5.0  # for one variant; one that takes longer is said not to be known


@dataclass(frozen=True)
class Variant:
    """« Sans Malik » : totals by application, and the order of the ranking they give."""

    what_fr: str
    totals: Mapping[str, Decimal]
    order: Sequence[str]


@dataclass(frozen=True)
class Move:
    """An application that would hold another lot; None is no place."""

    application: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Tried:
    """What a variant would change; `moves` None: not proven in time, or no assignment at all."""

    what_fr: str
    moves: tuple[Move, ...] | None


def tried(document: Mapping[str, Any], variants: Iterable[Variant]) -> list[Tried]:
    """Each variant against the document as it is."""
    before = places(document)
    found = []
    for variant in variants:
        after = places(rescored(document, variant))
        known = before is not None and after is not None
        found.append(Tried(variant.what_fr, _moves(before or {}, after or {}) if known else None))
    return found


def rescored(document: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """The same call with the variant's scores; published points of fit for a lot are kept on top of them."""
    ids = {row["id"] for row in document["applications"]}
    order = [id for id in variant.order if id in ids]
    order += sorted(ids - set(order))
    return {
        **document,
        "applications": [_rescored(row, variant.totals.get(row["id"])) for row in document["applications"]],
        "tie_break": {"rule": "order", "order": order},
    }


def _rescored(row: Mapping[str, Any], total: Decimal | None) -> Mapping[str, Any]:
    if total is None or not row["scores"]:
        return row
    own = {lot: Decimal(str(score)) for lot, score in row["scores"].items()}
    base = min(own.values())
    return {**row, "scores": {lot: str(min(Decimal(100), total + score - base)) for lot, score in own.items()}}


def places(document: Mapping[str, Any]) -> dict[str, str] | None:
    """Application → lot under the equitable method; None when it is not proven in time or there is no assignment."""
    instance = compile_problem(parse(document))
    try:
        outcome = fair(instance, SECONDS)
    except NoSolution:
        return None
    if outcome.unproven is not None:
        return None
    return {id: instance.lots[lot].id for unit, lot in outcome.place.items() for id in instance.units[unit].members}


def _moves(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Move, ...]:
    return tuple(
        Move(id, before.get(id), after.get(id))
        for id in sorted(before.keys() | after.keys())
        if before.get(id) != after.get(id)
    )
