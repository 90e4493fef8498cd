"""A real server with people in the live room: it stops within six seconds of SIGTERM, streams open."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import httpx
import pytest

from intervalle.db import make_engine, make_sessions
from intervalle.settings import ROOT, Settings
from tests.allocation.selection import make
from tests.allocation.selection.test_meetings import deliberating
from tests.conftest import a_database
from tests.signing import sign_in_as

WITHIN = 6.0  # seconds, what an operator's restart allows
VIEWERS = 8


@contextmanager
def _serving(url: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    env = os.environ | {
        "INTERVALLE_DATABASE_URL": url,
        "INTERVALLE_BASE_URL": base,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    command = [sys.executable, "-m", "intervalle.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(base)
            yield process, base
        finally:
            process.kill()


def _wait(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{base}/sante", timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")


@pytest.fixture
async def room() -> AsyncIterator[tuple[str, Any, make.Scene]]:
    """A session in progress, committed, on a database of its own."""
    with a_database() as url:
        engine = make_engine(Settings(database_url=url), pool_size=2)
        sessions = make_sessions(engine)
        async with sessions() as db:
            scene = await deliberating(db)
        yield url, sessions, scene
        await engine.dispose()


async def test_the_server_stops_with_streams_open(room: tuple[str, Any, make.Scene]) -> None:
    url, sessions, scene = room
    with _serving(url) as (process, base):
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=20))
            await sign_in_as(sessions, client, scene.jurors[0].person, organisation_id=None, second_factor=True)
            path = f"/commissions/{scene.call.id}/deliberation/flux"
            for _ in range(VIEWERS):
                answer = await stack.enter_async_context(client.stream("GET", path))
                assert answer.status_code == 200
                first = await anext(answer.aiter_text())
                assert re.match(r"retry: \d+\n\n", first)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
            took = time.monotonic() - began
        assert (process.returncode, took < WITHIN) == (0, True), f"{took:.1f} s, code {process.returncode}"
