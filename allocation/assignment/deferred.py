"""Deferred acceptance with areas: a quick placement, usually free of envy, to start the proof from.

Each unit proposes to its best lot not yet refused; a lot keeps the best-ranked that fit and refuses the rest. Areas
differ, so a small unit refused early may have room again later: refusals are then forgotten and proposals resume, a bounded
number of times. The outcome is only a starting point; nothing here is trusted without the exact check of `fairness`.
"""

from allocation.assignment.fairness import exceptions, fits
from allocation.assignment.instance import Instance

ROUNDS = 20


def deferred_acceptance(instance: Instance) -> dict[int, int]:
    """The placement with the fewest exceptions met over the rounds."""
    refused: set[tuple[int, int]] = set()
    best: dict[int, int] = {}
    fewest = -1
    for _ in range(ROUNDS):
        place = _propose(instance, refused)
        envious = exceptions(instance, place)
        if fewest < 0 or len(envious) < fewest:
            best, fewest = place, len(envious)
        if not envious:
            break
        refused -= set(envious)
    return best


def _propose(instance: Instance, refused: set[tuple[int, int]]) -> dict[int, int]:
    """Proposals until nobody is refused; `refused` grows as it goes, which is why this ends."""
    place: dict[int, int] = {}
    waiting = set(range(len(instance.units)))
    while waiting:
        touched = set()
        for unit in sorted(waiting):
            lot = next((lot for lot in instance.units[unit].pairs if (unit, lot) not in refused), None)
            if lot is not None:
                place[unit] = lot
                touched.add(lot)
        waiting = set()
        for lot in sorted(touched):
            for unit in _overflow(instance, place, lot):
                del place[unit]
                refused.add((unit, lot))
                waiting.add(unit)
    return place


def _overflow(instance: Instance, place: dict[int, int], lot: int) -> list[int]:
    """Units the lot refuses: read in rank order (locked first), whoever does not fit beside those kept."""
    here = [unit for unit in instance.at[lot] if place.get(unit) == lot]
    here.sort(key=lambda unit: instance.units[unit].locked is None)
    elsewhere = {unit: where for unit, where in place.items() if where != lot} if instance.by_organisation else {}
    for unit in here:
        if fits(instance, elsewhere, unit, lot):
            elsewhere[unit] = lot
    return [unit for unit in here if unit not in elsewhere]
