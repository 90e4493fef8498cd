"""The problem document of a call, built from frozen data: what the engine is allowed to know, and nothing else.

Everything read here stopped moving before the assignment: the frozen version of the call, the applications as submitted,
the ranking as frozen by staff, the panel's locks. The same rows give the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import queries
from allocation.assignment.eligibility import (
    HALF_DAYS,
    LotFacts,
    Obstacle,
    Period,
    Wanted,
    doubts,
    free_room,
    needed_area,
    obstacles,
)
from allocation.assignment.models import Award, Lock
from allocation.assignment.problem import HALF_DAYS as SLOT_NAMES
from allocation.assignment.thresholds import at_their_least
from allocation.selection.models import RankedScore
from calls import draw
from calls.lot_terms import LotTerms, terms_of
from calls.models import Application, Call, CallLot, CallVersion, LotWish
from intervalle.accounts.models import Organisation
from intervalle.errors import Refused
from premises.models import Lot, Occupancy, Premises

QUOTA_NAME = "seuil quartier"
CENT = Decimal("0.01")
EVERY = frozenset(range(HALF_DAYS))


@dataclass(frozen=True)
class Candidate:
    """A scored, admissible application with its wishes, as the engine sees it."""

    application: Application
    organisation: Organisation
    score: RankedScore
    wishes: tuple[LotWish, ...]


@dataclass(frozen=True)
class Offered:
    """A lot of the call: its row, and what is free of it over the call's days."""

    key: str
    lot: Lot
    premises: Premises
    facts: LotFacts
    slots: frozenset[int]


@dataclass
class Inputs:
    """The document, what its identifiers name, and what is worth saying beside it."""

    document: dict[str, Any]
    version: CallVersion
    lots: dict[str, Offered]
    candidates: dict[str, Candidate]
    obstacles: dict[tuple[str, str], tuple[Obstacle, ...]] = field(default_factory=dict)
    doubts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, dict[str, int]]:
        return {
            "applications": {key: candidate.application.id for key, candidate in self.candidates.items()},
            "lots": {key: offered.lot.id for key, offered in self.lots.items()},
        }


async def gather(db: AsyncSession, call: Call) -> Inputs:
    """Read the call and build its document. Refused when something the engine needs is missing."""
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one_or_none()
    if version is None:
        raise Refused("L’appel n’a pas de version gelée : rien ne peut être attribué.", "Ouvrez d’abord l’appel.")
    period = Period(version.occupation_from, version.occupation_until)
    rows = [(lot, premises) for lot, premises in await db.execute(queries.offered_lots(version.id))]
    taken = list((await db.execute(queries.occupancies_of([lot.id for lot, _ in rows]))).scalars())
    said = (await db.execute(select(CallLot).where(CallLot.version_id == version.id))).scalars()
    held = list((await db.execute(queries.awards_of_sister_batches(call))).scalars())
    lots = _offered(rows, taken, period, {row.lot_id: terms_of(row) for row in said}, held)
    wishes: dict[int, list[LotWish]] = {}
    for wish in (await db.execute(queries.wishes_of(call.id))).scalars():
        wishes.setdefault(wish.application_id, []).append(wish)
    candidates = {
        application.label: Candidate(application, organisation, score, tuple(wishes.get(application.id, ())))
        for application, organisation, admissibility, found in await db.execute(queries.standing_applications(call.id))
        if (score := _unscored(call, application) or found)
        and (call.kind == "direct" or (admissibility and admissibility.admissible))
    }
    if not candidates:
        raise Refused(
            "Aucune candidature n’a de note gelée : il n’y a rien à répartir.",
            "Terminez la sélection et arrêtez le classement.",
        )
    locks = list((await db.execute(queries.locks_in_force(call.id))).scalars())
    return build(version, lots, candidates, locks, period)


def _unscored(call: Call, application: Application) -> RankedScore | None:
    """A direct award compares nobody: its one file enters the engine with no point at all, which nothing prints."""
    if call.kind != "direct":
        return None
    return RankedScore(application_id=application.id, score=Decimal(0), rank=1, detail={})


def build(
    version: CallVersion,
    lots: dict[str, Offered],
    candidates: dict[str, Candidate],
    locks: Iterable[Lock],
    period: Period,
) -> Inputs:
    inputs = Inputs({}, version, lots, candidates)
    names = {offered.lot.id: key for key, offered in lots.items()}
    applications, quotas = [_application(inputs, key, names, period) for key in candidates], _quotas(version)
    if quotas:
        applications = at_their_least(applications)
    inputs.document = {
        "lots": [
            {"id": key, "area": _text(offered.facts.area), "slots": _slot_names(offered.slots)}
            for key, offered in lots.items()
        ],
        "applications": applications,
        "ineligible": [
            {"application": application, "lot": lot, "reason": "+".join(obstacle.code for obstacle in found)}
            for (application, lot), found in inputs.obstacles.items()
        ],
        "locks": _locks(inputs, locks, names),
        "quotas": quotas,
        **_published_rules(version, candidates),
        "tie_break": _tie_break(version, candidates),
    }
    return inputs


def _offered(
    rows: list[tuple[Lot, Premises]],
    taken: list[Occupancy],
    period: Period,
    terms: Mapping[int, LotTerms],
    held: Iterable[Award] = (),
) -> dict[str, Offered]:
    """Lots under the letter people use; two premises with a lot « A » are told apart by the premises' code."""
    letters = Counter(lot.label for lot, _ in rows)
    found = {}
    for lot, premises in rows:
        key = lot.label if letters[lot.label] == 1 else f"{premises.code}-{lot.label}"
        uses = [_use(one) for one in taken if one.lot_id == lot.id and _meets(one, period)]
        uses += [(frozenset(one.slots) or EVERY, one.area) for one in held if one.lot_id == lot.id]
        left, slots = free_room(lot.area, uses)
        # A lot that is wholly taken stays in the document, closed to everyone, so that each wish gets its reason.
        facts = _facts(lot, left or lot.area, terms.get(lot.id, LotTerms()), taken=not left)
        found[key] = Offered(key, lot, premises, facts, slots or EVERY)
    return found


def _meets(occupancy: Occupancy, period: Period) -> bool:
    start, end = occupancy.during.lower or date.min, occupancy.during.upper or date.max
    return start < (period.end or date.max) and (period.start or date.min) < end


def _use(occupancy: Occupancy) -> tuple[frozenset[int], Decimal]:
    slots = {slot for stretch in occupancy.slots for slot in range(stretch.lower or 0, stretch.upper or HALF_DAYS)}
    part = occupancy.part
    return frozenset(slots), ((part.upper or 0) - (part.lower or 0)) * CENT


def _facts(lot: Lot, left: Decimal, terms: LotTerms, *, taken: bool) -> LotFacts:
    return LotFacts(
        area=left, divisible=lot.divisible, min_area=lot.min_area, shareable=lot.shareable, floor=lot.floor,
        water=lot.water, step_free=lot.step_free, erp_types=tuple(lot.erp_types),
        available_from=lot.available.lower, available_until=lot.available.upper, taken=taken,
        offered_min=terms.area_min, offered_max=terms.area_max, uses_out=frozenset(terms.uses_out),
    )  # fmt: skip


def wanted_at(candidate: Candidate, wish: LotWish) -> Wanted:
    application = candidate.application
    return Wanted(
        area_min=wish.area_min, area_max=wish.area_max, erp_type=application.erp_type,
        ground_floor=application.needs_ground_floor, water=application.needs_water,
        step_free=application.needs_step_free, slots=frozenset(application.slots), uses=frozenset(application.uses or ()),
    )  # fmt: skip


def _application(inputs: Inputs, key: str, names: Mapping[int, str], period: Period) -> dict[str, Any]:
    candidate = inputs.candidates[key]
    wished = [(wish, names[wish.lot_id]) for wish in candidate.wishes if wish.lot_id in names]
    tiers: dict[int, list[str]] = {}
    areas: dict[str, Any] = {}
    for wish, lot in wished:
        facts, wanted = inputs.lots[lot].facts, wanted_at(candidate, wish)
        tiers.setdefault(wish.rank or 1, []).append(lot)
        if found := obstacles(wanted, facts, period):
            inputs.obstacles[key, lot] = found
            continue
        if doubtful := doubts(wanted, facts):
            inputs.doubts[key, lot] = doubtful
        least, most = needed_area(wanted, facts)
        areas[lot] = _text(least) if least == most else {"min": _text(least), "max": _text(most)}
    return {
        "id": key,
        "organisation": candidate.organisation.siren or f"organisation-{candidate.organisation.id}",
        "neighbourhood": candidate.application.neighbourhood,
        "wishes": [tiers[rank] for rank in sorted(tiers)],
        "area": areas,
        "scores": {lot: _text(candidate.score.score) for _, lot in wished},
        "slots": _slot_names(_week(inputs, candidate, [lot for _, lot in wished])),
    }


def _week(inputs: Inputs, candidate: Candidate, lots: list[str]) -> frozenset[int]:
    """Half-days the application would hold. A lot that cannot be shared is held all week, so an application that asks for
    one such lot counts for the whole week everywhere: the exchange format has one week per application."""
    asked = frozenset(candidate.application.slots)
    if not asked or not all(inputs.lots[lot].facts.shareable for lot in lots):
        return EVERY
    return asked


def _locks(inputs: Inputs, locks: Iterable[Lock], names: Mapping[int, str]) -> list[dict[str, Any]]:
    labels = {candidate.application.id: key for key, candidate in inputs.candidates.items()}
    return [
        {
            "application": labels[lock.application_id],
            "lot": names[lock.lot_id],
            "kind": lock.kind,
            "motive": lock.motive,
            "author": str(lock.created_by_id),
        }
        for lock in locks
        if lock.application_id in labels and lock.lot_id in names
    ]


def _quotas(version: CallVersion) -> list[dict[str, Any]]:
    if not version.neighbourhood_share:
        return []
    share = version.neighbourhood_share.quantize(CENT, ROUND_HALF_UP)
    return [{"name": QUOTA_NAME, "kind": "area_share", "group": "neighbourhood", "at_least": _text(share)}]


def _published_rules(version: CallVersion, candidates: Mapping[str, Candidate]) -> dict[str, Any]:
    """What the call published besides quotas: awards per organisation at most, uses that do not share a lot."""
    rules: dict[str, Any] = {}
    if version.max_lots:
        rules["max_awards_per_organisation"] = version.max_lots
    apart = [frozenset(pair) for pair in version.incompatible_uses or []]
    uses = {key: frozenset(candidate.application.uses) for key, candidate in candidates.items()}
    keys = sorted(candidates)
    if found := [
        [one, other]
        for n, one in enumerate(keys)
        for other in keys[n + 1 :]
        if any(frozenset({a, b}) in apart for a in uses[one] for b in uses[other])
    ]:
        rules["incompatible"] = found
    return rules


def _tie_break(version: CallVersion, candidates: Mapping[str, Candidate]) -> dict[str, Any]:
    """The order in which equal scores stand: that of the frozen ranking, which already applied the published rule, so that
    no letter quotes a rank the assignment did not follow. What the ranking left equal goes by earliest deposit.

    The seed of a draw is written into the document when drawing with it gives that very order, for anyone to replay.
    """

    def place(key: str) -> tuple[Any, ...]:
        candidate = candidates[key]
        return candidate.score.rank, candidate.application.submitted_at, candidate.application.number

    ranked = sorted(candidates, key=place)
    seed = version.draw_seed
    if version.tie_break == "draw" and seed:
        drawn = draw.order(seed, candidates)
        if ranked == sorted(candidates, key=lambda key: (-candidates[key].score.score, drawn.index(key))):
            return {"rule": "draw", "seed": seed, "commitment": draw.commit(seed)}
    return {"rule": "order", "order": ranked}


def _slot_names(slots: frozenset[int]) -> list[str] | None:
    return None if len(slots) == HALF_DAYS else [SLOT_NAMES[slot] for slot in sorted(slots)]


def _text(value: Decimal) -> str:
    """Shortest decimal text: 70.00 → "70"."""
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")
