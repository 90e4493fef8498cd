"""The list of premises as SQL: filters to conditions on `Premises`, one page, and its count.

Counting stops at MOST: beyond, "more than" is as useful to a reader, and the cost of a page stays bounded.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import Range

from intervalle.territory.models import Commune, Department, QpvPerimeter
from premises import queries, states
from premises.filters import Filters, read
from premises.models import Lot, Occupancy, Premises

PER_PAGE = 20
MOST = 10_000
SOON = timedelta(days=183)


def _text(q: str) -> ColumnElement[bool]:
    """Every word is in the name, address, commune, QPV or lots; accents, beginnings of words and small typos aside."""
    return Premises.words.op("@@")(func.premises_query(q))


def _where(code: str) -> ColumnElement[bool]:
    """In a commune, or in a commune of an EPCI, EPT, département or region."""
    kind, value = code[0], code[1:]
    if kind == "c":
        return Premises.commune_code == value
    inside = {
        "e": or_(Commune.epci_code == value, Commune.ept_code == value),
        "d": Commune.department_code == value,
        "r": Commune.department_code.in_(select(Department.code).where(Department.region_code == value)),
    }[kind]
    return Premises.commune_code.in_(select(Commune.code).where(inside))


def _qpv(filters: Filters, on: date) -> ColumnElement[bool]:
    if filters.qpv == "oui":
        return Premises.qpv_code != ""
    if filters.qpv == "hors":
        return Premises.qpv_code == ""
    if filters.qpv == "inconnu":
        return Premises.qpv_code.is_(None)
    # Geography distances are exact; the degree box in front of them is what the index understands.
    degrees = filters.radius / 70_000
    return exists().where(
        QpvPerimeter.during.contains(literal(on)),
        QpvPerimeter.outline.op("&&")(func.ST_Expand(Premises.point, degrees)),
        func.ST_DWithin(func.geography(QpvPerimeter.outline), func.geography(Premises.point), filters.radius),
    )


def of_lots(filters: Filters, on: date, *, kind: Any = Premises.kind) -> list[ColumnElement[bool]]:
    """What one and the same lot must satisfy."""
    smallest = func.coalesce(Lot.min_area, Lot.area)
    wanted: list[tuple[object, Callable[[], Any]]] = [
        (filters.low is not None, lambda: Lot.area >= filters.low),
        # A divisible lot fits a small wish through its smallest part.
        (
            filters.high is not None,
            lambda: or_(Lot.area <= filters.high, and_(Lot.divisible, smallest <= filters.high)),
        ),
        (filters.ground_floor, lambda: or_(Lot.floor == 0, kind == "ground_floor")),
        (filters.erp5, lambda: Lot.erp_category == 5),
        (filters.erp, lambda: Lot.erp_types.contains([filters.erp])),
        (filters.step_free, lambda: Lot.step_free.is_(True)),
        (filters.shareable, lambda: Lot.shareable),
        (filters.divisible, lambda: Lot.divisible),
        (filters.title, lambda: Lot.titles.contains([filters.title])),
        (filters.rent is not None, lambda: Lot.rent_cents_m2_year <= filters.rent),
        (filters.charges is not None, lambda: Lot.charges_cents_m2_year <= filters.charges),
        (filters.call, lambda: states.lot_is("call", on)),
        (filters.free, lambda: states.free(on)),
        (filters.start or filters.end, lambda: _usable(filters, on)),
        (filters.state == "soon", lambda: _soon(on)),
        (filters.state and filters.state != "soon", lambda: states.state_is(filters.state, on)),
    ]
    return [condition() for asked, condition in wanted if asked]


def _usable(filters: Filters, on: date) -> ColumnElement[bool]:
    """The whole period asked for is inside the lot's interval, and room is left on it."""
    start = filters.start or on
    end = filters.end if filters.end and filters.end > start else start + timedelta(days=1)
    period = literal(Range(start, end), Lot.available.type)
    works = exists().where(
        Occupancy.lot_id == Lot.id, Occupancy.kind.in_(("works", "demolition")), Occupancy.during.overlaps(period)
    )
    return and_(Lot.available.contains(period), ~works, ~states.full(Occupancy.during.overlaps(period)))


def _soon(on: date) -> ColumnElement[bool]:
    """Occupied today, free again within six months and still usable then."""
    end = func.upper(Occupancy.during)
    return exists().where(
        Occupancy.lot_id == Lot.id,
        Occupancy.during.contains(literal(on)),
        end <= on + SOON,
        Lot.available.op("@>")(end),
    )


def conditions(filters: Filters, on: date) -> list[ColumnElement[bool]]:
    """What published premises must satisfy; at least one lot satisfies all that is asked of lots."""
    found = [_text(filters.q)] if filters.q else []
    if filters.kind:
        found.append(Premises.kind == filters.kind)
    if filters.qpv:
        found.append(_qpv(filters, on))
    if filters.where:
        found.append(_where(filters.where))
    if filters.bbox:
        west, south, east, north = filters.bbox
        around = func.ST_Expand(func.ST_MakeEnvelope(west, south, east, north, 4326), 0.005)
        found += [
            Premises.point.op("&&")(around),
            func.ST_Intersects(queries.shown_point(), func.ST_MakeEnvelope(west, south, east, north, 4326)),
        ]
    if wanted := of_lots(filters, on):
        found.append(exists().where(Lot.premises_id == Premises.id, *wanted))
    return found


def matching(filters: Filters, on: date) -> Select[Premises]:
    return select(Premises).where(queries.published(), *conditions(filters, on))


ORDERS: dict[str, list[Any]] = {
    "recent": [Premises.published_at.desc(), Premises.id.desc()],
    "surface": [Premises.largest.desc(), Premises.published_at.desc(), Premises.id.desc()],
    "petits": [Premises.largest, Premises.published_at, Premises.id],
    "loyer": [Premises.lowest_rent_cents, Premises.published_at, Premises.id],
}


def of_page(filters: Filters, on: date, page: int) -> Select[Premises]:
    skipped = (page - 1) * PER_PAGE
    if filters.sort == "distance" and filters.near:
        return _nearest(filters, on, skipped)
    return matching(filters, on).order_by(*ORDERS[filters.sort]).limit(PER_PAGE).offset(skipped)


def _nearest(filters: Filters, on: date, skipped: int) -> Select[Premises]:
    """By distance to the points shown. Those of masked places are read apart: the index holds true points, and an
    order by them would tell where such a place is."""
    here = func.ST_SetSRID(func.ST_MakePoint(*(filters.near or (0, 0))), 4326)
    legs = []
    for masked, point in ((False, Premises.point), (True, queries.shown_point())):
        away = point.op("<->")(here)
        leg = select(Premises.id, away.label("away")).where(
            queries.published(), Premises.owner_masked.is_(masked), *conditions(filters, on)
        )
        legs.append(select(leg.order_by(away, Premises.id).limit(skipped + PER_PAGE).subquery()))
    near = union_all(*legs).subquery("near")
    order = near.c.away.nulls_last(), near.c.id
    return select(Premises).join(near, near.c.id == Premises.id).order_by(*order).limit(PER_PAGE).offset(skipped)


def count(filters: Filters, on: date) -> Select[int]:
    """Up to MOST + 1: the last one means "more than MOST"."""
    some = select(literal(1)).select_from(Premises).where(queries.published(), *conditions(filters, on)).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery())


__all__ = ["MOST", "PER_PAGE", "Filters", "conditions", "count", "matching", "of_lots", "of_page", "read"]
