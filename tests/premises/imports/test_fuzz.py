"""Files made to break a reader: every one is read or refused in words, none is an error of ours."""

import io
import random
import zipfile
from typing import Any

import openpyxl
import pytest

from premises.imports import mapping, rows, tables
from tests import make
from tests.premises.imports import make as brought

ODD = [
    "",
    "=1+1",
    "\x00",
    "NaN",
    "1e308",
    "-1",
    "é" * 50,
    '"',
    ";",
    "\n",
    "31/02/2027",
    "POINT(1)",
    "48.1;-1.6",
    "😀",
    "\u202e",
    "9" * 400,
    "POLYGON((1 2",
    "'",
    "{}",
    "null",
    "\ud800",
]


def made(seed: int) -> bytes:
    """A file of that seed: a plausible one, then damaged in one of many ways."""
    draw = random.Random(seed)
    headers = [draw.choice([*brought.HEADERS, "", "a", "a"]) for _n in range(draw.randint(0, 14))]
    body = [
        [draw.choice([*ODD, *brought.ROW]) for _h in range(draw.randint(0, 16))] for _n in range(draw.randint(0, 12))
    ]
    if seed % 3 == 0:
        return _workbook(headers, body, draw)
    mark = draw.choice([";", ",", "\t", "|", " "])
    text = draw.choice(["\n", "\r\n", "\r"]).join(mark.join(line) for line in [headers, *body])
    content = text.encode(draw.choice(["utf-8", "utf-16", "utf-16-le", "utf-8-sig"]), "replace")
    return _damaged(content, draw)


def _workbook(headers: list[str], body: list[list[str]], draw: random.Random) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    for line in [headers, *body]:
        sheet.append(
            [openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", c.encode("utf-8", "ignore").decode()) for c in line]
        )
    book.save(out)
    return _damaged(out.getvalue(), draw)


def _damaged(content: bytes, draw: random.Random) -> bytes:
    way, cut = draw.randint(0, 5), draw.randint(0, max(1, len(content)))
    if way == 0:
        return content[:cut]
    if way == 1:
        return content[:cut] + draw.randbytes(20) + content[cut:]
    if way == 2 and content[:2] == b"PK":
        return _other_part(content, draw)
    return bytes(b ^ 0x20 if draw.random() < 0.01 else b for b in content) if way == 3 else content


def _other_part(content: bytes, draw: random.Random) -> bytes:
    """The same archive with one part replaced by noise."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w") as kept:
        names = archive.namelist()
        victim = draw.choice(names)
        for name in names:
            kept.writestr(name, draw.randbytes(200) if name == victim else archive.read(name))
    return out.getvalue()


def survives(content: bytes) -> str:
    """« read », or the sentence of the refusal."""
    try:
        table = tables.read(content)
        proposed = mapping.propose(table.columns)
        mapping.complaint(proposed)
        reader = rows.Reader(table.columns, proposed, rows.Options())
        for record in table.records:
            reader.take(record)
    except tables.BadTable as refused:
        return refused.sentence
    return "read"


@pytest.mark.parametrize("slice_", range(4))
def test_bad_files_are_read_or_refused_in_words(slice_: int) -> None:
    said = [survives(made(seed)) for seed in range(slice_ * 75, slice_ * 75 + 75)]
    assert all(len(sentence) >= 4 for sentence in said)
    assert {"read"} < set(said)


@pytest.mark.drill
@pytest.mark.parametrize("slice_", range(20))
def test_two_thousand_bad_files(slice_: int) -> None:
    assert all(survives(made(seed)) for seed in range(10_000 + slice_ * 100, 10_100 + slice_ * 100))


async def test_bad_files_sent_to_the_page_are_never_an_error_of_ours(db: Any, client: Any) -> None:
    person, org = await make.agent(db, "city")
    await db.commit()
    browser = await client(person)
    codes = set()
    for seed in range(5_000, 5_040):
        answer = await browser.post(
            "/locaux/import", data={"owner": str(org.id)}, files={"file": ("x.csv", made(seed), "text/csv")}
        )
        codes.add(answer.status_code)
        if answer.status_code == 303:
            assert (await browser.get(answer.headers["location"])).status_code == 200
    assert codes <= {303, 422}
