"""How many places each choice beside the list would give, and where they stand: counted on the matches themselves.

The matches are read once, up to FEW; beside a choice stands what the list would count once it is made, by the very
condition the list uses. A choice already made is counted without it. A list longer than FEW is narrowed by its filters,
not by reading counts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, Text, column, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.territory.models import Commune, Department, Intercommunality, Region
from premises import queries, search, states
from premises.facts import TitleCode
from premises.filters import STATES, YES, Filters
from premises.forms import ERP_TYPES
from premises.models import Lot, Premises

FEW = 1_000
# Parameter of the address -> field of Filters, for choices that are on or off.
FLAGS = {
    "rdc": "ground_floor", "appel": "call", "libre": "free", "erp5": "erp5", "pmr": "step_free", "divisible": "divisible",
    "partage": "shareable",
}  # fmt: skip
# The same for choices of one value, with what stands there when none was made.
CHOICES: dict[str, tuple[str, Any]] = {
    "nature": ("kind", ""), "qpv": ("qpv", ""), "etat": ("state", ""), "titre": ("title", ""), "erp": ("erp", ""),
    "loyer": ("rent", None), "charges": ("charges", None),
}  # fmt: skip
# « at most », in cents per m² and year; 0 is free of charge.
BANDS = {"loyer": (0, 5_000, 10_000, 15_000, 20_000), "charges": (0, 2_000, 4_000, 6_000)}


@dataclass(frozen=True)
class Facets:
    """facet -> value -> number of places; a facet that could not be counted within bounds is absent.

    `total`: None when there are more than FEW places. `ids`: of all of them, in the order of the list, when there are not.
    `box`: west, south, east, north of the places read (all of them up to FEW); empty when none has a point.
    """

    total: int | None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    box: tuple[float, ...] = ()
    ids: tuple[int, ...] = ()


def _inside(code: str | None) -> str:
    return "inconnu" if code is None else "oui" if code else "hors"


def _matches(filters: Filters, on: date) -> Select[Any]:
    """Up to FEW + 1 places. They are found first and sorted after: few matches are not looked for in the list's order."""
    point, keys = queries.shown_point(), search.order(filters)
    some = (
        select(
            Premises.id, Premises.kind, Premises.qpv_code, (Premises.qpv_metres <= filters.radius).label("near"),
            Premises.commune_code, func.ST_X(point).label("x"), func.ST_Y(point).label("y"),
            *[key.label(f"key{n}") for n, (key, _down) in enumerate(keys)],
        )
        .where(queries.published(), *search.conditions(filters, on))
        .limit(FEW + 1)
        .subquery("some")
    )  # fmt: skip
    ranks = [(some.c[f"key{n}"], down) for n, (_key, down) in enumerate(keys)]
    shown = (some.c[name] for name in ("id", "kind", "qpv_code", "near", "commune_code", "x", "y"))
    return select(*shown).order_by(*[rank.desc() if down else rank for rank, down in ranks])


def _of_premises(rows: Sequence[Row[Any]]) -> dict[str, dict[str, int]]:
    inside = Counter(_inside(r.qpv_code) for r in rows)
    inside["proche"] = sum(bool(r.near) for r in rows)
    return {
        "nature": Counter(r.kind for r in rows), "qpv": inside, "ou": Counter(r.commune_code for r in rows if r.commune_code)
    }  # fmt: skip


def _choices(lot: Any) -> dict[tuple[str, str], ColumnElement[bool]]:
    """(facet, value) -> what a lot of a place must be, on the columns of `_of_lots`."""
    found: dict[tuple[str, str], ColumnElement[bool]] = {
        ("rdc", YES): or_(lot.floor == 0, lot.kind == "ground_floor"),
        ("appel", YES): lot.in_call,
        ("libre", YES): lot.state.in_(("vacant", "call")),
        ("erp5", YES): lot.erp_category == 5,
        ("pmr", YES): lot.step_free.is_(True),
        ("divisible", YES): lot.divisible,
        ("partage", YES): lot.shareable,
    }
    found |= {("etat", state): lot.soon if state == "soon" else lot.state == state for state in STATES}
    found |= {("titre", str(title)): lot.titles.contains([str(title)]) for title in TitleCode}
    found |= {("erp", kind): lot.erp_types.contains([kind]) for kind, _label in ERP_TYPES}
    for facet, cents in (("loyer", lot.rent_cents_m2_year), ("charges", lot.charges_cents_m2_year)):
        found |= {(facet, str(most)): cents <= most for most in BANDS[facet]}
    return found


def _of_lots(rows: Sequence[Row[Any]], filters: Filters, on: date, facets: Sequence[str]) -> tuple[Select[Any], list[tuple[str, str]]]:  # fmt: skip
    """One row: for each choice of these facets, how many of these places have a lot that fits it and all that is asked."""
    some = func.unnest(
        literal([r.id for r in rows], ARRAY(BigInteger)), literal([r.kind for r in rows], ARRAY(Text))
    ).table_valued(column("id", BigInteger), column("kind", Text), name="some").render_derived()  # fmt: skip
    # Worked out once per lot, whatever the number of choices that look at it.
    lot = (
        select(
            Lot.premises_id, some.c.kind, Lot.floor, Lot.erp_category, Lot.step_free, Lot.divisible, Lot.shareable, Lot.titles,
            Lot.erp_types, Lot.rent_cents_m2_year, Lot.charges_cents_m2_year, states.lot_state(on).label("state"),
            states.lot_is("call", on).label("in_call"), search.soon(on).label("soon"),
        )
        .join_from(some, Lot, Lot.premises_id == some.c.id)
        .where(*search.of_lots(filters, on, kind=some.c.kind))
        .cte("lot")
        .prefix_with("MATERIALIZED")
    )  # fmt: skip
    asked = {key: wanted for key, wanted in _choices(lot.c).items() if key[0] in facets}
    each = (
        select(*[func.bool_or(wanted).label(f"c{n}") for n, wanted in enumerate(asked.values())])
        .group_by(lot.c.premises_id)
        .subquery("each")
    )
    counts: Any = select(*[func.count().filter(flag) for flag in each.c])
    return counts, list(asked)


async def _counts(db: AsyncSession, rows: Sequence[Row[Any]], filters: Filters, on: date, facets: Sequence[str]) -> dict[str, dict[str, int]]:  # fmt: skip
    found: dict[str, dict[str, int]] = {facet: {} for facet in facets}
    if rows:
        statement, keys = _of_lots(rows, filters, on, facets)
        for (facet, value), n in zip(keys, (await db.execute(statement)).one(), strict=True):
            found[facet][value] = n
    return found


async def counted(db: AsyncSession, filters: Filters, on: date) -> Facets:
    """Two queries, and two per choice of a single value that was made (one for those of the place itself)."""
    rows = (await db.execute(_matches(filters, on))).all()
    box = _box(rows)
    if len(rows) > FEW:
        return Facets(None, {}, box)
    made = [name for name, (field_, none) in CHOICES.items() if getattr(filters, field_) != none]
    free = [name for name in (*FLAGS, *CHOICES) if name not in {"nature", "qpv", *made}]
    counts = _of_premises(rows) | await _counts(db, rows, filters, on, free)
    for name in made:
        field_, none = CHOICES[name]
        without = filters.without(**{field_: none})
        others = (await db.execute(_matches(without, on))).all()
        counts.pop(name, None)
        if len(others) <= FEW:
            alone = (
                _of_premises(others) if name in ("nature", "qpv") else await _counts(db, others, without, on, [name])
            )
            counts[name] = alone[name]
    return Facets(len(rows), counts, box, tuple(r.id for r in rows))


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


async def names_of(db: AsyncSession, places: Iterable[str]) -> dict[str, str]:
    """The names of several places of addresses, by code with its letter; one question for all."""
    codes = {one[1:] for one in places if one}
    if not codes:
        return {}
    tables: tuple[tuple[str, Any], ...] = (("c", Commune), ("e", Intercommunality), ("d", Department), ("r", Region))
    each = [
        select((literal(letter) + table.code).label("place"), table.name).where(table.code.in_(codes))
        for letter, table in tables
    ]
    return {row.place: row.name for row in await db.execute(union_all(*each))}


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


__all__ = ["BANDS", "CHOICES", "FEW", "FLAGS", "Facets", "Places", "counted", "name_of", "named", "places"]
