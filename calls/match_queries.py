"""What is asked of the register of needs: the needs of a lot, the lots of a need, the demand of a place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from calls.match_rules import (
    busy_then,
    busy_times,
    drawn_round,
    fits,
    kept,
    needs_of_place,
    never,
    obstacle_flags,
    side_of,
    values_of,
)
from calls.matching import OBSTACLES, Busy
from calls.need_models import Need, NeedPlace
from premises.models import PART_UNIT, Lot, Premises
from premises.queries import shown_point

SMALL = 3  # below, a count could point at somebody: it is not shown
BANDS = (0, 30, 60, 100, 200, 500)  # m²


def _count(flags: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    counts = [case((flag, 1), else_=0) for flag in flags]
    return sum(counts[1:], start=counts[0])


async def meetings(db: AsyncSession, places: Sequence[tuple[Lot, Premises]]) -> dict[int, "Meeting"]:
    """What each lot meets, by its id: two queries, then one per lot over the needs of its place."""
    if not places:
        return {}
    busy = await busy_times(db, [lot for lot, _premises in places])
    drawn = await drawn_round(db, [premises for _lot, premises in places])
    found = {}
    for lot, premises in places:
        query, values = demand_for(lot, premises, busy.get(lot.id, ()), drawn.get(premises.id, ()))
        found[lot.id] = Meeting.of(await db.execute(query, values))
    return found


def demand_for(
    lot: Lot, premises: Premises, busy: Sequence[Busy] = (), drawn: Sequence[int] = ()
) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """Needs that could be where the lot is, by what stops them: (obstacles as bits of OBSTACLES, needs, least area in
    hundredths of m²), and the values the question is asked with. `Meeting.of` reads the answer."""
    cannot, places = never(lot, premises, busy), (bool(premises.commune_code), bool(premises.qpv_code))
    if busy or drawn:
        where = needs_of_place(commune=places[0], qpv=places[1], drawn=drawn)
        query = _grouped(cannot, busy_then(lot, busy), where)
    else:
        query = _usual(cannot, *places)
    return query, values_of(lot, premises)


def fitting(
    lot: Lot, premises: Premises, busy: Sequence[Busy] = (), drawn: Sequence[int] = ()
) -> tuple[Select[int], dict[str, Any]]:
    """Needs that fit this lot, by their id, and the values to ask with: the first answer of `demand_for`, one by one."""
    cannot = never(lot, premises, busy)
    flags = obstacle_flags(side_of(busy_then(lot, busy)), kept()).items()
    stops = [func.coalesce(flag, false()) for code, flag in flags if code not in cannot]
    where = needs_of_place(commune=bool(premises.commune_code), qpv=bool(premises.qpv_code), drawn=drawn)
    return select(NeedPlace.need_id).where(where, ~or_(*stops)), values_of(lot, premises)


@cache
def _usual(cannot: frozenset[str], commune: bool, qpv: bool) -> Select[*tuple[Any, ...]]:
    """The statement for a lot without a use, made once: making it costs as much as a tenth of its answer."""
    return _grouped(cannot, false(), needs_of_place(commune=commune, qpv=qpv))


def _grouped(cannot: frozenset[str], busy: ColumnElement[bool], where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    flags = obstacle_flags(side_of(busy), kept()).items()
    bits = [case((flag, 1 << place), else_=0) for place, (code, flag) in enumerate(flags) if code not in cannot]
    told = sum(bits[1:], start=bits[0]).label("bits")
    return (
        select(told, func.count().label("needs"), func.sum(NeedPlace.area_min).label("hundredths"))
        .where(where)
        .group_by(told)
    )


@dataclass
class Meeting:
    """What a lot meets: needs looked at, those that fit and their m², those that one obstacle alone keeps away."""

    looked_at: int = 0
    fitting: int = 0
    area: Decimal = Decimal()
    several: int = 0
    only: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Any]) -> "Meeting":
        meeting = Meeting()
        for bits, count, hundredths in rows:
            stops = [code for place, code in enumerate(OBSTACLES) if bits >> place & 1]
            meeting.looked_at += count
            if not stops:
                meeting.fitting, meeting.area = count, hundredths * PART_UNIT
            elif len(stops) == 1:
                meeting.only[stops[0]] = count
            else:
                meeting.several += count
        return meeting


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


def lots_of_needs(ids: Sequence[int]) -> Select[int, int]:
    """(need, published lot) pairs that fit, for these needs, each looked for where it says."""
    public = (Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None))
    ways = [
        Need.anywhere.expression, Premises.commune_code == Need.commune_codes.any_(), Premises.qpv_code == Need.qpv_codes.any_(),
        func.ST_Contains(Need.sector, shown_point()),
    ]  # fmt: skip
    # One way at a time: each is answered by an index of its own.
    there = union(*(select(Need.id.label("need"), Premises.id.label("premises")).join(Premises, way).where(Need.id.in_(ids), *public) for way in ways)).subquery()  # fmt: skip
    return (
        select(Need.id, Lot.id)
        .select_from(there).join(Need, Need.id == there.c.need).join(Premises, Premises.id == there.c.premises)
        .join(Lot, Lot.premises_id == Premises.id)
        .where(Need.closed_at.is_(None), fits())
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
    named = func.array_cat(Need.commune_codes, Need.near_codes)
    asked = func.unnest(case((func.cardinality(named) == 0, cast(array([null()]), ARRAY(Text))), else_=named))
    counted = (
        select(asked.label("commune"), Need.organisation_id, Need.area_min)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .subquery()
    )
    wanted = counted.c.commune
    area = func.sum(counted.c.area_min)
    kept = literal(True) if not communes else or_(wanted.is_(None), wanted.in_(list(communes)))
    return (
        select(wanted.label("commune"), func.count(counted.c.organisation_id.distinct()).label("structures"), area.label("area"))
        .where(kept)
        .group_by(wanted)
        .order_by(area.desc(), wanted)
        .limit(200)
    )  # fmt: skip


def in_communes(communes: Sequence[str]) -> ColumnElement[bool]:
    """Needs that name one of these communes, a neighbourhood or a sector there, or nothing at all; every need when none
    is asked."""
    if not communes:
        return literal(True)
    return or_(Need.anywhere, Need.commune_codes.overlap(list(communes)), Need.near_codes.overlap(list(communes)))


def open_needs(communes: Sequence[str]) -> Select[Need]:
    return (
        select(Need)
        .where(Need.closed_at.is_(None), in_communes(communes))
        .order_by(Need.created_at.desc(), Need.id.desc())
    )
