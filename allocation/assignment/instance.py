"""The problem compiled to what the methods work on: units, their open pairs, and call-wide linear rules.

A *unit* is an application, or a set that must be together, which then counts as one application: its area is the sum
of theirs, its score at a lot the lowest of theirs, its wishes the lots all of them accept, each at the least keen member's
rank. A pair (unit, lot) is *open* when nothing published excludes it; the reason of every closed wish is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from allocation.assignment.problem import Application, InvalidProblem, Lot, Problem, Quota
from calls import draw

Place = Mapping[int, int]  # unit → lot, both as positions; an absent unit is not placed
Key = tuple[int, int]  # (minus the score, position in the tie-break): smaller is better, equal is a true tie


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a wished lot is not open to an application: kind, and what the sentence must name."""

    kind: str  # "requirement" | "lock" | "slots" | "area" | "together" | "organisation"
    detail: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A unit at a lot it may get. `demand`: square decimetres per class of half-days of that lot."""

    tier: int
    key: Key
    points: int
    demand: tuple[int, ...]
    use: int  # square decimetres × half-days


@dataclass(frozen=True, slots=True)
class Unit:
    """What is placed as one. `pairs`: lot → Pair, in order of preference then lot."""

    members: tuple[str, ...]
    pairs: Mapping[int, Pair]
    organisations: Mapping[str, int]
    locked: int | None

    def tier_of(self, lot: int | None) -> int:
        """Rank of the wish held; one more than the last for a unit that is not placed."""
        return self.pairs[lot].tier if lot is not None else 1_000_000


@dataclass(frozen=True, slots=True)
class Linear:
    """A quota over open pairs: low ≤ Σ coefficient · x ≤ high."""

    name: str
    coefficients: Mapping[tuple[int, int], int]
    low: int | None
    high: int | None

    def holds(self, place: Place) -> bool:
        total = sum(self.coefficients.get(pair, 0) for pair in place.items())
        return (self.low is None or total >= self.low) and (self.high is None or total <= self.high)


@dataclass(frozen=True, eq=False)
class Instance:
    """Everything compiled, in one canonical order (identifiers), so that the order of rows cannot matter."""

    problem: Problem
    units: tuple[Unit, ...]
    closed: Mapping[tuple[str, str], Closed]
    hostile: Mapping[int, frozenset[int]]
    quotas: tuple[Linear, ...]
    ties: Mapping[str, int]

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        return self.problem.lots

    @cached_property
    def lot_index(self) -> Mapping[str, int]:
        return {lot.id: index for index, lot in enumerate(self.lots)}

    @cached_property
    def unit_of(self) -> Mapping[str, int]:
        """Application identifier → unit."""
        return {id: index for index, unit in enumerate(self.units) for id in unit.members}

    @cached_property
    def applications(self) -> Mapping[str, Application]:
        return {application.id: application for application in self.problem.applications}

    @cached_property
    def at(self) -> tuple[tuple[int, ...], ...]:
        """Units open to each lot, best ranked first."""
        ranked: list[list[int]] = [[] for _ in self.lots]
        for index, unit in enumerate(self.units):
            for lot in unit.pairs:
                ranked[lot].append(index)
        return tuple(tuple(sorted(row, key=lambda u: (self.key(u, lot), u))) for lot, row in enumerate(ranked))

    @cached_property
    def by_organisation(self) -> Mapping[str, tuple[int, ...]]:
        """Organisations that could exceed the call's maximum, with their units; empty when there is no maximum."""
        most = self.problem.max_awards_per_organisation
        found: dict[str, list[int]] = {}
        for index, unit in enumerate(self.units):
            for organisation in unit.organisations:
                found.setdefault(organisation, []).append(index)
        return {
            name: tuple(units)
            for name, units in found.items()
            if most is not None and sum(self.units[u].organisations[name] for u in units) > most
        }

    def key(self, unit: int, lot: int) -> Key:
        return self.units[unit].pairs[lot].key

    def above(self, unit: int, lot: int) -> list[int]:
        """Units whose score at the lot is at least this one's (ties count unless the tie-break separates them)."""
        key = self.key(unit, lot)
        return [other for other in self.at[lot] if other != unit and self.key(other, lot) <= key]

    def application_key(self, id: str, lot: str) -> Key:
        return -self.applications[id].scores[lot], self.ties[id]


def compile_problem(problem: Problem) -> Instance:
    """Raises InvalidProblem when locks contradict eligibility or each other."""
    ties = _ties(problem)
    closed = _closed(problem)
    sets = {id: names for names in problem.together for id in names}
    blocks = sorted({sets.get(application.id, (application.id,)) for application in problem.applications})
    applications = {application.id: application for application in problem.applications}
    musts = _musts(problem, closed)
    wishes = [_common_wishes(block, applications, closed, musts, problem) for block in blocks]
    classes = _slot_classes(problem, blocks, wishes, applications)
    index = {lot.id: position for position, lot in enumerate(problem.lots)}
    units = tuple(
        _unit(block, tiers, musts, problem, applications, ties, classes, index)
        for block, tiers in zip(blocks, wishes, strict=True)
    )
    unit_of = {id: index for index, unit in enumerate(units) for id in unit.members}
    return Instance(
        problem=problem,
        units=units,
        closed=closed,
        hostile=_hostile(problem, unit_of),
        quotas=tuple(_linear(quota, problem, units, applications) for quota in problem.quotas),
        ties=ties,
    )


def recompile(instance: Instance, problem: Problem, id: str) -> Instance:
    """The instance of `problem`, which differs from the instance's own by an area or a score of one application, alone in
    its unit, at a lot open to it: only that unit and the orders it stands in are made again."""
    if instance.quotas:
        return compile_problem(problem)
    index = instance.unit_of[id]
    unit, application = instance.units[index], problem.application(id)
    pairs = {}
    for lot, pair in unit.pairs.items():
        name = instance.lots[lot].id
        area, score = application.needs[name].least, application.scores[name]
        pairs[lot] = replace(
            pair, key=(-score, instance.ties[id]), points=score * application.weight,
            demand=tuple(area if wanted else 0 for wanted in pair.demand), use=area * len(application.slots),
        )  # fmt: skip
    units = (*instance.units[:index], replace(unit, pairs=pairs), *instance.units[index + 1 :])
    made = replace(instance, problem=problem, units=units)
    kept = {"lot_index": instance.lot_index, "unit_of": instance.unit_of, "by_organisation": instance.by_organisation}
    at = list(instance.at)
    for lot in pairs:
        at[lot] = tuple(sorted(at[lot], key=lambda u: (made.key(u, lot), u)))
    made.__dict__.update(kept, at=tuple(at))
    return made


def _ties(problem: Problem) -> dict[str, int]:
    ids = [application.id for application in problem.applications]
    rule = problem.tie_break
    if rule is None:
        return dict.fromkeys(ids, 0)
    ordered = draw.order(rule.seed or "", ids) if rule.rule == "draw" else list(rule.order)
    return {id: position for position, id in enumerate(ordered)}


def _closed(problem: Problem) -> dict[tuple[str, str], Closed]:
    """Wishes excluded by what the application or the lot is, before any comparison with others."""
    lots = {lot.id: lot for lot in problem.lots}
    never = {(lock.application, lock.lot): lock for lock in problem.locks if lock.kind == "never"}
    found: dict[tuple[str, str], Closed] = {}
    for application in problem.applications:
        for lot in application.lots:
            pair = application.id, lot
            if pair in problem.ineligible:
                found[pair] = Closed("requirement", problem.ineligible[pair])
            elif pair in never:
                found[pair] = Closed("lock", never[pair].motive)
            elif not application.slots <= lots[lot].slots:
                found[pair] = Closed("slots", "")
            elif application.needs[lot].least > lots[lot].area:
                found[pair] = Closed("area", "")
    return found


def _musts(problem: Problem, closed: Mapping[tuple[str, str], Closed]) -> dict[str, str]:
    """Application → lot imposed. A lock may not override a failed requirement: that would be an unlawful award."""
    musts: dict[str, str] = {}
    for lock in problem.locks:
        if lock.kind != "must":
            continue
        if (lock.application, lock.lot) in closed:
            raise InvalidProblem(
                f"Verrou : la candidature {lock.application} ne peut pas occuper le lot {lock.lot} "
                "(exigence, créneaux ou surface), retirez le verrou ou corrigez l’exigence."
            )
        if musts.get(lock.application, lock.lot) != lock.lot:
            raise InvalidProblem(
                f"Verrou : la candidature {lock.application} est imposée sur deux lots, gardez un seul verrou."
            )
        musts[lock.application] = lock.lot
    return musts


def _common_wishes(
    block: tuple[str, ...],
    applications: Mapping[str, Application],
    closed: dict[tuple[str, str], Closed],
    musts: Mapping[str, str],
    problem: Problem,
) -> dict[str, int]:
    """Lots the whole block may get, with the least keen member's rank; writes down why the others are closed."""
    ranks = [{lot: rank for rank, tier in enumerate(applications[id].tiers, start=1) for lot in tier} for id in block]
    imposed = {musts[id] for id in block if id in musts}
    if len(imposed) > 1:
        raise InvalidProblem(
            f"Verrou : {', '.join(block)} doivent être ensemble mais sont imposées sur des lots différents, "
            "retirez un verrou."
        )
    common: dict[str, int] = {}
    for lot in sorted(set().union(*ranks)):
        blockers = [id for id, rank in zip(block, ranks, strict=True) if lot not in rank or (id, lot) in closed]
        held = [id for id in block if musts.get(id, lot) != lot]
        for id in block:
            if blockers and id not in blockers:
                closed[id, lot] = Closed("together", blockers[0])
            elif not blockers and held:
                closed[id, lot] = Closed("lock", _motive(problem, held[0]))
        if not blockers and not held:
            common[lot] = max(rank[lot] for rank in ranks)
    if imposed and not common:
        raise InvalidProblem(
            f"Verrou : {', '.join(block)} ne peuvent pas occuper ensemble le lot {min(imposed)}, retirez le verrou."
        )
    return common


def _motive(problem: Problem, id: str) -> str:
    return next(lock.motive for lock in problem.locks if lock.application == id and lock.kind == "must")


def _slot_classes(
    problem: Problem,
    blocks: list[tuple[str, ...]],
    wishes: list[dict[str, int]],
    applications: Mapping[str, Application],
) -> dict[str, list[int]]:
    """One representative half-day per group of half-days that the same applications want at a lot."""
    wanted: dict[str, list[frozenset[int]]] = {lot.id: [] for lot in problem.lots}
    for block, tiers in zip(blocks, wishes, strict=True):
        for lot in tiers:
            wanted[lot].extend(applications[id].slots for id in block)
    classes: dict[str, list[int]] = {}
    for lot, sets in wanted.items():
        distinct = list(dict.fromkeys(sets))
        first = {tuple(slot in slots for slots in distinct): slot for slot in range(13, -1, -1)}
        classes[lot] = sorted(slot for users, slot in first.items() if any(users))
    return classes


def _unit(
    block: tuple[str, ...],
    tiers: Mapping[str, int],
    musts: Mapping[str, str],
    problem: Problem,
    applications: Mapping[str, Application],
    ties: Mapping[str, int],
    classes: Mapping[str, list[int]],
    index: Mapping[str, int],
) -> Unit:
    members = [applications[id] for id in block]
    pairs: dict[int, Pair] = {}
    for lot, tier in sorted(tiers.items(), key=lambda item: (item[1], item[0])):
        demand = tuple(sum(a.needs[lot].least for a in members if slot in a.slots) for slot in classes[lot])
        if max(demand) > problem.lots[index[lot]].area:
            continue  # members fit one by one but not together; explain says so
        pairs[index[lot]] = Pair(
            tier=tier,
            key=max((-a.scores[lot], ties[a.id]) for a in members),
            points=sum(a.scores[lot] * a.weight for a in members),
            demand=demand,
            use=sum(a.needs[lot].least * len(a.slots) for a in members),
        )
    organisations: dict[str, int] = {}
    for a in members:
        if a.organisation is not None:
            organisations[a.organisation] = organisations.get(a.organisation, 0) + 1
    most = problem.max_awards_per_organisation
    if most is not None and any(count > most for count in organisations.values()):
        pairs = {}
    imposed = {musts[id] for id in block if id in musts}
    if imposed and not pairs:
        raise InvalidProblem(
            f"Verrou : {', '.join(block)} ne tiennent pas ensemble sur le lot {min(imposed)}, retirez le verrou."
        )
    return Unit(block, pairs, organisations, index[min(imposed)] if imposed else None)


def _hostile(problem: Problem, unit_of: Mapping[str, int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for first, second in problem.incompatible:
        one, other = unit_of[first], unit_of[second]
        if one == other:
            raise InvalidProblem(
                f"{first} et {second} sont déclarées incompatibles et à placer ensemble, retirez l’une des deux règles."
            )
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {unit: frozenset(others) for unit, others in found.items()}


def _linear(quota: Quota, problem: Problem, units: tuple[Unit, ...], applications: Mapping[str, Application]) -> Linear:
    """A quota as integer coefficients. Shares are of what is allotted: Σ group ≥ p % · Σ all, both sides × 100."""
    share = quota.kind.endswith("_share")

    def measure(a: Application, lot: Lot) -> int:
        area = a.needs[lot.id].least
        if quota.kind.startswith("award"):
            return 1
        if quota.kind == "minimum_rent":  # hundredths of a cent, so that cents per m² × dm² stays whole
            return a.rents[lot.id] * 100 if lot.id in a.rents else (lot.rent or 0) * area
        return area * len(a.slots)

    def side(percent: int) -> dict[tuple[int, int], int]:
        found = {}
        for u, unit in enumerate(units):
            for j in unit.pairs:
                lot = problem.lots[j]
                if quota.lots is not None and lot.id not in quota.lots:
                    continue
                total = 0
                for a in (applications[id] for id in unit.members):
                    inside = quota.group is None or quota.group in a.groups
                    total += (100 * inside - percent if share else int(inside)) * measure(a, lot)
                if total:
                    found[u, j] = total
        return found

    if share and quota.at_least is not None and quota.at_most is not None and quota.at_least != quota.at_most:
        raise InvalidProblem(
            f"Quota « {quota.name} » : un seuil et un plafond de part se déclarent séparément, faites deux quotas."
        )
    if share:
        low, high = (None if bound is None else 0 for bound in (quota.at_least, quota.at_most))
        return Linear(quota.name, side(quota.at_least if quota.at_least is not None else quota.at_most or 0), low, high)
    scale = {"area": 14, "minimum_rent": 100}.get(quota.kind, 1)
    low, high = (None if bound is None else bound * scale for bound in (quota.at_least, quota.at_most))
    return Linear(quota.name, side(0), low, high)
