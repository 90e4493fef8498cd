"""Rows for tests of the supply: an owner, premises with lots, in the draft or published state."""

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import WKTElement
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.accounts.models import Organisation
from premises.models import Lot, Premises

_n = itertools.count(1)
RENNES = (-1.6585, 48.1275)


async def premises(
    db: AsyncSession,
    owner: Organisation,
    *,
    published: bool = True,
    point: tuple[float, float] | None = RENNES,
    **more: Any,
) -> Premises:
    """A ground floor in Rennes, outside any known perimeter unless `more` says otherwise."""
    number = next(_n)
    facts: dict[str, Any] = {
        "name": f"Local {number}", "kind": "ground_floor", "regime": "private", "address": "2 rue de la Marbaudais", "postcode": "35700",
    }  # fmt: skip
    made = Premises(
        code=f"P{number:05d}",
        owner_id=owner.id,
        point=WKTElement(f"POINT({point[0]} {point[1]})", srid=4326) if point else None,
        **{**facts, "published_at": clock.now() if published else None, **more},
    )
    db.add(made)
    await db.flush()
    return made


async def lot(db: AsyncSession, place: Premises, label: str = "A", *, area: str = "60", **more: Any) -> Lot:
    """A lot one can use from 2026 to 2029, under a precarious agreement."""
    made = Lot(
        premises_id=place.id,
        label=label,
        name=more.pop("name", f"Lot {label}"),
        area=Decimal(area),
        available=more.pop("available", Range(date(2026, 1, 1), date(2030, 1, 1))),
        titles=more.pop("titles", ["COP"]),
        **more,
    )
    db.add(made)
    await db.flush()
    return made
