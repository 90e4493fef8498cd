"""The list of premises as SQL: filters to conditions on `Premises`, one page, and its count.

Counting stops at MOST: beyond, "more than" is as useful to a reader, and the cost of a page stays bounded.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import Range

from intervalle.territory.models import Commune, Department
from premises import queries, states
from premises.filters import Filters, read
from premises.models import Lot, Occupancy, Premises

PER_PAGE = 20
MOST = 10_000
SOON = timedelta(days=183)


def _text(q: str) -> ColumnElement[bool]:
    """Every word is in the name, address, commune, QPV or lots; accents, beginnings of words and small typos aside."""
    # Asked once, and not for each place: what was typed is understood by looking at the vocabulary.
    return Premises.words.op("@@")(select(func.premises_query(q)).scalar_subquery())


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


def _qpv(filters: Filters) -> ColumnElement[bool]:
    if filters.qpv == "oui":
        return Premises.qpv_code != ""
    if filters.qpv == "hors":
        return Premises.qpv_code == ""
    if filters.qpv == "inconnu":
        return Premises.qpv_code.is_(None)
    return Premises.qpv_metres <= filters.radius


def here(point: tuple[float, float]) -> ColumnElement[Any]:
    return func.ST_SetSRID(func.ST_MakePoint(*point), 4326)


def _within(point: tuple[float, float], metres: int) -> list[ColumnElement[bool]]:
    """No farther than `metres` from a point, as shown. The degree box in front is what the index understands."""
    around = func.ST_Expand(here(point), metres / 70_000)
    return [
        queries.shown_point().op("&&")(around),
        func.ST_DWithin(func.geography(queries.shown_point()), func.geography(here(point)), metres),
    ]


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
        (filters.state == "soon", lambda: soon(on)),
        (filters.state and filters.state != "soon", lambda: states.state_is(filters.state, on)),
    ]
    return [condition() for asked, condition in wanted if asked]


def _usable(filters: Filters, on: date) -> ColumnElement[bool]:
    """The whole period asked for is inside the lot's interval, without works, and room is left on each of its days."""
    start = filters.start or on
    end = filters.end if filters.end and filters.end > start else start + timedelta(days=1)
    period = literal(Range(start, end), Lot.available.type)
    overlaps = Lot.works.op("&&", is_comparison=True), Lot.taken.op("&&", is_comparison=True)
    return and_(Lot.available.contains(period), *[~asked(period) for asked in overlaps])


def soon(on: date) -> ColumnElement[bool]:
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
        found.append(_qpv(filters))
    if filters.where:
        found.append(_where(filters.where))
    if filters.bbox:
        found.append(queries.shown_point().op("&&")(func.ST_MakeEnvelope(*filters.bbox, 4326)))
    if filters.near and filters.within:
        found += _within(filters.near, filters.within)
    if wanted := of_lots(filters, on):
        found.append(exists().where(Lot.premises_id == Premises.id, *wanted))
    return found


def matching(filters: Filters, on: date) -> Select[Premises]:
    return select(Premises).where(queries.published(), *conditions(filters, on))


def order(filters: Filters) -> list[tuple[Any, bool]]:
    """(key, descending) of the list; the same rows always come in the same order."""
    newest: list[tuple[Any, bool]] = [(Premises.published_at, True), (Premises.id, True)]
    if filters.sort == "distance" and filters.near:
        return [(queries.shown_point().op("<->")(here(filters.near)), False), (Premises.id, False)]
    sorts: dict[str, list[tuple[Any, bool]]] = {
        "surface": [(Premises.largest, True), *newest],
        "petits": [(Premises.largest, False), (Premises.published_at, False), (Premises.id, False)],
        "loyer": [(Premises.lowest_rent_cents, False), (Premises.published_at, False), (Premises.id, False)],
    }
    return sorts.get(filters.sort, newest)


def of_page(filters: Filters, on: date, page: int) -> Select[Premises]:
    skipped = (page - 1) * PER_PAGE
    keys = [key.desc() if down else key for key, down in order(filters)]
    return matching(filters, on).order_by(*keys).limit(PER_PAGE).offset(skipped)


def count(filters: Filters, on: date) -> Select[int]:
    """Up to MOST + 1: the last one means "more than MOST"."""
    some = select(literal(1)).select_from(Premises).where(queries.published(), *conditions(filters, on)).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery())


__all__ = ["MOST", "PER_PAGE", "Filters", "conditions", "count", "matching", "of_lots", "of_page", "read"]
