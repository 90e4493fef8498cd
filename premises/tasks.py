"""What runs by itself in this room: owners asked to confirm their listings, the daily digest of searches kept, and
what a large register adds up beforehand."""

from intervalle import jobs
from intervalle.db import own_transaction
from premises import cells, confirmations, register, searches


@jobs.app.periodic(cron="30 6 * * *")
@jobs.app.task(name="ask_to_confirm", queueing_lock="ask_to_confirm", retry=jobs.RETRY)
async def ask_to_confirm(timestamp: int) -> None:
    async with own_transaction() as db:
        await confirmations.remind(db)


@jobs.app.periodic(cron="30 5 * * *")
@jobs.app.task(name="tell_searches", queueing_lock="tell_searches", retry=jobs.RETRY)
async def tell_searches(timestamp: int) -> None:
    """Half past five UTC: in French mailboxes before the working day."""
    async with own_transaction() as db:
        await searches.digest(db)


@jobs.app.periodic(cron="*/15 * * * *")
@jobs.app.task(name="add_up_register", queueing_lock="add_up_register")
async def add_up_register(timestamp: int) -> None:
    """Every quarter of an hour; nothing is wrong without it, front page and map from afar only become slower to draw."""
    async with own_transaction() as db:
        await cells.gather_cells(db)
        await register.add_up(db)
