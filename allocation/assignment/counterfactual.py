"""The smallest change that would have placed an application: a smaller area, or a higher score, at one lot.

A candidate is read off the placement (the room under those scored better; the score of a holder to overtake), the smallest
change first, and is only kept when the whole call, solved again with that single change, puts the application on that
lot. The next smaller step is solved too: if it also works, it becomes the candidate. So what is printed is true, and one
step less is not enough. When one of these questions is not proven in time, nothing is said of that application.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from allocation.assignment.instance import Instance, Place, recompile
from allocation.assignment.optimum import fair
from allocation.assignment.problem import Application, Need, NoSolution, OutOfTime, Problem
from allocation.assignment.writing import number

SECONDS = 60.0  # for one « would it then be placed? »
HIGHEST = 100_00


class NotProven(Exception):
    """One of the questions could not be answered for sure in the time it has."""


def changes(instance: Instance, place: Place, id: str, seconds: float = SECONDS) -> list[dict[str, Any]] | None:
    """What is printed; None when it is not known in time."""
    try:
        return _changes(Asked(instance, seconds), place, id)
    except NotProven:
        return None


@dataclass(frozen=True)
class Asked:
    """The call as it is, and the time one question has."""

    instance: Instance
    seconds: float

    def placed(self, id: str, lot: str, *, area: int | None = None, score: int | None = None) -> bool:
        """Solve the whole call again with one change: is the application then on that lot?"""
        instance = self.instance
        trial = recompile(instance, changed(instance.problem, id, lot, area=area, score=score), id)
        try:
            outcome = fair(trial, self.seconds)
        except OutOfTime:
            raise NotProven from None
        except NoSolution:
            return False
        if outcome.unproven is not None:
            raise NotProven
        return outcome.place.get(trial.unit_of[id]) == trial.lot_index[lot]


def _changes(asked: Asked, place: Place, id: str) -> list[dict[str, Any]]:
    """At most one smaller area and one higher score, each on the lot where the smallest change is enough.

    Empty when no single change of that kind places it, and for applications that must be together with others: a change of
    one member does not say what the set would have needed.
    """
    instance = asked.instance
    unit = instance.unit_of[id]
    if len(instance.units[unit].members) > 1:
        return []
    found: list[dict[str, Any]] = []
    for lot, area in _areas(instance, place, unit):
        if asked.placed(id, lot, area=area):
            found.append({"lot": lot, "area": number(_largest(asked, id, lot, area))})
            break
    for lot, steps in _scores(instance, place, unit):
        score = _smallest(asked, id, lot, steps)
        if score is not None:
            found.append({"lot": lot, "score": number(score)})
            break
    return found


def _areas(instance: Instance, place: Place, unit: int) -> list[tuple[str, int]]:
    """Per open lot, the room left under better-scored holders on the busiest half-day wanted; least reduction first."""
    application = instance.applications[instance.units[unit].members[0]]
    rooms = []
    for order, (lot, pair) in enumerate(instance.units[unit].pairs.items()):
        holders = [other for other in instance.above(unit, lot) if place.get(other) == lot]
        left = min(
            instance.lots[lot].area - sum(instance.units[other].pairs[lot].demand[slot] for other in holders)
            for slot, wanted in enumerate(pair.demand)
            if wanted
        )
        name = instance.lots[lot].id
        if 0 < left < application.needs[name].least:
            rooms.append((application.needs[name].least - left, order, name, left))
    return [(name, left) for _, _, name, left in sorted(rooms)]


def _scores(instance: Instance, place: Place, unit: int) -> Iterator[tuple[str, list[int]]]:
    """Per open lot, the scores at which one more rival is overtaken, in rising order up to the one that makes room."""
    id = instance.units[unit].members[0]
    found = []
    for order, (lot, pair) in enumerate(instance.units[unit].pairs.items()):
        name = instance.lots[lot].id
        steps = sorted(
            {_overtakes(instance, unit, other, lot) for other in instance.above(unit, lot)}
            - set(range(instance.applications[id].scores[name] + 1))
        )
        holders = [other for other in instance.above(unit, lot) if place.get(other) == lot]
        enough = [step for step in steps if _room_above(instance, holders, unit, lot, step, pair.demand)]
        if enough and enough[0] <= max(HIGHEST, pair.points):
            rise = enough[0] - instance.applications[id].scores[name]
            found.append((rise, order, name, [step for step in steps if step <= enough[0]]))
    for _, _, name, steps in sorted(found):
        yield name, steps


def _overtakes(instance: Instance, unit: int, other: int, lot: int) -> int:
    """Lowest score that ranks the unit strictly before the other: equal if the tie-break favours it, one hundredth more
    otherwise."""
    score, tie = instance.key(other, lot)
    mine = instance.key(unit, lot)[1]
    return -score if mine < tie else -score + 1


def _room_above(
    instance: Instance, holders: list[int], unit: int, lot: int, score: int, demand: tuple[int, ...]
) -> bool:
    key = (-score, instance.key(unit, lot)[1])
    above = [other for other in holders if instance.key(other, lot) <= key]
    return all(
        wanted + sum(instance.units[other].pairs[lot].demand[slot] for other in above) <= instance.lots[lot].area
        for slot, wanted in enumerate(demand)
        if wanted
    )


def _largest(asked: Asked, id: str, lot: str, area: int) -> int:
    """From an area that works, the largest that does."""
    wanted = asked.instance.applications[id].needs[lot].least
    return _edge(area, wanted, lambda value: asked.placed(id, lot, area=value))


def _smallest(asked: Asked, id: str, lot: str, steps: list[int]) -> int | None:
    """The last step must work; steps are walked down as long as they still do, then hundredths."""
    if not asked.placed(id, lot, score=steps[-1]):
        return None
    best = len(steps) - 1
    while best and asked.placed(id, lot, score=steps[best - 1]):
        best -= 1
    fails = steps[best - 1] if best else asked.instance.applications[id].scores[lot]
    return _edge(steps[best], fails, lambda value: asked.placed(id, lot, score=value))


def _edge(works: int, fails: int, test: Callable[[int], bool]) -> int:
    """The value next to one that fails: the very next one usually does, else the interval is halved."""
    trial = works + (1 if fails > works else -1)
    while abs(works - fails) > 1:
        if test(trial):
            works = trial
        else:
            fails = trial
        trial = (works + fails) // 2
    return works


def changed(problem: Problem, id: str, lot: str, *, area: int | None = None, score: int | None = None) -> Problem:
    """The same call with one figure of one application changed at one lot."""

    def edit(application: Application) -> Application:
        if application.id != id:
            return application
        needs: Mapping[str, Need] = application.needs
        scores: Mapping[str, int] = application.scores
        if area is not None:
            fixed = needs[lot].least == needs[lot].most
            needs = {**needs, lot: Need(area, area if fixed else needs[lot].most)}
        if score is not None:
            scores = {**scores, lot: score}
        return replace(application, needs=needs, scores=scores)

    return replace(problem, applications=tuple(edit(application) for application in problem.applications))
