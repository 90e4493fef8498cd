"""The job that reads a file of premises: a dry run, or the run itself, whichever the import waits for.

The work is one transaction. Its progress is written by another connection, so that a page can see it; whoever kills the
worker leaves nothing half-entered, and the page offers to start again.
"""

import logging
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from intervalle import clock, i18n, jobs
from intervalle.accounts import sessions
from intervalle.accounts.actor import SYSTEM, Actor
from intervalle.accounts.models import User
from intervalle.db import connected
from intervalle.errors import Problem
from intervalle.i18n import _
from premises.imports import runs, work
from premises.models import PremisesImport

log = logging.getLogger("intervalle")


@jobs.app.task(name="import_premises", retry=jobs.RETRY)
async def import_premises(import_id: int) -> None:
    async with connected(pool_size=2, statement_timeout=0) as make:
        await carry_out(make, import_id)


async def carry_out(make: async_sessionmaker[AsyncSession], import_id: int) -> None:
    """Do what the import waits for, once: a second job for the same import waits, then finds it done."""
    try:
        async with make() as db, db.begin():
            await db.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended('import ' || :id, 0))"), {"id": str(import_id)}
            )
            await advance(db, make, import_id)
    except Problem as refused:
        async with make() as db, db.begin():
            await runs.failed(db, import_id, f"{refused.sentence} {refused.way_out}".strip())
    except Exception:
        log.exception("import %s", import_id)
        async with make() as db, db.begin():
            await runs.failed(db, import_id, _("Le fichier n’a pas pu être lu jusqu’au bout. Rien n’est entré."))


async def advance(db: AsyncSession, make: async_sessionmaker[AsyncSession], import_id: int) -> None:
    one = await db.get(PremisesImport, import_id)
    if one is None or one.state not in {"checking", "running"}:
        return
    actor = await _author(db, one)
    i18n.set_locale(actor.locale)

    async def tell(rows: int) -> None:
        # A progress bar that cannot move stops no work.
        with suppress(DBAPIError):
            async with make() as other, other.begin():
                await other.execute(
                    update(PremisesImport)
                    .where(PremisesImport.id == import_id)
                    .values(progress=rows, seen_at=clock.now())
                )

    if one.state == "checking":
        await work.examine(db, one, tell)
    else:
        await work.run(db, actor, one, tell)


async def _author(db: AsyncSession, one: PremisesImport) -> Actor:
    user = (await db.execute(select(User).where(User.id == one.user_id))).scalar_one_or_none()
    # Whoever launched it had shown their second factor to the page; rights are those of today.
    return replace(await sessions.actor_for(db, user), second_factor=True) if user else SYSTEM
