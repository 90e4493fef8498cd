"""Quality row 9: every malformed file, sent whole through each route that takes files, gets a clear refusal.

Nothing of it is kept or shown. `.venv/bin/pytest tests/faults/test_malformed_files.py --drills -s` prints the counts.
"""

import re
from collections import Counter

import pytest
from sqlalchemy import func, select

from calls.models import ApplicationDocument
from intervalle import files
from intervalle.outbox import StoredFile
from intervalle.settings import Settings
from tests.calls import make as calls
from tests.intervalle import malformed

pytestmark = pytest.mark.drill
ROUTES = ("application", "structure", "photo", "document", "import")


@pytest.fixture
async def doors(db, client, monkeypatch, tmp_path):
    """(browser, address, fields, name of the file's field) of each route that takes a file."""
    monkeypatch.setattr(files, "settings", lambda: Settings(files=f"file://{tmp_path}"))
    files._store.cache_clear()
    city, structure = await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")
    call = await calls.open_call(db, city, required_documents=["statutes"])
    application = await calls.ready(db, structure, call)
    (lot,) = await calls.premises(db, city.org, lots=1)
    await db.commit()
    owner, guest = await client(city.person), await client(structure.person)
    yield {
        "application": (guest, f"/candidatures/{application.id}/pieces", {"type": "statutes"}, "fichier"),
        "structure": (guest, f"/structures/{structure.org.id}/pieces", {"kind": "statutes"}, "fichier"),
        "photo": (owner, f"/locaux/{lot.premises_id}/photos", {"alt": "La façade"}, "photo"),
        "document": (owner, f"/locaux/{lot.premises_id}/documents", {"title": "Plan"}, "document"),
        "import": (owner, "/locaux/import", {"owner": str(city.org.id), "source": "essai"}, "file"),
    }
    files._store.cache_clear()


def readable(content: bytes) -> bool:
    return bool(content) and re.fullmatch(rb"[\t\n\r\x20-\x7e]+", content) is not None


@pytest.mark.parametrize("route", ROUTES)
async def test_every_malformed_file_is_refused_in_words_and_leaves_nothing(db, doors, route):
    browser, url, fields, field = doors[route]
    # A table is read from any text whatever its name, and nothing of it enters before its columns are looked at.
    corpus = [one for one in malformed.bad() if route != "import" or not readable(one[2])]
    answers, unclear = Counter[int](), []
    for family, name, content in corpus:
        answer = await browser.post(url, data=fields, files={field: (name, content, "application/octet-stream")})
        answers[answer.status_code] += 1
        if 'class="error"' not in answer.text:
            unclear.append((family, name[:40], answer.status_code))
    print(f"\n{route}: {len(corpus)} files, {dict(answers)}")
    assert len(corpus) >= 500
    assert {code // 100 for code in answers} == {4}
    assert unclear == []
    kept = [
        (await db.execute(select(func.count()).select_from(table))).scalar_one()
        for table in (StoredFile, ApplicationDocument)
    ]
    assert kept == [0, 0]
