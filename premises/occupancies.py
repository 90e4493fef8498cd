"""Writing a lot's history. The only door to `occupancies`: titles, works and meanwhile uses all come through here.

The lot's row is locked first (always in order of id when there are several), then a free slice of its area is looked
for; the exclusion constraint stands behind as the last wall.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import i18n
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from premises.models import PART_UNIT, WHOLE_WEEK, Lot, Occupancy
from premises.timeline import FROM_KIND, Span, share


def slots_range(slots: Sequence[int]) -> MultiRange[int]:
    """Half-days 0-13 as a multirange; none given means the whole week."""
    return MultiRange([Range(s, s + 1) for s in sorted(set(slots))]) if slots else WHOLE_WEEK


def units(area: Decimal) -> int:
    """m² in PART_UNIT (hundredths), exactly."""
    return int((Decimal(area) / PART_UNIT).to_integral_value())


def free_slice(taken: Iterable[tuple[int, int]], size: int, wanted: int) -> tuple[int, int] | None:
    """The smallest gap of [0, size) that holds `wanted` units, given the slices already taken; None when none does."""
    gaps, start = [], 0
    for low, high in sorted(taken):
        if low > start:
            gaps.append((start, low))
        start = max(start, high)
    if start < size:
        gaps.append((start, size))
    fitting = [(high - low, low) for low, high in gaps if high - low >= wanted]
    if not fitting:
        return None
    _room, low = min(fitting)
    return low, low + wanted


async def lock_lots(db: AsyncSession, lot_ids: Iterable[int]) -> list[Lot]:
    """Lock lots in one order for everybody: races wait, they do not deadlock."""
    rows = await db.execute(
        select(Lot)
        .where(Lot.id.in_(set(lot_ids)))
        .order_by(Lot.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def meeting(db: AsyncSession, lot_id: int, during: Range[date], slots: MultiRange[int]) -> list[Occupancy]:
    """Occupancies of the lot on any of these days and half-days, oldest first."""
    rows = await db.execute(
        select(Occupancy)
        .where(Occupancy.lot_id == lot_id, Occupancy.during.overlaps(during), Occupancy.slots.overlaps(slots))
        .order_by(Occupancy.during, Occupancy.id)
    )
    return list(rows.scalars())


async def occupy(
    db: AsyncSession,
    *,
    lot_id: int,
    during: Range[date],
    kind: str,
    label: str,
    area: Decimal | None = None,
    slots: Sequence[int] = (),
) -> Occupancy:
    """Take `area` m² of a lot (all of it when it is not divisible or no area is given) on [start, end), half-days `slots`.

    Raises Refused, naming what is already there, when the room is not free.
    """
    locked = await lock_lots(db, [lot_id])
    if not locked:
        raise NotFound
    lot = locked[0]
    size = units(lot.area)
    wanted = units(area) if area is not None and lot.divisible else size
    if wanted > size:
        raise Refused(
            _(
                "Le lot « %(lot)s » fait %(area)s : il ne peut pas en accueillir %(wanted)s.",
                lot=lot.name,
                area=i18n.area(lot.area),
                wanted=i18n.area(area),
            ),
            _("Diminuez la surface du titre."),
        )
    week = slots_range(slots)
    others = await meeting(db, lot_id, during, week)
    part = free_slice([(o.part.lower or 0, o.part.upper or size) for o in others], size, wanted)
    if part is None:
        raise Refused(
            overlap_sentence(lot, others),
            _("Changez les dates, les demi-journées ou la surface, ou mettez d’abord fin à l’autre occupation."),
        )
    taken = Occupancy(lot_id=lot_id, during=during, slots=week, part=Range(*part), kind=kind, label=label)
    db.add(taken)
    await db.flush()
    return taken


def overlap_sentence(lot: Lot, others: Sequence[Occupancy]) -> str:
    named = "; ".join(
        f"{o.label or _('une autre occupation')}, {i18n.span(o.during.lower, o.during.upper)}" for o in others[:3]
    )
    return _("Le lot « %(lot)s » est déjà occupé ces jours-là : %(others)s.", lot=lot.name, others=named)


async def release(db: AsyncSession, occupancy_id: int, on: date) -> None:
    """The place is free again from the day `on`; an occupancy that never began disappears."""
    occupancy = await db.get(Occupancy, occupancy_id, with_for_update=True)
    if occupancy is None:
        raise NotFound
    if occupancy.during.lower and on <= occupancy.during.lower:
        await db.delete(occupancy)
    else:
        occupancy.during = Range(occupancy.during.lower, on)
    await db.flush()


def last_day(during: Range[date]) -> date | None:
    """The last day of a [start, end) range, as people write it."""
    return during.upper - timedelta(days=1) if during.upper else None


def half_days(slots: MultiRange[int]) -> int:
    return sum((r.upper or 14) - (r.lower or 0) for r in slots)


def span_of(occupancy: Occupancy, lot: Lot, today: date) -> Span:
    """An occupancy as the lot's bar shows it."""
    size = units(lot.area)
    part = (occupancy.part.upper or size) - (occupancy.part.lower or 0)
    return Span(
        FROM_KIND[occupancy.kind], occupancy.during.lower or today, occupancy.during.upper, occupancy.label,
        share(half_days(occupancy.slots), part, size),
    )  # fmt: skip
