"""Files and territory for tests of imports: Rennes and Lille with square outlines, and the whole path in one call."""

import csv
import io
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from premises.imports import runs, work
from premises.models import PremisesImport

HEADERS = (
    "Référence",
    "Nom du local",
    "Adresse",
    "CP",
    "Ville",
    "Surface (m²)",
    "Loyer",
    "Longitude",
    "Latitude",
    "Disponible le",
)
ROW = (
    "L-1",
    "Boutique A",
    "2 rue de la Marbaudais",
    "35700",
    "Rennes",
    "62,5",
    "38",
    "-1.6585",
    "48.1275",
    "01/03/2027",
)


def row(**changed: str) -> list[str]:
    """ROW with some cells changed, by header."""
    return [changed.get(header, cell) for header, cell in zip(HEADERS, ROW, strict=True)]


def csv_of(*rows: list[str], headers: tuple[str, ...] = HEADERS) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([headers, *rows])
    return out.getvalue().encode()


async def territory(db: AsyncSession) -> None:
    """Two communes with square outlines, one without, in two départements of one region."""
    await db.execute(text("INSERT INTO regions VALUES ('99', 'Test') ON CONFLICT DO NOTHING"))
    await db.execute(
        text(
            "INSERT INTO departments (code, name, region_code) VALUES ('35', 'Ille-et-Vilaine', '99'), ('59', 'Nord', '99')"
        )
    )
    await db.execute(
        text(
            "INSERT INTO communes (code, name, postcodes, department_code, outline) VALUES "
            "('35238', 'Rennes', '35000 35200 35700', '35', ST_Multi(ST_MakeEnvelope(-1.76, 48.05, -1.6, 48.16, 4326))), "
            "('59350', 'Lille', '59000 59800', '59', ST_Multi(ST_MakeEnvelope(2.96, 50.6, 3.13, 50.66, 4326))), "
            "('35024', 'Betton', '35830', '35', NULL)"
        )
    )


async def brought(db: AsyncSession, actor: Actor, org: Organisation, content: bytes, **options: Any) -> PremisesImport:
    """A file kept, its proposed columns taken, and looked at."""
    one = await runs.bring(db, actor, owner_id=org.id, name="locaux.csv", content=content)
    mapping, whole = options.pop("mapping", one.mapping), options.pop("whole", False)
    await runs.choose(db, actor, one, mapping=mapping, options=options, source="fichier", whole=whole)
    await work.examine(db, one)
    return one


async def entered(db: AsyncSession, actor: Actor, org: Organisation, content: bytes, **options: Any) -> PremisesImport:
    """The same, then let in."""
    one = await brought(db, actor, org, content, **options)
    assert await runs.launch(db, actor, one)
    await work.run(db, actor, one)
    return one


def counts(one: PremisesImport) -> tuple[int, int, int, int]:
    """(enter, change, same, refused)"""
    return tuple(one.report[name] for name in ("enter", "change", "same", "refused"))  # type: ignore[return-value]
