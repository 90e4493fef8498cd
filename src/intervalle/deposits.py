"""A document sent by somebody, from the form to the file store: bounded, opened apart, scanned, kept under a random name.

    deposit = await deposits.receive(upload)          # raises BadFile, with a sentence for the field
    stored = await deposits.keep(db, deposit, owner_id=…, user_id=…)

The content is opened in a process of its own (`intervalle.inspection`), two at a time: what is made to exhaust or crash
its reader harms nobody else.
"""

import asyncio
import hashlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from litestar.datastructures import UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import antivirus, files
from intervalle.files import BadFile, bad_file
from intervalle.inspection import SECONDS, Found
from intervalle.outbox import StoredFile

MOST_BYTES = 20 * 1024 * 1024
CHUNK = 1 << 18
_slots = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Deposit:
    """A document that may be kept. `sent_sha256` is of the bytes received; photos are kept as a clean copy."""

    name: str
    content: bytes
    content_type: str
    sent_sha256: bytes
    scan: str
    pages: int | None


async def receive(upload: UploadFile, *, most: int = MOST_BYTES) -> Deposit:
    """Read, open and scan one uploaded file of at most `most` bytes. Raises BadFile in words."""
    with tempfile.TemporaryDirectory(prefix="depot-") as folder:
        path, copy = Path(folder, "recu"), Path(folder, "copie")
        try:
            digest = await _write(upload, path, most)
        finally:
            await upload.close()
        async with _slots:
            found = await _open_apart(path, copy)
        scan = await antivirus.scan(path)
        content = (copy if found.rewritten else path).read_bytes()
    name = files.clean_name(upload.filename)
    return Deposit(_named(name, found.extension), content, found.content_type, digest, scan, found.pages)


async def paper(content: bytes) -> Deposit:
    """A paper kept once (a structure's, a place's), under the same checks as any other. Raises BadFile."""
    return await receive(UploadFile("application/octet-stream", "piece", content), most=files.PAPER_BYTES)


async def keep(db: AsyncSession, deposit: Deposit, *, owner_id: int | None, user_id: int | None) -> StoredFile:
    """Into the store, for its parties only."""
    return await files.keep(
        db, name=deposit.name, content=deposit.content, content_type=deposit.content_type, audience="parties",
        scan=deposit.scan, owner_id=owner_id, user_id=user_id,
    )  # fmt: skip


async def _write(upload: UploadFile, path: Path, most: int) -> bytes:
    """Copy to disk piece by piece, stopping past the limit; gives the SHA-256 of what was sent."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        while piece := await upload.read(CHUNK):
            size += len(piece)
            if size > most:
                raise bad_file("too_big", limit=most // 1_048_576)
            digest.update(piece)
            out.write(piece)
    if not size:
        raise bad_file("empty")
    return digest.digest()


async def _open_apart(path: Path, copy: Path) -> Found:
    """Run the inspection in its own process. One that dies or takes too long met a file made for that."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "intervalle.inspection", str(path), str(copy),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(one or "." for one in sys.path), "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        out, _error = await asyncio.wait_for(child.communicate(), SECONDS * 2)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise bad_file("bomb") from None
    if child.returncode != 0:
        raise bad_file("bomb" if child.returncode and child.returncode < 0 else "damaged")
    said = json.loads(out)
    if "unfit" in said:
        raise bad_file(said["unfit"]["code"], **said["unfit"]["values"])
    return Found(**said["found"])


def _named(name: str, extension: str) -> str:
    """The file's own name with the extension of what it is: « statuts.PDF » stays, « photo.png » kept as JPEG does not."""
    stem, dot, last = name.rpartition(".")
    if dot and last.lower() in {extension, "jpeg" if extension == "jpg" else extension}:
        return name
    return f"{stem if dot and 1 <= len(last) <= 5 else name}.{extension}"


__all__ = ["BadFile", "Deposit", "keep", "receive"]
