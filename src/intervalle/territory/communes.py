"""Communes as people type them: by their name or their Insee code."""

import re
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.territory.models import Commune

MOST = 30


async def commune_names(db: AsyncSession, codes: Collection[str]) -> dict[str, str]:
    rows = await db.execute(select(Commune.code, Commune.name).where(Commune.code.in_(list(codes))))
    return {row.code: row.name for row in rows}


async def read_communes(db: AsyncSession, typed: str) -> tuple[list[str], list[str]]:
    """(codes, words that name no commune). A name shared by several communes must be given by its code."""
    parts = [part.strip() for part in re.split(r"[,;\n]", typed) if part.strip()][:MOST]
    codes, unknown = [], []
    for part in parts:
        named = func.plain_text(Commune.name) == func.plain_text(part)
        by = Commune.code == part.upper() if re.fullmatch(r"\d[\dABab]\d{3}", part) else named
        found = (await db.execute(select(Commune.code).where(by).limit(2))).scalars().all()
        if len(found) == 1:
            codes.append(found[0])
        else:
            unknown.append(part)
    return list(dict.fromkeys(codes)), unknown
