"""Sectors as people type them: communes by their name or Insee code, intercommunalities by their name."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.territory.models import Commune, Intercommunality

MOST = 30


async def commune_names(db: AsyncSession, codes: Collection[str]) -> dict[str, str]:
    rows = await db.execute(select(Commune.code, Commune.name).where(Commune.code.in_(list(codes))))
    return {row.code: row.name for row in rows}


async def read_communes(db: AsyncSession, typed: str) -> tuple[list[str], list[str]]:
    """(codes, words that name no place). A name shared by several communes must be given by its code; the name of an
    intercommunality stands for all its communes."""
    parts = [part.strip() for part in re.split(r"[,;\n]", typed) if part.strip()][:MOST]
    codes: list[str] = []
    unknown: list[str] = []
    for part in parts:
        named = func.plain_text(Commune.name) == func.plain_text(part)
        by = Commune.code == part.upper() if re.fullmatch(r"\d[\dABab]\d{3}", part) else named
        found = (await db.execute(select(Commune.code).where(by).limit(2))).scalars().all()
        if len(found) != 1:
            found = await _members(db, part)
        codes.extend(found)
        if not found:
            unknown.append(part)
    return list(dict.fromkeys(codes)), unknown


async def _members(db: AsyncSession, name: str) -> Sequence[str]:
    """Communes of the one intercommunality of that name; none when no name, or several, match."""
    bodies = select(Intercommunality.code).where(func.plain_text(Intercommunality.name) == func.plain_text(name))
    found = (await db.execute(bodies.limit(2))).scalars().all()
    if len(found) != 1:
        return []
    inside = or_(Commune.epci_code == found[0], Commune.ept_code == found[0])
    return (await db.execute(select(Commune.code).where(inside).order_by(Commune.code))).scalars().all()
