"""The outbox. A message is a row and a job written in the caller's transaction; it leaves after the commit, once.

`notices` says by which channel each kind of message goes, unless the person chose otherwise: at once, with the others of
the day (`digests`), or kept in the account's history without a mail.

Transport: `file:<folder>` (default: one .eml per message, to look at) or `smtp://[user:password@]host[:port]`.
"""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy import and_, column, func, literal_column, select, table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, files, i18n, jobs, notices
from intervalle.db import connected
from intervalle.french import tied
from intervalle.outbox import MailPreference, Message, StoredFile
from intervalle.settings import settings

OpenSession = Callable[[], AbstractAsyncContextManager[AsyncSession]]


Words = str | Callable[[], str]


async def post(
    db: AsyncSession, *, to: str, subject: Words, text: Words, kind: str, dedupe: str,
    user_id: int | None = None, attachment_id: int | None = None, about: str = "",
) -> int | None:  # fmt: skip
    """Write a message to send after the commit. The same `dedupe` is written once; gives the message's id, None if it was there.

    Words given as functions are said in the language of the person it goes to. `about` names the object
    (« application:12 »), for the history of what was sent about it.
    """
    locale, preference = await _habits(db, user_id, kind)
    with i18n.speaking(locale or i18n.get_locale()):
        subject, text = (said if isinstance(said, str) else said() for said in (subject, text))
    # A file, or somebody without an account, cannot wait for a digest.
    channel = notices.channel_of(kind, preference) if user_id and attachment_id is None else "now"
    values = {
        "to_email": to, "to_user_id": user_id, "subject": re.sub(r"\s+", " ", subject), "text": text, "channel": channel,
        "kind": kind, "dedupe": dedupe, "attachment_id": attachment_id, "about": about, "created_at": clock.now(),
    }  # fmt: skip
    written = await db.execute(
        insert(Message).values(values).on_conflict_do_nothing(index_elements=["dedupe"]).returning(Message.id)
    )
    message_id = written.scalar_one_or_none()
    if message_id is not None and channel == "now":
        await jobs.defer(db, send_message, message_id=message_id)
    return message_id


async def _habits(db: AsyncSession, user_id: int | None, kind: str) -> tuple[str | None, str | None]:
    """(language, channel chosen for this kind) of a person."""
    if user_id is None:
        return None, None
    row: Any = (
        await db.execute(
            select(func.max(literal_column("locale")), func.max(MailPreference.channel))
            .select_from(table("users", column("id"), column("locale")))
            .outerjoin(MailPreference, and_(MailPreference.user_id == column("id"), MailPreference.kind == kind))
            .where(column("id") == user_id)
        )
    ).one()
    return row[0], row[1]


def compose(message: Message, attachment: tuple[StoredFile, bytes] | None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings().mail_from
    mail["To"] = message.to_email
    # Folded here: the library's own folding (Python 3.11) loses a space between two accented words of a long subject.
    subject = Header(tied(" ".join(message.subject.split())), "utf-8", header_name="Subject")
    mail.set_raw("Subject", subject.encode(linesep="\r\n"))
    mail["Date"] = format_datetime(message.created_at)
    # Stable: a retry after a lost answer is the same message to a mail server that has it already.
    mail["Message-ID"] = f"<message-{message.id}@{urlsplit(settings().base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(tied(message.text))
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
    await deliver(compose(message, attachment), message.id)
    message.sent_at, message.last_error, message.attempts = clock.now(), "", message.attempts + 1
    return True


async def note_failure(db: AsyncSession, message_id: int, error: Exception) -> None:
    """In a transaction of its own: the one that tried is rolled back with its failure."""
    said = f"{type(error).__name__}: {error}"[:500]
    await db.execute(
        update(Message).where(Message.id == message_id).values(attempts=Message.attempts + 1, last_error=said)
    )


async def attempt(sessions: OpenSession, message_id: int) -> bool:
    """Try once; what went wrong is written down, then raised for the queue to try again later."""
    try:
        async with sessions() as db, db.begin():
            return await send_one(db, message_id)
    except Exception as error:
        async with sessions() as db, db.begin():
            await note_failure(db, message_id, error)
        raise


@jobs.app.task(name="send_message", retry=jobs.RETRY)
async def send_message(message_id: int) -> None:
    async with connected() as sessions:
        await attempt(sessions, message_id)
