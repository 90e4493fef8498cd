"""What awaits one person, over all the rooms.

The sentences are the rooms' own, so that the home page and the page it leads to never disagree. Each source is one
query whatever the number of rows; what a person may not see is left out by the rooms' `…_visible_to` queries.
"""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import Actor
from intervalle.awaiting import answers, decision, occupation, structure
from intervalle.awaiting.task import Source, Task

SOURCES: tuple[Source, ...] = (
    structure.applications, structure.invitations, structure.contacts, structure.statuses_to_check, structure.joins, structure.twins, structure.papers, structure.offers, answers.decisions, structure.places_offered,
    occupation.premises_to_publish, occupation.positions_to_check, decision.calls, decision.seats_offered, decision.seats, decision.offers_out, decision.appeals, occupation.leases_to_prepare, occupation.leases,
    occupation.counterparts, occupation.tax_lines, occupation.relocations,
)  # fmt: skip


async def everything(db: AsyncSession, actor: Actor) -> list[Task]:
    """What is theirs first, then by date; lines without a date come last."""
    found = [task for source in SOURCES for task in await source(db, actor)]
    return sorted(found, key=lambda task: (not task.mine, task.due is None, task.due or date.max, task.what))
