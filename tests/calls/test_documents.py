"""Documents of an application over HTTP: joined without JavaScript, refused in words, proven by the receipt, read by who may."""

import hashlib
import io
from datetime import date

import pikepdf
import pytest
from sqlalchemy import select

from calls import applications
from calls.models import ApplicationDocument
from intervalle import files
from intervalle.accounts import documents
from intervalle.outbox import StoredFile
from intervalle.settings import Settings
from tests.calls import make as calls
from tests.calls.browsing import form_of
from tests.intervalle import malformed


@pytest.fixture
async def scene(db, monkeypatch, tmp_path):
    """An open call that asks for statutes and a budget, a city, a structure with a complete draft."""
    monkeypatch.setattr(files, "settings", lambda: Settings(files=f"file://{tmp_path}"))
    files._store.cache_clear()
    city, structure = await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")
    call = await calls.open_call(db, city, required_documents=["statutes", "budget"])
    application = await calls.ready(db, structure, call)
    await db.commit()
    yield city, structure, application
    files._store.cache_clear()


async def send(browser, application, kind, name, content):
    url = f"/candidatures/{application.id}/pieces"
    return await browser.post(url, data={"type": kind}, files={"fichier": (name, content, "application/octet-stream")})


async def held(db):
    rows = await db.execute(
        select(ApplicationDocument.kind, StoredFile.name).join(StoredFile).order_by(ApplicationDocument.id)
    )
    return [tuple(row) for row in rows]


async def test_what_the_call_asks_for_is_joined_proven_and_read_back(db, client, scene):
    _city, structure, application = scene
    browser, base = await client(structure.person), f"/candidatures/{application.id}"
    budget = malformed.image("PNG")
    with calls.during():
        refused = await browser.post(f"{base}/deposer")
        assert "L’appel demande : Statuts." in refused.text
        assert "L’appel demande : Budget prévisionnel." in refused.text
        page = (await browser.get(f"{base}/dossier/pieces")).text
        assert form_of(page, f"{base}/pieces")["type"] == ["statutes"]
        assert (await send(browser, application, "statutes", "Statuts signés.pdf", malformed.pdf())).status_code == 303
        assert (await send(browser, application, "statutes", "Statuts signés.pdf", malformed.pdf())).status_code in {
            303
        }
        assert (await send(browser, application, "budget", "budget été.png", budget)).status_code == 303
        assert (await browser.post(f"{base}/deposer")).headers["Location"] == f"{base}/recepisse"
        receipt, pdf = (await browser.get(f"{base}/recepisse")).text, await browser.get(f"{base}/recepisse.pdf")
        shown = (await browser.get(base)).text
        row = (
            await db.execute(select(ApplicationDocument.id).where(ApplicationDocument.kind == "budget"))
        ).scalar_one()
        one = await browser.get(f"{base}/pieces/{row}")
        assert (await browser.post(f"{base}/pieces/{row}/retirer")).status_code == 409
    sent = hashlib.sha256(budget).hexdigest()
    assert sent in receipt
    assert "budget été.jpg" in shown
    assert "non analysé par un antivirus" in shown
    assert one.headers["Content-Disposition"] == "attachment; filename*=UTF-8''budget%20%C3%A9t%C3%A9.jpg"
    assert (one.headers["Content-Security-Policy"], one.headers["X-Content-Type-Options"]) == (
        "sandbox; default-src 'none'",
        "nosniff",
    )
    assert hashlib.sha256(one.content).hexdigest() in receipt
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        assert len(opened.pages) >= 1
    kept = (await calls.fresh(db, application)).content["documents"]
    assert [(d["kind"], d["sent_sha256"] == sent) for d in kept][-1] == ("budget", True)


async def test_only_those_who_may_read_the_file_read_its_documents(db, client, scene):
    city, structure, application = scene
    rival, other_city = await calls.side(db, "ess_structure"), await calls.side(db)
    await db.commit()
    browser, base = await client(structure.person), f"/candidatures/{application.id}"
    with calls.during():
        await send(browser, application, "statutes", "s.pdf", malformed.pdf())
        row = (await db.execute(select(ApplicationDocument.id))).scalar_one()
        for stranger in (rival.person, other_city.person, city.person, None):
            other = await client(stranger)
            assert (await other.get(f"{base}/pieces/{row}", follow_redirects=False)).status_code in {404, 303}
            assert (await send(other, application, "statutes", "s.pdf", malformed.pdf())).status_code in {404, 401}
        file_id = (await db.execute(select(ApplicationDocument.file_id))).scalar_one()
        assert (await browser.get(f"/fichiers/{file_id}")).status_code == 404
        assert (await browser.get(f"{base}/pieces/{row}")).status_code == 200
    assert await held(db) == [("statutes", "s.pdf")]


async def test_a_refused_file_leaves_the_others_and_says_why_beside_its_field(db, client, scene):
    _, structure, application = scene
    browser = await client(structure.person)
    with calls.during():
        await send(browser, application, "statutes", "s.pdf", malformed.pdf())
        refused = await send(browser, application, "budget", "budget.pdf", b"MZ\x90\x00")
        nothing = await browser.post(f"/candidatures/{application.id}/pieces", data={"type": "budget"})
        unknown = await send(browser, application, "passeport", "p.pdf", malformed.pdf())
    assert refused.status_code == nothing.status_code == unknown.status_code == 422
    assert 'aria-describedby="fichier-budget-error"' in refused.text
    assert "Ce type de fichier n’est pas accepté" in refused.text
    assert "Choisissez un fichier sur votre appareil." in nothing.text
    assert await held(db) == [("statutes", "s.pdf")]


async def test_kept_papers_are_reused_save_the_expired_ones(db, client, scene):
    _, structure, application = scene
    for kind, until in (("statutes", None), ("insurance", date(2026, 1, 1)), ("budget", date(2027, 1, 1))):
        await documents.keep(
            db, structure.actor, structure.org, kind=kind, title=f"Notre {kind}", name=f"{kind}.pdf",
            content=malformed.pdf(), valid_until=until,
        )  # fmt: skip
    await db.commit()
    browser, base = await client(structure.person), f"/candidatures/{application.id}"
    with calls.during():
        page = (await browser.get(f"{base}/dossier/pieces")).text
        assert "périmé depuis le" in page
        form = form_of(page, f"{base}/pieces/reprendre")
        assert len(form["document"]) == 2  # the two that the call asks for are ticked
        every = [str(paper.id) for paper, _s in (await db.execute(documents.current_of([structure.org.id]))).all()]
        assert (await browser.post(f"{base}/pieces/reprendre", data={"document": every})).status_code == 303
        assert (await browser.post(f"{base}/pieces/reprendre", data={"document": every})).status_code == 303
        assert sorted(await held(db)) == [("budget", "budget.pdf"), ("statutes", "statutes.pdf")]
        document = (await db.execute(select(ApplicationDocument.id).limit(1))).scalar_one()
        assert (await browser.post(f"{base}/pieces/{document}/retirer")).status_code == 303
    assert len(await held(db)) == 1
    assert len((await db.execute(documents.current_of([structure.org.id]))).all()) == 3  # the structure keeps its paper


async def test_a_file_taken_out_is_erased(db, client, scene, tmp_path):
    _, structure, application = scene
    browser = await client(structure.person)
    with calls.during():
        await send(browser, application, "statutes", "s.pdf", malformed.pdf())
        assert sum(one.is_file() for one in tmp_path.rglob("*")) == 1
        row = (await db.execute(select(ApplicationDocument.id))).scalar_one()
        await browser.post(f"/candidatures/{application.id}/pieces/{row}/retirer")
    assert (await db.execute(select(StoredFile.id).where(StoredFile.name == "s.pdf"))).all() == []


BODIES = {
    "no boundary": ("multipart/form-data", b"--x\r\n"),
    "another boundary": ("multipart/form-data; boundary=y", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n"),
    "cut": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="fichier"; filename="a.pdf"\r\n\r\n%PDF'),
    "no header": ("multipart/form-data; boundary=x", b"--x\r\n\r\nabc\r\n--x--\r\n"),
    "unknown charset": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="type"\r\nContent-Type: text/plain; charset=klingon\r\n\r\nabc\r\n--x--\r\n'),
    "not utf-8": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="type"\r\n\r\n\xff\xfe\r\n--x--\r\n'),
    "name not utf-8": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="fichier"; filename="\xe9t\xe9.pdf"\r\n\r\nMZ\r\n--x--\r\n'),
    "two thousand parts": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 2000 + b"--x--\r\n"),
    "empty": ("multipart/form-data; boundary=x", b""),
    "urlencoded": ("application/x-www-form-urlencoded", b"type=statutes&fichier=a.pdf"),
    "json": ("application/json", b'{"type": "statutes"}'),
}  # fmt: skip


async def test_malformed_requests_are_refused_not_broken(client, scene):
    _, structure, application = scene
    browser = await client(structure.person)
    with calls.during():
        for body, (kind, content) in BODIES.items():
            answer = await browser.post(
                f"/candidatures/{application.id}/pieces", content=content, headers={"Content-Type": kind}
            )
            assert 400 <= answer.status_code < 500, (body, answer.status_code)
            assert "<h1" in answer.text, body


async def refused_over_http(client, scene, corpus):
    _, structure, application = scene
    browser = await client(structure.person)
    with calls.during():
        for family, name, content in corpus:
            answer = await send(browser, application, "statutes", name, content)
            assert answer.status_code == 422, (family, name, content[:30], answer.status_code)
            assert "n’a pas été joint" in answer.text, (family, name)


async def test_one_bad_file_of_each_family_is_refused_over_http(db, client, scene):
    families = {}
    for one in malformed.bad():
        families.setdefault(one[0], one)
    await refused_over_http(client, scene, families.values())
    assert await held(db) == []


@pytest.mark.drill
async def test_every_bad_file_is_refused_over_http(db, client, scene):
    await refused_over_http(client, scene, malformed.bad())
    assert await held(db) == []


async def test_a_deposit_without_what_is_asked_is_refused_by_the_verb_too(db, scene):
    _, structure, application = scene
    with calls.during(), pytest.raises(applications.Refused, match="Statuts"):
        await applications.submit(db, structure.actor, application)
