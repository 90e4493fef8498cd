"""The list of premises as SQL: filters to conditions on `Premises`, one page, counts, and counts per facet.

Counting stops at MOST: beyond, "more than" is as useful to a reader, and the cost of a page stays bounded.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from intervalle.territory.models import Commune, Department, QpvPerimeter
from premises import queries, states
from premises.filters import Filters, read
from premises.models import Lot, Occupancy, Premises

PER_PAGE = 20
MOST = 10_000
SOON = timedelta(days=183)


def words(q: str) -> list[str]:
    return [w for w in re.split(r"[\s,;]+", q) if w][:8]


def _text(q: str) -> list[ColumnElement[bool]]:
    """Every word is in the name, address, commune, QPV or lots, accents and small typos aside."""

    def found(word: str) -> ColumnElement[bool]:
        plain = func.plain_text(word)
        escaped = func.plain_text(re.sub(r"([\\%_])", r"\\\1", word))
        inside = Premises.haystack.like(literal("%").concat(escaped).concat("%"))
        # A short word resembles everything: typos are forgiven from five letters on (threshold: see `intervalle.db`).
        return or_(inside, plain.op("<<%")(Premises.haystack)) if len(word) > 4 else inside

    return [found(word) for word in words(q)]


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


def _lots(filters: Filters, on: date) -> list[ColumnElement[bool]]:
    """What one and the same lot must satisfy."""
    smallest = func.coalesce(Lot.min_area, Lot.area)
    wanted: list[tuple[object, Callable[[], Any]]] = [
        (filters.low is not None, lambda: Lot.area >= filters.low),
        # A divisible lot fits a small wish through its smallest part.
        (
            filters.high is not None,
            lambda: or_(Lot.area <= filters.high, and_(Lot.divisible, smallest <= filters.high)),
        ),
        (filters.ground_floor, lambda: or_(Lot.floor == 0, Premises.kind == "ground_floor")),
        (filters.erp5, lambda: Lot.erp_category == 5),
        (filters.erp, lambda: Lot.erp_types.contains([filters.erp])),
        (filters.step_free, lambda: Lot.step_free.is_(True)),
        (filters.shareable, lambda: Lot.shareable),
        (filters.divisible, lambda: Lot.divisible),
        (filters.title, lambda: Lot.titles.contains([filters.title])),
        (filters.rent is not None, lambda: Lot.rent_cents_m2_year <= filters.rent),
        (filters.charges is not None, lambda: Lot.charges_cents_m2_year <= filters.charges),
        (filters.call, lambda: states.lot_is("call", on)),
        (filters.free, lambda: states.lot_state(on).in_(("vacant", "call"))),
        (filters.start or filters.end, lambda: _usable(filters, on)),
        (filters.state == "soon", lambda: _soon(on)),
        (filters.state and filters.state != "soon", lambda: states.lot_state(on) == filters.state),
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
    found = _text(filters.q)
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
    if wanted := _lots(filters, on):
        found.append(exists().where(Lot.premises_id == Premises.id, *wanted))
    return found


def matching(filters: Filters, on: date) -> Select[Premises]:
    return select(Premises).where(queries.published(), *conditions(filters, on))


def _order(filters: Filters) -> list[Any]:
    area = select(func.max(Lot.area)).where(Lot.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    rent = (
        select(func.min(Lot.rent_cents_m2_year))
        .where(Lot.premises_id == Premises.id)
        .correlate(Premises)
        .scalar_subquery()
    )
    newest: list[Any] = [Premises.published_at.desc(), Premises.id.desc()]
    if filters.sort == "distance" and filters.near:
        here = func.ST_SetSRID(func.ST_MakePoint(*filters.near), 4326)
        return [queries.shown_point().op("<->")(here), Premises.id]
    return {"surface": [area.desc(), *newest], "petits": [area, *newest], "loyer": [rent.nulls_last(), *newest]}.get(
        filters.sort, newest
    )


def of_page(filters: Filters, on: date, page: int) -> Select[Premises]:
    return matching(filters, on).order_by(*_order(filters)).limit(PER_PAGE).offset((page - 1) * PER_PAGE)


def count(filters: Filters, on: date) -> Select[int]:
    """Up to MOST + 1: the last one means "more than MOST"."""
    some = select(literal(1)).select_from(Premises).where(queries.published(), *conditions(filters, on)).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery())


def extent(filters: Filters, on: date) -> Select[float, float, float, float]:
    """West, south, east, north of what the map should show: of MOST places at most."""
    shown = select(queries.shown_point().label("point")).where(queries.published(), *conditions(filters, on))
    some = shown.limit(MOST).subquery()
    box = func.ST_Extent(some.c.point)
    return select(*[axis(box) for axis in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)])


def _facet(name: str, filters: Filters, on: date, key: Any) -> Select[Any]:
    """Counts per value of one facet, all the other filters standing."""
    some = (
        select(cast(key, Text).label("key")).select_from(Premises).where(queries.published(), *conditions(filters, on))
    )
    bounded = some.limit(MOST + 1).subquery()
    return select(literal(name).label("facet"), bounded.c.key, func.count().label("n")).group_by(bounded.c.key)


def _any_lot(filters: Filters, on: date, **asked: Any) -> ColumnElement[bool]:
    return exists().where(Lot.premises_id == Premises.id, *_lots(filters.without(**asked), on))


FLAGS = {"rdc": "ground_floor", "appel": "call", "libre": "free", "erp5": "erp5", "pmr": "step_free"}


def facets(filters: Filters, on: date) -> Any:
    """One statement for every count shown beside a choice."""
    inside = case((Premises.qpv_code.is_(None), "inconnu"), (Premises.qpv_code == "", "hors"), else_="oui")
    legs = [
        _facet("nature", filters.without(kind=""), on, Premises.kind),
        _facet("qpv", filters.without(qpv=""), on, inside),
        _facet("ou", filters.without(where=""), on, Premises.commune_code),
        *[
            _facet(name, filters.without(**{field: False}), on, _any_lot(filters, on, **{field: True}))
            for name, field in FLAGS.items()
        ],
    ]
    return union_all(*legs)


async def counted(db: AsyncSession, filters: Filters, on: date) -> dict[str, dict[str, int]]:
    """facet -> value -> count; a facet too large to be counted within bounds is left out."""
    found: dict[str, dict[str, int]] = {}
    for facet, key, n in await db.execute(facets(filters, on)):
        if key is not None:
            found.setdefault(facet, {})[key] = n
    return {facet: values for facet, values in found.items() if sum(values.values()) <= MOST}


__all__ = ["MOST", "PER_PAGE", "Filters", "conditions", "count", "counted", "matching", "of_page", "read", "words"]
