"""The file store: a local folder or an S3-compatible bucket, under random names; names and types are data.

What enters from people is checked by what it contains, never by its name: photos are decoded and written anew
(which drops the camera's metadata), PDFs are opened. What does not open is refused with a sentence.
"""

import asyncio
import hashlib
import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import obstore
from obstore.store import LocalStore, from_url
from sqlalchemy import delete, event
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import inspection, unfit
from intervalle.errors import Problem
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.settings import settings

PHOTO_BYTES = 12 * 1024 * 1024
PHOTO_EDGE = 1600
PAPER_BYTES = 10 * 1024 * 1024


class BadFile(Problem):
    """A file we do not take, with the reason and the way out (shown beside its field)."""

    status = 422


@cache
def _store() -> Any:
    url = settings().files
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder)
    return from_url(url)


def clean_name(name: str) -> str:
    """A file's own name as data: no path, no control characters, accents kept, 120 characters at most."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = re.sub(r"[\x00-\x1f\x7f<>:\"|?*\u200b-\u200f\u202a-\u202e]", "", base).strip(". ")
    return base[-120:] or "fichier"


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


async def keep(
    db: AsyncSession, *, name: str, content: bytes, content_type: str, audience: str, scan: str,
    owner_id: int | None = None, user_id: int | None = None,
) -> StoredFile:  # fmt: skip
    """Store bytes and their row. The bytes are written first: a row never points at nothing."""
    key = f"{secrets.token_hex(2)}/{secrets.token_hex(16)}"
    await obstore.put_async(_store(), key, content)
    stored = StoredFile(
        key=key, name=clean_name(name), content_type=content_type, size=len(content), sha256=sha256(content),
        audience=audience, scan=scan, owner_id=owner_id, created_by_id=user_id,
    )  # fmt: skip
    db.add(stored)
    await db.flush()
    return stored


async def discard(db: AsyncSession, stored: StoredFile) -> None:
    """Forget a file that nothing points at any more: the row now, the bytes once the transaction is committed."""
    key = stored.key
    await db.execute(delete(StoredFile).where(StoredFile.id == stored.id))
    event.listen(db.sync_session, "after_commit", lambda _session: obstore.delete(_store(), key), once=True)


async def read(stored: StoredFile) -> bytes:
    """The bytes, as they were stored (the hash is checked: a changed file is an error, not a surprise)."""
    result = await obstore.get_async(_store(), stored.key)
    content = bytes(await result.bytes_async())
    if sha256(content) != stored.sha256:
        raise RuntimeError(f"stored file {stored.id} has changed on disk")
    return content


def bad_file(code: str, **values: str | int) -> BadFile:
    """The refusal for a code of `intervalle.unfit`, in the reader's language."""
    sentence, way_out = unfit.SENTENCES[code]
    return BadFile(_(sentence, **values), _(way_out))


def _photo(content: bytes) -> bytes:
    try:
        return inspection.picture(content, edge=PHOTO_EDGE)
    except inspection.Unfit as refused:
        if refused.code == "too_many_points":
            raise BadFile(
                "Cette photo est trop grande (plus de 60 millions de points).",
                "Réduisez-la, puis déposez-la de nouveau.",
            ) from refused
        raise BadFile(
            "Ce fichier n’est pas une photo que nous savons lire.",
            "Déposez une photo JPEG, PNG ou WebP, telle que votre appareil la donne.",
        ) from refused


async def photo(content: bytes) -> bytes:
    """Decode, turn upright, shrink to 1600 px, write anew as JPEG without metadata. Raises BadFile."""
    if len(content) > PHOTO_BYTES:
        raise BadFile(
            _(
                "Cette photo pèse %(size)s Mo ; la limite est de %(limit)s Mo.",
                size=len(content) // 1_048_576,
                limit=PHOTO_BYTES // 1_048_576,
            ),
            _("Réduisez-la, ou reprenez-la en qualité normale."),
        )
    return await asyncio.to_thread(_photo, content)
