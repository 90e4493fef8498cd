"""The rules of `matching.py` in SQL, and what is asked of them: needs of a lot, lots of a need, the demand of a place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Date,
    Numeric,
    Select,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import array

from calls.matching import OBSTACLES
from calls.need_models import Need, NeedMatch
from premises.models import Lot, Premises

SMALL = 3  # below, a count could point at somebody: it is not shown
ANYWHERE = cast(array([]), ARRAY(Text))  # a need that names no commune
BANDS = (0, 30, 60, 100, 200, 500)  # m²


@dataclass(frozen=True)
class Side:
    """The facts of a lot the rules read: columns, or the values of one lot, which PostgreSQL then works out once."""

    area: Any
    min_area: Any
    divisible: Any
    shareable: Any
    floor: Any
    step_free: Any
    erp_types: Any
    charges: Any
    rent: Any
    available_from: Any
    available_until: Any
    commune: Any
    qpv: Any

    @staticmethod
    def of(lot: Lot, premises: Premises) -> "Side":
        # Written into the statement: a plan made for any value would compare each need with each fact again.
        def value(given: Any, kind: Any) -> Any:
            return cast(literal(given, kind, literal_execute=True), kind) if given is not None else cast(null(), kind)

        return Side(
            area=value(lot.area, Numeric()), min_area=value(lot.min_area, Numeric()), divisible=value(lot.divisible, Boolean()),
            shareable=value(lot.shareable, Boolean()), floor=value(lot.floor, SmallInteger()), step_free=value(lot.step_free, Boolean()),
            erp_types=value(list(lot.erp_types), ARRAY(Text)), charges=value(lot.charges_cents_m2_year, BigInteger()),
            rent=value(lot.rent_cents_m2_year, BigInteger()), available_from=value(lot.available.lower, Date()),
            available_until=value(lot.available.upper, Date()), commune=value(premises.commune_code, Text()),
            qpv=value(premises.qpv_code, Text()),
        )  # fmt: skip

    def least(self) -> ColumnElement[Any]:
        return case((self.divisible, func.coalesce(self.min_area, 0)), else_=self.area)

    def taken(self) -> ColumnElement[Any]:
        part = func.least(func.greatest(Need.area_min, self.least()), self.area)
        return case((self.divisible, part), else_=self.area)


EACH = Side(
    area=Lot.area,
    min_area=Lot.min_area,
    divisible=Lot.divisible,
    shareable=Lot.shareable,
    floor=Lot.floor,
    step_free=Lot.step_free,
    erp_types=Lot.erp_types,
    charges=Lot.charges_cents_m2_year,
    rent=Lot.rent_cents_m2_year,
    available_from=func.lower(Lot.available),
    available_until=func.upper(Lot.available),
    commune=Premises.commune_code,
    qpv=Premises.qpv_code,
)


def obstacle_flags(lot: Side = EACH) -> dict[str, ColumnElement[bool]]:
    """One condition per obstacle, on Need × Lot × Premises; NULL is no. A test holds them equal to the pure rules."""
    shared = and_(Need.sharing, lot.shareable)
    # A year's cost against twelve months' budget: no division, so no rounding.
    cost = (func.coalesce(lot.charges, 0) + func.coalesce(lot.rent, 0)) * lot.taken()
    priced = or_(lot.charges.is_not(None), lot.rent.is_not(None))
    flags = {
        "place": and_(Need.commune_codes != ANYWHERE, ~func.coalesce(lot.commune == Need.commune_codes.any_(), false())),
        "qpv": and_(Need.must_stay_in_qpv, func.coalesce(lot.qpv, "") == ""),
        "small": lot.area < Need.area_min,
        "large": and_(~shared, lot.least() > Need.area_max),
        "ground_floor": and_(Need.ground_floor, lot.floor.is_distinct_from(0)),
        "step_free": and_(Need.step_free, lot.step_free.is_not(True)),
        "erp": ~Need.erp_types.contained_by(lot.erp_types),
        "budget": and_(~shared, Need.budget_cents_month.is_not(None), priced, cost > Need.budget_cents_month * 12),
        "dates": or_(lot.available_until <= Need.wanted_from, lot.available_from >= Need.wanted_until),
    }  # fmt: skip
    return {code: flags[code] for code in OBSTACLES}


def fits() -> ColumnElement[bool]:
    return ~or_(*(func.coalesce(flag, false()) for flag in obstacle_flags().values()))


def _count(flags: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    counts = [case((flag, 1), else_=0) for flag in flags]
    return sum(counts[1:], start=counts[0])


def demand_for(places: Sequence[tuple[Lot, Premises]]) -> CompoundSelect[Any]:
    """Needs that could be in each lot (same commune, or anywhere), by what stops them: (lot, obstacles as bits of
    OBSTACLES, needs, least m²). One pass per lot over the needs of its place; `Meeting.of` reads the answer."""
    return union_all(*(_demand_for(lot, premises) for lot, premises in places))


def _demand_for(lot: Lot, premises: Premises) -> Select[*tuple[Any, ...]]:
    side = Side.of(lot, premises)
    here = or_(Need.commune_codes == ANYWHERE, Need.commune_codes.contains(array([side.commune])))
    # « place » holds for each of them already.
    flags = [(flag, 1 << place) for place, (code, flag) in enumerate(obstacle_flags(side).items()) if code != "place"]
    bits = [case((flag, bit), else_=0) for flag, bit in flags]
    told = sum(bits[1:], start=bits[0]).label("bits")
    return (
        select(literal(lot.id).label("lot_id"), told, func.count().label("needs"), func.sum(Need.area_min).label("area"))
        .where(Need.closed_at.is_(None), here)
        .group_by(told)
    )  # fmt: skip


@dataclass
class Meeting:
    """What a lot meets: needs looked at, those that fit and their m², those that one obstacle alone keeps away."""

    looked_at: int = 0
    fitting: int = 0
    area: Decimal = Decimal()
    several: int = 0
    only: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Any]) -> "dict[int, Meeting]":
        found: dict[int, Meeting] = {}
        for lot_id, bits, count, area in rows:
            meeting = found.setdefault(lot_id, Meeting())
            stops = [code for place, code in enumerate(OBSTACLES) if bits >> place & 1]
            meeting.looked_at += count
            if not stops:
                meeting.fitting, meeting.area = count, area
            elif len(stops) == 1:
                meeting.only[stops[0]] = count
            else:
                meeting.several += count
        return found


def lots_for(need: Need, *, at_most: int = 1) -> Select[*tuple[Any, ...]]:
    """Published lots with no more than `at_most` obstacles for this need, the best first; the flags beside each."""
    flags = obstacle_flags()
    number = _count(list(flags.values()))
    return (
        select(
            Lot,
            Premises,
            number.label("obstacles"),
            *[func.coalesce(flag, false()).label(f"is_{code}") for code, flag in flags.items()],
        )
        .select_from(Need)
        .join(Lot, literal(True))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            Need.id == need.id, Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None), number <= at_most
        )
        .order_by(number, func.abs(Lot.area - Need.area_max), Lot.id)
    )


def new_matches() -> Select[int, int]:
    """(need, lot) pairs that fit and are not written down yet, both still current."""
    known = select(NeedMatch.id).where(NeedMatch.need_id == Need.id, NeedMatch.lot_id == Lot.id).exists()
    return (
        select(Need.id, Lot.id)
        .select_from(Need)
        .join(Lot, literal(True))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(
            Need.closed_at.is_(None), Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None), fits(), ~known
        )
    )  # fmt: skip


def band() -> ColumnElement[int]:
    """The lower bound of the band of area a need falls in, by what suffices it."""
    return case(*[(Need.area_min >= low, literal(low)) for low in reversed(BANDS)], else_=literal(0))


def demand(communes: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Open needs by use and band of area: how many structures, how many m². A need with two uses counts in both."""
    counted = (
        select(func.unnest(Need.uses).label("use"), band().label("band"), Need.organisation_id, Need.area_min)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .subquery()
    )
    return (
        select(
            counted.c.use, counted.c.band, func.count(counted.c.organisation_id.distinct()).label("structures"),
            func.sum(counted.c.area_min).label("area"),
        )
        .group_by(counted.c.use, counted.c.band)
        .order_by(counted.c.use, counted.c.band)
    )  # fmt: skip


def demand_by_commune(communes: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """Open needs by commune asked for (None: none in particular): structures and m², the most asked for first."""
    asked = func.unnest(
        case((Need.commune_codes == ANYWHERE, cast(array([null()]), ARRAY(Text))), else_=Need.commune_codes)
    )
    counted = (
        select(asked.label("commune"), Need.organisation_id, Need.area_min)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .subquery()
    )
    wanted = counted.c.commune
    area = func.sum(counted.c.area_min)
    named = literal(True) if not communes else or_(wanted.is_(None), wanted.in_(list(communes)))
    return (
        select(wanted.label("commune"), func.count(counted.c.organisation_id.distinct()).label("structures"), area.label("area"))
        .where(named)
        .group_by(wanted)
        .order_by(area.desc(), wanted)
        .limit(200)
    )  # fmt: skip


def in_communes(communes: Sequence[str]) -> ColumnElement[bool]:
    """Needs that name one of these communes, or none at all; every need when none is asked."""
    if not communes:
        return literal(True)
    return or_(Need.commune_codes == ANYWHERE, Need.commune_codes.overlap(list(communes)))


def open_needs(communes: Sequence[str]) -> Select[Need]:
    return (
        select(Need)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .order_by(Need.created_at.desc(), Need.id.desc())
    )
