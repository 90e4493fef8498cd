"""How many places each choice beside the list would give, and where they stand: read from the matches themselves.

One pass reads what every choice not made yet needs; each choice made takes one more, without it. A pass stops after
FEW places: a list that long is narrowed by its filters, not by reading counts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.territory.models import Commune, Department, Intercommunality, Region
from premises import queries, search, states
from premises.filters import Filters
from premises.models import Lot, Premises

FEW = 1_000
# Parameter of the address -> field of Filters, for choices that are on or off.
FLAGS = {"rdc": "ground_floor", "appel": "call", "libre": "free", "erp5": "erp5", "pmr": "step_free"}


@dataclass(frozen=True)
class Facets:
    """facet -> value -> number of places; a facet that could not be counted within bounds is absent.

    `box`: west, south, east, north of the places read (all of them up to FEW); empty when none has a point.
    """

    total: int | None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    box: tuple[float, ...] = ()


def _inside(code: str | None) -> str:
    return "inconnu" if code is None else "oui" if code else "hors"


def _matches(filters: Filters, on: date) -> Select[Any]:
    """Up to FEW + 1 places, each with what the choices ask of one and the same of its lots."""
    some = (
        select(
            Premises.id, Premises.kind, Premises.qpv_code, Premises.commune_code, queries.shown_point().label("point")
        )
        .where(queries.published(), *search.conditions(filters, on))
        .limit(FEW + 1)
        .subquery("some")
    )
    has = func.bool_or
    lots = (
        select(
            has(or_(Lot.floor == 0, some.c.kind == "ground_floor")).label("rdc"),
            has(states.lot_is("call", on)).label("appel"),
            has(states.free(on)).label("libre"),
            has(Lot.erp_category == 5).label("erp5"),
            has(Lot.step_free).label("pmr"),
        )
        .where(Lot.premises_id == some.c.id, *search.of_lots(filters, on, kind=some.c.kind))
        .lateral("lots")
    )
    point = some.c.point
    return select(
        some.c.kind,
        some.c.qpv_code,
        some.c.commune_code,
        func.ST_X(point).label("x"),
        func.ST_Y(point).label("y"),
        *lots.c,
    ).join_from(some, lots, true(), isouter=True)


def _leg(key: Any, filters: Filters, on: date) -> Select[Any]:
    """The values of one choice made, as if it were not: up to FEW + 1."""
    some = (
        select(key.label("key")).where(queries.published(), *search.conditions(filters, on)).limit(FEW + 1).subquery()
    )
    return select(some.c.key, func.count().label("n")).group_by(some.c.key)


async def counted(db: AsyncSession, filters: Filters, on: date) -> Facets:
    """One query, and one per choice of a single value that was made."""
    rows = (await db.execute(_matches(filters, on))).all()
    box = _box(rows)
    counts: dict[str, dict[str, int]] = {}
    if len(rows) <= FEW:
        counts = {"nature": Counter(r.kind for r in rows), "qpv": Counter(_inside(r.qpv_code) for r in rows)}
        counts["ou"] = Counter(r.commune_code for r in rows if r.commune_code)
        counts |= {name: {"true": sum(bool(getattr(r, name)) for r in rows)} for name in FLAGS}
    for name, made, without, key in (
        ("nature", filters.kind, filters.without(kind=""), Premises.kind),
        ("qpv", filters.qpv, filters.without(qpv=""), Premises.qpv_code),
    ):
        if made:
            counts.pop(name, None)
            found = (await db.execute(_leg(key, without, on))).all()
            if sum(r.n for r in found) <= FEW:
                counts[name] = Counter()
                for r in found:
                    counts[name][_inside(r.key) if name == "qpv" else r.key] += r.n
    return Facets(len(rows) if len(rows) <= FEW else None, counts, box)


def _box(rows: Sequence[Row[Any]]) -> tuple[float, ...]:
    points = [(r.x, r.y) for r in rows if r.x is not None]
    if not points:
        return ()
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Places:
    """(code of the address, name, number of places) by level, of the places the list is in."""

    communes: list[tuple[str, str, int]]
    groups: list[tuple[str, str, int]]
    departments: list[tuple[str, str, int]]
    regions: list[tuple[str, str, int]]


async def places(db: AsyncSession, of_communes: dict[str, int]) -> Places:
    """The communes of a list, and the EPCI, EPT, départements and regions above them, each with its number of places."""
    epci, ept = Intercommunality.__table__.alias("epci"), Intercommunality.__table__.alias("ept")
    rows = await db.execute(
        select(
            Commune.code, Commune.name, epci.c.code, epci.c.name, ept.c.code, ept.c.name, Department.code,
            Department.name, Region.code, Region.name,
        )
        .join(Department, Department.code == Commune.department_code)
        .join(Region, Region.code == Department.region_code)
        .outerjoin(epci, epci.c.code == Commune.epci_code)
        .outerjoin(ept, ept.c.code == Commune.ept_code)
        .where(Commune.code.in_(list(of_communes)))
    )  # fmt: skip
    levels: dict[str, dict[tuple[str, str], int]] = {"c": {}, "e": {}, "d": {}, "r": {}}
    for row in rows:
        for level, at in (("c", 0), ("e", 2), ("e", 4), ("d", 6), ("r", 8)):
            if row[at]:
                key = (level + row[at], row[at + 1])
                levels[level][key] = levels[level].get(key, 0) + of_communes[row[0]]
    named = {
        level: sorted(((code, name, n) for (code, name), n in found.items()), key=lambda one: one[1])
        for level, found in levels.items()
    }
    return Places(named["c"], named["e"], named["d"], named["r"])


async def name_of(db: AsyncSession, where: str) -> str:
    """The name of a place of the address (« c35238 »); its code when nothing bears it."""
    table: Any = {"c": Commune, "e": Intercommunality, "d": Department, "r": Region}.get(where[:1])
    if table is None:
        return ""
    return (await db.execute(select(table.name).where(table.code == where[1:]))).scalar_one_or_none() or where[1:]


async def named(db: AsyncSession, typed: str) -> list[tuple[str, str, str]]:
    """(code of the address, name, level) of what bears the name typed: exactly when something does, else by its beginning."""

    def bare(name: Any) -> Any:
        return func.translate(func.plain_text(name), "-'’", "   ")

    wanted = bare(typed.strip())
    levels = (("c", "commune", Commune), ("e", "intercommunalité", Intercommunality), ("d", "département", Department), ("r", "région", Region))  # fmt: skip
    found: list[tuple[str, str, str]] = []
    for exact in (True, False):
        for letter, level, table in levels:
            name = bare(table.name)
            alike = name == wanted if exact else name.like(wanted.concat("%"))
            rows = await db.execute(
                select(table.code, table.name).where(alike).order_by(table.name, table.code).limit(8)
            )
            found += [(letter + code, name_, level) for code, name_ in rows]
        if found:
            return found[:12]
    return found


__all__ = ["FEW", "FLAGS", "Facets", "Places", "counted", "name_of", "named", "places"]
