"""Hard rules of a proposal: room, half-days, locks, neighbours, organisations, quotas. Areas in square decimetres."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from allocation.assignment.checking.call import WEEK, Call, Line, hundredths

Place = Mapping[str, str]
Areas = Mapping[str, int]


def hard_faults(call: Call, place: Place, areas: Areas, result: Mapping[str, Any]) -> list[str]:
    faults = [*_rooms(call, place, areas), *_lines(call, place, areas), *_company(call, place)]
    broken = [] if faults else sorted(broken_rules(call, place))
    if broken != sorted(result["unmet"]):
        faults.append(f"Règles non tenues annoncées {sorted(result['unmet'])}, constatées {broken}.")
    # Only the queue may miss a floor: a queue cannot promise one. Every other method must keep every rule.
    faults += [f"Règle enfreinte : {name}." for name in broken if result["method"] != "merit"]
    return faults


def _rooms(call: Call, place: Place, areas: Areas) -> list[str]:
    faults = []
    for lot in call.lots:
        for day in WEEK:
            users = [id for id, where in place.items() if where == lot and day in call.applications[id].days]
            if sum(areas[id] for id in users) > call.area(lot):
                faults.append(f"Lot {lot} : la surface attribuée dépasse la surface utile ({day}).")
                break
    return faults


def _lines(call: Call, place: Place, areas: Areas) -> list[str]:
    faults = []
    for id, lot in place.items():
        line = call.applications[id]
        kind = call.excluded(id, lot)
        if kind is not None:
            faults.append(f"{id} n’est pas recevable sur le lot {lot} ({kind}).")
        elif not line.least[lot] <= areas[id] <= line.most[lot]:
            faults.append(f"{id} reçoit au lot {lot} une surface hors de ce qu’elle demande.")
    for id, lot in call.must.items():
        if place.get(id) != lot:
            faults.append(f"Le verrou qui place {id} sur le lot {lot} n’est pas respecté.")
    return faults


def _company(call: Call, place: Place) -> list[str]:
    faults = [
        f"{' et '.join(sorted(pair))} sont incompatibles et se trouvent dans le même lot."
        for pair in call.hostile
        if len({place.get(id) for id in pair}) == 1 and pair <= set(place)
    ]
    faults += [
        f"{', '.join(members)} doivent être ensemble et ne le sont pas."
        for members in call.sets
        if len({place.get(id) for id in members}) > 1
    ]
    if call.too_many(tuple(place)):
        faults.append("Un organisme dépasse le nombre maximal d’attributions.")
    return faults


def broken_rules(call: Call, place: Place) -> list[str]:
    """Names of the quotas a placement misses, measured on the areas that place (minima)."""
    return [f"quota:{quota['name']}" for quota in call.quotas if not _holds(call, quota, place)]


def _holds(call: Call, quota: Mapping[str, Any], place: Place) -> bool:
    chosen = quota.get("lots")
    counted = [(call.applications[id], lot) for id, lot in place.items() if chosen is None or lot in chosen]
    inside = [(line, lot) for line, lot in counted if quota.get("group") is None or quota["group"] in line.groups]
    value = sum((_measure(call, quota["kind"], line, lot) for line, lot in inside), Fraction(0))
    if quota["kind"].endswith("_share"):
        whole = sum((_measure(call, quota["kind"], line, lot) for line, lot in counted), Fraction(0))
        if not whole:
            return True  # a share of nothing
        value /= whole
    low, high = quota.get("at_least"), quota.get("at_most")
    return (low is None or value >= Fraction(str(low))) and (high is None or value <= Fraction(str(high)))


def _measure(call: Call, kind: str, line: Line, lot: str) -> Fraction:
    """Awards, euros a year, or m² averaged over the week."""
    if kind in ("awards", "award_share"):
        return Fraction(1)
    if kind == "minimum_rent":
        if lot in line.rent:
            return Fraction(line.rent[lot], 100)
        return Fraction(hundredths(call.lots[lot].get("rent") or 0) * line.least[lot], 10_000)
    return Fraction(line.least[lot] * len(line.days), 100 * len(WEEK))
