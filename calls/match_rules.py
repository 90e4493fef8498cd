"""The rules of `matching.py` in SQL: one condition per obstacle, on a need and a lot. A test holds both equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Integer,
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
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calls.matching import HORIZON, OBSTACLES, WEEK, Busy, Offered, free_times
from calls.need_models import ERP_BITS, Need, NeedPlace
from intervalle import clock
from premises.models import PART_UNIT, Lot, Occupancy, Premises
from premises.queries import shown_point


@dataclass(frozen=True)
class Asked:
    """The facts of a need the rules read: its own columns (areas in m²), or those kept beside a place it names."""

    area_min: Any  # hundredths of m²
    area_max: Any
    qpv: Any
    ground_floor: Any
    step_free: Any
    in_turns: ColumnElement[bool]
    budget: Any
    wanted_from: Any
    wanted_until: Any

    def first_day(self) -> ColumnElement[Any]:
        return func.greatest(self.wanted_from, _value(clock.today(), Date()))

    def last_day(self) -> ColumnElement[Any]:
        return func.coalesce(self.wanted_until, self.first_day() + HORIZON.days)


def written() -> Asked:
    return Asked(
        area_min=Need.area_min * 100, area_max=Need.area_max * 100, qpv=Need.must_stay_in_qpv, ground_floor=Need.ground_floor,
        step_free=Need.step_free, in_turns=or_(Need.sharing, func.cardinality(Need.slots) > 0), budget=Need.budget_cents_month,
        wanted_from=Need.wanted_from, wanted_until=Need.wanted_until,
    )  # fmt: skip


def kept() -> Asked:
    """Whole numbers in a narrow row: thirty thousand of them take half the time of as many needs."""
    asks = [NeedPlace.asks.op("&")(literal(1 << bit, BigInteger, literal_execute=True)) != 0 for bit in (1, 4, 5, 9)]
    return Asked(
        area_min=NeedPlace.area_min, area_max=NeedPlace.area_max, qpv=asks[0], ground_floor=asks[1], step_free=asks[2],
        in_turns=asks[3], budget=NeedPlace.budget_cents_month, wanted_from=NeedPlace.wanted_from,
        wanted_until=NeedPlace.wanted_until,
    )  # fmt: skip


@dataclass(frozen=True)
class Side:
    """The facts of a lot the rules read: columns, or the values of one lot, which PostgreSQL then works out once."""

    area: Any  # hundredths of m²
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
    today: Any
    place: ColumnElement[bool]
    erp: ColumnElement[bool]
    busy: ColumnElement[bool]

    def least(self) -> ColumnElement[Any]:
        return case((self.divisible, func.coalesce(self.min_area, 0)), else_=self.area)

    def taken(self, need: Asked) -> ColumnElement[Any]:
        part = func.least(func.greatest(need.area_min, self.least()), self.area)
        return case((self.divisible, part), else_=self.area)


ERP_FROM = 10  # the first bit of `asks` that stands for a type of public


def _value(given: Any, kind: Any) -> Any:
    # Written into the statement: a plan made for any value would compare each need with each fact again.
    return cast(literal(given, kind, literal_execute=True), kind) if given is not None else cast(null(), kind)


KINDS: dict[str, Any] = {
    "area": BigInteger(), "min_area": BigInteger(), "divisible": Boolean(), "shareable": Boolean(), "floor": SmallInteger(),
    "step_free": Boolean(), "charges": BigInteger(), "rent": BigInteger(), "available_from": Date(), "available_until": Date(),
    "qpv": Text(), "town": Text(), "quarter": Text(), "refused": BigInteger(),
    "today": Date(),
}  # fmt: skip


def _named(name: str) -> Any:
    """The place of a fact in a statement that is made once and asked of any lot (`values_of`)."""
    return cast(bindparam(name, type_=KINDS[name], literal_execute=True), KINDS[name])


def side_of(busy: ColumnElement[bool]) -> Side:
    """One lot, by the names of its facts; its place is known to be right (`needs_of_place` looks only there)."""
    facts = {name: _named(name) for name in KINDS if name not in ("town", "quarter", "refused")}
    erp = NeedPlace.asks.op("&")(_named("refused")) != 0
    return Side(place=false(), erp=erp, busy=busy, **facts)


def values_of(lot: Lot, premises: Premises) -> dict[str, Any]:
    refused = sum(bit for code, bit in ERP_BITS.items() if code not in lot.erp_types)
    return {
        "area": _hundredths(lot.area), "min_area": _hundredths(lot.min_area), "divisible": lot.divisible, "shareable": lot.shareable, "floor": lot.floor,
        "step_free": lot.step_free, "charges": lot.charges_cents_m2_year, "rent": lot.rent_cents_m2_year,
        "available_from": lot.available.lower, "available_until": lot.available.upper, "qpv": premises.qpv_code,
        "town": f"c{premises.commune_code}", "quarter": f"q{premises.qpv_code}", "refused": refused << ERP_FROM, "today": clock.today(),
    }  # fmt: skip


def _hundredths(area: Decimal | None) -> int | None:
    return None if area is None else int(area / PART_UNIT)


def never(lot: Lot, premises: Premises, busy: Sequence[Busy]) -> frozenset[str]:
    """Obstacles this lot cannot put before any need: not worth asking of each."""
    holds = {
        "place": True,  # `needs_of_place` looks only where it holds
        "qpv": bool(premises.qpv_code), "ground_floor": lot.floor == 0, "step_free": lot.step_free is True, "busy": not busy,
        "budget": lot.charges_cents_m2_year is None and lot.rent_cents_m2_year is None,
    }  # fmt: skip
    return frozenset(code for code, known in holds.items() if known)


def busy_then(lot: Lot, busy: Sequence[Busy]) -> ColumnElement[bool]:
    """No stretch of free half-days of this lot answers the need. A lot without a use has one, without end."""
    if not busy:
        return false()
    need, available = kept(), (lot.available.lower, lot.available.upper)
    free = free_times(Offered(area=lot.area, shareable=lot.shareable, busy=busy))
    shared = and_(need.first_day() < need.last_day(), *_overlap(need, *available))
    return and_(shared, ~or_(false(), *(_answers(need, stretch, *available) for stretch in free)))


def _overlap(need: Asked, start: date | None, end: date | None) -> list[ColumnElement[bool]]:
    after = [need.last_day() > _value(start, Date())] if start else []
    return [*after, *([need.first_day() < _value(end, Date())] if end else [])]


def _answers(
    need: Asked, stretch: Busy, available_from: date | None, available_until: date | None
) -> ColumnElement[bool]:
    starts = [day for day in (stretch.start, available_from) if day]
    ends = [day for day in (stretch.end, available_until) if day]
    start, end = max(starts, default=None), min(ends, default=None)
    if start and end and start >= end:
        return false()
    shut = _value(sum(1 << half for half in WEEK - stretch.slots), Integer())
    enough = true() if stretch.slots == WEEK else and_(NeedPlace.halves != 0, NeedPlace.halves.op("&")(shut) == 0)
    return and_(enough, *_overlap(need, start, end))


def _named_elsewhere() -> ColumnElement[bool]:
    """On the point shown to all: a drawn sector must not find out where a masked place stands."""
    here = [
        Premises.commune_code == Need.commune_codes.any_(),
        Premises.qpv_code == Need.qpv_codes.any_(),
        func.ST_Contains(Need.sector, shown_point()),
    ]
    return and_(~Need.anywhere, ~or_(*(func.coalesce(one, false()) for one in here)))


def busy_each() -> ColumnElement[bool]:
    """Uses of the lot cover every day the two share. One that takes a part of a divisible lot leaves the rest."""
    need = written()
    start = func.greatest(need.first_day(), func.lower(Lot.available))
    end = func.least(need.last_day(), func.upper(Lot.available))
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
        area=Lot.area * 100, min_area=Lot.min_area * 100, divisible=Lot.divisible, shareable=Lot.shareable, floor=Lot.floor,
        step_free=Lot.step_free, charges=Lot.charges_cents_m2_year, rent=Lot.rent_cents_m2_year,
        available_from=func.lower(Lot.available), available_until=func.upper(Lot.available), qpv=Premises.qpv_code,
        today=_value(clock.today(), Date()), place=_named_elsewhere(), erp=~Need.erp_types.contained_by(Lot.erp_types), busy=busy_each(),
    )  # fmt: skip


def obstacle_flags(lot: Side | None = None, need: Asked | None = None) -> dict[str, ColumnElement[bool]]:
    """One condition per obstacle, on Need × Lot × Premises (or what stands for them); NULL is no."""
    lot, need = lot or each(), need or written()
    shared = and_(lot.shareable, need.in_turns)
    # A year's cost against twelve months' budget, for hundredths of m²: no division, so no rounding.
    cost = (func.coalesce(lot.charges, 0) + func.coalesce(lot.rent, 0)) * lot.taken(need)
    priced = or_(lot.charges.is_not(None), lot.rent.is_not(None))
    start = func.greatest(need.wanted_from, lot.available_from, lot.today)
    flags = {
        "place": lot.place,
        "qpv": and_(need.qpv, func.coalesce(lot.qpv, "") == ""),
        "small": lot.area < need.area_min,
        "large": and_(lot.least() > need.area_max, ~shared),
        "ground_floor": and_(need.ground_floor, lot.floor.is_distinct_from(0)),
        "step_free": and_(need.step_free, lot.step_free.is_not(True)),
        "erp": lot.erp,
        "budget": and_(priced, cost > need.budget * 1200, ~shared),
        "dates": func.least(need.wanted_until, lot.available_until) <= start,
        "busy": lot.busy,
    }  # fmt: skip
    return {code: flags[code] for code in OBSTACLES}


def fits() -> ColumnElement[bool]:
    return ~or_(*(func.coalesce(flag, false()) for flag in obstacle_flags().values()))


def needs_of_place(*, commune: bool, qpv: bool, drawn: Sequence[int] = ()) -> ColumnElement[bool]:
    """Rows of `need_places` for a place, each need once: anywhere, or its commune, or else its neighbourhood, or else a
    sector that holds it (`drawn`, asked for first, since geometry would be worked out again on every row)."""
    town = [_named("town")] if commune else []
    quarter = [_named("quarter")] if qpv else []
    ways: list[ColumnElement[bool]] = [NeedPlace.place.in_(["", *town])]
    if quarter:
        ways.append(and_(NeedPlace.place == quarter[0], ~_also_under(town)))
    if drawn:
        among = NeedPlace.need_id == _value(list(drawn), ARRAY(BigInteger)).any_()
        ways.append(and_(NeedPlace.place == "s", among, ~_also_under([*town, *quarter])))
    return or_(*ways)


def _also_under(places: Sequence[ColumnElement[str]]) -> ColumnElement[bool]:
    other = aliased(NeedPlace)
    return select(other.need_id).where(other.need_id == NeedPlace.need_id, other.place.in_(places)).exists() if places else false()  # fmt: skip


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
