"""Once a day, one message per person for all that could wait, in their language."""

from sqlalchemy import Select, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, jobs, mail, notices
from intervalle.db import own_transaction
from intervalle.i18n import _, ngettext
from intervalle.outbox import Message
from intervalle.settings import settings

MOST = 5_000


def waiting() -> Select[Message]:
    """Messages due in a digest, together by person, the oldest first."""
    return (
        select(Message)
        .where(
            Message.channel == "daily", Message.digest_id.is_(None), Message.sent_at.is_(None),
            Message.created_at < notices.cut(clock.now()),
        )
        .order_by(Message.to_user_id, Message.id)
        .limit(MOST)
    )  # fmt: skip


async def gather(db: AsyncSession) -> int:
    """Write today's digests; gives how many. Run again, it finds nothing left to gather."""
    rows = await db.execute(waiting().with_for_update(skip_locked=True))
    by_person: dict[int, list[Message]] = {}
    for message in rows.scalars():
        by_person.setdefault(message.to_user_id or 0, []).append(message)
    users = table("users", column("id"), column("email"), column("disabled_at"))
    found = await db.execute(
        select(users.c.id, users.c.email).where(users.c.id.in_(list(by_person)), users.c.disabled_at.is_(None))
    )
    addresses = {row.id: row.email for row in found}
    for user_id, messages in by_person.items():
        if user_id in addresses:
            await _gather_one(db, user_id, addresses[user_id], messages)
    return len(addresses)


async def _gather_one(db: AsyncSession, user_id: int, email: str, messages: list[Message]) -> None:
    """Where each message ends, the next one's subject begins: read on a telephone, without any layout."""

    def subject() -> str:
        if len(messages) == 1:
            return messages[0].subject
        return ngettext("Intervalle : %(n)s nouvelle", "Intervalle : %(n)s nouvelles", len(messages))

    def text() -> str:
        bodies = [f"{one.subject.upper()}\n\n{one.text.strip()}" for one in messages] if len(messages) > 1 else [messages[0].text.strip()]  # fmt: skip
        foot = _("Choisir ce que vous recevez, et quand : %(link)s", link=f"{settings().base_url}/compte/courriels")
        return "\n\n----------\n\n".join(bodies) + f"\n\n--\n{foot}\n"

    digest_id = await mail.post(
        db, to=email, user_id=user_id, kind="digest", subject=subject, text=text,
        dedupe=f"digest:{user_id}:{max(one.id for one in messages)}",
    )  # fmt: skip
    for one in messages:
        one.digest_id = digest_id


@jobs.app.periodic(cron="5 * * * *")
@jobs.app.task(name="send_digests", queueing_lock="send_digests", retry=jobs.RETRY)
async def send_digests(timestamp: int) -> None:
    """Every hour, for what was due at seven and could not leave then."""
    async with own_transaction() as db:
        await gather(db)
