"""The rules of `matching.py` in SQL, and what is asked of them: needs of a lot, lots of a need, the demand of a place."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, and_, case, cast, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import array

from calls.matching import OBSTACLES
from calls.models import Need, NeedMatch
from premises.models import Lot, Premises

SMALL = 3  # below, a count could point at somebody: it is not shown
BANDS = (0, 30, 60, 100, 200, 500)  # m²


def _least() -> ColumnElement[object]:
    return case((Lot.divisible, func.coalesce(Lot.min_area, 0)), else_=Lot.area)


def _taken() -> ColumnElement[object]:
    return case((Lot.divisible, func.least(func.greatest(Need.area_min, _least()), Lot.area)), else_=Lot.area)


def obstacle_flags() -> dict[str, ColumnElement[bool]]:
    """One condition per obstacle, on Need × Lot × Premises; never NULL. A test holds them equal to the pure rules."""
    shared = and_(Need.sharing, Lot.shareable)
    cost = (func.coalesce(Lot.charges_cents_m2_year, 0) + func.coalesce(Lot.rent_cents_m2_year, 0)) * _taken() / 12
    priced = or_(Lot.charges_cents_m2_year.is_not(None), Lot.rent_cents_m2_year.is_not(None))
    flags = {
        "place": and_(Need.commune_codes != cast(array([]), ARRAY(Text)), ~func.coalesce(Premises.commune_code == Need.commune_codes.any_(), false())),
        "qpv": and_(Need.must_stay_in_qpv, func.coalesce(Premises.qpv_code, "") == ""),
        "small": Lot.area < Need.area_min,
        "large": and_(~shared, _least() > Need.area_max),
        "ground_floor": and_(Need.ground_floor, Lot.floor.is_distinct_from(0)),
        "step_free": and_(Need.step_free, Lot.step_free.is_not(True)),
        "erp": ~Need.erp_types.contained_by(Lot.erp_types),
        "budget": and_(~shared, Need.budget_cents_month.is_not(None), priced, cost > Need.budget_cents_month),
        "dates": or_(
            and_(Need.wanted_from.is_not(None), func.upper(Lot.available) <= Need.wanted_from),
            and_(Need.wanted_until.is_not(None), func.lower(Lot.available) >= Need.wanted_until),
        ),
    }  # fmt: skip
    return {code: func.coalesce(flags[code], false()) for code in OBSTACLES}


def fits() -> ColumnElement[bool]:
    return ~or_(*obstacle_flags().values())


def _count(flags: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    counts = [case((flag, 1), else_=0) for flag in flags]
    return sum(counts[1:], start=counts[0])


def demand_for(lot_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Per lot: needs that could be here (same commune, or anywhere), how many fit and how many m² they ask at least,
    and how many each obstacle stops alone. One pass over the needs of the place (index on the communes)."""
    flags = obstacle_flags()
    number = _count(list(flags.values()))
    alone = [
        func.count().filter(flag, number == 1).label(f"only_{code}") for code, flag in flags.items() if code != "place"
    ]
    here = or_(
        Need.commune_codes == cast(array([]), ARRAY(Text)),
        Need.commune_codes.contains(array([Premises.commune_code])),
    )
    return (
        select(
            Lot.id.label("lot_id"),
            func.count().label("looked_at"),
            func.count().filter(number == 0).label("fitting"),
            func.coalesce(func.sum(Need.area_min).filter(number == 0), 0).label("area"),
            func.count().filter(number > 1).label("several"),
            *alone,
        )
        .select_from(Lot)
        .join(Premises, Premises.id == Lot.premises_id)
        .join(Need, and_(Need.closed_at.is_(None), here))
        .where(Lot.id.in_(list(lot_ids)))
        .group_by(Lot.id)
    )  # fmt: skip


def lots_for(need: Need, *, at_most: int = 1) -> Select[*tuple[Any, ...]]:
    """Published lots with no more than `at_most` obstacles for this need, the best first; the flags beside each."""
    flags = obstacle_flags()
    number = _count(list(flags.values()))
    return (
        select(Lot, Premises, number.label("obstacles"), *[flag.label(f"is_{code}") for code, flag in flags.items()])
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


def in_communes(communes: Sequence[str]) -> ColumnElement[bool]:
    """Needs that name one of these communes, or none at all; every need when none is asked."""
    if not communes:
        return literal(True)
    return or_(Need.commune_codes == cast(array([]), ARRAY(Text)), Need.commune_codes.overlap(list(communes)))


def open_needs(communes: Sequence[str]) -> Select[Need]:
    return (
        select(Need)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .order_by(Need.created_at.desc(), Need.id.desc())
    )
