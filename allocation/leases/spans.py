"""What this room adds to a lot's bar: a place given and not occupied yet, from the decision to the first day of its title."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.models import Award
from allocation.leases.models import Lease
from calls.models import Application, CallVersion
from intervalle import clock
from intervalle.clock import PARIS
from intervalle.db import NOW
from intervalle.i18n import _
from premises import hooks, states
from premises.models import PART_UNIT, Lot
from premises.occupancies import units
from premises.timeline import HALF_DAYS, Span, share


def _standing() -> ColumnElement[bool]:
    """Released, not given up, not lapsed; its offer still runs or was taken; its title is not in force yet."""
    today = clock.today()
    taken = or_(Award.accepted_at.is_not(None), Award.offer_expires_at.is_(None), Award.offer_expires_at > NOW)
    to_come = and_(Lease.ended_on.is_(None), func.lower(Lease.during) > today)
    return and_(
        Award.released_at.is_not(None), Award.declined_at.is_(None), Award.lapsed_at.is_(None), taken,
        or_(Lease.id.is_(None), Lease.signed_at.is_(None), to_come),
    )  # fmt: skip


async def award_spans(db: AsyncSession, lot_ids: Sequence[int]) -> Mapping[int, Sequence[Span]]:
    """One query. Without a signed title the place is kept for the period the call offered."""
    rows = await db.execute(
        select(Award, Lot.area, CallVersion.occupation_until, Lease)
        .join(Lot, Lot.id == Award.lot_id)
        .join(Application, Application.id == Award.application_id)
        .join(CallVersion, CallVersion.id == Application.call_version_id)
        .outerjoin(Lease, Lease.award_id == Award.id)
        .where(Award.lot_id.in_(list(lot_ids)), _standing())
        .order_by(Award.lot_id, Award.id)
    )
    found: dict[int, list[Span]] = {}
    for award, area, until, lease in rows:
        assert award.released_at is not None  # `_standing` asks for it
        end = lease.during.lower if lease and lease.signed_at else until
        start = award.released_at.astimezone(PARIS).date()
        if end is None or start < end:
            label = _("Attribué, titre à venir")
            found.setdefault(award.lot_id, []).append(Span("awarded", start, end, label, _share(award, area)))
    return found


def _share(award: Award, area: Any) -> Fraction:
    return share(len(award.slots) or HALF_DAYS, min(units(award.area), units(area)), units(area))


def _lots_awarded() -> Select[int]:
    """Lots whose places given, with the uses of today, leave no room: the SQL side of `award_spans`."""
    today: date = clock.today()
    signed = case((Lease.signed_at.is_not(None), func.lower(Lease.during)))
    ends = func.coalesce(signed, CallVersion.occupation_until)
    week = func.coalesce(func.nullif(func.cardinality(Award.slots), 0), HALF_DAYS)
    given = (
        select(Award.lot_id, func.sum(week * func.least(Award.area, Lot.area) / PART_UNIT).label("units"))
        .join(Lot, Lot.id == Award.lot_id)
        .join(Application, Application.id == Award.application_id)
        .join(CallVersion, CallVersion.id == Application.call_version_id)
        .outerjoin(Lease, Lease.award_id == Award.id)
        .where(_standing(), or_(ends.is_(None), ends > today))
        .group_by(Award.lot_id)
        .subquery()
    )
    room = HALF_DAYS * Lot.area / PART_UNIT
    return (
        select(Lot.id).join(given, given.c.lot_id == Lot.id).where(given.c.units + states.units_used_on(today) >= room)
    )


hooks.SPANS.append(award_spans)
hooks.LOTS_IN.setdefault("awarded", []).append(_lots_awarded)
