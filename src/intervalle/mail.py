"""The outbox. A message is a row and a job written in the caller's transaction; it leaves after the commit, once.

Transport: `file:<folder>` (default: one .eml per message, to look at) or `smtp://[user:password@]host[:port]`.
"""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, files, jobs
from intervalle.db import make_engine, make_sessions
from intervalle.outbox import Message, StoredFile
from intervalle.settings import settings

OpenSession = Callable[[], AbstractAsyncContextManager[AsyncSession]]


async def post(
    db: AsyncSession, *, to: str, subject: str, text: str, kind: str, dedupe: str,
    user_id: int | None = None, attachment_id: int | None = None,
) -> int | None:  # fmt: skip
    """Write a message to send after the commit. The same `dedupe` is written once; gives the message's id, None if it was there."""
    values = {
        "to_email": to, "to_user_id": user_id, "subject": re.sub(r"\s+", " ", subject), "text": text,
        "kind": kind, "dedupe": dedupe, "attachment_id": attachment_id, "created_at": clock.now(),
    }  # fmt: skip
    written = await db.execute(
        insert(Message).values(values).on_conflict_do_nothing(index_elements=["dedupe"]).returning(Message.id)
    )
    message_id = written.scalar_one_or_none()
    if message_id is not None:
        await jobs.defer(db, send_message, message_id=message_id)
    return message_id


def compose(message: Message, attachment: tuple[StoredFile, bytes] | None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings().mail_from
    mail["To"] = message.to_email
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    # Stable: a retry after a lost answer is the same message to a mail server that has it already.
    mail["Message-ID"] = f"<message-{message.id}@{urlsplit(settings().base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if attachment:
        stored, content = attachment
        main, _, sub = stored.content_type.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=stored.name)
    return mail


async def deliver(mail: EmailMessage, message_id: int) -> None:
    target = settings().mail
    if target.startswith("file:"):
        folder = Path(target.removeprefix("file://").removeprefix("file:"))
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{message_id}.part"
        temporary.write_bytes(bytes(mail))
        temporary.replace(folder / f"{message_id:06d}.eml")
        return
    url = urlsplit(target)
    await aiosmtplib.send(
        mail, hostname=url.hostname, port=url.port or 25, timeout=20, start_tls=None if url.scheme == "smtp" else False,
        use_tls=url.scheme == "smtps", username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
    )  # fmt: skip


async def send_one(db: AsyncSession, message_id: int) -> bool:
    """Send one row if it was not sent; the row is locked meanwhile, so that two workers never send it twice."""
    found = await db.execute(select(Message).where(Message.id == message_id).with_for_update(skip_locked=True))
    message = found.scalar_one_or_none()
    if message is None or message.sent_at:
        return False
    attachment = None
    if message.attachment_id:
        stored = (await db.execute(select(StoredFile).where(StoredFile.id == message.attachment_id))).scalar_one()
        attachment = (stored, await files.read(stored))
    message.attempts += 1
    await deliver(compose(message, attachment), message.id)
    message.sent_at = clock.now()
    return True


@jobs.app.task(name="send_message", retry=jobs.RETRY)
async def send_message(message_id: int) -> None:
    engine = make_engine(settings(), pool_size=1)
    try:
        async with make_sessions(engine)() as db, db.begin():
            await send_one(db, message_id)
    finally:
        await engine.dispose()
