"""What runs by itself: offers that nobody answered call the next in line; what would have been enough is computed."""

from collections.abc import Sequence

from allocation.assignment import explaining, offers
from intervalle import jobs
from intervalle.db import own_transaction


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="expire_offers", queueing_lock="expire_offers", retry=jobs.RETRY)
async def expire_offers(timestamp: int) -> None:
    async with own_transaction() as db:
        await offers.expire_due(db)


@jobs.app.task(name="explain_proposal", retry=jobs.RETRY)
async def explain_proposal(proposal_id: int, unknown: Sequence[str]) -> None:
    """One round; the next is queued with what it wrote."""
    async with own_transaction() as db:
        await explaining.go_on(db, proposal_id, unknown)
