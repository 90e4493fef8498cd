"""Pages of calls over HTTP: who sees what, what a form keeps, and that pages do not grow in queries."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from calls import openings, queries
from calls.models import Call, Criterion
from intervalle import clock
from tests.calls import make as calls
from tests.calls.browsing import form_of


async def test_list_shows_open_calls_to_anybody_and_own_drafts_to_their_organiser(db, client):
    city, other = await calls.side(db), await calls.side(db)
    await calls.open_call(db, city, title="Ancienne Poste de Maurepas")
    await calls.draft_call(db, city, await calls.premises(db, city.org), title="Halle en préparation")
    await db.commit()
    with calls.during():
        shown = [(await (await client(user)).get("/appels")).text for user in (None, other.person, city.person)]
    assert ["Ancienne Poste de Maurepas" in page for page in shown] == [True, True, True]
    assert ["Halle en préparation" in page for page in shown] == [False, False, True]
    assert "1 appel ouvert" in shown[0]


async def test_list_takes_as_many_queries_for_three_calls_as_for_one(db, client, asked):
    city = await calls.side(db)
    await calls.open_call(db, city)
    await db.commit()
    browser = await client()
    counts = []
    for _ in range(2):
        asked.clear()
        with calls.during():
            assert (await browser.get("/appels")).status_code == 200
        counts.append(len(asked))
        await calls.open_call(db, city, lots=3)
        await calls.open_call(db, city, lots=1)
        await db.commit()
    assert counts[0] == counts[1]


async def test_search_finds_by_place_without_accents(db, client):
    city = await calls.side(db)
    lots = await calls.premises(db, city.org, name="École des Métiers")
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, lots, title="Un lieu")
        await openings.open_call(db, city.actor, call, seen=(await calls.version_of(db, call)).version)
    await db.commit()
    browser = await client()
    with calls.during():
        assert "Un lieu" in (await browser.get("/appels?q=ecole metiers")).text
        assert "Un lieu" not in (await browser.get("/appels?q=100%")).text


async def test_draft_is_absent_for_others(db, client):
    city, other = await calls.side(db), await calls.side(db)
    call = await calls.draft_call(db, city, await calls.premises(db, city.org))
    await db.commit()
    status = [
        (await (await client(user)).get(f"/appels/{call.id}{tail}")).status_code
        for user, tail in (
            (None, ""),
            (other.person, ""),
            (other.person, "/modifier"),
            (city.person, ""),
            (city.person, "/modifier"),
        )
    ]
    assert status == [404, 404, 404, 200, 200]


async def test_typed_html_is_shown_as_text(db, client):
    city = await calls.side(db)
    body = '# Titre\n\n<script>alert(1)</script> <b onclick="x">gras</b> [lien](javascript:alert(1)) ![p](http://x/y.png) [ok](https://exemple.fr)'
    call = await calls.open_call(db, city, body=body)
    await db.commit()
    with calls.during():
        text = (await (await client()).get(f"/appels/{call.id}")).text
    shown = re.search(r'<div class="prose">(.*?)</div>', text, re.S).group(1)
    assert "<script" not in shown
    assert "onclick" not in re.sub(r"&lt;.*?&gt;", "", shown)
    assert 'href="javascript' not in shown
    assert "<img" not in shown
    assert '<a href="https://exemple.fr" rel="nofollow noopener">ok</a>' in shown
    assert "<h3>Titre</h3>" in shown


def fields_of(text):
    """What a browser would send back of the page's own form."""
    return form_of(text, re.search(r'action="(/appels/\d+/modifier)"', text).group(1))


async def test_a_browser_creates_fills_opens_extends_and_cancels(db, client):
    city = await calls.side(db)
    lots = await calls.premises(db, city.org)
    await db.commit()
    browser = await client(city.person)
    with clock.at(calls.OPENING):
        assert "Local A" in (await browser.get("/appels/nouveau")).text
        made = await browser.post(
            "/appels", data={"title": "Maurepas", "organiser": str(city.org.id), "lot": str(lots[0].id)}
        )
        assert made.status_code == 303
        call = (await db.execute(select(Call))).scalar_one()
        url = f"/appels/{call.id}"
        page = (await browser.get(f"{url}/modifier")).text
        sent = {**fields_of(page), "body": "Un lieu", "closes_at": "2026-10-15T12:00", "title_code": "COP",
                "circumstances": "Démolition", "occupation_from": "2027-01-01", "last_day": "2028-05-31", "decision_on": "2026-12-01",
                "charges_only": "y", "economic": "y", "suite": "ouvrir"}  # fmt: skip
        saved = await browser.post(f"{url}/modifier", data=sent)
        assert (saved.status_code, saved.headers["Location"]) == (303, f"{url}/ouvrir")
        review = await browser.get(f"{url}/ouvrir")
        assert "Ouvrir l’appel maintenant" in review.text
        version = (await calls.version_of(db, call)).version
        await db.commit()
        opened = await browser.post(f"{url}/ouvrir", data={"version": str(version)})
        assert opened.status_code == 303
        again = await browser.post(f"{url}/ouvrir", data={"version": str(version)})
        assert again.status_code == 409
    with calls.during():
        page = (await browser.get(url)).text
        assert "15 octobre 2026 à 12\xa0h\xa000 (heure de Paris)" in page
        assert "du 1ᵉʳ janvier 2027 au 31 mai 2028" in page
        early = await browser.post(f"{url}/prolonger", data={"to": "2026-10-01T12:00", "reason": "x"})
        assert early.status_code == 422
        later = await browser.post(f"{url}/prolonger", data={"to": "2026-10-20T12:00", "reason": "Visites reportées."})
        assert later.status_code == 303
        assert "20 octobre 2026" in (await browser.get(url)).text
        gone = await browser.post(f"{url}/annuler", data={"reason": "Péril."})
        assert gone.status_code == 303
    assert "Péril." in (await (await client()).get(url)).text


async def test_weights_that_do_not_make_100_are_kept_but_block_opening(db, client):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org))
        await db.commit()
        browser = await client(city.person)
        sent = fields_of((await browser.get(f"/appels/{call.id}/modifier")).text)
        saved = await browser.post(f"/appels/{call.id}/modifier", data={**sent, "critere-0-weight": "30"})
        assert saved.status_code == 303
        weights = (await db.execute(select(Criterion.weight).order_by(Criterion.position))).scalars()
        assert list(weights) == [30, 20, 20, 15, 10, 10]
        review = (await browser.get(f"/appels/{call.id}/ouvrir")).text
    assert "Les poids des critères font 105 au total" in review
    assert "Ouvrir l’appel maintenant" not in review


async def test_stale_tab_keeps_both_texts(db, client):
    city = await calls.side(db)
    call = await calls.draft_call(db, city, await calls.premises(db, city.org))
    await db.commit()
    browser = await client(city.person)
    old = fields_of((await browser.get(f"/appels/{call.id}/modifier")).text)
    assert (
        await browser.post(f"/appels/{call.id}/modifier", data={**old, "body": "Texte de l’autre onglet"})
    ).status_code == 303
    stale = await browser.post(f"/appels/{call.id}/modifier", data={**old, "body": "Mon texte"})
    assert stale.status_code == 409
    assert "Mon texte" in stale.text
    assert "Texte de l’autre onglet" in stale.text
    retry = fields_of(stale.text)
    assert (await browser.post(f"/appels/{call.id}/modifier", data=retry)).status_code == 303
    assert (await calls.version_of(db, call)).body in {"Mon texte", "Texte de l’autre onglet"}
    await db.refresh(await calls.version_of(db, call))
    assert (await calls.version_of(db, call)).body == "Mon texte"


@pytest.mark.parametrize("query", ["page=0", "page=99999999999999999999", "etat=autre", "q=%00", "page=abc"])
async def test_odd_addresses_are_not_errors_of_ours(client, query):
    assert (await (await client()).get(f"/appels?{query}")).status_code in {400, 404}


async def test_follow_shows_counts_before_and_files_after_closing(db, client, monkeypatch):
    monkeypatch.setattr(queries, "READING_LIMITS", [])  # what the selection room adds has its own tests
    city, other, structure = (
        await calls.side(db),
        await calls.side(db),
        await calls.side(db, "ess_structure", "Fou de Coudre"),
    )
    call = await calls.open_call(db, city)
    await calls.submitted(db, structure, call)
    await db.commit()
    browser = await client(city.person)
    with calls.during():
        before = (await browser.get(f"/appels/{call.id}/candidatures")).text
        assert (await (await client(other.person)).get(f"/appels/{call.id}/candidatures")).status_code == 403
    with clock.at(calls.CLOSING + timedelta(seconds=1)):
        after = (await browser.get(f"/appels/{call.id}/candidatures")).text
    assert ["Fou de Coudre" in page for page in (before, after)] == [False, True]
    assert "<dt>Déposées</dt><dd>1</dd>" in before


async def test_fragment_of_premises_lists_its_calls(db, client):
    city = await calls.side(db)
    call = await calls.open_call(db, city, title="Maurepas", lots=1)
    version = await calls.version_of(db, call)
    premises_id = (await db.execute(queries.lots_of_versions([version.id]))).all()[0][2].id
    await db.commit()
    browser = await client()
    with calls.during():
        part = await browser.get(f"/locaux/{premises_id}/appels", headers={"HX-Request-Type": "partial"})
        whole = await browser.get(f"/locaux/{premises_id}/appels")
    assert "Maurepas" in part.text
    assert "<html" not in part.text
    assert part.text.strip() in whole.text
