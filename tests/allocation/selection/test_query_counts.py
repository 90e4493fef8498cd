"""The pages that list files cost the same number of queries for one file as for three."""

from typing import Any

import pytest

from allocation.selection import sheets
from tests.allocation.selection import make


async def cost(client: Any, asked: list[str], person: Any, path: str) -> int:
    page = await client(person)
    with make.afterwards():
        asked.clear()
        answer = await page.get(path)
    assert answer.status_code == 200
    return len(asked)


@pytest.mark.parametrize("path", ["", "/recevabilite", "/deports", "/classement", "/composition"])
async def test_staff_pages(db: Any, client: Any, asked: list[str], path: str) -> None:
    costs = []
    for files in (1, 3):
        scene = await make.ready(db, files=files, jurors=2 + files)
        costs.append(await cost(client, asked, scene.city.person, f"/commissions/{scene.call.id}{path}"))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("path", ["/tableau", "/classement", "/notation", "/notation/{file}"])
async def test_juror_pages_once_marks_are_open(db: Any, client: Any, asked: list[str], path: str) -> None:
    costs = []
    for files in (1, 3):
        scene = await make.ready(db, files=files, jurors=3)
        await make.score_all(db, scene, *[3] * files)
        with make.afterwards():
            await sheets.close_scoring(db, scene.city.actor, scene.call)
            await db.commit()
        url = f"/commissions/{scene.call.id}{path.format(file=scene.files[0].id)}"
        costs.append(await cost(client, asked, scene.jurors[0].person, url))
    assert costs[0] == costs[1]


async def test_my_panels(db: Any, client: Any, asked: list[str]) -> None:
    scene = await make.ready(db, files=1, jurors=3)
    juror = scene.jurors[0].person
    first = await cost(client, asked, juror, "/commissions")
    for _ in range(2):
        other = await make.seated(db, await make.closed_call(db, files=0), jurors=1)
        other.seats[0].user_id = juror.id
        await db.commit()
    assert await cost(client, asked, juror, "/commissions") == first
