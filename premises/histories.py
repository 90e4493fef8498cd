"""Verbs on a lot's history that its owner writes: meanwhile uses, works, demolition, and why it stands empty.

Leases write their own occupancies and end them; what stands here for a lease is not changed from this page.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound, Refused
from intervalle.i18n import _
from premises.models import Lot, Occupancy, Premises, Vacancy
from premises.occupancies import lock_lots, occupy, release
from premises.supply import record

WRITTEN_HERE = ("meanwhile", "works", "demolition")


async def add_use(
    db: AsyncSession, actor: Actor, premises: Premises, lot: Lot, *, during: Range[date], kind: str, label: str,
    area: Decimal | None = None, slots: Sequence[int] = (),
) -> Occupancy:  # fmt: skip
    """A use or works, past or to come. Works take the whole lot, all week."""
    POLICY.check(actor, "premises.edit", premises)
    if kind not in WRITTEN_HERE:
        raise Refused(_("Un titre d’occupation s’écrit depuis la page des titres."))
    whole = kind != "meanwhile"
    made = await occupy(
        db,
        lot_id=lot.id,
        during=during,
        kind=kind,
        label=label,
        area=None if whole else area,
        slots=() if whole else slots,
    )
    facts = {"lot": lot.id, "kind": kind, "label": label, "during": _written(during)}
    await record(db, actor, premises, "premises.add_use", facts)
    return made


async def _own_use(db: AsyncSession, lot: Lot, occupancy_id: int) -> Occupancy:
    await lock_lots(db, [lot.id])
    found = await db.execute(select(Occupancy).where(Occupancy.id == occupancy_id, Occupancy.lot_id == lot.id))
    use = found.scalar_one_or_none()
    if use is None:
        raise NotFound
    if use.kind not in WRITTEN_HERE:
        raise Refused(
            _("Cette occupation tient à un titre : elle se termine avec lui."), _("Ouvrez le titre pour y mettre fin.")
        )
    return use


async def end_use(db: AsyncSession, actor: Actor, premises: Premises, lot: Lot, occupancy_id: int, on: date) -> None:
    """Free again from the day `on`; what never began disappears from the history."""
    POLICY.check(actor, "premises.edit", premises)
    use = await _own_use(db, lot, occupancy_id)
    if use.during.upper and on > use.during.upper:
        raise Refused(_("Cette occupation se termine déjà avant ce jour."), _("Donnez un jour plus proche."))
    facts = {"lot": lot.id, "use": use.id, "label": use.label, "before": _written(use.during), "on": on.isoformat()}
    await release(db, use.id, on)
    await record(db, actor, premises, "premises.end_use", facts)


async def explain_vacancy(
    db: AsyncSession, actor: Actor, premises: Premises, lot: Lot, *, during: Range[date], reason: str, note: str
) -> Vacancy:
    """Why the lot stands empty over a period. A newer explanation of the same days takes the place of the older."""
    POLICY.check(actor, "premises.edit", premises)
    await lock_lots(db, [lot.id])
    older = await db.execute(select(Vacancy).where(Vacancy.lot_id == lot.id, Vacancy.during.overlaps(during)))
    for vacancy in older.scalars():
        await _give_way(db, vacancy, during)
    made = Vacancy(lot_id=lot.id, during=during, reason=reason, note=note)
    db.add(made)
    await db.flush()
    facts = {"lot": lot.id, "reason": reason, "during": _written(during)}
    await record(db, actor, premises, "premises.explain_vacancy", facts)
    return made


async def _give_way(db: AsyncSession, vacancy: Vacancy, to: Range[date]) -> None:
    """Keep of an older explanation what the newer one does not cover: before it, and after it."""
    start, end = vacancy.during.lower, vacancy.during.upper
    left = Range(start, to.lower) if to.lower and (start is None or start < to.lower) else None
    right = Range(to.upper, end) if to.upper and (end is None or to.upper < end) else None
    if left is None:
        await db.delete(vacancy)
    else:
        vacancy.during = left
    if right is not None:
        db.add(Vacancy(lot_id=vacancy.lot_id, during=right, reason=vacancy.reason, note=vacancy.note))
    await db.flush()


def _written(during: Range[date]) -> list[str | None]:
    return [day.isoformat() if day else None for day in (during.lower, during.upper)]
