"""What runs by itself in this room: needs are compared with what was published, and told in batches."""

from calls import matches
from intervalle import jobs
from intervalle.db import make_engine, make_sessions
from intervalle.settings import settings


@jobs.app.periodic(cron="*/15 * * * *")
@jobs.app.task(name="match_needs", queueing_lock="match_needs", retry=jobs.RETRY)
async def match_needs(timestamp: int) -> None:
    """Two transactions: matches found stay found if the mails cannot be written."""
    engine = make_engine(settings(), pool_size=1)
    try:
        async with make_sessions(engine)() as db, db.begin():
            await matches.find_new(db)
        async with make_sessions(engine)() as db, db.begin():
            await matches.tell(db)
    finally:
        await engine.dispose()
