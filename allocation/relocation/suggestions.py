"""« Locaux qui conviendraient »: read the lots on the market and match them with the occupant's need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from allocation.relocation import queries
from allocation.relocation.matching import Candidate, Match, Wanted, in_reading_order, match
from allocation.relocation.models import RelocationPath
from calls.need_models import Need
from intervalle.parameters import whole
from premises.facts import Erp
from premises.models import Lot, Occupancy, Premises
from premises.queries import occupancies_in
from premises.timeline import FROM_KIND, Span, free_from

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Suggestion:
    lot: Lot
    premises: Premises
    wanted: Wanted
    candidate: Candidate
    match: Match


def wanted_of(path: RelocationPath, need: Need) -> Wanted:
    return Wanted(
        area_min=need.area_min, area_max=need.area_max, erps=[Erp(code) for code in need.erp_types if code in list(Erp)],
        budget_cents_month=need.budget_cents_month, must_stay_in_qpv=need.must_stay_in_qpv, exit_on=path.exit_on,
    )  # fmt: skip


def candidate_of(
    lot: Lot, premises: Premises, occupancies: Sequence[Occupancy], exit_on: date, distance_m: int | None
) -> Candidate:
    known = lot.charges_cents_m2_year is not None or lot.rent_cents_m2_year is not None
    yearly = Decimal((lot.charges_cents_m2_year or 0) + (lot.rent_cents_m2_year or 0))
    return Candidate(
        area=lot.area, min_area=lot.min_area, divisible=lot.divisible, monthly_cents_m2=yearly / 12 if known else None,
        erps=[Erp(code) for code in lot.erp_types if code in list(Erp)],
        in_qpv=None if premises.qpv_code is None else premises.qpv_code != "",
        available_on=_free_on(lot, occupancies, exit_on), distance_m=distance_m,
    )  # fmt: skip


def _free_on(lot: Lot, occupancies: Sequence[Occupancy], exit_on: date) -> date | None:
    """First day from the exit on when nothing stands in the lot and it can still be used.

    A lot shared by area or half-days is read as if each use took all of it: the first free day is a safe one.
    """
    spans = [Span(FROM_KIND[o.kind], o.during.lower, o.during.upper) for o in occupancies if o.during.lower]
    day = free_from(max(exit_on, lot.available.lower or exit_on), spans)
    if day is None or (lot.available.upper is not None and day >= lot.available.upper):
        return None
    return day


async def suggest(db: AsyncSession, path: RelocationPath, need: Need, here: Premises, lot_id: int) -> list[Suggestion]:
    """A dozen lots that fit or nearly fit, near enough to be one's next place; two queries whatever the market's size."""
    within = whole("relocation.distance_max_m", path.exit_on)
    rows = (await db.execute(queries.nearby(here, lot_id, path.exit_on, within=within))).all()
    taken = (await db.execute(occupancies_in([row[0].id for row in rows]))).scalars().all()
    lots = {row[0].id: (row[0], row[1]) for row in rows}
    wanted = wanted_of(path, need)
    found = []
    for lot, premises, distance in rows:
        theirs = [o for o in taken if o.lot_id == lot.id]
        candidate = candidate_of(lot, premises, theirs, path.exit_on, None if distance is None else round(distance))
        found.append((lot.id, candidate, match(wanted, candidate)))
    return [
        Suggestion(*lots[number], wanted, candidate, met) for number, candidate, met in in_reading_order(found)[:SHOWN]
    ]


async def look_at(
    db: AsyncSession, path: RelocationPath, need: Need, here: Premises, own_lot_id: int, lot_id: int
) -> Suggestion | None:
    """One lot of the market, matched the same way; None when it is not there to be offered."""
    row = (await db.execute(queries.nearby(here, own_lot_id, path.exit_on).where(Lot.id == lot_id))).one_or_none()
    if row is None:
        return None
    lot, premises, distance = row
    taken = (await db.execute(occupancies_in([lot.id]))).scalars().all()
    candidate = candidate_of(lot, premises, taken, path.exit_on, None if distance is None else round(distance))
    wanted = wanted_of(path, need)
    return Suggestion(lot, premises, wanted, candidate, match(wanted, candidate))
