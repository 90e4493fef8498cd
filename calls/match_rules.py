"""The rules of `matching.py` in SQL: one condition per obstacle, on a need and a lot. A test holds both equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, array
from sqlalchemy.ext.asyncio import AsyncSession

from calls.matching import HORIZON, OBSTACLES, WEEK, Busy, Offered, free_times
from calls.need_models import ERP_BITS, Need
from intervalle import clock
from premises.models import PART_UNIT, Lot, Occupancy, Premises
from premises.queries import shown_point


@dataclass(frozen=True)
class Side:
    """The facts of a lot the rules read: columns, or the values of one lot, which PostgreSQL then works out once."""

    area: Any
    min_area: Any
    divisible: Any
    shareable: Any
    floor: Any
    step_free: Any
    charges: Any
    rent: Any
    available_from: Any
    available_until: Any
    qpv: Any
    place: ColumnElement[bool]
    erp: ColumnElement[bool]
    busy: ColumnElement[bool]

    def least(self) -> ColumnElement[Any]:
        return case((self.divisible, func.coalesce(self.min_area, 0)), else_=self.area)

    def taken(self) -> ColumnElement[Any]:
        part = func.least(func.greatest(Need.area_min, self.least()), self.area)
        return case((self.divisible, part), else_=self.area)


def _value(given: Any, kind: Any) -> Any:
    # Written into the statement: a plan made for any value would compare each need with each fact again.
    return cast(literal(given, kind, literal_execute=True), kind) if given is not None else cast(null(), kind)


KINDS: dict[str, Any] = {
    "area": Numeric(), "min_area": Numeric(), "divisible": Boolean(), "shareable": Boolean(), "floor": SmallInteger(),
    "step_free": Boolean(), "charges": BigInteger(), "rent": BigInteger(), "available_from": Date(), "available_until": Date(),
    "qpv": Text(), "commune": Text(), "refused": Integer(),
}  # fmt: skip


def _named(name: str) -> Any:
    """The place of a fact in a statement that is made once and asked of any lot (`values_of`)."""
    return cast(bindparam(name, type_=KINDS[name], literal_execute=True), KINDS[name])


def side_of(busy: ColumnElement[bool]) -> Side:
    """One lot, by the names of its facts; its place is known to be right (`needs_of_place` looks only there)."""
    facts = {name: _named(name) for name in KINDS if name not in ("commune", "refused")}
    erp = Need.erp_mask.op("&")(_named("refused")) != 0
    return Side(place=false(), erp=erp, busy=busy, **facts)


def values_of(lot: Lot, premises: Premises) -> dict[str, Any]:
    return {
        "area": lot.area, "min_area": lot.min_area, "divisible": lot.divisible, "shareable": lot.shareable, "floor": lot.floor,
        "step_free": lot.step_free, "charges": lot.charges_cents_m2_year, "rent": lot.rent_cents_m2_year,
        "available_from": lot.available.lower, "available_until": lot.available.upper, "qpv": premises.qpv_code,
        "commune": premises.commune_code, "refused": sum(bit for code, bit in ERP_BITS.items() if code not in lot.erp_types),
    }  # fmt: skip


def never(lot: Lot, premises: Premises, busy: Sequence[Busy]) -> frozenset[str]:
    """Obstacles this lot cannot put before any need: not worth asking of each."""
    holds = {
        "place": True,  # `needs_of_place` looks only where it holds
        "qpv": bool(premises.qpv_code), "ground_floor": lot.floor == 0, "step_free": lot.step_free is True, "busy": not busy,
        "budget": lot.charges_cents_m2_year is None and lot.rent_cents_m2_year is None,
        "dates": lot.available.lower is None and lot.available.upper is None,
    }  # fmt: skip
    return frozenset(code for code, known in holds.items() if known)


def first_day() -> ColumnElement[Any]:
    return func.greatest(Need.wanted_from, _value(clock.today(), Date()))


def last_day() -> ColumnElement[Any]:
    return func.coalesce(Need.wanted_until, first_day() + HORIZON.days)


def busy_then(lot: Lot, busy: Sequence[Busy]) -> ColumnElement[bool]:
    """No stretch of free half-days of this lot answers the need. A lot without a use has one, without end."""
    if not busy:
        return false()
    available = (lot.available.lower, lot.available.upper)
    free = free_times(Offered(area=lot.area, shareable=lot.shareable, busy=busy))
    shared = and_(first_day() < last_day(), *_overlap(*available))
    return and_(shared, ~or_(false(), *(_answers(stretch, *available) for stretch in free)))


def _overlap(start: date | None, end: date | None) -> list[ColumnElement[bool]]:
    after = [last_day() > _value(start, Date())] if start else []
    return [*after, *([first_day() < _value(end, Date())] if end else [])]


def _answers(stretch: Busy, available_from: date | None, available_until: date | None) -> ColumnElement[bool]:
    starts = [day for day in (stretch.start, available_from) if day]
    ends = [day for day in (stretch.end, available_until) if day]
    start, end = max(starts, default=None), min(ends, default=None)
    if start and end and start >= end:
        return false()
    halves = _value(sorted(stretch.slots), ARRAY(SmallInteger))
    enough = true() if stretch.slots == WEEK else and_(func.cardinality(Need.slots) > 0, Need.slots.contained_by(halves))  # fmt: skip
    return and_(enough, *_overlap(start, end))


def _named_elsewhere() -> ColumnElement[bool]:
    """On the point shown to all: a drawn sector must not find out where a masked place stands."""
    here = [
        Premises.commune_code == Need.commune_codes.any_(),
        Premises.qpv_code == Need.qpv_codes.any_(),
        func.ST_Contains(Need.sector, shown_point()),
    ]
    return and_(~Need.anywhere, ~or_(*(func.coalesce(one, false()) for one in here)))


def _busy_each() -> ColumnElement[bool]:
    """Uses of the lot cover every day the two share. One that takes a part of a divisible lot leaves the rest."""
    start = func.greatest(first_day(), func.lower(Lot.available))
    end = func.least(last_day(), func.upper(Lot.available))
    whole = func.int4range(0, cast(Lot.area / PART_UNIT, Integer))
    half = func.unnest(Need.slots).column_valued("half")
    wanted = exists(select(half).where(Occupancy.slots.op("@>")(cast(half, Integer))).correlate(Need, Occupancy))
    taken = (
        select(func.range_agg(Occupancy.during))
        .where(
            Occupancy.lot_id == Lot.id, or_(~Lot.divisible, Occupancy.part.op("@>")(whole)),
            or_(~Lot.shareable, func.cardinality(Need.slots) == 0, wanted),
        )
        .correlate(Need, Lot)
        .scalar_subquery()
    )  # fmt: skip
    covers = func.coalesce(taken, cast("{}", DATEMULTIRANGE())).op("@>", is_comparison=True)(func.daterange(start, end))
    return case((start < end, covers), else_=false())


def each() -> Side:
    return Side(
        area=Lot.area, min_area=Lot.min_area, divisible=Lot.divisible, shareable=Lot.shareable, floor=Lot.floor,
        step_free=Lot.step_free, charges=Lot.charges_cents_m2_year, rent=Lot.rent_cents_m2_year,
        available_from=func.lower(Lot.available), available_until=func.upper(Lot.available), qpv=Premises.qpv_code,
        place=_named_elsewhere(), erp=~Need.erp_types.contained_by(Lot.erp_types), busy=_busy_each(),
    )  # fmt: skip


def obstacle_flags(lot: Side | None = None) -> dict[str, ColumnElement[bool]]:
    """One condition per obstacle, on Need × Lot × Premises; NULL is no."""
    lot = lot or each()
    in_turns = and_(lot.shareable, or_(Need.sharing, func.cardinality(Need.slots) > 0))
    # A year's cost against twelve months' budget: no division, so no rounding; in whole cents, which compare faster.
    cost = cast(func.ceil((func.coalesce(lot.charges, 0) + func.coalesce(lot.rent, 0)) * lot.taken()), BigInteger)
    priced = or_(lot.charges.is_not(None), lot.rent.is_not(None))
    flags = {
        "place": lot.place,
        "qpv": and_(Need.must_stay_in_qpv, func.coalesce(lot.qpv, "") == ""),
        "small": lot.area < Need.area_min,
        "large": and_(lot.least() > Need.area_max, ~in_turns),
        "ground_floor": and_(Need.ground_floor, lot.floor.is_distinct_from(0)),
        "step_free": and_(Need.step_free, lot.step_free.is_not(True)),
        "erp": lot.erp,
        "budget": and_(priced, cost > Need.budget_cents_month * 12, ~in_turns),
        "dates": or_(lot.available_until <= Need.wanted_from, lot.available_from >= Need.wanted_until),
        "busy": lot.busy,
    }  # fmt: skip
    return {code: flags[code] for code in OBSTACLES}


def fits() -> ColumnElement[bool]:
    return ~or_(*(func.coalesce(flag, false()) for flag in obstacle_flags().values()))


def needs_of_place(*, commune: bool, qpv: bool, drawn: Sequence[int] = ()) -> ColumnElement[bool]:
    """Needs that could be at a place; each way to name it is answered by an index of its own. `drawn`: those whose
    sector holds it, asked for first (`drawn_round`), since geometry would be worked out again on every row."""
    ways: list[Any] = [Need.anywhere]
    if commune:
        ways.append(Need.commune_codes.contains(array([_named("commune")])))
    if qpv:
        ways.append(Need.qpv_codes.contains(array([_named("qpv")])))
    if drawn:
        ways.append(Need.id == _value(list(drawn), ARRAY(BigInteger)).any_())
    return or_(*ways)


async def drawn_round(db: AsyncSession, premises: Iterable[Premises]) -> dict[int, list[int]]:
    """Open needs whose sector holds the shown point of these premises, by premises. One query, none without a point."""
    placed = [one.id for one in premises if one.point is not None]
    if not placed:
        return {}
    points = select(Premises.id, shown_point().label("point")).where(Premises.id.in_(placed)).subquery()
    rows = await db.execute(
        select(points.c.id, Need.id)
        .join(Need, func.ST_Contains(Need.sector, points.c.point))
        .where(Need.closed_at.is_(None))
        .order_by(Need.id)
    )
    found: dict[int, list[int]] = {}
    for premises_id, need_id in rows:
        found.setdefault(premises_id, []).append(need_id)
    return found


async def busy_times(db: AsyncSession, lots: Iterable[Lot]) -> dict[int, list[Busy]]:
    """The uses of these lots that leave nothing of them, by lot. One query."""
    by_id = {lot.id: lot for lot in lots}
    use = Occupancy
    rows = await db.execute(
        select(use.lot_id, use.during, use.slots, use.part).where(use.lot_id.in_(list(by_id))).order_by(use.id)
    )
    found: dict[int, list[Busy]] = {}
    for lot_id, during, slots, part in rows:
        lot = by_id[lot_id]
        if lot.divisible and (part.lower or 0, part.upper or 0) != (0, int(lot.area / PART_UNIT)):
            continue
        halves = frozenset(half for half in WEEK if any(half in stretch for stretch in slots))
        found.setdefault(lot_id, []).append(Busy(during.lower, during.upper, halves))
    return found
