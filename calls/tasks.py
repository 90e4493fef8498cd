"""What runs by itself in this room: needs are compared with what was published, and told in batches."""

from calls import match_finding, matches
from intervalle import jobs
from intervalle.db import own_transaction


@jobs.app.periodic(cron="*/15 * * * *")
@jobs.app.task(name="match_needs", queueing_lock="match_needs", retry=jobs.RETRY)
async def match_needs(timestamp: int) -> None:
    """A transaction for each slice of the changes: what was found stays found, whatever comes of the mails."""
    left: int | None = 0
    while left is not None:
        async with own_transaction() as db:
            left = await match_finding.find_some(db)
    async with own_transaction() as db:
        await matches.tell(db)
