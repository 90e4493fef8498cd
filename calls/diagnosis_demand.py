"""The demand against the supply of a diagnosis: open needs by use and by area, and what the vacant lots answer.

A figure of fewer than `SMALL` structures is not shown: it could point at somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.match_queries import BANDS, SMALL, band, in_communes
from calls.match_rules import fits
from calls.need_models import Need
from calls.uses import Use
from intervalle.i18n import _
from premises.diagnosis.figures import Line
from premises.models import Lot, Premises


@dataclass(frozen=True)
class UseLine:
    """Structures and m² asked for; of these needs, how many find a vacant lot today, and how many lots answer."""

    label: str
    structures: int
    area: Decimal
    needs: int
    met: int
    lots: int

    @property
    def small(self) -> bool:
        return self.structures < SMALL


@dataclass(frozen=True)
class BandLine:
    """A band of area: what is asked for, and what stands vacant."""

    low: int
    structures: int
    area: Decimal
    supply: Line

    @property
    def small(self) -> bool:
        return 0 < self.structures < SMALL


async def by_use(db: AsyncSession, communes: Sequence[str], vacant: Sequence[int]) -> list[UseLine]:
    """Largest demand first. A need with two uses counts in both."""
    open_here = (Need.closed_at.is_(None), in_communes(communes))
    use = func.unnest(Need.uses).label("use")
    wanted = select(use, Need.organisation_id, Need.area_min, Need.id).where(*open_here).subquery()
    asked = await db.execute(
        select(
            wanted.c.use, func.count(wanted.c.organisation_id.distinct()), func.sum(wanted.c.area_min), func.count()
        ).group_by(wanted.c.use)
    )
    pairs = (
        select(use, Need.id.label("need"), Lot.id.label("lot"))
        .select_from(Need)
        .join(Lot, Lot.id.in_(list(vacant)))
        .join(Premises, Premises.id == Lot.premises_id)
        .where(*open_here, fits())
        .subquery()
    )
    answered = await db.execute(
        select(pairs.c.use, func.count(pairs.c.need.distinct()), func.count(pairs.c.lot.distinct())).group_by(
            pairs.c.use
        )
    )
    met = {row[0]: (row[1], row[2]) for row in answered}
    labels = {u.value: u.label for u in Use}
    lines = [
        UseLine(_(labels[code]), structures, area, needs, *met.get(code, (0, 0)))
        for code, structures, area, needs in asked
        if code in labels
    ]
    return sorted(lines, key=lambda line: (-line.area, line.label))


async def by_band(db: AsyncSession, communes: Sequence[str], supply: Sequence[Line]) -> list[BandLine]:
    low = band().label("low")
    rows = await db.execute(
        select(low, func.count(Need.organisation_id.distinct()), func.sum(Need.area_min))
        .where(Need.closed_at.is_(None), in_communes(communes))
        .group_by(low)
    )
    asked = {row[0]: (row[1], row[2]) for row in rows}
    return [BandLine(low, *asked.get(low, (0, Decimal(0))), line) for low, line in zip(BANDS, supply, strict=True)]
