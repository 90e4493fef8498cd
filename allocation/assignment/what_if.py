"""What if: a copy of the call's problem with an area, a choice by hand, a threshold or the weights changed. Pure.

Nothing of it is kept. A line becomes true by a choice with its motive; published weights and thresholds do not change any
more: trying them says how much hangs on them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from allocation.assignment.steadiness import Variant, rescored
from allocation.assignment.thresholds import at_their_least

TRIED = "Essai sur une copie."


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """`area`: (application, lot, m²). `hand`: (application, lot, « must » or « never »). `share`: the least part of the area
    for the neighbourhood, 0 to 1; zero lifts the threshold. `ranking`: totals and order under other weights."""

    area: tuple[str, str, Decimal] | None = None
    hand: tuple[str, str, str] | None = None
    share: Decimal | None = None
    ranking: Variant | None = None

    @property
    def nothing(self) -> bool:
        return (self.area, self.hand, self.share, self.ranking) == (None, None, None, None)


def open_lots(document: Mapping[str, Any], application: str) -> list[str]:
    """Lots this application asked for and could hold."""
    return next((list(row["area"]) for row in document["applications"] if row["id"] == application), [])


def changed(document: Mapping[str, Any], what: WhatIf, quota: str) -> dict[str, Any]:
    """The copy. `quota`: what the call's threshold is called."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    if what.ranking is not None:
        copy = json.loads(json.dumps(rescored(copy, what.ranking)))
    if what.area is not None:
        application, lot, area = what.area
        row = next(row for row in copy["applications"] if row["id"] == application)
        row["area"][lot] = str(area)
    if what.hand is not None:
        copy["locks"] = [*_others(copy["locks"], *what.hand), _lock(*what.hand)]
    if what.share is not None:
        others = [row for row in copy["quotas"] if row["kind"] != "area_share"]
        least = {"name": quota, "kind": "area_share", "group": "neighbourhood", "at_least": str(what.share)}
        copy["quotas"] = [*others, least] if what.share else others
        if what.share:
            copy["applications"] = at_their_least(copy["applications"])
    return copy


def _others(locks: list[dict[str, Any]], application: str, lot: str, kind: str) -> list[dict[str, Any]]:
    """The choices that stay beside this one, as `locks.fix` and `locks.forbid` would leave them."""
    return [
        row
        for row in locks
        if row["application"] != application or (row["lot"] != lot and not (kind == "must" and row["kind"] == "must"))
    ]


def _lock(application: str, lot: str, kind: str) -> dict[str, Any]:
    return {"application": application, "lot": lot, "kind": kind, "motive": TRIED, "author": None}
