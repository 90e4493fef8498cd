"""One history per lot: shared by area and by half-days, never twice the same room at the same time."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import async_sessionmaker

from intervalle.accounts.models import Organisation
from intervalle.errors import NotFound, Refused
from premises.models import Lot, Occupancy, Premises
from premises.occupancies import free_slice, occupy, release
from tests import make
from tests.premises import make as supply

YEAR = Range(date(2026, 1, 1), date(2027, 1, 1))
NEXT = Range(date(2027, 1, 1), date(2028, 1, 1))


@pytest.mark.parametrize(
    ("taken", "wanted", "found"),
    [
        ([], 10, (0, 10)),
        ([(0, 100)], 1, None),
        ([(0, 30), (50, 100)], 20, (30, 50)),
        ([(0, 30), (50, 60)], 20, (30, 50)),  # the gap that fits best, not the largest
        ([(0, 30), (20, 60)], 41, None),
        ([(60, 80), (10, 20)], 10, (0, 10)),
    ],
)
def test_best_fitting_slice(taken: list[tuple[int, int]], wanted: int, found: tuple[int, int] | None) -> None:
    assert free_slice(taken, 100, wanted) == found


async def _lot(db: Any, **more: Any) -> Lot:
    return await supply.lot(db, await supply.premises(db, await make.organisation(db)), **more)


async def test_the_same_days_twice_are_refused_with_what_is_there(db: Any) -> None:
    lot = await _lot(db)
    await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="Atelier vélo")
    with pytest.raises(Refused) as refused:
        await occupy(db, lot_id=lot.id, during=Range(date(2026, 12, 31), None), kind="lease", label="Autre")
    assert refused.value.sentence == (
        "Le lot « Lot A » est déjà occupé ces jours-là : Atelier vélo, du 1ᵉʳ janvier 2026 au 31 décembre 2026."
    )
    await occupy(db, lot_id=lot.id, during=NEXT, kind="lease", label="Autre")


async def test_a_divisible_lot_is_shared_to_the_last_square_metre(db: Any) -> None:
    lot = await _lot(db, area="100", divisible=True)
    first = await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="A", area=Decimal("62.5"))
    second = await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="B", area=Decimal("37.5"))
    assert (first.part, second.part) == (Range(0, 6250), Range(6250, 10000))
    with pytest.raises(Refused):
        await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="C", area=Decimal("0.01"))
    with pytest.raises(Refused, match="fait 100"):
        await occupy(db, lot_id=lot.id, during=NEXT, kind="lease", label="D", area=Decimal("100.01"))


async def test_half_days_share_one_room(db: Any) -> None:
    lot = await _lot(db, shareable=True)
    await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="Matins", slots=[0, 2, 4])
    await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="Après-midi", slots=[1, 3, 5])
    with pytest.raises(Refused, match="Matins"):
        await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="Lundi matin", slots=[0])


async def test_released_days_can_be_used_again(db: Any) -> None:
    lot = await _lot(db)
    held = await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label="A")
    await release(db, held.id, date(2026, 7, 1))
    await occupy(db, lot_id=lot.id, during=Range(date(2026, 7, 1), date(2027, 1, 1)), kind="works", label="Travaux")
    never = await occupy(db, lot_id=lot.id, during=NEXT, kind="lease", label="B")
    await release(db, never.id, date(2026, 12, 1))
    left = await db.execute(select(Occupancy.label).where(Occupancy.lot_id == lot.id).order_by(Occupancy.id))
    assert list(left.scalars()) == ["A", "Travaux"]


async def test_an_unknown_lot_is_not_found(db: Any) -> None:
    with pytest.raises(NotFound):
        await occupy(db, lot_id=1, during=YEAR, kind="lease", label="A")


async def test_racers_for_one_lot_have_one_winner_and_no_deadlock(engine: Any) -> None:
    """Committed for real on several connections, then cleaned up."""
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions() as db, db.begin():
        lot = await _lot(db)
        place = await db.get(Premises, lot.premises_id)

    async def race(name: str) -> str:
        async with sessions() as db, db.begin():
            try:
                await occupy(db, lot_id=lot.id, during=YEAR, kind="lease", label=name)
            except Refused:
                return "refused"
            return "won"

    try:
        outcomes = await asyncio.gather(*(race(f"Structure {n}") for n in range(8)))
        assert sorted(outcomes) == ["refused"] * 7 + ["won"]
        async with sessions() as db:
            count = await db.execute(select(func.count(Occupancy.id)).where(Occupancy.lot_id == lot.id))
            assert count.scalar_one() == 1
    finally:
        async with sessions() as db, db.begin():
            await db.execute(delete(Occupancy).where(Occupancy.lot_id == lot.id))
            await db.execute(delete(Lot).where(Lot.id == lot.id))
            await db.execute(delete(Premises).where(Premises.id == place.id))
            await db.execute(delete(Organisation).where(Organisation.id == place.owner_id))
