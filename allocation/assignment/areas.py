"""Areas finally allotted. Everyone placed has at least its minimum; room left over goes up to the maximum, best rank first.

Placing on minima and enlarging afterwards keeps the rule of no envy: what better-scored applications hold only
grows, so whoever was rightly left out still is, and room left at the end is too small for anyone who wanted it.
"""

from allocation.assignment.instance import Instance, Place


def allotted(instance: Instance, place: Place) -> dict[str, int]:
    """Application → square decimetres."""
    found: dict[str, int] = {}
    for lot in sorted(set(place.values())):
        name = instance.lots[lot].id
        ids = [id for unit in instance.at[lot] if place.get(unit) == lot for id in instance.units[unit].members]
        left = [instance.lots[lot].area] * 14
        for id in ids:
            found[id] = instance.applications[id].needs[name].least
            for slot in instance.applications[id].slots:
                left[slot] -= found[id]
        for id in sorted(ids, key=lambda id: (instance.application_key(id, name), id)):
            application = instance.applications[id]
            extra = min(application.needs[name].most - found[id], *(left[slot] for slot in application.slots))
            found[id] += extra
            for slot in application.slots:
                left[slot] -= extra
    return found
