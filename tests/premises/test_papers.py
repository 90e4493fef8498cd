"""Sheet, poster, feed and frame: read back by other programs; what is masked or not published stays out of all."""

import subprocess
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from intervalle import clock
from tests import make
from tests.premises import make as rows

ATOM = "{http://www.w3.org/2005/Atom}"


async def _place(db: Any, **more: Any) -> Any:
    org = await make.organisation(db, "social_landlord", name="Archipel Habitat")
    place = await rows.premises(db, org, name="Boutique <du> marché", **more)
    await rows.lot(db, place, rent_cents_m2_year=3000)
    await db.commit()
    return place


@pytest.mark.parametrize("paper", ["fiche", "affiche"])
async def test_a_paper_is_tagged_and_its_code_leads_to_the_page(
    db: Any, client: Any, tmp_path: Path, paper: str
) -> None:
    place = await _place(db)
    browser = await client()
    answer = await browser.get(f"/locaux/{place.id}/{paper}.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    (tmp_path / "a.pdf").write_bytes(answer.content)
    subprocess.run(["pdftoppm", "-r", "120", "-png", "-singlefile", "a.pdf", "a"], cwd=tmp_path, check=True)  # noqa: ASYNC221
    read = subprocess.run(["zbarimg", "-q", "--raw", "a.png"], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: ASYNC221
    assert read.stdout.strip() == f"http://testserver.local/l/{place.code}"
    assert (await browser.get(f"/l/{place.code}")).status_code == 200
    text = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout  # noqa: ASYNC221
    assert "Boutique <du> marché" in " ".join(text.split())
    told = subprocess.run(["pdfinfo", "a.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout  # noqa: ASYNC221
    facts = {line.partition(":")[0]: line.partition(":")[2].strip() for line in told.splitlines()}
    assert (facts["Tagged"], facts["Title"], facts["Pages"]) == ("yes", "Boutique <du> marché", "1")


async def test_papers_of_a_draft_are_not_found_and_those_of_a_masked_place_say_no_more(
    db: Any, client: Any, tmp_path: Path
) -> None:
    draft, masked = await _place(db, published=False), await _place(db, owner_masked=True)
    browser = await client()
    assert [(await browser.get(f"/locaux/{draft.id}/{p}.pdf")).status_code for p in ("fiche", "affiche")] == [404, 404]
    (tmp_path / "a.pdf").write_bytes((await browser.get(f"/locaux/{masked.id}/fiche.pdf")).content)
    text = subprocess.run(["pdftotext", "a.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout  # noqa: ASYNC221
    assert ("Boutique" in text, "Archipel" in text, "Marbaudais" in text) == (True, False, False)


async def test_the_feed_is_atom_with_the_filters_of_the_list(db: Any, client: Any) -> None:
    place = await _place(db)
    land = await _place(db, kind="land")
    await _place(db, published=False)
    masked = await _place(db, owner_masked=True, kind="building")
    browser = await client()
    answer = await browser.get("/locaux.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    assert (feed.tag, feed.findtext(f"{ATOM}id"), feed.findtext(f"{ATOM}author/{ATOM}name")) == (f"{ATOM}feed", "http://testserver.local/locaux", "Intervalle")  # fmt: skip
    entries = feed.findall(f"{ATOM}entry")
    assert sorted(e.findtext(f"{ATOM}id") or "" for e in entries) == sorted(
        f"http://testserver.local/locaux/{p.id}" for p in (place, land, masked)
    )
    for one in [feed, *entries]:
        assert one.findtext(f"{ATOM}title")
        assert datetime.fromisoformat(one.findtext(f"{ATOM}updated") or "").tzinfo
    assert {e.findtext(f"{ATOM}title") for e in entries} == {"Boutique <du> marché"}
    assert answer.text.count("Marbaudais") == 2  # never the masked one's
    few = ElementTree.fromstring((await browser.get("/locaux.atom?nature=land")).text)
    assert [e.findtext(f"{ATOM}id") for e in few.findall(f"{ATOM}entry")] == [
        f"http://testserver.local/locaux/{land.id}"
    ]
    links = {link.get("rel"): link.get("href") for link in few.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://testserver.local/locaux.atom?nature=land",
        "alternate": "http://testserver.local/locaux?nature=land",
    }


async def test_an_empty_feed_is_still_a_feed(client: Any) -> None:
    feed = ElementTree.fromstring((await (await client()).get("/locaux.atom?q=rien")).text)
    assert (feed.findall(f"{ATOM}entry"), (feed.findtext(f"{ATOM}updated") or "")[:4]) == ([], f"{clock.now():%Y}")


async def test_one_page_alone_may_be_framed_and_it_acts_on_nothing(db: Any, client: Any) -> None:
    place = await _place(db)
    person = await make.user(db)
    await db.commit()
    browser = await client(person)
    framed = await browser.get("/integration/locaux?nature=ground_floor")
    assert "frame-ancestors *" in framed.headers["content-security-policy"]
    assert (f'href="/locaux/{place.id}"' in framed.text, "<form" in framed.text, person.name in framed.text) == (
        True,
        False,
        False,
    )
    for other in ("/locaux", f"/locaux/{place.id}", "/integration", "/recherches", "/locaux.atom"):
        assert "frame-ancestors 'none'" in (await browser.get(other)).headers["content-security-policy"], other
    assert [("<article" in (await browser.get(f"/integration/locaux?vue={v}")).text, 'id="carte"' in (await browser.get(f"/integration/locaux?vue={v}")).text) for v in ("liste", "carte", "x")] == [(True, False), (False, True), (True, True)]  # fmt: skip


async def test_the_code_to_copy_names_the_list_asked_for(client: Any) -> None:
    page = (await (await client()).get("/integration?nature=land&vue=carte")).text
    code = unescape(page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
    assert code.startswith('<iframe src="http://testserver.local/integration/locaux?nature=land&amp;vue=carte" title=')
