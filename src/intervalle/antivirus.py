"""The antivirus: clamd, when `INTERVALLE_CLAMD` says where it listens. Without it a file says « non analysé ».

`unix:/run/clamav/clamd.ctl` or `tcp://host:3310`. A scanner that does not answer stops nobody: the file is kept as not
scanned, and says so wherever it is shown.
"""

import asyncio
import logging
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket

from intervalle.files import bad_file
from intervalle.settings import settings

log = logging.getLogger("intervalle")
SECONDS = 30


async def scan(path: Path) -> str:
    """« clean » or « not_scanned ». Raises BadFile naming what was found."""
    where = settings().clamd
    if not where:
        return "not_scanned"
    try:
        found = await asyncio.to_thread(_ask, where, path)
    except (ClamdError, OSError, ValueError) as error:
        log.warning("antivirus did not answer: %s", error)
        return "not_scanned"
    if found:
        raise bad_file("infected", virus=found)
    return "clean"


async def scan_content(content: bytes) -> str:
    """The same for what is in memory."""
    with tempfile.NamedTemporaryFile(prefix="analyse-") as copy:
        copy.write(content)
        copy.flush()
        return await scan(Path(copy.name))


def _ask(where: str, path: Path) -> str:
    """The name of what was recognised, empty when nothing was. Raises ClamdError."""
    address = urlsplit(where)
    scanner: ClamdNetworkSocket = (
        ClamdUnixSocket(address.path, timeout=SECONDS)
        if address.scheme == "unix"
        else ClamdNetworkSocket(address.hostname or "127.0.0.1", address.port or 3310, timeout=SECONDS)
    )
    with path.open("rb") as content:
        said = scanner.instream(content)
    status, name = said.get("stream", ("ERROR", None))
    if status == "FOUND":
        return name or "?"
    if status != "OK":
        raise ClamdError(f"{status} {name}")
    return ""
