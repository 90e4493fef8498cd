"""Fuzzed files through the pages and the worker (quality.md row 10): 2,000 with `--drills`, a sample always.

One file out of two is a good one with cells spoilt on purpose, so that what must be refused is known cell by cell; the
other is damaged at random. Whatever happens: no error of ours, and the same file brought again changes nothing.
"""

import csv
import io
import random
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from premises.models import Premises, PremisesImport
from tests import make
from tests.premises.imports import make as brought
from tests.premises.imports.test_fuzz import made
from tests.premises.imports.test_pages import OPTIONS, advance, chosen

# What each column takes, and what it must refuse; every other cell of these files is good.
GOOD = {
    "Nom du local": ["Boutique", "=1+1", "'", "{}", "😀", '"', "a;b", "deux\nlignes", "null", "\u202e", "é" * 300],
    "Surface (m²)": ["62,5", "1 234,5 m²", "1234.5", "10"],
    "Loyer": ["38", "0", "", "12,50 €"],
    "CP": ["35700", "35 700", ""],
    "Longitude": ["-1.6585"],
    "Latitude": ["48.1275"],
    "Disponible le": ["01/03/2027", "2027-03-01", "03/2027", ""],
}
BAD = {
    "Référence": ["x" * 121],
    "Surface (m²)": ["grande", "-3", "0", "99999999", "1e308", "9" * 400],
    "Loyer": ["cher", "-1", "9" * 12],
    "CP": ["ABCDE", "123456789"],
    "Longitude": ["ici", "120.5", "9" * 400, "POINT(1)", "48.1275"],
    "Disponible le": ["31/02/2027", "demain", "2027-13-01", "01/03/0027"],
}
Cell = tuple[int, str]


def spoilt(seed: int) -> tuple[bytes, set[Cell], int]:
    """(file, cells that must be refused, number of its rows): CSV, or XLSX one time out of three."""
    draw = random.Random(seed)
    rows, refused = [list(brought.HEADERS)], set()
    for number in range(2, draw.randint(3, 16)):
        cells = {h: draw.choice(GOOD.get(h, [brought.ROW[i]])) for i, h in enumerate(brought.HEADERS)}
        cells["Référence"] = f"{seed}-{number}"
        for header in BAD:
            if draw.random() < 0.05:
                cells[header] = draw.choice(BAD[header])
                refused.add((number, header))
        rows.append([cells[h] for h in brought.HEADERS])
    return (_workbook(rows) if seed % 3 == 0 else _csv(rows, draw)), refused, len(rows) - 1


def _csv(rows: list[list[str]], draw: random.Random) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=draw.choice(";,\t"), lineterminator=draw.choice(["\n", "\r\n"])).writerows(rows)
    return out.getvalue().encode(draw.choice(["utf-8", "utf-8-sig", "utf-16"]))


def _workbook(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    return out.getvalue()


class Agent:
    """Somebody who brings files by the pages, with the worker behind."""

    def __init__(self, db: Any, sessions: Any, browser: Any, org: Any) -> None:
        self.db, self.sessions, self.browser, self.org = db, sessions, browser, org

    async def send(self, method: str, path: str, **what: Any) -> Any:
        answer = await self.browser.request(method, path, **what)
        assert answer.status_code in {200, 303, 422}, (method, path, answer.status_code)
        return answer

    async def carry(self, content: bytes) -> PremisesImport | None:
        """The import of a file from its choice to its end; None when the page refused it, in words."""
        answer = await self.send(
            "POST",
            "/locaux/import",
            data={"owner": str(self.org.id)},
            files={"file": ("été à l’ouest (1).csv", content)},
        )
        if answer.status_code == 422:
            assert 'id="file-error"' in answer.text
            return None
        columns = (await self.send("GET", answer.headers["location"])).text
        answer = await self.send("POST", answer.headers["location"], data={**chosen(columns), **OPTIONS})
        if answer.status_code == 422:
            assert 'role="alert"' in answer.text or "error" in answer.text
            return None
        place = answer.headers["location"]
        await advance(self.db, self.sessions)
        await self.send("GET", place)
        await self.send("POST", f"{place}/lancement")
        await advance(self.db, self.sessions)
        await self.send("GET", place)
        found = await self.db.execute(
            select(PremisesImport)
            .where(PremisesImport.id == int(place.rsplit("/", 1)[1]))
            .execution_options(populate_existing=True)
        )
        return found.scalar_one()  # type: ignore[no-any-return]

    async def count(self) -> int:
        found = await self.db.execute(select(func.count(Premises.id)).where(Premises.owner_id == self.org.id))
        return int(found.scalar_one())


async def bring(agent: Agent, seeds: range) -> None:
    for seed in seeds:
        content, must, rows = spoilt(seed) if seed % 2 else (made(seed), set(), 0)
        before = await agent.count()
        one = await agent.carry(content)
        if seed % 2:
            assert one is not None, seed
            refusals = one.report["refusals"]
            assert {(r["row"], r["column"]) for r in refusals} == must, seed
            assert all(len(r["reason"]) > 10 for r in refusals), seed
            entered = await agent.count() - before
            assert (one.report["enter"], entered) == (rows - len({row for row, _h in must}),) * 2, seed
        if one is not None and one.state == "done":
            again = await agent.carry(content)
            assert again is not None
            assert (again.report.get("enter"), again.report.get("change")) == (0, 0), seed


@pytest.fixture
async def agent(db: Any, client: Any, sessions: Any) -> Agent:
    await brought.territory(db)
    person, org = await make.agent(db, "social_landlord")
    await db.commit()
    return Agent(db, sessions, await client(person), org)


async def test_a_sample_of_fuzzed_files(agent: Agent) -> None:
    await bring(agent, range(1, 5))


@pytest.mark.drill
@pytest.mark.parametrize("slice_", range(40))
async def test_two_thousand_fuzzed_files(agent: Agent, slice_: int) -> None:
    await bring(agent, range(1_000 + slice_ * 50, 1_050 + slice_ * 50))
