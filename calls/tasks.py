"""What runs by itself in this room: needs are compared with what was published, and told in batches."""

from calls import matches
from intervalle import jobs
from intervalle.db import own_transaction


@jobs.app.periodic(cron="*/15 * * * *")
@jobs.app.task(name="match_needs", queueing_lock="match_needs", retry=jobs.RETRY)
async def match_needs(timestamp: int) -> None:
    """Two transactions: matches found stay found if the mails cannot be written."""
    async with own_transaction() as db:
        await matches.find_new(db)
    async with own_transaction() as db:
        await matches.tell(db)
