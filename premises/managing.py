"""When a mandate ends, its agent no longer manages the owner's premises."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts import mandates
from premises.models import Premises


async def forget(db: AsyncSession, grantor_id: int, agent_id: int) -> None:
    await db.execute(
        update(Premises).where(Premises.owner_id == grantor_id, Premises.manager_id == agent_id).values(manager_id=None)
    )


if forget not in mandates.ENDED:
    mandates.ENDED.append(forget)
