"""What the published rules of a call say of the places an act would leave. Pure.

Two kinds of rules. What cannot be: activities the call keeps apart in one lot, a lot that does not suit. What the call
published and an act may pass over, named and with its motive: a quota, the most places of an organisation, a choice of the
panel. A rule that was missed before the act is not the act's to answer for. Room is `act_rules.overfull`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from allocation.assignment.checking.call import Call, read_call
from allocation.assignment.checking.hard import broken_rules
from intervalle.i18n import _

Place = Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """`blocking`: sentences. `broken`: the rules an act must name to pass over, by their name, in French."""

    blocking: tuple[str, ...]
    broken: Mapping[str, str]


def with_choices(document: Mapping[str, Any], *, direct: bool, given_back: Collection[str]) -> dict[str, Any]:
    """The document with the choices that bind an act: in a direct award the choice is the very decision the act replaces, and
    whoever gives a place back (`given_back`) does not break the choice that gave it."""
    locks = [
        row
        for row in document.get("locks") or []
        if not direct and not (row["kind"] == "must" and row["application"] in given_back)
    ]
    return {**document, "locks": locks}


def judge(document: Mapping[str, Any], before: Place, after: Place, names: Mapping[str, str]) -> Outcome:
    """`before`, `after`: application → lot, as the document calls them. `names`: what people call the applications."""
    call = read_call(document)
    before, after = _known(call, before), _known(call, after)
    new = {id: lot for id, lot in after.items() if before.get(id) != lot}
    unfit = [
        _("%(name)s ne peut pas occuper le lot %(lot)s : une condition du lot, ses horaires ou sa surface s’y opposent.", name=names[id], lot=lot)
        for id, lot in sorted(new.items())
        if call.excluded(id, lot) in ("requirement", "slots", "area")
    ]  # fmt: skip
    apart = [
        _("%(names)s ne peuvent pas partager le lot %(lot)s : l’appel tient ces activités à l’écart.", names=_and(pair, names), lot=after[min(pair)])
        for pair in sorted(sorted(pair) for pair in call.hostile)
        if _together(pair, after) and not _together(pair, before)
    ]  # fmt: skip
    if unfit:
        return Outcome((*unfit, *apart), {})
    missed = _missed(call, before, names)
    return Outcome(
        tuple(apart), {name: said for name, said in _missed(call, after, names).items() if name not in missed}
    )


def _known(call: Call, place: Place) -> Place:
    return {id: lot for id, lot in place.items() if id in call.applications and lot in call.applications[id].tier}


def _together(pair: list[str], place: Place) -> bool:
    return place.get(pair[0]) is not None and place.get(pair[0]) == place.get(pair[1])


def _and(pair: list[str], names: Mapping[str, str]) -> str:
    return _("%(one)s et %(other)s", one=names[pair[0]], other=names[pair[1]])


def _missed(call: Call, place: Place, names: Mapping[str, str]) -> dict[str, str]:
    # A place held on a lot that is shut today has no minimum there: the quotas are measured on the others.
    counted = {id: lot for id, lot in place.items() if lot in call.applications[id].least}
    found = {
        name: _("la règle « %(name)s »", name=name.partition(":")[2]) for name in sorted(broken_rules(call, counted))
    }
    if call.too_many(tuple(place)):
        found["max_awards_per_organisation"] = _("le nombre de places qu’un organisme peut obtenir")
    for id, lot in sorted(call.never):
        if place.get(id) == lot:
            found[f"lock:{id}:{lot}"] = _("le choix d’écarter %(name)s du lot %(lot)s", name=names[id], lot=lot)
    for id, lot in sorted(call.must.items()):
        if place.get(id) != lot:
            found[f"lock:{id}:{lot}"] = _("le choix de placer %(name)s au lot %(lot)s", name=names[id], lot=lot)
    return found
