"""Places a person keeps at hand."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from premises import queries
from premises.models import Favourite, Premises

MOST = 200


async def kept(db: AsyncSession, actor: Actor) -> frozenset[int]:
    """Ids of the premises this person keeps; none for a visitor, at no cost."""
    if not actor.signed_in:
        return frozenset()
    rows = await db.execute(select(Favourite.premises_id).where(Favourite.user_id == actor.user_id))
    return frozenset(rows.scalars())


async def seen(db: AsyncSession, actor: Actor) -> list[Premises]:
    """What this person keeps and may still see, the latest kept first."""
    rows = await db.execute(
        queries.premises_visible_to(actor)
        .join(Favourite, Favourite.premises_id == Premises.id)
        .where(Favourite.user_id == actor.user_id)
        .order_by(Favourite.id.desc())
        .limit(MOST)
    )
    return list(rows.scalars())


async def keep(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    """Keep this place; twice is once."""
    POLICY.check(actor, "favourites.keep")
    row = insert(Favourite).values(user_id=actor.user_id, premises_id=premises.id).on_conflict_do_nothing()
    if (await db.execute(row.returning(Favourite.id))).first():
        await _record(db, actor, "favourites.keep", premises)


async def drop(db: AsyncSession, actor: Actor, premises: Premises) -> None:
    """Keep it no longer; nothing happens when it was not kept."""
    POLICY.check(actor, "favourites.keep")
    gone = delete(Favourite).where(Favourite.user_id == actor.user_id, Favourite.premises_id == premises.id)
    if (await db.execute(gone.returning(Favourite.id))).first():
        await _record(db, actor, "favourites.drop", premises)


async def _record(db: AsyncSession, actor: Actor, action: str, premises: Premises) -> None:
    await journal.record(
        db, chain=f"user:{actor.user_id}", action=action, subject=f"premises:{premises.id}", actor_id=actor.user_id
    )
