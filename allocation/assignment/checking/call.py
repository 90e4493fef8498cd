"""The call as the checker reads it: half-day by half-day, straight from the JSON document."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any

WEEK = [f"{day}-{half}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for half in ("am", "pm")]


def hundredths(value: Any) -> int:
    """Exact hundredths of a JSON number or decimal string."""
    if isinstance(value, bool):
        raise ValueError("un nombre est attendu")
    number = Decimal(str(value)) * 100
    if number != int(number):
        raise ValueError(f"{value} a plus de deux décimales")
    return int(number)


@dataclass(frozen=True)
class Line:
    """One application. `tier`: lot → rank of the wish; `least`/`most`: lot → square decimetres."""

    id: str
    organisation: str | None
    groups: frozenset[str]
    tier: Mapping[str, int]
    least: Mapping[str, int]
    most: Mapping[str, int]
    score: Mapping[str, int]
    days: frozenset[str]
    weight: int
    rent: Mapping[str, int]


@dataclass(frozen=True)
class Call:
    """Everything the rule speaks of. `together`: application → everyone placed with it, itself included."""

    lots: Mapping[str, Mapping[str, Any]]
    applications: Mapping[str, Line]
    ineligible: Mapping[tuple[str, str], str]
    must: Mapping[str, str]
    never: frozenset[tuple[str, str]]
    motives: Mapping[tuple[str, str], str]
    hostile: frozenset[frozenset[str]]
    together: Mapping[str, tuple[str, ...]]
    quotas: tuple[Mapping[str, Any], ...]
    most_awards: int | None
    tie: Mapping[str, int]

    @cached_property
    def sets(self) -> list[tuple[str, ...]]:
        return sorted(set(self.together.values()))

    def area(self, lot: str) -> int:
        return hundredths(self.lots[lot]["area"])

    def open_days(self, lot: str) -> set[str]:
        days = self.lots[lot].get("slots")
        return set(WEEK if days is None else days)

    def excluded(self, id: str, lot: str) -> str | None:
        """Kind of the first published reason that shuts this application, alone, out of a lot it asked for."""
        line = self.applications[id]
        if (id, lot) in self.ineligible:
            return "requirement"
        if (id, lot) in self.never:
            return "lock"
        if not line.days <= self.open_days(lot):
            return "slots"
        return "area" if line.least[lot] > self.area(lot) else None

    def wanted(self, id: str, lot: str, day: str) -> int:
        """Square decimetres the application's whole set would take on that half-day."""
        members = (self.applications[member] for member in self.together[id])
        return sum(line.least[lot] for line in members if day in line.days)

    def is_open(self, id: str, lot: str) -> bool:
        """May the application's set be placed on this lot at all?"""
        return lot in self._open[id]

    @cached_property
    def _open(self) -> Mapping[str, frozenset[str]]:
        return {id: frozenset(lot for lot in self.lots if self._opens(id, lot)) for id in self.applications}

    def _opens(self, id: str, lot: str) -> bool:
        members = self.together[id]
        for member in members:
            if lot not in self.applications[member].tier or self.excluded(member, lot):
                return False
            if self.must.get(member, lot) != lot:
                return False
        if any(self.wanted(id, lot, day) > self.area(lot) for day in WEEK):
            return False
        return not self.too_many(members)

    def too_many(self, members: tuple[str, ...]) -> bool:
        """Does this list of applications exceed the maximum of an organisation?"""
        names = [name for name in (self.applications[member].organisation for member in members) if name]
        return self.most_awards is not None and any(names.count(name) > self.most_awards for name in names)

    def wish(self, id: str, lot: str) -> int:
        """Rank of the lot for the set: its least keen member's."""
        return max(self.applications[member].tier[lot] for member in self.together[id])

    def order(self, id: str, lot: str) -> tuple[int, int]:
        """Position at the lot, smaller is better: the set's lowest score, then the tie-break."""
        return max((-self.applications[m].score[lot], self.tie[m]) for m in self.together[id])

    @cached_property
    def candidates(self) -> Mapping[str, list[str]]:
        """Per lot, the applications that could hold it."""
        return {lot: [id for id in sorted(self.applications) if self.is_open(id, lot)] for lot in self.lots}


def read_call(document: Mapping[str, Any]) -> Call:
    lines = {row["id"]: _line(row) for row in document["applications"]}
    locks = document.get("locks") or []
    return Call(
        lots={row["id"]: row for row in document["lots"]},
        applications=lines,
        ineligible={
            (row["application"], row["lot"]): row["reason"]
            for row in sorted(document.get("ineligible") or [], key=lambda row: str(row["reason"]), reverse=True)
        },
        must={row["application"]: row["lot"] for row in locks if row["kind"] == "must"},
        never=frozenset((row["application"], row["lot"]) for row in locks if row["kind"] == "never"),
        motives={(row["application"], row["lot"]): row["motive"] for row in locks},
        hostile=frozenset(frozenset(pair) for pair in document.get("incompatible") or []),
        together=_together(lines, document.get("together") or []),
        quotas=tuple(document.get("quotas") or []),
        most_awards=document.get("max_awards_per_organisation"),
        tie=_ties(document.get("tie_break"), lines),
    )


def _line(row: Mapping[str, Any]) -> Line:
    tier = {}
    for rank, names in enumerate((names for names in row["wishes"] if names), start=1):
        tier.update(dict.fromkeys([names] if isinstance(names, str) else names, rank))
    areas = _spread(row["area"], tier)
    return Line(
        id=row["id"],
        organisation=row.get("organisation"),
        groups=frozenset(row.get("groups") or []) | ({"neighbourhood"} if row.get("neighbourhood") else frozenset()),
        tier=tier,
        least={lot: hundredths(a["min"] if isinstance(a, Mapping) else a) for lot, a in areas.items()},
        most={lot: hundredths(a["max"] if isinstance(a, Mapping) else a) for lot, a in areas.items()},
        score={lot: hundredths(score) for lot, score in _spread(row["scores"], tier).items()},
        days=frozenset(WEEK if row.get("slots") is None else row["slots"]),
        weight=row.get("weight", 1),
        rent={lot: hundredths(rent) for lot, rent in _spread(row.get("rent") or {}, tier).items()},
    )


def _spread(value: Any, lots: Mapping[str, int]) -> Mapping[str, Any]:
    """One value for all wished lots, or one per lot."""
    if isinstance(value, Mapping) and not (value and set(value) <= {"min", "max"}):
        return value
    return dict.fromkeys(lots, value)


def _together(lines: Mapping[str, Line], sets: list[list[str]]) -> dict[str, tuple[str, ...]]:
    company = {id: {id} for id in lines}
    for names in sets:
        joined = set().union(*(company[id] for id in names))
        for id in joined:
            company[id] = joined
    return {id: tuple(sorted(members)) for id, members in company.items()}


def _ties(rule: Mapping[str, Any] | None, lines: Mapping[str, Line]) -> dict[str, int]:
    if rule is None:
        return dict.fromkeys(lines, 0)
    if rule["rule"] == "order":
        ordered = list(rule["order"])
    else:
        ordered = sorted(lines, key=lambda id: sha256((rule["seed"] + "\n" + id).encode()).hexdigest())
    return {id: position for position, id in enumerate(ordered)}
