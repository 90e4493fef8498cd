"""A real server on a real database with the demonstration, a worker, and a real browser."""

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from intervalle.settings import ROOT
from intervalle.setup.cluster import ensure_test_cluster
from tests.conftest import _conninfo, _named

# Drawing maps without a graphics card takes most of a core: only a test of the map asks for it.
WITH_MAPS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
CHROMIUM = [
    "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Site:
    """Where the product runs, and what it wrote."""

    url: str
    database: str
    mail: Path

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    async def until(self, question: str, *values: Any, seconds: float = 30) -> None:
        """Wait for what the worker does after a commit."""
        deadline = time.monotonic() + seconds
        while not self.sql(question, *values)[0][0]:
            assert time.monotonic() < deadline, question
            await asyncio.sleep(0.2)

    def let_time_pass(self, days: int) -> None:
        """As if every call had opened, and every file been deposited, that many days earlier."""
        self.sql(
            "UPDATE applications SET submitted_at = submitted_at - make_interval(days => %s) WHERE submitted_at IS NOT NULL",
            days,
        )
        self.sql(
            "UPDATE calls SET opened_at = opened_at - make_interval(days => %s), closes_at = closes_at - make_interval(days => %s) "
            "WHERE opened_at IS NOT NULL AND released_at IS NULL",
            days,
            days,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "intervalle.cli", *command], env=environment, cwd=ROOT)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server, name, folder = ensure_test_cluster(), f"j_{uuid.uuid4().hex[:10]}", tmp_path_factory.mktemp("site")
    with psycopg.connect(_conninfo(server), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    port, url = _free_port(), _named(server, name)
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "INTERVALLE_DATABASE_URL": url, "INTERVALLE_DEMO": "1",
        "INTERVALLE_BASE_URL": f"http://127.0.0.1:{port}", "INTERVALLE_FILES": f"file://{folder / 'files'}",
        "INTERVALLE_MAIL": f"file:{folder / 'mail'}", "INTERVALLE_GEOCODER_URL": "", "INTERVALLE_BASEMAP_URL": "",
    }  # fmt: skip
    for command in ("migrate", "demo"):
        assert _run(environment, command).wait() == 0, command
    children = [_run(environment, "serve", "--port", str(port)), _run(environment, "worker")]
    try:
        _wait(f"http://127.0.0.1:{port}/pret")
        yield Site(f"http://127.0.0.1:{port}", _conninfo(url), folder / "mail")
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(timeout=30)
        with psycopg.connect(_conninfo(server), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            assert time.monotonic() < deadline, f"{url} never answered"
            time.sleep(0.2)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Any]:
    async with chromium("--disable-gpu") as opened:
        yield opened


@pytest.fixture
async def browser_with_maps() -> AsyncIterator[Any]:
    async with chromium(*WITH_MAPS) as opened:
        yield opened


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        path = os.environ.get("INTERVALLE_CHROMIUM", "/usr/bin/chromium")
        opened = await playwright.chromium.launch(executable_path=path, args=[*CHROMIUM, *more])
        yield opened
        await opened.close()
