"""A reason per line, for everyone: why each wished lot was not given, and who would take over each place.

Every reason is read off the placement itself, and the independent checker reads it again.
"""

from collections.abc import Sequence
from typing import Any

from allocation.assignment.causes import because
from allocation.assignment.fairness import excuse, fits
from allocation.assignment.instance import Instance, Place
from allocation.assignment.writing import number

Reason = dict[str, Any]


def reasons(instance: Instance, place: Place, id: str, method: str) -> list[Reason]:
    """Why each lot the application liked better than what it holds (or each wished lot) was not given, best first."""
    application = instance.applications[id]
    unit = instance.unit_of[id]
    held = place.get(unit)
    found = []
    for tier in application.tiers:
        if held is not None and instance.lots[held].id in tier:
            break
        found += [reason(instance, place, id, lot, method) for lot in tier]
    return found or ([] if held is not None else [{"lot": None, "kind": "no_wish"}])


def reason(instance: Instance, place: Place, id: str, lot: str, method: str) -> Reason:
    """Why this lot was not given. Kinds: requirement, lock, slots, area, together, organisation, outranked, incompatible,
    exception (fair method: names the quota or lock), passed_over (other methods: a justified envy, by whom). `tied` names
    those above at the same score, separated by the published rule; `score` and `rank` are the application's own there."""
    unit, index = instance.unit_of[id], instance.lot_index[lot]
    if index not in instance.units[unit].pairs:
        return _closed(instance, id, lot)
    own = {"score": number(instance.applications[id].scores[lot]), "rank": rank(instance, id, index)}
    return {"lot": lot} | _open(instance, place, id, index, method) | own


def _open(instance: Instance, place: Place, id: str, lot: int, method: str) -> Reason:
    unit = instance.unit_of[id]
    found = excuse(instance, place, unit, lot)
    if found is not None:
        told: Reason = {"kind": found.kind, "by": names(instance, found.by)}
        if found.kind == "outranked":
            tied = [other for other in found.by if _same_score(instance, unit, other, lot)]
            told |= {"tied": names(instance, tied)} if tied else {}
        return told
    if place.get(unit) is not None and not _prefers(instance, place, unit, lot):
        # Together with less keen members: the set as a whole does not prefer this lot.
        return {"kind": "together", "with": [other for other in instance.units[unit].members if other != id]}
    if method == "fair":
        return {"kind": "exception", "because": because(instance, place, unit, lot)}
    above = set(instance.above(unit, lot))
    lower = [u for u in instance.at[lot] if place.get(u) == lot and u not in above]
    return {"kind": "passed_over", "by": names(instance, lower)}


def _same_score(instance: Instance, unit: int, other: int, lot: int) -> bool:
    return instance.key(unit, lot)[0] == instance.key(other, lot)[0]


def _closed(instance: Instance, id: str, lot: str) -> Reason:
    closed = instance.closed.get((id, lot))
    if closed is not None:
        detail = {"requirement": "reason", "lock": "motive", "together": "with"}.get(closed.kind)
        value: Any = [closed.detail] if closed.kind == "together" else closed.detail
        return {"lot": lot, "kind": closed.kind} | ({detail: value} if detail else {})
    unit = instance.units[instance.unit_of[id]]
    others = [other for other in unit.members if other != id]
    most = instance.problem.max_awards_per_organisation
    if most is not None and any(count > most for count in unit.organisations.values()):
        return {"lot": lot, "kind": "organisation", "by": others}
    return {"lot": lot, "kind": "area", "with": others}


def next_in_line(instance: Instance, place: Place, unit: int) -> str | None:
    """Who would take over if the unit withdrew and nothing else moved: the best ranked that prefers the lot and fits."""
    lot = place[unit]
    freed = {other: where for other, where in place.items() if other != unit}
    for other in instance.at[lot]:
        if other == unit or instance.units[other].locked is not None or not _prefers(instance, place, other, lot):
            continue
        without = {u: where for u, where in freed.items() if u != other} if other in freed else freed
        if not fits(instance, without, other, lot):
            continue
        if instance.quotas and not all(quota.holds({**without, other: lot}) for quota in instance.quotas):
            continue
        return instance.units[other].members[0]
    return None


def rank(instance: Instance, id: str, lot: int) -> int:
    """1 + how many applications that could hold the lot are scored strictly above (ties share a rank)."""
    name = instance.lots[lot].id
    key = instance.application_key(id, name)
    return 1 + sum(
        instance.application_key(member, name) < key
        for unit in instance.at[lot]
        for member in instance.units[unit].members
    )


def names(instance: Instance, units: Sequence[int]) -> list[str]:
    """Identifiers of the applications in these units, sorted."""
    return sorted(id for unit in units for id in instance.units[unit].members)


def _prefers(instance: Instance, place: Place, unit: int, lot: int) -> bool:
    return instance.units[unit].pairs[lot].tier < instance.units[unit].tier_of(place.get(unit))
