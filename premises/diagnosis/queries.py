"""The facts of a diagnosis in SQL: one row per lot, one per end of use, the map. Three questions whatever the stock."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Numeric, Select, and_, case, cast, exists, func, literal, null, or_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from intervalle.accounts.actor import Actor
from intervalle.territory.models import Commune
from premises import queries, states
from premises.diagnosis.figures import Freed, LotFact
from premises.diagnosis.scopes import Scope, inside, visible_to
from premises.models import PART_UNIT, Lot, Occupancy, Premises, Vacancy
from premises.timeline import HALF_DAYS

MOST = 50_000  # lots in one diagnosis; beyond, the page asks for a smaller territory
AHEAD = timedelta(days=800)  # covers the quarters shown


def _units() -> Any:
    """Half-days × hundredths of m² an occupancy takes."""
    week = func.unnest(Occupancy.slots).column_valued("week")
    days = select(func.sum(func.upper(week) - func.lower(week))).scalar_subquery()
    return days * (func.upper(Occupancy.part) - func.lower(Occupancy.part))


def _square_metres(units: Any) -> Any:
    return cast(units, Numeric) * literal(PART_UNIT, Numeric) / HALF_DAYS


def lot_rows(scope: Scope, actor: Actor, on: date) -> Select[*tuple[Any, ...]]:
    own = queries.own(actor)
    here = Occupancy.lot_id == Lot.id
    using = Occupancy.kind.in_(("lease", "meanwhile"))
    used = select(func.sum(_units())).where(here, using, Occupancy.during.contains(literal(on)))
    last = select(func.max(func.upper(Occupancy.during))).where(here, func.upper(Occupancy.during) <= on)
    ended = last.correlate(Lot).scalar_subquery()
    told = and_(Vacancy.lot_id == Lot.id, own)
    first = select(func.min(func.lower(Vacancy.during))).where(told).correlate(Lot, Premises).scalar_subquery()
    reason = (
        select(Vacancy.reason).where(told, Vacancy.during.contains(literal(on)))
        .order_by(func.lower(Vacancy.during).desc()).limit(1).correlate(Lot, Premises).scalar_subquery()
    )  # fmt: skip
    other = aliased(Lot)
    whole = select(func.sum(other.area)).where(other.premises_id == Premises.id).correlate(Premises).scalar_subquery()
    said = or_(Premises.guarding_cents_month.is_not(None), Premises.tax_cents_year.is_not(None))
    monthly = func.coalesce(Premises.guarding_cents_month, 0) + func.coalesce(Premises.tax_cents_year, 0) / literal(
        12, Numeric
    )
    return (
        select(
            Lot.id.label("lot_id"), Lot.label, Lot.name, Lot.area,
            func.coalesce(_square_metres(used.correlate(Lot).scalar_subquery()), 0).label("used"),
            Premises.id.label("premises_id"), Premises.name.label("place"), Premises.kind,
            func.coalesce(Commune.name, "").label("commune"), own.label("own"), states.lot_state(on).label("state"),
            func.coalesce(ended, func.least(func.lower(Lot.available), first)).label("since"), reason.label("reason"),
            case((and_(own, said), monthly * Lot.area / whole), else_=null()).label("cost"),
        )
        .join(Premises, Premises.id == Lot.premises_id)
        .outerjoin(Commune, Commune.code == Premises.commune_code)
        .where(inside(scope, actor), visible_to(actor))
        .order_by(Premises.name, Premises.id, Lot.label)
        .limit(MOST + 1)
    )  # fmt: skip


async def lots(db: AsyncSession, scope: Scope, actor: Actor, on: date) -> list[LotFact]:
    rows = await db.execute(lot_rows(scope, actor, on))
    return [
        LotFact(
            r.lot_id, r.label, r.name, r.area, round(r.used, 2), r.premises_id, r.place, r.kind, r.commune, r.own, r.state,
            r.since, r.reason, None if r.cost is None else Fraction(r.cost),
        )
        for r in rows
    ]  # fmt: skip


def _nothing_at(day: Any) -> Any:
    later = aliased(Occupancy)
    return ~exists().where(later.lot_id == Lot.id, later.during.contains(day))


async def freed(db: AsyncSession, scope: Scope, actor: Actor, on: date) -> list[Freed]:
    """What becomes free after `on`: each use that ends with nothing behind it on its m² and half-days, and each lot
    whose interval of use begins."""
    end, start = func.upper(Occupancy.during), func.lower(Lot.available)
    follows = aliased(Occupancy)
    replaced = exists().where(
        follows.lot_id == Lot.id, follows.during.contains(end), follows.part.overlaps(Occupancy.part), follows.slots.overlaps(Occupancy.slots)
    )  # fmt: skip
    until = on + AHEAD
    there = and_(inside(scope, actor), visible_to(actor))
    ends = (
        select(Occupancy.lot_id, end.label("on"), _square_metres(_units()).label("area"), Occupancy.label)
        .join(Lot, Lot.id == Occupancy.lot_id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(there, end > on, end <= until, Occupancy.kind != "demolition", Lot.available.op("@>")(end), ~replaced)
    )
    begins = (
        select(Lot.id, start, Lot.area, literal(""))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(there, start > on, start <= until, _nothing_at(start))
    )
    rows = await db.execute(union_all(ends, begins))
    return sorted((Freed(r[0], r[1], round(r[2], 2), r[3]) for r in rows), key=lambda f: (f.on, f.lot_id))


MAP = text(
    """
    WITH outlines AS (
      SELECT ST_Union(ST_Simplify(ST_Transform(outline, 3857), 60)) AS shape FROM communes WHERE code = ANY(:communes) AND outline IS NOT NULL
    ), quarter AS (
      SELECT ST_Union(ST_Transform(outline, 3857)) AS shape FROM qpv_perimeters WHERE code = :qpv
    )
    SELECT ST_AsSVG(o.shape, 1, 0) AS outline, ST_AsSVG(q.shape, 1, 0) AS quarter, b.*
    FROM outlines o, quarter q, LATERAL (
      SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north
      FROM (SELECT ST_Extent(shape) AS e FROM (SELECT CASE WHEN q.shape IS NULL THEN o.shape ELSE q.shape END AS shape) s) x
    ) b
    """
)


async def outlines(db: AsyncSession, scope: Scope) -> Any:
    """Contours of the communes (and of the QPV) as SVG paths in metres, with their box; each may be None."""
    values = {"communes": list(scope.communes), "qpv": scope.code if scope.kind == "q" else ""}
    return (await db.execute(MAP, values)).one()


def points(scope: Scope, actor: Actor) -> Select[int, float, float]:
    """Where to draw each place, in metres: a masked one at its shifted point."""
    at = func.ST_Transform(queries.shown_point(), 3857)
    return select(Premises.id, func.ST_X(at), func.ST_Y(at)).where(
        inside(scope, actor), visible_to(actor), Premises.point.is_not(None)
    )
