"""Papers kept once: what opens is taken, what does not is refused in words; replaced ones stay where they were joined."""

import io
from datetime import date
from typing import Any

import pikepdf
import pytest
from PIL import Image
from sqlalchemy import func, select

from intervalle import files
from intervalle.accounts import documents
from intervalle.accounts.models import StructureDocument
from intervalle.errors import Forbidden
from intervalle.outbox import StoredFile
from tests import make


@pytest.fixture(autouse=True)
def store(monkeypatch: Any, tmp_path: Any) -> None:
    from obstore.store import LocalStore

    monkeypatch.setattr(files, "_store", lambda: LocalStore(tmp_path))


def a_pdf(pages: int = 1, **saving: Any) -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    for _page in range(pages):
        made.add_blank_page()
    made.save(out, deterministic_id="encryption" not in saving, **saving)
    return out.getvalue()


async def structure(db: Any) -> Any:
    person, org = await make.agent(db, "ess_structure", "editor", "Fou de Coudre")
    return org, make.acting(person, org)


async def keep(db: Any, side: Any, **more: Any) -> StructureDocument:
    org, actor = side
    values = {"kind": "statutes", "title": "Statuts", "name": "statuts.pdf", "content": a_pdf(), **more}
    return await documents.keep(db, actor, org, **values)


async def held(db: Any, side: Any) -> list[StructureDocument]:
    return [row[0] for row in await db.execute(documents.current_of([side[0].id]))]


async def test_the_same_paper_is_kept_once(db: Any) -> None:
    side = await structure(db)
    first = await keep(db, side)
    again = await keep(db, side, title="Nos statuts", valid_until=date(2030, 1, 1))
    assert (again.id, again.title, again.valid_until) == (first.id, "Nos statuts", date(2030, 1, 1))
    assert (await db.execute(select(func.count()).select_from(StoredFile).where(StoredFile.owner_id == side[0].id))).scalar_one() == 1  # fmt: skip
    other = await keep(db, side, content=a_pdf(2))
    assert {one.id for one in await held(db, side)} == {first.id, other.id}


async def test_a_new_paper_replaces_the_old_one_which_stays_readable(db: Any) -> None:
    side = await structure(db)
    old = await keep(db, side, kind="insurance")
    new = await keep(db, side, kind="insurance", content=a_pdf(2), replaces_id=old.id)
    assert [one.id for one in await held(db, side)] == [new.id]
    assert old.withdrawn_at is not None
    assert old.replaced_by_id == new.id
    stored = await db.get_one(StoredFile, old.file_id)
    assert await files.read(stored) == a_pdf()


async def test_one_does_not_replace_another_structures_paper(db: Any) -> None:
    mine, theirs = await structure(db), await structure(db)
    kept = await keep(db, theirs)
    await keep(db, mine, replaces_id=kept.id)
    assert [one.id for one in await held(db, theirs)] == [kept.id]
    with pytest.raises(Forbidden):
        await documents.withdraw(db, mine[1], kept)
    with pytest.raises(Forbidden):
        await documents.keep(db, mine[1], theirs[0], kind="other", title="Glissé", name="glisse.pdf", content=a_pdf(3))
    assert [one.id for one in await held(db, theirs)] == [kept.id]


async def test_a_photo_is_written_anew_without_its_place(db: Any) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "chez la trésorière"
    Image.new("RGB", (40, 30), "white").save(out, "JPEG", exif=exif)
    kept = await keep(db, await structure(db), name="statuts.jpg", content=out.getvalue())
    stored = await db.get_one(StoredFile, kept.file_id)
    assert stored.content_type == "image/jpeg"
    assert "trésorière".encode() not in await files.read(stored)


LOCKED = pikepdf.Encryption(owner="a", user="b")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"PK\x03\x04" + b"\0" * 50, "archive|abîmé"),
        (b"<script>alert(1)</script>", "pas accepté"),
        (b"%PDF-1.7\nrien d'autre", "abîmé"),
        (a_pdf(0), "abîmé"),
        (a_pdf(1, encryption=LOCKED), "mot de passe"),
        (b"\xff\xd8\xff" + b"\0" * 80, "abîmée"),
        (b"%PDF-" + b"\0" * files.PAPER_BYTES, "dépasse 10 Mo"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(db: Any, content: bytes, words: str) -> None:
    side = await structure(db)
    with pytest.raises(files.BadFile, match=words):
        await keep(db, side, content=content)
    assert await held(db, side) == []


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, "valid"),
        (date(2027, 3, 1), "expired"),
        (date(2027, 3, 2), "expiring"),
        (date(2027, 4, 1), "expiring"),
        (date(2027, 4, 2), "valid"),
    ],
)
def test_the_last_day_still_counts(until: date | None, said: str) -> None:
    assert documents.standing(StructureDocument(valid_until=until, withdrawn_at=None), date(2027, 3, 2)) == said
