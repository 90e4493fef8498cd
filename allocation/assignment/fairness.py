"""The rule in plain arithmetic: who may envy whom, and whether a placement keeps every hard rule.

> No application is left out of a lot it asked for (or given a lot it wanted less) while an application with a lower
> score holds room there, or room stays empty there, that would have been enough for it.

What excuses a refusal: better-scored applications fill the room (some half-day wanted has not enough left under them); a
better-scored incompatible neighbour is there; the organisation already has its maximum. Anything else is an *exception*.
"""

from dataclasses import dataclass

from allocation.assignment.instance import Instance, Place


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a unit has no justified claim on a lot, and the units that make it so."""

    kind: str  # "outranked" | "incompatible" | "organisation"
    by: tuple[int, ...]


def excuse(instance: Instance, place: Place, unit: int, lot: int) -> Excuse | None:
    """None when the unit's claim on the lot is justified (an exception, if it prefers the lot to what it has)."""
    demand = instance.units[unit].pairs[lot].demand
    holders = [other for other in instance.above(unit, lot) if place.get(other) == lot]
    for slot, wanted in enumerate(demand):
        here = [other for other in holders if instance.units[other].pairs[lot].demand[slot]]
        taken = sum(instance.units[other].pairs[lot].demand[slot] for other in here)
        if wanted and taken + wanted > instance.lots[lot].area:
            return Excuse("outranked", tuple(here))
    enemies = tuple(other for other in holders if other in instance.hostile.get(unit, ()))
    if enemies:
        return Excuse("incompatible", enemies)
    for organisation, units in instance.by_organisation.items():
        if unit in units:
            others = tuple(other for other in units if other != unit and other in place)
            if awards(instance, organisation, others) + awards(instance, organisation, (unit,)) > maximum(instance):
                return Excuse("organisation", others)
    return None


def exceptions(instance: Instance, place: Place) -> list[tuple[int, int]]:
    """Every (unit, lot) where the unit's claim is justified and the lot is preferred to what it holds."""
    found = []
    for index, unit in enumerate(instance.units):
        held = unit.tier_of(place.get(index))
        found += [
            (index, lot)
            for lot, pair in unit.pairs.items()
            if pair.tier < held and excuse(instance, place, index, lot) is None
        ]
    return found


def maximum(instance: Instance) -> int:
    most = instance.problem.max_awards_per_organisation
    return len(instance.units) if most is None else most


def awards(instance: Instance, organisation: str, units: tuple[int, ...]) -> int:
    """Awards the organisation gets when these units are placed."""
    return sum(instance.units[unit].organisations[organisation] for unit in units)


def room(instance: Instance, place: Place, lot: int) -> list[int]:
    """Square decimetres left at the lot, per class of half-days."""
    open_to = instance.at[lot]
    users = [unit for unit in open_to if place.get(unit) == lot]
    classes = len(instance.units[open_to[0]].pairs[lot].demand) if open_to else 0
    return [
        instance.lots[lot].area - sum(instance.units[unit].pairs[lot].demand[slot] for unit in users)
        for slot in range(classes)
    ]


def fits(instance: Instance, place: Place, unit: int, lot: int) -> bool:
    """Could the unit join the lot as it stands: room, neighbours, organisation (quotas are not looked at)."""
    demand = instance.units[unit].pairs[lot].demand
    if any(wanted > left for wanted, left in zip(demand, room(instance, place, lot), strict=True)):
        return False
    if any(place.get(other) == lot for other in instance.hostile.get(unit, ())):
        return False
    return all(
        awards(instance, name, tuple(u for u in units if u == unit or u in place)) <= maximum(instance)
        for name, units in instance.by_organisation.items()
        if unit in units
    )


def broken(instance: Instance, place: Place) -> list[str]:
    """Names of the hard rules a placement breaks: "room:…", "incompatible:…", "organisation:…", "quota:…", "lock:…"."""
    found = [
        f"room:{instance.lots[lot].id}" for lot in set(place.values()) if min(room(instance, place, lot), default=0) < 0
    ]
    for unit, others in instance.hostile.items():
        if unit in place and any(place.get(other) == place[unit] for other in others):
            found.append(f"incompatible:{instance.units[unit].members[0]}")
    for name, units in instance.by_organisation.items():
        if awards(instance, name, tuple(unit for unit in units if unit in place)) > maximum(instance):
            found.append(f"organisation:{name}")
    found += [f"quota:{quota.name}" for quota in instance.quotas if not quota.holds(place)]
    for index, locked in enumerate(instance.units):
        if locked.locked is not None and place.get(index) != locked.locked:
            found.append(f"lock:{locked.members[0]}")
    return sorted(found)
