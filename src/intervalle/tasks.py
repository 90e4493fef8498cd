"""What the house does by itself: forget what nobody can use any more."""

from intervalle import jobs, submissions
from intervalle.accounts import sessions
from intervalle.db import own_transaction


@jobs.app.periodic(cron="20 * * * *")
@jobs.app.task(name="forget", queueing_lock="forget", retry=jobs.RETRY)
async def forget(timestamp: int) -> None:
    async with own_transaction() as db:
        await submissions.forget(db)
        await sessions.forget_ended(db)
