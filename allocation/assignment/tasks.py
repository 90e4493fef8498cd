"""What runs by itself: offers that nobody answered call the next in line."""

from allocation.assignment import offers
from intervalle import jobs
from intervalle.db import own_transaction


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="expire_offers", queueing_lock="expire_offers", retry=jobs.RETRY)
async def expire_offers(timestamp: int) -> None:
    async with own_transaction() as db:
        await offers.expire_due(db)
