"""The server is killed (SIGKILL) while somebody types: every save it acknowledged is there when it comes back."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from calls import applications
from calls.models import Application
from intervalle import clock
from intervalle.db import make_engine, make_sessions
from intervalle.settings import ROOT, Settings
from tests.calls import make as calls
from tests.calls.browsing import form_of
from tests.conftest import a_database
from tests.signing import sign_in_as


class Server:
    """The product in its own process group, on one port and one database."""

    def __init__(self, database: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "INTERVALLE_DATABASE_URL": database, "INTERVALLE_BASE_URL": self.url,
            "INTERVALLE_SECRET": "secret-de-test", "INTERVALLE_FILES": f"file://{folder}", "INTERVALLE_MAIL": f"file:{folder}",
        }  # fmt: skip

    async def start(self) -> float:
        """Seconds until it answers."""
        begun = time.monotonic()
        self.spawn()
        async with httpx.AsyncClient() as probe:
            while True:
                try:
                    await probe.get(f"{self.url}/sante", timeout=2)
                    return time.monotonic() - begun
                except httpx.HTTPError:
                    assert time.monotonic() - begun < 120, "the server never came back"
                    await asyncio.sleep(0.05)

    def spawn(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "intervalle.cli", "serve", "--port", str(self.port)], env=self.environment, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


async def scene(sessions: Any) -> tuple[Any, int]:
    """A structure with a draft on a call that is open now."""
    async with sessions() as db, db.begin():
        city, structure = await calls.side(db), await calls.side(db, "ess_structure")
        call = await calls.open_call(db, city)
        call.closes_at = clock.now().replace(year=clock.now().year + 1)
        await db.flush()
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        return structure.person, draft.id


async def stored(sessions: Any, number: int) -> str:
    async with sessions() as db:
        found = await db.execute(select(Application.answers["summary"].astext).where(Application.id == number))
        return found.scalar_one() or ""


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.drill)])
async def test_nothing_acknowledged_is_lost(kills: int, tmp_path: Path) -> None:
    rng, acknowledged, slowest, kept = random.Random(kills), 0, 0.0, ""
    with a_database() as database:
        engine = make_engine(Settings(database_url=database), pool_size=2)
        sessions = make_sessions(engine)
        person, number = await scene(sessions)
        server = Server(database, tmp_path)
        url = f"/candidatures/{number}/dossier/projet"
        try:
            await server.start()
            for round_ in range(kills):
                async with httpx.AsyncClient(
                    base_url=server.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=20
                ) as browser:
                    await sign_in_as(sessions, browser, person, organisation_id=None, second_factor=True)
                    form = form_of((await browser.get(url)).text, url)
                    last = await type_until_killed(browser, server, url, form, round_, rng.uniform(0.1, 0.8))
                    acknowledged += last[1]
                before, slowest = kept, max(slowest, await server.start())
                kept = await stored(sessions, number)
                # What was acknowledged last, or the save that was under way when the server died: never less.
                assert kept in {last[0] or before, last[2]}, (round_, kept, last)
        finally:
            server.kill()
            await engine.dispose()
    print(f"{kills} kills, {acknowledged} acknowledged saves, 0 lost, back in {slowest:.1f} s at most")
    assert acknowledged >= kills


async def type_until_killed(
    browser: httpx.AsyncClient, server: Server, url: str, form: dict[str, Any], round_: int, after: float
) -> tuple[str, int, str]:
    """(last acknowledged text, how many were, the text under way). The kill comes `after` seconds, in mid-request."""
    begun, said, count, text, doomed = time.monotonic(), "", 0, "", None
    while True:
        text = f"Tour {round_}, frappe {count} : " + "un mot de plus " * (count % 40)
        try:
            answer = await browser.post(
                url, data={**form, "summary": text.strip()}, headers={"HX-Request-Type": "partial"}
            )
        except httpx.HTTPError:
            break
        assert answer.status_code == 200, answer.text
        said, count = text.strip(), count + 1
        # From the first save on, so that each round has one to lose.
        doomed = doomed or asyncio.get_running_loop().call_later(after, server.kill)
        assert time.monotonic() - begun < 60, "the server was never killed"
    return said, count, text.strip()
