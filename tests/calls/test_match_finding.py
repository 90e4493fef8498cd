"""What is found by looking only at what changed is what comparing every lot with every need finds."""

import random
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange

from calls.match_finding import find_new
from calls.match_rules import fits
from calls.need_models import MatchQueue, Need, NeedMatch, NeedPlace
from intervalle import clock
from premises.models import Lot, Occupancy, Premises
from tests.calls import make as calls
from tests.calls.test_matching import INSIDE, random_lots, random_need


async def compared(db) -> set[tuple[int, int]]:
    """Every open need against every published lot."""
    everything = (
        select(Need.id, Lot.id)
        .select_from(Need).join(Lot, literal(True)).join(Premises, Premises.id == Lot.premises_id)
        .where(Need.closed_at.is_(None), Premises.published_at.is_not(None), Premises.withdrawn_at.is_(None), fits())
    )  # fmt: skip
    return {(need, lot) for need, lot in await db.execute(everything)}


async def written(db) -> set[tuple[int, int]]:
    return {(need, lot) for need, lot in await db.execute(select(NeedMatch.need_id, NeedMatch.lot_id))}


def use_of(lot: Lot, since: date, days: int) -> Occupancy:
    whole = Range(0, int(lot.area * 100))
    during = Range(since, since + timedelta(days=days))
    return Occupancy(lot_id=lot.id, kind="lease", during=during, slots=MultiRange([Range(0, 14)]), part=whole)


async def test_what_changed_is_enough(db):
    pick = random.Random(8403)
    lots = await random_lots(db, pick, 20)
    structure = await calls.side(db, "ess_structure")
    known = [random_need(pick, structure.org.id) for _ in range(80)]
    db.add_all(known)
    today = clock.today()
    # Taken until beyond what a need without dates looks at: time alone will free them.
    held, _place = (await random_lots_more(db, pick))[0]
    db.add(use_of(held, today, 400))
    await db.flush()
    expected: set[tuple[int, int]] = set()
    grown = []

    async def step() -> None:
        nonlocal expected
        await db.flush()
        new = await find_new(db)
        expected |= await compared(db)
        assert await written(db) == expected
        grown.append(new)
        assert (await find_new(db), new >= 0) == (0, True)

    await step()
    lot, place = lots[3]
    place.withdrawn_at = clock.now()
    await step()
    lot.area, lot.rent_cents_m2_year, place.withdrawn_at = Decimal(65), 0, None
    await step()
    for other, other_place in lots[5:9]:
        other_place.commune_code, other_place.point, other.floor, other.step_free = "35238", INSIDE, 0, True
    await step()
    await db.execute(delete(Occupancy).where(Occupancy.lot_id.in_([one.id for one, _ in lots[8:14]])))
    await step()
    for need in known[:20]:
        need.area_min, need.area_max, need.erp_types, need.budget_cents_month = Decimal(10), Decimal(500), [], None
    known[0].closed_at = clock.now()
    await step()
    db.add_all(random_need(pick, structure.org.id) for _ in range(20))
    await step()
    # Uses are cut short: each of these lots is free from today on.
    late = Occupancy.lot_id.in_([one.id for one, _ in lots[14:]])
    await db.execute(delete(Occupancy).where(late, func.lower(Occupancy.during) >= today))
    cut = func.daterange(func.lower(Occupancy.during), func.least(func.upper(Occupancy.during), today))
    await db.execute(update(Occupancy).values(during=cut).where(late))
    await step()
    for days in (20, 35, 36, 37, 60, 400):
        with clock.at(clock.now() + timedelta(days=days)):
            await step()
    assert sum(grown) == len(expected)
    assert any(need == known[1].id and lot == held.id for need, lot in expected)
    assert (await db.execute(select(func.count()).select_from(MatchQueue).where(MatchQueue.due <= today))).scalar_one() == 0  # fmt: skip


async def random_lots_more(db, pick: random.Random) -> list[tuple[Lot, Premises]]:
    """A large lot on its own, which whoever takes ten square metres would take."""
    owner = await calls.side(db)
    (lot,) = await calls.premises(db, owner.org, lots=1)
    place = await db.get(Premises, lot.premises_id)
    place.commune_code, place.qpv_code, place.point = "35238", "QP035001", INSIDE
    lot.area, lot.divisible, lot.min_area, lot.floor, lot.step_free = Decimal(70), True, Decimal(10), 0, True
    lot.available = Range(None, None)
    await db.flush()
    return [(lot, place)]


async def test_a_closed_need_keeps_no_row_and_a_lot_put_away_waits_for_its_publication(db):
    owner, structure = await calls.side(db), await calls.side(db, "ess_structure")
    (lot,) = await calls.premises(db, owner.org, lots=1)
    place = await db.get(Premises, lot.premises_id)
    need = Need(
        organisation_id=structure.org.id, title="x", uses=["shop"], area_min=Decimal(10), area_max=lot.area,
        commune_codes=[], erp_types=["M", "W"], slots=[0, 13],
    )  # fmt: skip
    db.add(need)
    place.withdrawn_at = clock.now()
    await db.flush()
    row = (await db.execute(select(NeedPlace))).scalar_one()
    assert (row.place, row.area_min, row.halves, row.asks) == ("", 1000, 1 | 1 << 13, (4 | 2048) << 10 | 1 << 9)
    assert await find_new(db) == 0
    lot.name = "Renommé"
    await db.flush()
    assert (await db.execute(select(func.count()).select_from(MatchQueue))).scalar_one() == 0
    need.erp_types, place.withdrawn_at = [], None
    await db.flush()
    assert await find_new(db) == 1
    need.closed_at = clock.now()
    await db.flush()
    assert (await db.execute(select(func.count()).select_from(NeedPlace))).scalar_one() == 0
