"""What runs by itself in this room: owners are asked to confirm their listings."""

from intervalle import jobs
from intervalle.db import make_engine, make_sessions
from intervalle.settings import settings
from premises import confirmations


@jobs.app.periodic(cron="30 6 * * *")
@jobs.app.task(name="ask_to_confirm", queueing_lock="ask_to_confirm", retry=jobs.RETRY)
async def ask_to_confirm(timestamp: int) -> None:
    engine = make_engine(settings(), pool_size=1)
    try:
        async with make_sessions(engine)() as db, db.begin():
            await confirmations.remind(db)
    finally:
        await engine.dispose()
