"""What applies at this point on this date: commune, bodies above it, QPV. Point in polygon only (rules.md §7).

The answer about a QPV has three values. "Outside" is said only where the geography in force on that date was imported
for that département; otherwise it is unknown (« indéterminé »). It is indicative: the official tool for the tax office
is the State's own.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class QpvAnswer:
    """status: inside | outside | unknown."""

    status: str
    code: str | None = None
    name: str = ""
    vintage: int | None = None
    official: bool = True


@dataclass(frozen=True)
class Applies:
    commune_code: str | None
    commune: str
    department_code: str | None
    epci: str
    ept: str
    qpv: QpvAnswer


@dataclass(frozen=True)
class NearQpv:
    code: str
    name: str
    metres: int


UNKNOWN = QpvAnswer("unknown")
# Geography -> [first day, first day after it): décret 2014-1750, then décret 2023-1314.
VALIDITY: dict[int, tuple[date, date | None]] = {
    2015: (date(2015, 1, 1), date(2024, 1, 1)),
    2024: (date(2024, 1, 1), None),
}


async def qpv_at(db: AsyncSession, lon: float, lat: float, on: date, department: str | None) -> QpvAnswer:
    """The perimeter in force on `on` that covers the point, or whether we may say there is none."""
    found = await db.execute(
        text(
            "SELECT code, name, vintage, official FROM qpv_perimeters WHERE during @> CAST(:on AS date) AND ST_Covers(outline, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) "
            "ORDER BY official DESC, vintage DESC, code LIMIT 1"
        ),
        {"lon": lon, "lat": lat, "on": on},
    )
    row = found.one_or_none()
    if row:
        return QpvAnswer("inside", row.code, row.name, row.vintage, row.official)
    if department is None:
        return UNKNOWN
    # A département is known when a perimeter in force there was imported: its commune codes say so.
    known = await db.execute(
        text(
            "SELECT vintage FROM qpv_perimeters WHERE during @> CAST(:on AS date) AND official "
            "AND EXISTS (SELECT 1 FROM unnest(string_to_array(communes, ' ')) c WHERE c LIKE :department || '%') ORDER BY vintage DESC LIMIT 1"
        ),
        {"on": on, "department": department},
    )
    vintage = known.scalar_one_or_none()
    return QpvAnswer("outside", vintage=vintage) if vintage else UNKNOWN


@dataclass(frozen=True)
class Generation:
    """One geography of QPV, valid on [start, end), and what it says of a point."""

    vintage: int
    start: date
    end: date | None
    answer: QpvAnswer

    def covers(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on < self.end)


async def generations(db: AsyncSession, lon: float, lat: float, department: str | None) -> list[Generation]:
    """The geographies side by side, oldest first: each says what it says of this point, or that nothing is known."""
    found = []
    for vintage, (start, end) in VALIDITY.items():
        answer = await qpv_at(db, lon, lat, start, department)
        found.append(Generation(vintage, start, end, answer))
    return found


async def what_applies(db: AsyncSession, lon: float, lat: float, on: date) -> Applies:
    found = await db.execute(
        text(
            "SELECT c.code, c.name, c.department_code, e.name AS epci, t.name AS ept FROM communes c "
            "LEFT JOIN intercommunalities e ON e.code = c.epci_code LEFT JOIN intercommunalities t ON t.code = c.ept_code "
            "WHERE ST_Covers(c.outline, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) LIMIT 1"
        ),
        {"lon": lon, "lat": lat},
    )
    row = found.one_or_none()
    qpv = await qpv_at(db, lon, lat, on, row.department_code if row else None)
    if row is None:
        return Applies(None, "", None, "", "", qpv)
    return Applies(row.code, row.name, row.department_code, row.epci or "", row.ept or "", qpv)


async def nearest_qpv(db: AsyncSession, lon: float, lat: float, on: date, within: int = 5_000) -> NearQpv | None:
    """The nearest perimeter in force, with its distance in metres (0 inside)."""
    found = await db.execute(
        text(
            "SELECT code, name, ST_Distance(outline::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS metres FROM qpv_perimeters "
            "WHERE during @> CAST(:on AS date) AND ST_DWithin(outline::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :within) ORDER BY metres, code LIMIT 1"
        ),
        {"lon": lon, "lat": lat, "on": on, "within": within},
    )
    row = found.one_or_none()
    return NearQpv(row.code, row.name, round(row.metres)) if row else None


async def vintage_of(db: AsyncSession, code: str) -> int | None:
    """The latest geography that knows a QPV by this code; None when it was not imported."""
    found = await db.execute(text("SELECT max(vintage) FROM qpv_perimeters WHERE code = :code"), {"code": code})
    return found.scalar_one_or_none()


async def commune_exists(db: AsyncSession, code: str) -> bool:
    found = await db.execute(text("SELECT 1 FROM communes WHERE code = :code"), {"code": code})
    return found.first() is not None
