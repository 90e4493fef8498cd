"""Every line of a proposal: envy, exceptions, rank, next in line, and the truth of each reason given."""

from collections.abc import Mapping
from typing import Any

from allocation.assignment.checking.call import WEEK, Call, hundredths
from allocation.assignment.checking.hard import Areas, Place, broken_rules


def line_faults(call: Call, place: Place, areas: Areas, result: Mapping[str, Any]) -> list[str]:
    faults = [*_exceptions(call, place, result), *_objective(call, place, areas, result)]
    for line in result["placements"]:
        faults += _placement(call, place, line)
        faults += _reasons(call, place, line, result)
    for line in result["unplaced"]:
        faults += _reasons(call, place, line, result)
        faults += _counterfactuals(call, line, result)
    return faults


def better_placed(call: Call, place: Place, id: str, lot: str) -> list[str]:
    """Holders of the lot ranked at least as well as the application (outside its own set)."""
    return [
        other
        for other, where in place.items()
        if where == lot and other not in call.together[id] and call.order(other, lot) <= call.order(id, lot)
    ]


def filled(call: Call, place: Place, id: str, lot: str) -> set[frozenset[str]]:
    """Per half-day with not enough room left under better-ranked holders: who holds it then."""
    above = better_placed(call, place, id, lot)
    found = set()
    for day in WEEK:
        here = [other for other in above if day in call.applications[other].days]
        taken = sum(call.applications[other].least[lot] for other in here)
        if call.wanted(id, lot, day) and taken + call.wanted(id, lot, day) > call.area(lot):
            # A set counts as one application: all its members are named even if one is absent that half-day.
            found.add(frozenset(member for other in here for member in call.together[other]))
    return found


def enemies(call: Call, place: Place, id: str, lot: str) -> set[str]:
    """Better-ranked holders, with their sets, that must not be neighbours of the application's set."""
    above = better_placed(call, place, id, lot)
    hostile = {
        other
        for other in above
        for pair in call.hostile
        if pair & set(call.together[id]) and pair & set(call.together[other])
    }
    return {member for other in hostile for member in call.together[other]}


def over_maximum(call: Call, place: Place, id: str) -> set[str]:
    """Placed applications whose organisation could not have this one's set on top."""
    others = tuple(other for other in place if other not in call.together[id])
    if not call.too_many(others + call.together[id]):
        return set()
    names = {call.applications[member].organisation for member in call.together[id]} - {None}
    return {
        member for other in others if call.applications[other].organisation in names for member in call.together[other]
    }


def prefers(call: Call, place: Place, id: str, lot: str) -> bool:
    return id not in place or call.wish(id, lot) < call.wish(id, place[id])


def envious(call: Call, place: Place) -> set[tuple[str, str]]:
    """(first member of the set, lot): a claim on a preferred lot that nothing published excuses."""
    return {
        (members[0], lot)
        for members in call.sets
        for lot in call.lots
        if call.is_open(members[0], lot)
        and prefers(call, place, members[0], lot)
        and members[0] not in call.must
        and not set(members) & set(call.must)
        and not filled(call, place, members[0], lot)
        and not enemies(call, place, members[0], lot)
        and not over_maximum(call, place, members[0])
    }


def _exceptions(call: Call, place: Place, result: Mapping[str, Any]) -> list[str]:
    listed = [(row["application"], row["lot"]) for row in result["exceptions"]]
    found = envious(call, place)
    faults = []
    for id, lot in sorted(found - set(listed)):
        faults.append(f"{id} préfère le lot {lot} et y a droit : cette exception n’est pas déclarée.")
    if len(set(listed)) != len(listed) or set(listed) - found:
        faults.append("Une exception est déclarée sans qu’il y en ait.")
    for row in result["exceptions"]:
        if not _cause(call, row["because"], result["method"]) or set(row) != {"application", "lot", "because"}:
            faults.append(f"L’exception de {row['application']} ne nomme aucune règle de l’appel.")
    return faults


def _cause(call: Call, cause: str, method: str) -> bool:
    if method != "fair":
        return cause == f"method:{method}"
    kind, _, name = cause.partition(":")
    if kind == "quota":
        return name in {quota["name"] for quota in call.quotas}
    if kind == "lock":
        return any(name in call.together[id] for id, _ in call.motives)
    return cause == "sizes"


def _objective(call: Call, place: Place, areas: Areas, result: Mapping[str, Any]) -> list[str]:
    longest = 1 + max((len(set(line.tier.values())) for line in call.applications.values()), default=0)
    offered = sum(call.area(lot) * len(call.open_days(lot)) for lot in call.lots)
    used = sum(areas[id] * len(call.applications[id].days) for id in place)
    empty = (offered - used) // len(WEEK)
    expected = {
        "exceptions": len(envious(call, place)),
        "score": sum(call.applications[id].score[lot] * call.applications[id].weight for id, lot in place.items()),
        "wishes": sum(call.wish(id, place[id]) if id in place else longest for id in call.applications),
        "empty_area": empty,
        "placed": len(place),
    }
    given = dict(result["objective"])
    given["empty_area"] = hundredths(given["empty_area"])
    return [] if given == expected else [f"Les totaux annoncés {given} diffèrent des totaux constatés {expected}."]


def _placement(call: Call, place: Place, line: Mapping[str, Any]) -> list[str]:
    id, lot = line["application"], line["lot"]
    expected = {
        "application": id,
        "lot": lot,
        "area": line["area"],
        "score": line["score"],
        "wish": call.applications[id].tier[lot],
        "rank": rank(call, id, lot),
        "next_in_line": successor(call, place, id),
        "locked": any(member in call.must for member in call.together[id]),
        "reasons": line["reasons"],
    }
    if hundredths(line["score"]) != call.applications[id].score[lot] or line != expected:
        return [f"La ligne de {id} au lot {lot} est inexacte : attendu {expected}."]
    return []


def rank(call: Call, id: str, lot: str) -> int:
    """1 + how many applications that could hold the lot are strictly better there, each with its own score."""

    def order(other: str) -> tuple[int, int]:
        return -call.applications[other].score[lot], call.tie[other]

    return 1 + sum(order(other) < order(id) for other in call.candidates[lot])


def successor(call: Call, place: Place, id: str) -> str | None:
    """Best-ranked application that prefers the lot and could take the place if this set withdrew, all else equal."""
    lot = place[id]
    stay = {other: where for other, where in place.items() if other not in call.together[id]}
    firsts = {call.together[other][0] for other in call.candidates[lot]} - set(call.together[id])
    for other in sorted(firsts, key=lambda other: (*call.order(other, lot), other)):
        members = call.together[other]
        if set(members) & set(call.must) or not prefers(call, place, other, lot):
            continue
        trial = {name: where for name, where in stay.items() if name not in members} | dict.fromkeys(members, lot)
        if _possible(call, trial, lot):
            return other
    return None


def _possible(call: Call, place: Place, lot: str) -> bool:
    here = [id for id, where in place.items() if where == lot]
    for day in WEEK:
        if sum(call.applications[id].least[lot] for id in here if day in call.applications[id].days) > call.area(lot):
            return False
    neighbours = not any(pair <= set(here) for pair in call.hostile)
    return neighbours and not call.too_many(tuple(place)) and not broken_rules(call, place)


def _reasons(call: Call, place: Place, line: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """One reason per wished lot above the one held, in the order of the wishes, and each one true."""
    id = line["application"]
    tiers = call.applications[id].tier
    limit = tiers[place[id]] if id in place else len(tiers) + 1
    wanted = sorted((rank, lot) for lot, rank in tiers.items() if rank < limit)
    given = [reason["lot"] for reason in line["reasons"]]
    if not tiers and id not in place:
        return [] if line["reasons"] == [{"lot": None, "kind": "no_wish"}] else [f"{id} n’a formulé aucun vœu."]
    if given != [lot for _, lot in wanted]:
        return [f"{id} : il faut un motif pour chaque lot souhaité, dans l’ordre des vœux."]
    return [
        f"{id} : le motif donné pour le lot {reason['lot']} est faux ou incomplet."
        for reason in line["reasons"]
        if not _true(call, place, id, reason, result)
    ]


def _true(call: Call, place: Place, id: str, reason: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    lot, rest = reason["lot"], {key: value for key, value in reason.items() if key not in ("lot", "kind")}
    if not call.is_open(id, lot):
        return _truly_closed(call, id, lot, reason["kind"], rest)
    if hundredths(rest.pop("score")) != call.applications[id].score[lot] or rest.pop("rank") != rank(call, id, lot):
        return False
    others = [member for member in call.together[id] if member != id]
    claims: dict[str, list[Any]] = {
        "outranked": [sorted(names) for names in filled(call, place, id, lot)],
        "incompatible": [sorted(enemies(call, place, id, lot))],
        "organisation": [sorted(over_maximum(call, place, id))],
    }
    excused = any(names and names[0] for names in claims.values())
    if excused:
        allowed = [names for names in claims.get(reason["kind"], []) if names]
        same = call.order(id, lot)[0]
        tied = [other for other in rest["by"] if call.is_open(other, lot) and call.order(other, lot)[0] == same]
        told = {"tied": tied} if tied and reason["kind"] == "outranked" else {}
        return rest["by"] in allowed and rest == {"by": rest["by"]} | told
    if not prefers(call, place, id, lot):
        return reason["kind"] == "together" and rest == {"with": others}
    if result["method"] == "fair":
        causes = {(row["application"], row["lot"]): row["because"] for row in result["exceptions"]}
        return reason["kind"] == "exception" and rest == {"because": causes.get((call.together[id][0], lot))}
    above = better_placed(call, place, id, lot)
    lower = [o for o, where in place.items() if where == lot and o not in above and o not in call.together[id]]
    return reason["kind"] == "passed_over" and rest == {"by": sorted(lower)}


def _truly_closed(call: Call, id: str, lot: str, kind: str, rest: Mapping[str, Any]) -> bool:
    own = call.excluded(id, lot)
    members = [member for member in call.together[id] if member != id]
    if own is not None:
        texts = {"requirement": ("reason", call.ineligible), "lock": ("motive", call.motives)}
        expected = {texts[own][0]: texts[own][1][id, lot]} if own in texts else {}
        return kind == own and rest == expected
    blockers = [m for m in members if lot not in call.applications[m].tier or call.excluded(m, lot)]
    if blockers:
        return kind == "together" and rest == {"with": blockers[:1]}
    imposed = [m for m in call.together[id] if call.must.get(m, lot) != lot]
    if imposed:
        return kind == "lock" and rest == {"motive": call.motives[imposed[0], call.must[imposed[0]]]}
    if call.too_many(call.together[id]):
        return kind == "organisation" and rest == {"by": members}
    return kind == "area" and rest == {"with": members}


def _counterfactuals(call: Call, line: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """Their truth needs the engine (it re-solved them); here: a real change, in the right direction, on an open lot."""
    faults = []
    for change in line.get("counterfactuals") or []:  # null: not computed
        id, lot = line["application"], change["lot"]
        kind = "area" if "area" in change else "score"
        value = hundredths(change[kind])
        application = call.applications[id]
        useful = 0 < value < application.least[lot] if kind == "area" else value > application.score[lot]
        if set(change) != {"lot", kind} or not useful or not call.is_open(id, lot) or result["method"] != "fair":
            faults.append(f"{id} : le changement annoncé pour le lot {lot} n’en est pas un.")
    if set(line) - {"counterfactuals"} != {"application", "reasons"}:
        faults.append(f"{line['application']} : champs inattendus.")
    return faults
