"""What a person chose to receive, and when."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import journal, notices
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.outbox import MailPreference


async def choose(db: AsyncSession, actor: Actor, wanted: Mapping[str, str]) -> None:
    """Kind -> channel. The usual channel needs no row; what always leaves at once, or does not exist, is left alone."""
    POLICY.check(actor, "account.mails")
    kept = {kind: channel for kind, channel in wanted.items() if kind in notices.CHOSEN and channel in notices.CHANNELS}
    changed = {kind: channel for kind, channel in kept.items() if channel != notices.NOTICES[kind].channel}
    await db.execute(
        delete(MailPreference).where(MailPreference.user_id == actor.user_id, MailPreference.kind.in_(list(kept)))
    )
    if changed:
        rows = [{"user_id": actor.user_id, "kind": kind, "channel": channel} for kind, channel in changed.items()]
        await db.execute(insert(MailPreference).values(rows))
    await journal.record(
        db, chain=f"user:{actor.user_id}", action="account.mails", subject=f"user:{actor.user_id}", facts=dict(changed),
        actor_id=actor.user_id,
    )  # fmt: skip
