"""Who is called when a place is given up, from the same frozen data. Pure.

Nobody who holds a place moves: the place goes to the best-ranked application of the reserve that asked for the lot, can
hold it, fits beside those who stay and keeps the call's quotas. Nobody left means that the lot is free again.
"""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allocation.assignment.areas import allotted
from allocation.assignment.explain import next_in_line
from allocation.assignment.instance import Instance, compile_problem
from allocation.assignment.problem import parse

Held = Mapping[str, tuple[str, Decimal]]  # application -> (lot, m²)


@dataclass(frozen=True)
class Successor:
    """An application of the reserve, and the area it would hold at the lot given up."""

    application: str
    lot: str
    area: Decimal


def successor(document: Mapping[str, Any], held: Held, leaver: str, gone: Collection[str] = ()) -> Successor | None:
    """`held` includes the leaver; `gone` are those who were offered a place before and let it go."""
    instance, place = _as_it_stands(document, held, set(gone) - {leaver})
    return _called(instance, place, leaver)


def reserve(document: Mapping[str, Any], held: Held) -> dict[str, list[str]]:
    """Application of the reserve -> lots whose holder's leaving would bring it in, the list the letters speak of."""
    instance, place = _as_it_stands(document, held, ())
    found: dict[str, set[str]] = {}
    for leaver in held:
        if called := _called(instance, place, leaver):
            found.setdefault(called.application, set()).add(called.lot)
    return {id: sorted(lots) for id, lots in found.items()}


def _as_it_stands(document: Mapping[str, Any], held: Held, gone: Collection[str]) -> tuple[Instance, dict[int, int]]:
    instance = compile_problem(parse(_reduced(document, held, gone)))
    return instance, {instance.unit_of[id]: instance.lot_index[lot] for id, (lot, _) in held.items()}


def _called(instance: Instance, place: Mapping[int, int], leaver: str) -> Successor | None:
    unit = instance.unit_of[leaver]
    found = next_in_line(instance, place, unit)
    if found is None:
        return None
    after = {other: lot for other, lot in place.items() if other != unit} | {instance.unit_of[found]: place[unit]}
    area = Decimal(allotted(instance, after)[found]) / 100
    return Successor(found, instance.lots[place[unit]].id, area)


def _reduced(document: Mapping[str, Any], stays: Held, gone: Collection[str]) -> dict[str, Any]:
    """The problem with holders pinned where they are, at the area they hold, and those who left taken out."""
    reduced = without(document, gone)
    reduced["applications"] = [_pinned(row, stays) for row in reduced["applications"]]
    # A fixed line is the panel's choice of a holder; it has done its work once somebody leaves.
    reduced["locks"] = [row for row in reduced["locks"] if row["kind"] == "never"]
    return reduced


def kept_in_place(document: Mapping[str, Any], held: Held, gone: Collection[str]) -> dict[str, Any]:
    """The problem in which whoever holds a place keeps it whatever the scores: only what is free may be given."""
    reduced = _reduced(document, held, gone)
    motive = "Place déjà attribuée : une décision qui crée des droits ne se reprend pas pour une autre."
    reduced["locks"] += [
        {"application": id, "lot": lot, "kind": "must", "motive": motive, "author": None}
        for id, (lot, _) in sorted(held.items())
    ]
    return reduced


def without(document: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """The problem as if some applications had never been made."""
    reduced: dict[str, Any] = deepcopy(dict(document))
    reduced["applications"] = [row for row in reduced["applications"] if row["id"] not in gone]
    for name in ("ineligible", "locks"):
        reduced[name] = [row for row in reduced.get(name) or [] if row["application"] not in gone]
    for name in ("incompatible", "together"):
        reduced[name] = [row for row in reduced.get(name) or [] if not set(row) & set(gone)]
    ties = reduced.get("tie_break")
    if ties and ties["rule"] == "order":
        ties["order"] = [id for id in ties["order"] if id not in gone]
    return reduced


def _pinned(row: dict[str, Any], stays: Held) -> dict[str, Any]:
    if row["id"] not in stays:
        return row
    lot, area = stays[row["id"]]
    return row | {"wishes": [[lot]], "area": {lot: f"{area:.2f}"}, "scores": {lot: row["scores"][lot]}}
