"""The same form sent twice before its answer was read (a double click, a connection that stalls) has one effect.

A submission is known by who sends it, where to, and every value in it. Its answer is kept in the transaction that does
the work; a twin that left before that answer could be read is given the same answer, and nothing is done twice. One row
per sender and address: a value changed and changed back is three submissions, not two.

Forms sent again later, on purpose or from a page gone back to, are the room's own business (states, unique keys).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from litestar import Response
from litestar.datastructures import UploadFile
from sqlalchemy import LargeBinary, SmallInteger, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.db import Base, Instant, Json
from intervalle.web import Request, flash_cookie, form_data, nonce_of

# An answer reaches its reader about this long after the commit; clicks before that did not see it.
GRACE = timedelta(seconds=1)
PATIENCE = "15s"  # a twin in another process waits that long, then is told that the first is still at work
KEPT = timedelta(hours=1)
FROM_STRANGERS = 1024 * 1024  # what nobody signed for is not read before the door says yes
BIGGEST = 256 * 1024  # a larger answer is not worth keeping: its twin works again

# What the handler answered, seen before the commit (see `remember`).
_answer: ContextVar[Response[Any] | None] = ContextVar("answer", default=None)


class Submission(Base):
    """The last thing one sender sent to one address, and what it was told. Not logged: a crash may forget it."""

    __tablename__ = "submissions"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    done_at: Mapped[Instant]
    status: Mapped[int] = mapped_column(SmallInteger)
    media_type: Mapped[str | None]
    headers: Mapped[Json]
    flash: Mapped[str | None]  # the cookie of the sentence shown on arrival
    nonce: Mapped[str]  # the page names it: its headers must, too
    body: Mapped[bytes] = mapped_column(LargeBinary)


def _instant() -> datetime:
    """What the wall says, not the product's clock: this is about how fast answers travel."""
    return datetime.now(UTC)


class Arrival:
    """One submission on its way: `key` says who and where, `content` what."""

    def __init__(self, key: bytes, content: bytes, at: datetime) -> None:
        self.key, self.content, self.at = key, content, at

    @property
    def lock(self) -> int:
        return int.from_bytes(self.key[:8], "big", signed=True)


async def arrive(request: Request, sender: bytes) -> Arrival | None:
    """Read what was sent (to the disk when it is large) before any connection to the database is taken."""
    at = _instant()
    length = request.content_length  # absent when it is sent in pieces
    if not sender and (length is None or length > FROM_STRANGERS):
        return None
    digest = hashlib.sha256(request.headers.get("HX-Request-Type", "").encode())
    digest.update(request.url.query.encode())
    for name, value in (await form_data(request)).multi_items():
        digest.update(f"\x00{name}\x00".encode())
        digest.update(await _file(value) if isinstance(value, UploadFile) else str(value).encode())
    content = digest.digest()
    client = request.client.host if request.client else ""
    who = sender or client.encode() + content  # strangers behind one address do not wait for each other
    return Arrival(hashlib.sha256(who + b"\x00" + request.url.path.encode()).digest(), content, at)


async def _file(sent: UploadFile) -> bytes:
    """A file is told from another by its name, its length and its first bytes."""
    start = await sent.read(64 * 1024)
    await sent.seek(0)
    return f"{sent.filename}\x00".encode() + start


async def note(response: Any) -> Any:
    """Hook: what the handler answered, before the transaction ends."""
    _answer.set(response)
    return response


# Twins in this process wait here, where waiting holds no connection that the first might need.
_turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()


@asynccontextmanager
async def turn(arrival: Arrival | None) -> AsyncIterator[None]:
    """One submission at a time for a sender and an address; what is not one passes."""
    if arrival is None:
        yield
        return
    async with _turns.setdefault(arrival.key, asyncio.Lock()):
        yield


async def told_before(db: AsyncSession, request: Request, arrival: Arrival) -> Response[Any] | None:
    """What a twin was answered; None when this one is the first, and then its address is its own until it ends."""
    if not await db.scalar(select(func.pg_try_advisory_xact_lock(arrival.lock))):
        await _wait(db, arrival)
    twin = await db.scalar(
        select(Submission).where(
            Submission.key == arrival.key,
            Submission.content == arrival.content,
            Submission.done_at > arrival.at - GRACE,
        )
    )
    if twin is None:
        return None
    request.state.nonce = twin.nonce
    body: bytes | None = twin.body if twin.media_type else None
    again: Response[Any] = Response(
        body, status_code=twin.status, media_type=twin.media_type or "text/plain", headers=twin.headers
    )
    if twin.flash:
        again.set_cookie(flash_cookie(twin.flash))
    return again


async def _wait(db: AsyncSession, arrival: Arrival) -> None:
    usual = await db.scalar(select(func.current_setting("lock_timeout")))
    await db.execute(select(func.set_config("lock_timeout", PATIENCE, True)))
    await db.execute(select(func.pg_advisory_xact_lock(arrival.lock)))
    await db.execute(select(func.set_config("lock_timeout", usual, True)))


async def remember(db: AsyncSession, request: Request, arrival: Arrival) -> None:
    """Keep the answer for twins, unless it opens a session or is a file: those are written nowhere."""
    answer = _answer.get()
    if answer is None or {c.key for c in answer.cookies} - {"flash"}:
        return
    content = answer.content
    body = content.encode() if isinstance(content, str) else content or b""
    if (
        not isinstance(body, bytes)
        or len(body) > BIGGEST
        or "content-disposition" in {h.lower() for h in answer.headers}
    ):
        return
    row = {
        "content": arrival.content,
        "done_at": _instant(),
        "status": answer.status_code or 201,
        "media_type": answer.media_type and str(answer.media_type),
        "headers": dict(answer.headers),
        "flash": next((c.value for c in answer.cookies if c.key == "flash"), None),
        "nonce": nonce_of(request),
        "body": body,
    }
    await db.execute(
        insert(Submission).values(key=arrival.key, **row).on_conflict_do_update(index_elements=["key"], set_=row)
    )


async def forget(db: AsyncSession) -> None:
    """An answer nobody can still be waiting for is not kept: it may name people."""
    await db.execute(delete(Submission).where(Submission.done_at < _instant() - KEPT))
