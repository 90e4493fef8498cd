"""The checker's own canonical spelling of a problem, to recompute the hash a proposal claims to answer."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

from allocation.assignment.checking.call import WEEK, Line, _line, hundredths, read_call


def canonical_sha256(document: Mapping[str, Any]) -> str:
    call = read_call(document)
    locks = {(row["application"], row["lot"]): row for row in document.get("locks") or []}
    rows = sorted(document["applications"], key=lambda row: str(row["id"]))
    return sha256(
        rfc8785.dumps(
            {
                "lots": [_lot(call.lots[id]) for id in sorted(call.lots)],
                "applications": [_application(_line(row)) for row in rows],
                "ineligible": [
                    {"application": id, "lot": lot, "reason": reason}
                    for (id, lot), reason in sorted(call.ineligible.items())
                ],
                "locks": [
                    {key: locks[pair].get(key) for key in ("application", "lot", "kind", "motive", "author")}
                    for pair in sorted(locks)
                ],
                "incompatible": sorted(sorted(pair) for pair in call.hostile),
                "together": [list(names) for names in call.sets if len(names) > 1],
                "quotas": [_quota(row) for row in sorted(call.quotas, key=lambda row: str(row["name"]))],
                "max_awards_per_organisation": call.most_awards,
                "tie_break": _tie(document.get("tie_break")),
            }
        )
    ).hexdigest()


def _spell(value: Any) -> str:
    whole, rest = divmod(hundredths(value), 100)
    return f"{whole}" if not rest else f"{whole}.{rest:02d}".rstrip("0")


def _share(row: int) -> str:
    whole, rest = divmod(row, 100)
    return f"{whole}" if not rest else f"{whole}.{rest:02d}".rstrip("0")


def _days(days: Any) -> list[str] | None:
    return None if set(days) == set(WEEK) else [day for day in WEEK if day in days]


def _lot(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": _spell(row["area"]),
        "slots": _days(WEEK if row.get("slots") is None else row["slots"]),
        "rent": None if row.get("rent") is None else _spell(row["rent"]),
    }


def _application(line: Line) -> dict[str, Any]:
    ranks = sorted(set(line.tier.values()))
    wished = set(line.tier)
    return {
        "id": line.id,
        "organisation": line.organisation,
        "neighbourhood": "neighbourhood" in line.groups,
        "groups": sorted(line.groups),
        "wishes": [sorted(lot for lot in wished if line.tier[lot] == rank) for rank in ranks],
        "area": {lot: _area(line, lot) for lot in line.least if lot in wished},
        "scores": {lot: _share(score) for lot, score in line.score.items() if lot in wished},
        "slots": _days(line.days),
        "weight": line.weight,
        "rent": {lot: _share(rent) for lot, rent in line.rent.items() if lot in wished},
    }


def _area(line: Line, lot: str) -> Any:
    if line.least[lot] == line.most[lot]:
        return _share(line.least[lot])
    return {"min": _share(line.least[lot]), "max": _share(line.most[lot])}


def _quota(row: Mapping[str, Any]) -> dict[str, Any]:
    def bound(value: Any) -> Any:
        return value if value is None or row["kind"] == "awards" else _spell(value)

    lots = row.get("lots")
    return {
        "name": row["name"],
        "kind": row["kind"],
        "group": row.get("group"),
        "at_least": bound(row.get("at_least")),
        "at_most": bound(row.get("at_most")),
        "lots": None if lots is None else sorted(set(lots)),
    }


def _tie(row: Mapping[str, Any] | None) -> Any:
    if row is None:
        return None
    if row["rule"] == "draw":
        return {"rule": "draw", "seed": row["seed"], "commitment": row.get("commitment")}
    return {"rule": "order", "order": list(row["order"])}
