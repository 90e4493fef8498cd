"""Every juror saves every sheet in the same second, over HTTP: nothing is lost, a stale page is told and loses nothing."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from allocation.selection.models import Mark, ScoreSheet
from intervalle.db import make_engine, make_sessions
from intervalle.settings import Settings
from tests.allocation.selection import make as scene
from tests.served import served


@pytest.mark.drill
@pytest.mark.parametrize(("jurors", "files"), [(3, 3), (50, 100)], ids=["reduced", "whole"])
async def test_no_lost_score(jurors: int, files: int) -> None:
    with served(scene.AFTER, workers=2) as server:
        engine = make_engine(Settings(database_url=server.url), pool_size=4)
        sessions = make_sessions(engine)
        async with sessions() as db:
            room = await scene.ready(db, files=files, jurors=jurors)
        browsers = []
        with scene.afterwards():
            for juror in room.jurors:
                browsers.append(await server.browser(sessions, juror.person))
        first = [_save(browser, room, j, f, version=0, value=(j + f) % 5) for j, browser in enumerate(browsers)
                 for f in range(files)]  # fmt: skip
        assert {answer.status_code for answer in await asyncio.gather(*first)} == {200}
        stale = [_save(browser, room, j, f, version=0, value=5, page="other") for j, browser in enumerate(browsers)
                 for f in range(files)]  # fmt: skip
        told = await asyncio.gather(*stale)
        assert {answer.status_code for answer in told} == {409}
        for number, answer in enumerate(told):
            j, f = divmod(number, files)
            stored, typed = f"Note écrite par {j} sur {f}.", f"Autre page de {j} sur {f}."
            shown = [said in answer.text for said in (stored, typed)]
            assert shown == [True, True], (j, f)
        async with sessions() as db:
            kept = {
                (seat, file, criterion): value
                for seat, file, criterion, value in await db.execute(
                    select(ScoreSheet.seat_id, ScoreSheet.application_id, Mark.criterion_id, Mark.value).join(
                        Mark, Mark.sheet_id == ScoreSheet.id
                    )
                )
            }
            versions = (await db.execute(select(func.count(), func.sum(ScoreSheet.version)))).one()
        assert kept == {
            (seat.id, file.id, c.id): (j + f) % 5
            for j, seat in enumerate(room.seats)
            for f, file in enumerate(room.files)
            for c in room.criteria
        }
        assert versions == (jurors * files, jurors * files)
        assert server.faults() == {"deadlocks": 0, "crashes": 0}
        for browser in browsers:
            await browser.aclose()
        await engine.dispose()


async def _save(browser: Any, room: Any, j: int, f: int, *, version: int, value: int, page: str = "page") -> Any:
    said = f"Note écrite par {j} sur {f}." if page == "page" else f"Autre page de {j} sur {f}."
    form = {"version": str(version), "writer": f"{page}-{j}-{f}", "comment": said}
    form |= {f"n{c.id}": str(value) for c in room.criteria}
    path = f"/commissions/{room.call.id}/notation/{room.files[f].id}/brouillon"
    while True:
        try:
            answer = await browser.post(path, data=form, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        except httpx.TransportError:
            # As the page does: a save that nobody answered goes again, whether or not it had arrived.
            await asyncio.sleep(4)
            continue
        if answer.status_code != 503:
            return answer
        # Too many at once on a slow machine: the page says that nothing was saved, and to send it again.
        assert "Rien n’a été enregistré" in answer.text
        await asyncio.sleep(int(answer.headers["Retry-After"]))
