"""The product behind a real socket, on a database of its own where commits are real: for races between people.

The server is another process, in as many workers as asked; its clock stands still at the instant given, so that a call
is open or closed whatever the day the tests run. It stops when its test does, however the test ends: a server that
outlives a killed test would keep its output open, and whoever reads that output would wait for ever.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

import intervalle.models  # noqa: F401  # one room's tables lead to another's
from tests.conftest import _conninfo, a_database
from tests.signing import sign_in_as

ROOT = Path(__file__).parents[1]
A_BROWSER = httpx.Limits(max_connections=6, max_keepalive_connections=6)  # what browsers open to one site
PATIENCE = httpx.Timeout(180, pool=None)


@dataclass(frozen=True)
class Served:
    """`base`: where it answers; `url`: its database; `log`: what it wrote."""

    base: str
    url: str
    log: Path

    async def browser(self, sessions: Any, user: Any) -> httpx.AsyncClient:
        """A client signed in as that person, second factor done."""
        client = httpx.AsyncClient(
            base_url=self.base, headers={"Sec-Fetch-Site": "same-origin"}, timeout=PATIENCE, limits=A_BROWSER
        )
        await sign_in_as(sessions, client, user, organisation_id=None, second_factor=True)
        return client

    def faults(self) -> dict[str, int]:
        """Deadlocks PostgreSQL broke on this database, and errors the product wrote as its own."""
        with psycopg.connect(_conninfo(self.url), autocommit=True) as db:
            row = db.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row is not None
        return {"deadlocks": int(row[0]), "crashes": self.log.read_text(errors="replace").count("unhandled error")}


def create() -> Any:
    """The application with its clock stopped, in the server's process."""
    from intervalle import clock
    from intervalle.app import create_app

    stopped = datetime.fromisoformat(os.environ["TESTS_INSTANT"])
    clock.now = lambda: stopped
    return create_app()


def run() -> None:
    from granian import Granian
    from granian.constants import Interfaces

    port, workers = int(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=_stop_with_the_test, daemon=True).start()
    Granian(
        "tests.served:create",
        factory=True,
        interface=Interfaces.ASGI,
        port=port,
        workers=workers,
        workers_kill_timeout=2,
        log_access=False,
    ).serve()


def _stop_with_the_test() -> None:
    os.read(0, 1)  # ends with the test, even a killed one; not sys.stdin, whose lock a forked worker would inherit
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def served(instant: datetime, *, workers: int = 1) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with a_database() as url, tempfile.TemporaryDirectory() as folder:
        base, log = f"http://127.0.0.1:{port}", Path(folder, "server.log")
        env = os.environ | {
            "INTERVALLE_DATABASE_URL": url, "INTERVALLE_BASE_URL": base, "TESTS_INSTANT": instant.isoformat(),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.served", str(port), str(workers)]
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            ) as server,
        ):
            try:
                _until_up(base, server, log)
                yield Served(base, url, log)
            finally:
                _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # its workers too
        server.wait()


def _until_up(base: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(480):
        assert server.poll() is None, f"the server stopped: {log.read_text(errors='replace')[-2000:]}"
        try:
            if httpx.get(f"{base}/sante", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.25)
    raise AssertionError("the server did not answer within two minutes")


if __name__ == "__main__":
    run()
