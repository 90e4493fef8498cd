"""One by one in order of score, each takes its best wish that still fits: how most panels proceed by hand.

Simple to tell, but with scores that differ from lot to lot it can leave someone out of a lot held by a lower score. Floors
("at least a quarter") cannot be promised by a queue: they are reported as unmet.
"""

from allocation.assignment.fairness import fits
from allocation.assignment.instance import Instance


def by_merit(instance: Instance) -> dict[int, int]:
    """Placement of the queue; locked units first, then by best score over the open lots, then by the tie-break."""
    place = {index: unit.locked for index, unit in enumerate(instance.units) if unit.locked is not None}
    queue = [index for index, unit in enumerate(instance.units) if unit.pairs and index not in place]
    queue.sort(key=lambda index: (min(pair.key for pair in instance.units[index].pairs.values()), index))
    for index in queue:
        for lot in instance.units[index].pairs:
            if fits(instance, place, index, lot) and _under_ceilings(instance, {**place, index: lot}):
                place[index] = lot
                break
    return place


def _under_ceilings(instance: Instance, place: dict[int, int]) -> bool:
    """Absolute ceilings only: a share of what is allotted has no meaning while the queue is still moving."""
    shares = {quota.name for quota in instance.problem.quotas if quota.kind.endswith("_share")}
    return all(
        quota.high is None
        or quota.name in shares
        or sum(quota.coefficients.get(pair, 0) for pair in place.items()) <= quota.high
        for quota in instance.quotas
    )
