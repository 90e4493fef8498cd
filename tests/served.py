"""The product behind a real socket, on a database of its own where commits are real: for races between people.

The server is another process; its clock stands still at the instant given, so that a call is open or closed whatever the
day the tests run.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import a_database
from tests.signing import sign_in_as

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Served:
    """`base`: where it answers; `url`: its database."""

    base: str
    url: str

    async def browser(self, sessions: Any, user: Any) -> httpx.AsyncClient:
        """A client signed in as that person, second factor done."""
        client = httpx.AsyncClient(base_url=self.base, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
        await sign_in_as(sessions, client, user, organisation_id=None, second_factor=True)
        return client


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

    port = int(sys.argv[1])
    Granian(
        "tests.served:create",
        factory=True,
        interface=Interfaces.ASGI,
        port=port,
        workers_kill_timeout=2,
        log_access=False,
    ).serve()


@contextmanager
def served(instant: datetime) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with a_database() as url:
        base = f"http://127.0.0.1:{port}"
        env = os.environ | {
            "INTERVALLE_DATABASE_URL": url, "INTERVALLE_BASE_URL": base, "TESTS_INSTANT": instant.isoformat(),
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
        }  # fmt: skip
        server = subprocess.Popen([sys.executable, "-m", "tests.served", str(port)], cwd=ROOT, env=env)
        try:
            _until_up(base, server)
            yield Served(base, url)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _until_up(base: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "the server stopped"
        try:
            if httpx.get(f"{base}/sante", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.25)
    raise AssertionError("the server did not answer within a minute")


if __name__ == "__main__":
    run()
