"""The pages that list files cost the same number of queries for one file as for three."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from allocation.selection import sheets
from tests.allocation.selection import make


@contextmanager
def counting(engine: Any) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def cost(client: Any, engine: Any, person: Any, path: str) -> int:
    page = await client(person)
    with make.afterwards(), counting(engine) as seen:
        answer = await page.get(path)
    assert answer.status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", ["", "/recevabilite", "/deports", "/classement", "/composition"])
async def test_staff_pages(db: Any, client: Any, engine: Any, path: str) -> None:
    costs = []
    for files in (1, 3):
        scene = await make.ready(db, files=files, jurors=2 + files)
        costs.append(await cost(client, engine, scene.city.person, f"/commissions/{scene.call.id}{path}"))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("path", ["/tableau", "/classement", "/notation", "/notation/{file}"])
async def test_juror_pages_once_marks_are_open(db: Any, client: Any, engine: Any, path: str) -> None:
    costs = []
    for files in (1, 3):
        scene = await make.ready(db, files=files, jurors=3)
        await make.score_all(db, scene, *[3] * files)
        with make.afterwards():
            await sheets.close_scoring(db, scene.city.actor, scene.call)
            await db.commit()
        url = f"/commissions/{scene.call.id}{path.format(file=scene.files[0].id)}"
        costs.append(await cost(client, engine, scene.jurors[0].person, url))
    assert costs[0] == costs[1]


async def test_my_panels(db: Any, client: Any, engine: Any) -> None:
    scene = await make.ready(db, files=1, jurors=3)
    juror = scene.jurors[0].person
    first = await cost(client, engine, juror, "/commissions")
    for _ in range(2):
        other = await make.seated(db, await make.closed_call(db, files=0), jurors=1)
        other.seats[0].user_id = juror.id
        await db.commit()
    assert await cost(client, engine, juror, "/commissions") == first
