"""One new lot against 100,000 needs: what the page asks through the product, beside the same SQL sent bare.

Two registers: a department of two hundred towns, where one need in twenty names no town; and a hard one, where a fifth
names none and a tenth names the lot's own town, so that thirty thousand needs are looked at one by one.
Prints medians of 30 runs in milliseconds and the ratio (at most 1.5, under 50 ms asked). Then what runs by itself with
1,000 lots in these towns: everything set against everything once, then one more lot, one more need, nothing new.
Run: .venv/bin/python -m bench.matching
"""

import asyncio
import os
import statistics
import sys
import time
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

sys.path[:0] = ["src", "."]
RUNS, NEEDS = 30, 100_000
MAKE_NEEDS = """
INSERT INTO needs (organisation_id, title, uses, area_min, area_max, commune_codes, ground_floor, step_free, erp_types,
                   budget_cents_month, must_stay_in_qpv)
SELECT :structure, 'Besoin ' || n, '{shop}', low, low + 30,
       CASE WHEN town < :here THEN ARRAY['35000'] WHEN town < :here + :anywhere THEN '{}'
            ELSE ARRAY['35' || lpad((n % 200)::text, 3, '0'), '35' || lpad(((n * 7) % 200)::text, 3, '0')] END,
       random() < 0.4, random() < 0.1, (ARRAY['{}', '{M}', '{L}'])[1 + n % 3]::text[],
       (ARRAY[NULL, 15000, 40000])[1 + n % 3], random() < 0.2
FROM (SELECT n, 10 + floor(random() * 140)::int AS low, random() AS town FROM generate_series(1, :needs) AS n) AS drawn
"""


async def fill(db: Any) -> tuple[Any, Any]:
    """A town among two hundred, and one lot in it."""
    from sqlalchemy import insert
    from sqlalchemy.dialects.postgresql import Range

    from intervalle.accounts.models import Organisation
    from intervalle.territory.models import Commune, Department, Region
    from premises.models import Lot, Premises

    for row in (Region(code="53", name="Bretagne"), Department(code="35", name="Ille-et-Vilaine", region_code="53")):
        db.add(row)
        await db.flush()
    towns = [f"35{n:03d}" for n in range(200)]
    await db.execute(insert(Commune), [{"code": code, "name": code, "department_code": "35"} for code in towns])
    owner, structure = Organisation(kind="city", name="Ville"), Organisation(kind="ess_structure", name="Structure")
    db.add_all([owner, structure])
    await db.flush()
    place = Premises(
        code="BENCH",
        owner_id=owner.id,
        name="Local",
        kind="building",
        regime="private",
        address="1 rue",
        commune_code=towns[0],
        point="SRID=4326;POINT(-1.66 48.12)",
    )
    db.add(place)
    await db.flush()
    lot = Lot(premises_id=place.id, label="A", name="A", area=Decimal(80), floor=0, erp_types=["M", "W"], charges_cents_m2_year=3800,
              available=Range(date(2027, 1, 1), date(2030, 1, 1)))  # fmt: skip
    db.add(lot)
    await db.flush()
    return lot, place


async def register(db: Any, structure_id: int, here: float, anywhere: float) -> None:
    """100,000 needs, made by the database itself; `here` of them name the lot's town alone, `anywhere` no town."""
    from sqlalchemy import text

    await db.execute(text("TRUNCATE needs CASCADE"))
    await db.execute(text("SELECT setseed(0.37)"))
    values = {"structure": structure_id, "needs": NEEDS, "here": here, "anywhere": anywhere}
    await db.execute(text(MAKE_NEEDS), values)


async def many_lots(db: Any, place: Any) -> None:
    """A thousand lots over the towns, a tenth of them in the first."""
    from sqlalchemy import text

    await db.execute(text("""
        WITH made AS (
            INSERT INTO premises (code, owner_id, name, kind, regime, address, commune_code, published_at)
            SELECT 'BENCH' || n, :owner, 'Local ' || n, 'building', 'private', '1 rue',
                   '35' || lpad((CASE WHEN n % 10 = 0 THEN 0 ELSE n % 200 END)::text, 3, '0'), now()
            FROM generate_series(1, 1000) n RETURNING id)
        INSERT INTO lots (premises_id, label, name, area, floor, erp_types, charges_cents_m2_year, available)
        SELECT id, 'A', 'A', 20 + id % 130, id % 3, '{M,W}', 3800, '[2027-01-01,2030-01-01)' FROM made
    """), {"owner": place.owner_id})  # fmt: skip


async def by_itself(sessions: Any, place: Any) -> str:
    """Seconds that finding new matches takes, from the first time to the usual one."""
    from sqlalchemy import text

    from calls.match_finding import find_new

    async def timed() -> str:
        start = time.perf_counter()
        async with sessions() as db, db.begin():
            found = await find_new(db)
        return f"{found:,} pairs in {time.perf_counter() - start:.3f} s"

    async with sessions() as db, db.begin():
        await db.execute(text("TRUNCATE match_queue"))  # the needs were there before the lots
        await many_lots(db, place)
    told = [f"1,000 lots published at once: {await timed()}"]
    changes = {
        "one lot changed": "UPDATE lots SET area = area + 1 WHERE id = (SELECT max(id) FROM lots)",
        "one need changed": "UPDATE needs SET area_max = area_max + 1 WHERE id = (SELECT max(id) FROM needs)",
        "nothing changed": "SELECT 1",
    }
    for what, change in changes.items():
        async with sessions() as db, db.begin():
            await db.execute(text(change))
        told.append(f"{what}: {await timed()}")
    return "; ".join(told)


async def measure(sessions: Any, url: str, lot: Any, place: Any) -> str:
    """Both ways in turn, so that whatever else the machine does weighs on both."""
    import psycopg
    from sqlalchemy.dialects import postgresql

    from calls.match_queries import demand_for, meetings

    ours, bare = [], []
    query, values = demand_for(lot, place)
    statement = str(query.params(values).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    async with sessions() as db, await psycopg.AsyncConnection.connect(url.replace("+psycopg", "", 1), autocommit=True) as raw:  # fmt: skip
        for _run in range(RUNS + 3):
            start = time.perf_counter()
            met = (await meetings(db, [(lot, place)]))[lot.id]
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            await (await raw.execute(statement)).fetchall()
            bare.append(time.perf_counter() - start)
    mine, theirs = (statistics.median(times[3:]) * 1000 for times in (ours, bare))
    best = min(ours[3:]) * 1000
    return (
        f"{met.looked_at:,} needs of the place looked at, {met.fitting:,} fit for {met.area} m²: "
        f"product {mine:.1f} ms (best {best:.1f}), bare SQL {theirs:.1f} ms, ratio {mine / theirs:.2f}"
    )


async def main() -> None:
    import psycopg
    from sqlalchemy import select, text

    from intervalle import migrate
    from intervalle.accounts.models import Organisation
    from intervalle.db import make_engine, make_sessions
    from intervalle.settings import Settings
    from intervalle.setup.cluster import ensure_test_cluster

    server, name = ensure_test_cluster(), f"bench_{uuid.uuid4().hex[:8]}"
    head, _, tail = server.partition("?")
    url = head.rsplit("/", 1)[0] + f"/{name}" + (f"?{tail}" if tail else "")
    admin = server.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    os.environ["INTERVALLE_DATABASE_URL"] = url
    migrate.upgrade(url)
    engine = make_engine(Settings(database_url=url), pool_size=2, statement_timeout=0)
    sessions = make_sessions(engine)
    try:
        async with sessions() as db, db.begin():
            lot, place = await fill(db)
        for label, here, anywhere in (("department", 0.02, 0.05), ("hard", 0.1, 0.2)):
            async with sessions() as db, db.begin():
                who = (await db.execute(select(Organisation.id).where(Organisation.name == "Structure"))).scalar_one()
                await register(db, who, here, anywhere)
            async with engine.connect() as connection:
                idle = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await idle.execute(text("VACUUM ANALYZE needs"))
                await idle.execute(text("VACUUM ANALYZE need_places"))
            print(f"{label}: {NEEDS:,} needs, {await measure(sessions, url, lot, place)}")
            if label == "department":
                print(await by_itself(sessions, place))
    finally:
        await engine.dispose()
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    asyncio.run(main())
