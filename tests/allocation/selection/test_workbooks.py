"""A workbook goes out, comes back filled, and nothing of it is trusted."""

import contextlib
import io
import random
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from allocation.selection import sheets
from allocation.selection.declarations import Link
from allocation.selection.models import Mark, ScoreSheet
from allocation.selection.reasons import Given
from allocation.selection.sheets import Typed
from allocation.selection.workbooks import BadWorkbook, Filled, Line, read, write
from tests.allocation.selection import make

CRITERIA = [(1, "Utilité", 60), (2, "Solidité", 40)]
NAMES = {1: "Utilité", 2: "Solidité"}
FIRST, SECOND = (f"C-01 Fou de Coudre, {NAMES[i]}" for i in (1, 2))


def filled(content: bytes, **cells: Any) -> bytes:
    """The workbook with these cells typed in, saved by another program."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_goes_out_comes_back_the_same() -> None:
    marks = {1: Given(True, 5, "=SOMME(A1)"), 2: Given(True, None, "Hors champ.")}
    content = write(
        [Line(7, 3, "C-01 Fou de Coudre", "Bon dossier.", marks), Line(8, 0, "C-02 Resport", "", {})], CRITERIA
    )
    found = read(content, {7: "", 8: ""}, NAMES)
    assert found.refusals == []
    assert found.files == {
        7: Filled(3, "Bon dossier.", marks),
        8: Filled(0, "", {1: Given(), 2: Given()}),
    }


@pytest.mark.parametrize(("typed", "value"), [(4, 4), ("4", 4), (4.0, 4), ("4,0", 4), ("né", None), ("NE", None)])
def test_a_mark_is_read_however_the_spreadsheet_kept_it(typed: Any, value: int | None) -> None:
    content = filled(write([Line(7, 0, "C-01", "", {})], CRITERIA), E2=typed)
    assert read(content, {7: ""}, NAMES).files[7].marks[1] == Given(True, value, "")


@pytest.mark.parametrize(
    ("cells", "column"),
    [({"E2": 6}, FIRST), ({"E2": "4,5"}, FIRST), ({"E3": "bien"}, SECOND), ({"A2": "7:1"}, "Code"), ({"A2": "9:1:0"}, "Dossier"),
     ({"A2": "7:99:0"}, "Critère"), ({"A3": "7:1:0"}, FIRST)],
)  # fmt: skip
def test_each_refusal_names_its_row_and_its_place(cells: dict[str, Any], column: str) -> None:
    found = read(filled(write([Line(7, 0, "C-01", "", {})], CRITERIA), **cells), {7: "C-01 Fou de Coudre"}, NAMES)
    assert [(r.row, r.column) for r in found.refusals] == [(int(next(iter(cells))[1:]), column)]


def test_broken_files_are_refused_in_words() -> None:
    content = write([Line(7, 0, "C-01", "", {})], CRITERIA)
    rolls = random.Random(5)  # the same breakages at each run
    for bad in (b"", b"PK", b"<html>", content[:200], b"PK\x03\x04" + bytes(200)):
        with pytest.raises(BadWorkbook):
            read(bad, {7: ""}, NAMES)
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(rolls.randint(1, 40)):
            broken[rolls.randrange(len(broken))] = rolls.randrange(256)
        with contextlib.suppress(BadWorkbook):  # refused in words, or read after all: never another error
            read(bytes(broken), {7: ""}, NAMES)


async def test_round_trip_over_http(db: Any, client: Any) -> None:
    scene = await make.ready(db, files=2)
    url = f"/commissions/{scene.call.id}/mes-fiches"
    rows = len(scene.criteria) + 1
    with make.afterwards():
        await sheets.save(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], scene.files[0].id,
            Typed({scene.criteria[0].id: Given(True, 2)}, "Début", "à moi", writer="p"),
        )  # fmt: skip
        await db.commit()
        page = await client(scene.jurors[0].person)
        content = (await page.get(f"{url}.xlsx")).content

        async def send(body: bytes) -> Any:
            return await page.post(url, files={"workbook": ("fiches.xlsx", body)})

        bad = await send(filled(content, E2=9, **{f"E{2 + rows}": 4}))
        assert (bad.status_code, "« 9 »" in bad.text) == (422, True)
        assert [m.value for m in (await db.execute(select(Mark))).scalars()] == [2]
        good = filled(content, E3=5, F3="Exemplaire.", **{f"E{2 + rows}": 4, f"F{1 + 2 * rows}": "Du train."})
        assert (await send(good)).status_code == 303
        again = await send(good)
        assert again.status_code == 303  # the same workbook twice changes nothing
    found = {
        s.application_id: s
        for s in (await db.execute(select(ScoreSheet).execution_options(populate_existing=True))).scalars()
    }
    first, second = (found[f.id] for f in scene.files)
    assert (first.comment, first.notes, first.submitted_at, second.comment) == ("Début", "à moi", None, "Du train.")
    assert (first.version, second.version) == (2, 1)
    assert await sheets.marks_of(db, first) == {
        scene.criteria[0].id: Given(True, 2), scene.criteria[1].id: Given(True, 5, "Exemplaire."),
    }  # fmt: skip


async def test_a_recused_file_is_not_in_the_workbook_and_not_taken_back(db: Any, client: Any) -> None:
    from allocation.selection import declarations

    scene = await make.ready(db, files=2)
    url = f"/commissions/{scene.call.id}/mes-fiches"
    with make.afterwards():
        page = await client(scene.jurors[0].person)
        before = (await page.get(f"{url}.xlsx")).content
        await declarations.declare(
            db, scene.jurors[0].actor, scene.call, scene.seats[0], {scene.files[0].id: Link("other", "Lien.")}
        )
        await db.commit()
        after = openpyxl.load_workbook(io.BytesIO((await page.get(f"{url}.xlsx")).content)).worksheets[0]
        assert {str(row[1].value).split()[0] for row in after.iter_rows(min_row=2)} == {scene.files[1].label}
        sent = await page.post(url, files={"workbook": ("fiches.xlsx", filled(before, E2=5))})
        assert sent.status_code == 422
    assert (await db.execute(select(Mark))).all() == []
