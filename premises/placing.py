"""Where premises are: found from the address, shown, corrected by hand."""

from dataclasses import dataclass, replace
from decimal import Decimal

from geoalchemy2 import WKTElement
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, identifiers
from intervalle.territory import applies, geocoding
from intervalle.territory.models import Commune
from premises.france import in_france
from premises.models import Premises


@dataclass(frozen=True)
class Place:
    """A point with how it was found, and what applies there. qpv_code: None = unknown, "" = outside."""

    lon: float | None
    lat: float | None
    source: str | None
    score: Decimal | None
    precision: str | None
    commune_code: str | None
    qpv_code: str | None
    qpv_vintage: int | None
    qpv_by_hand: bool = False

    def write(self, premises: Premises) -> None:
        premises.point = None if self.lon is None else WKTElement(f"POINT({self.lon} {self.lat})", srid=4326)
        premises.position_source, premises.position_score, premises.position_precision = (
            self.source,
            self.score,
            self.precision,
        )
        premises.commune_code = self.commune_code
        premises.qpv_code, premises.qpv_vintage, premises.qpv_by_hand = (
            self.qpv_code,
            self.qpv_vintage,
            self.qpv_by_hand,
        )


NOWHERE = Place(None, None, None, None, None, None, None, None)


async def find(db: AsyncSession, address: str, postcode: str) -> Place:
    """From the address: point, commune, QPV of today's geography. NOWHERE when nothing resembles it."""
    found = await geocoding.geocode(db, address, postcode=postcode)
    if found is None:
        return NOWHERE
    place = await at(
        db, found.lon, found.lat, source=found.source, score=Decimal(str(found.score)), precision=found.precision
    )
    if place.commune_code is None and found.commune_code:
        code = identifiers.whole_commune(found.commune_code)  # an arrondissement's address is its city's
        if await applies.commune_exists(db, code):
            return replace(place, commune_code=code)
    return place


async def at(
    db: AsyncSession,
    lon: float,
    lat: float,
    *,
    source: str = "manual",
    score: Decimal | None = None,
    precision: str | None = None,
) -> Place:
    """What applies at a point given by hand, or found."""
    there = await applies.what_applies(db, lon, lat, clock.today())
    code = {"inside": there.qpv.code, "outside": "", "unknown": None}[there.qpv.status]
    return Place(lon, lat, source, score, precision, there.commune_code, code, there.qpv.vintage)


async def by_hand(
    db: AsyncSession,
    premises: Premises,
    *,
    point: tuple[float, float] | None,
    commune_code: str | None,
    qpv_code: str | None,
) -> Place:
    """A correction: a new point with what applies there (the present one when none is given), then what a person
    knows better. `commune_code` and `qpv_code`: None leaves what was found; an empty QPV code means outside."""
    if point:
        place = await at(db, *point)
    else:
        place = await kept(db, premises)
    if commune_code:
        place = replace(place, commune_code=commune_code)
    if qpv_code is not None:
        vintage = await applies.vintage_of(db, qpv_code) if qpv_code else place.qpv_vintage
        place = replace(place, qpv_code=qpv_code, qpv_vintage=vintage, qpv_by_hand=True)
    return place


async def kept(db: AsyncSession, premises: Premises) -> Place:
    """Where the premises are now."""
    row = await db.execute(
        select(func.ST_X(Premises.point), func.ST_Y(Premises.point)).where(Premises.id == premises.id)
    )
    lon, lat = row.one()
    return Place(
        lon, lat, premises.position_source, premises.position_score, premises.position_precision, premises.commune_code,
        premises.qpv_code, premises.qpv_vintage, premises.qpv_by_hand,
    )  # fmt: skip


async def generations(db: AsyncSession, premises: Premises) -> list[applies.Generation]:
    """What each geography of QPV says of the place: two questions. Empty without a position."""
    if premises.point is None:
        return []
    row = await db.execute(
        select(func.ST_X(Premises.point), func.ST_Y(Premises.point), Commune.department_code)
        .outerjoin(Commune, Commune.code == Premises.commune_code)
        .where(Premises.id == premises.id)
    )
    lon, lat, department = row.one()
    return await applies.generations(db, lon, lat, department)


def uncertain(premises: Premises) -> bool:
    """A point that a person should look at: a low score, or a street where a door was asked for."""
    if premises.position_source in (None, "commune"):
        return True
    if premises.position_source == "manual":
        return False
    return (premises.position_score or 0) < Decimal(
        str(geocoding.ENOUGH)
    ) or premises.position_precision != "housenumber"


def unsure() -> ColumnElement[bool]:
    """The SQL twin of `uncertain`, for places that were found at all: a draft without a point is asked for one anyway."""
    doubtful = or_(
        func.coalesce(Premises.position_score, 0) < Decimal(str(geocoding.ENOUGH)),
        Premises.position_precision.is_distinct_from("housenumber"),
    )
    return or_(Premises.position_source == "commune", and_(Premises.position_source != "manual", doubtful))


__all__ = ["NOWHERE", "Place", "at", "by_hand", "find", "in_france", "kept", "uncertain", "unsure"]
