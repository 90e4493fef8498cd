"""What runs by itself: offers that nobody answered call the next in line."""

from allocation.assignment import offers
from intervalle import jobs
from intervalle.db import make_engine, make_sessions
from intervalle.settings import settings


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="expire_offers", queueing_lock="expire_offers", retry=jobs.RETRY)
async def expire_offers(timestamp: int) -> None:
    engine = make_engine(settings(), pool_size=1)
    try:
        async with make_sessions(engine)() as db, db.begin():
            await offers.expire_due(db)
    finally:
        await engine.dispose()
