"""Needs and lots: the rules, their SQL twin, and what they are asked."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange

from calls import match_queries
from calls.match_rules import busy_times
from calls.matching import OBSTACLES, Busy, Offered, Wanted, obstacles
from calls.need_facts import facts_of, offer_of
from calls.need_models import Need
from intervalle import clock
from intervalle.territory.models import Commune, Department, Region
from premises.models import Lot, Occupancy, Premises
from tests.calls import make as calls

NEED = {"area_min": Decimal(60), "area_max": Decimal(80)}
LOT = {"area": Decimal(70)}


TODAY = date(2026, 11, 22)


def taken(*slots: int, since: date | None = None, until: date | None = None) -> Busy:
    return Busy(since, until, frozenset(slots))


@pytest.mark.parametrize(
    ("need", "lot", "found"),
    [
        ({}, {}, []),
        ({}, {"area": Decimal(59)}, ["small"]),
        ({}, {"area": Decimal(81)}, ["large"]),
        ({}, {"area": Decimal(300), "divisible": True, "min_area": Decimal(40)}, []),
        ({}, {"area": Decimal(300), "divisible": True, "min_area": Decimal(90)}, ["large"]),
        ({}, {"area": Decimal(300), "shareable": True}, ["large"]),
        ({"sharing": True, "budget": 1}, {"area": Decimal(300), "shareable": True, "charges": 3800}, []),
        ({"communes": ["35238"]}, {"commune": "35238"}, []),
        ({"communes": ["35238"]}, {"commune": None}, ["place"]),
        ({"must_stay_in_qpv": True}, {"qpv": ""}, ["qpv"]),
        ({"must_stay_in_qpv": True}, {"qpv": "QP035001"}, []),
        ({"ground_floor": True}, {"floor": None}, ["ground_floor"]),
        ({"step_free": True}, {"step_free": None}, ["step_free"]),
        ({"erp_types": ["M", "W"]}, {"erp_types": ["M"]}, ["erp"]),
        ({"erp_types": ["M"]}, {"erp_types": ["W", "M"]}, []),
        ({"budget": 22_166}, {"charges": 3800}, ["budget"]),  # 38 €/m² × 70 m² / 12 = 221.666… €
        ({"budget": 22_167}, {"charges": 3800}, []),
        ({"budget": 0}, {}, []),
        ({"budget": 19_000}, {"charges": 3800, "area": Decimal(300), "divisible": True}, []),  # 60 m² suffice
        ({"wanted_from": date(2027, 1, 1)}, {"available_until": date(2027, 1, 1)}, ["dates"]),
        ({"wanted_from": date(2027, 1, 1)}, {"available_until": date(2027, 1, 2)}, []),
        ({"wanted_until": date(2027, 1, 1)}, {"available_from": date(2027, 1, 1)}, ["dates"]),
        ({"qpvs": ["QP035001"]}, {"qpv": "QP035001", "commune": "35238"}, []),
        ({"qpvs": ["QP035001"], "communes": ["35047"]}, {"qpv": "", "commune": "35238"}, ["place"]),
        ({"sector": True}, {"commune": "35238"}, ["place"]),
        # Tuesday and Thursday mornings meet what is left of a lot shared by half-days, whatever its size.
        ({"slots": [2, 6]}, {"area": Decimal(300), "shareable": True, "busy": [taken(0, 1, 3)]}, []),
        ({"slots": [2, 6]}, {"area": Decimal(300), "shareable": True, "busy": [taken(6)]}, ["busy"]),
        ({"slots": [2, 6]}, {"busy": [taken(0)]}, ["busy"]),  # not shared: one use takes it whole
        ({}, {"shareable": True, "busy": [taken(0)]}, ["busy"]),  # the whole week is asked for
        ({}, {"busy": [Busy(None, date(2027, 6, 1))]}, []),  # free within the year
        ({}, {"busy": [Busy(None, date(2027, 11, 22))]}, ["busy"]),  # a year on is too far
        ({"wanted_until": date(2027, 1, 1)}, {"busy": [Busy(None, date(2026, 12, 31))]}, []),
        ({"wanted_until": date(2027, 1, 1)}, {"busy": [Busy(None, date(2027, 1, 1))]}, ["busy"]),
        # Each half-day is free at some time, never both together.
        (
            {"slots": [2, 6]},
            {"shareable": True, "busy": [taken(2, until=date(2027, 2, 1)), taken(6, since=date(2027, 2, 1))]},
            ["busy"],
        ),
    ],
)
def test_obstacles(need, lot, found):
    assert obstacles(Wanted(**{**NEED, **need}), Offered(**{**LOT, **lot}), today=TODAY) == found


SQUARE = "SRID=4326;MULTIPOLYGON(((-1.70 48.10, -1.64 48.10, -1.64 48.14, -1.70 48.14, -1.70 48.10)))"
INSIDE, OUTSIDE = "SRID=4326;POINT(-1.66 48.12)", "SRID=4326;POINT(-1.50 48.12)"


def random_need(pick: random.Random, org_id: int) -> Need:
    low = Decimal(pick.choice([10, 40, 60, 61]))
    start = pick.choice([None, date(2026, 6, 1), date(2027, 1, 1)])
    return Need(
        organisation_id=org_id, title="x", uses=["shop"], area_min=low, area_max=low + pick.choice([0, 20, 200]),
        commune_codes=pick.choice([[], ["35238"], ["35047"], ["35238", "35047"]]), must_stay_in_qpv=pick.random() < 0.3,
        ground_floor=pick.random() < 0.3, step_free=pick.random() < 0.3, erp_types=pick.choice([[], ["M"], ["M", "W"]]),
        budget_cents_month=pick.choice([None, 0, 19_000, 22_167, 90_000]), wanted_from=start,
        wanted_until=pick.choice([None, (start or date(2027, 1, 1)) + timedelta(days=90)]), sharing=pick.random() < 0.3, slots=pick.choice([[], [], [2, 6], [0], [1, 3, 5]]),
        qpv_codes=pick.choice([[], [], ["QP035001"]]), **pick.choice([{}, {}, {"sector": SQUARE, "sector_m2": 9_000_000}]),
    )  # fmt: skip


async def random_lots(db, pick: random.Random, count: int) -> list[tuple[Lot, Premises]]:
    for row in (Region(code="53", name="Bretagne"), Department(code="35", name="Ille-et-Vilaine", region_code="53"),
                Commune(code="35238", name="Rennes", department_code="35"), Commune(code="35047", name="Bruz", department_code="35")):  # fmt: skip
        db.add(row)
        await db.flush()
    owner = await calls.side(db)
    made = []
    for _ in range(count):
        (lot,) = await calls.premises(db, owner.org, lots=1)
        place = await db.get(Premises, lot.premises_id)
        place.commune_code, place.qpv_code = pick.choice([None, "35238", "35047"]), pick.choice([None, "", "QP035001"])
        lot.area = Decimal(pick.choice([30, 60, 70, 300]))
        lot.divisible, lot.shareable = pick.random() < 0.5, pick.random() < 0.5
        lot.min_area = pick.choice([None, Decimal(20), Decimal(90)]) if lot.divisible else None
        lot.floor, lot.step_free = pick.choice([None, 0, 2]), pick.choice([None, True, False])
        lot.erp_types = pick.choice([[], ["M"], ["M", "W"]])
        lot.charges_cents_m2_year, lot.rent_cents_m2_year = pick.choice([None, 3800]), pick.choice([None, 0, 6000])
        lot.available = Range(
            pick.choice([None, date(2026, 9, 1), date(2027, 6, 1)]),
            pick.choice([None, date(2027, 7, 1), date(2029, 1, 1)]),
        )
        place.point = pick.choice([None, INSIDE, OUTSIDE])
        made.append((lot, place))
        await db.flush()
        for use in range(pick.choice([0, 1, 2])):
            since = date(2026, 1, 1) + timedelta(days=300 * use)
            whole = int(lot.area * 100)
            part = Range(0, pick.choice([whole, whole // 2])) if lot.divisible else Range(0, whole)
            slots = [Range(0, 14)] if not lot.shareable else pick.choice([[Range(0, 14)], [Range(0, 2), Range(5, 7)]])
            db.add(
                Occupancy(
                    lot_id=lot.id,
                    kind="lease",
                    during=Range(since, since + timedelta(days=pick.choice([30, 300]))),
                    slots=MultiRange(slots),
                    part=part,
                )
            )
    await db.flush()
    return made


async def test_sql_says_what_the_rules_say(db):
    """4,800 random pairs, whose facts hit every obstacle and every way to have none."""
    pick = random.Random(20261122)
    lots = await random_lots(db, pick, 24)
    structure = await calls.side(db, "ess_structure")
    db.add_all(random_need(pick, structure.org.id) for _ in range(200))
    await db.flush()
    flags = match_queries.obstacle_flags()
    query = (
        select(Need, Lot, Premises, *[flag.label(code) for code, flag in flags.items()])
        .select_from(Need).join(Lot, literal(True)).join(Premises, Premises.id == Lot.premises_id)
    )  # fmt: skip
    rows = (await db.execute(query)).all()
    said = [[code for code in OBSTACLES if getattr(row, code)] for row in rows]
    assert len(rows) == 4800
    busy = await busy_times(db, [lot for lot, _place in lots])
    inside = set(
        (
            await db.execute(select(Premises.id).where(func.ST_Contains(func.ST_GeomFromEWKT(SQUARE), Premises.point)))
        ).scalars()
    )

    def rules(need, lot, place):
        offer = offer_of(lot, place, busy.get(lot.id, ()))
        return obstacles(facts_of(need), offer, today=clock.today(), in_sector=place.id in inside)

    assert said == [rules(*row[:3]) for row in rows]
    assert {code for codes in said for code in codes} == set(OBSTACLES)
    assert [] in said
    preview = await match_queries.meetings(db, lots)
    for lot, place in lots:
        stops = [rules(row[0], lot, place) for row in rows if row[1].id == lot.id]
        needs = [row[0] for row in rows if row[1].id == lot.id]
        here = [(need, codes) for need, codes in zip(needs, stops, strict=True) if "place" not in codes]
        alone = [codes[0] for _, codes in here if len(codes) == 1]
        assert preview[lot.id] == match_queries.Meeting(
            looked_at=len(here),
            fitting=sum(not codes for _, codes in here),
            area=sum((need.area_min for need, codes in here if not codes), Decimal()),
            several=sum(len(codes) > 1 for _, codes in here),
            only={code: alone.count(code) for code in OBSTACLES if code in alone},
        )
