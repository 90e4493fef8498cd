"""What a person keeps: favourites, searches with their daily digest, lots side by side. Two people where it matters."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from intervalle import clock
from intervalle.errors import Refused
from intervalle.i18n import money
from intervalle.outbox import Message
from intervalle.territory.models import Department, Region
from premises import searches
from premises.models import Favourite, Premises, SavedSearch
from tests import make
from tests.premises import make as rows


async def test_a_favourite_is_kept_once_and_dropped_once(db: Any, client: Any) -> None:
    person, other = await make.user(db), await make.user(db, "Paul")
    org = await make.organisation(db)
    place = await rows.premises(db, org, name="Boutique du marché")
    await rows.lot(db, place)
    draft = await rows.premises(db, org, name="Brouillon", published=False)
    await db.commit()
    browser = await client(person)
    for _twice in range(2):
        answer = await browser.post(f"/locaux/{place.id}/favori", data={"garder": "oui", "suite": "/locaux?pmr=oui"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/locaux?pmr=oui")
    assert (await browser.post(f"/locaux/{draft.id}/favori", data={"garder": "oui"})).status_code == 404
    assert (await db.execute(select(func.count(Favourite.id)))).scalar_one() == 1
    assert "Boutique du marché" in (await browser.get("/locaux/favoris")).text
    assert "Retirer des favoris" in (await browser.get("/locaux")).text
    assert "Boutique du marché" not in (await (await client(other)).get("/locaux/favoris")).text
    for _twice in range(2):
        assert (await browser.post(f"/locaux/{place.id}/favori", data={"garder": "non"})).status_code == 303
    assert (await db.execute(select(func.count(Favourite.id)))).scalar_one() == 0
    assert (await (await client()).get("/locaux/favoris")).status_code == 303


async def test_a_favourite_withdrawn_is_no_longer_shown(db: Any, client: Any) -> None:
    person = await make.user(db)
    place = await rows.premises(db, await make.organisation(db), name="Boutique du marché")
    db.add(Favourite(user_id=person.id, premises_id=place.id))
    place.withdrawn_at = clock.now()
    await db.commit()
    assert "Boutique du marché" not in (await (await client(person)).get("/locaux/favoris")).text


async def test_searches_are_saved_shown_silenced_and_forgotten_by_their_owner_only(db: Any, client: Any) -> None:
    person, other = await make.user(db), await make.user(db, "Paul")
    await db.commit()
    browser, theirs = await client(person), await client(other)
    for name in ("Maurepas", "Mon Maurepas"):  # the same question again takes the new name
        data = {"name": name, "query": "q=maurepas&page=3&inconnu=1", "alert": "oui"}
        assert (await browser.post("/recherches", data=data)).status_code == 303
    (saved,) = (await db.execute(select(SavedSearch))).scalars()
    assert (saved.name, saved.query, saved.alert) == ("Mon Maurepas", "q=maurepas", True)
    shown = ["Mon Maurepas" in (await b.get("/recherches")).text for b in (browser, theirs)]
    assert shown == [True, False]
    at = f"/recherches/{saved.id}"
    assert [(await theirs.post(f"{at}/{act}")).status_code for act in ("alerte", "suppression")] == [404, 404]
    assert [(await browser.get(f"{at}/{act}")).status_code for act in ("alerte", "suppression")] == [405, 405]
    assert (await browser.post(f"{at}/alerte", data={"alert": "non"})).status_code == 303
    assert (await db.execute(select(SavedSearch.alert).execution_options(populate_existing=True))).scalar_one() is False
    assert (await browser.post("/recherches", data={"query": "page=4"})).status_code == 409
    assert (await browser.post(f"{at}/suppression")).status_code == 303
    assert (await db.execute(select(func.count(SavedSearch.id)))).scalar_one() == 0


async def _saved(db: Any, person: Any, query: str, *, alert: bool = True) -> SavedSearch:
    made = SavedSearch(
        user_id=person.id, name=f"« {query} »", query=query, alert=alert, told_until=clock.now() - timedelta(days=1)
    )
    db.add(made)
    await db.flush()
    return made


async def _published(db: Any, org: Any, name: str, hours: float, **more: Any) -> Premises:
    place = await rows.premises(db, org, name=name, published_at=clock.now() - timedelta(hours=hours), **more)
    await rows.lot(db, place)
    return place


async def test_the_digest_names_each_place_once_and_never_again(db: Any) -> None:
    person, org = await make.user(db, "Inès"), await make.organisation(db)
    await _saved(db, person, "q=maurepas")
    await _saved(db, person, "nature=ground_floor")
    await _saved(db, person, "nature=building", alert=False)
    await _published(db, org, "Poste de Maurepas", 2)
    await _published(db, org, "Avant la recherche", 30)
    await _published(db, org, "À l’instant", 0)
    await _published(db, org, "Immeuble", 3, kind="building")
    assert [await searches.digest(db), await searches.digest(db)] == [1, 0]
    (mail,) = (await db.execute(select(Message))).scalars()
    told = {
        name: mail.text.count(f"- {name}")
        for name in ("Poste de Maurepas", "Avant la recherche", "À l’instant", "Immeuble")
    }
    assert told == {"Poste de Maurepas": 1, "Avant la recherche": 0, "À l’instant": 0, "Immeuble": 0}
    assert (mail.to_email, "/recherches" in mail.text) == (person.email, True)


async def test_a_search_says_what_answers_it_today_and_what_is_new(db: Any, client: Any) -> None:
    person, org = await make.user(db, "Inès"), await make.organisation(db)
    await _saved(db, person, "nature=ground_floor")
    await _saved(db, person, "nature=land&ou=d35")
    db.add(Region(code="53", name="Bretagne"))
    await db.flush()
    db.add(Department(code="35", name="Ille-et-Vilaine", region_code="53"))
    for name, hours in (("Ancien", 24 * 30), ("Paru hier", 2), ("Paru ce matin", 1)):
        await _published(db, org, name, hours)
    kept = list((await db.execute(select(SavedSearch).order_by(SavedSearch.id))).scalars())
    counted = await searches.today(db, kept)
    assert [(counted[s.id].places, counted[s.id].fresh) for s in kept] == [(3, 2), (0, 0)]
    await db.commit()
    text = " ".join((await (await client(person)).get("/recherches")).text.split())
    assert ("3 lieux aujourd’hui" in text, "dont 2 parus depuis le" in text, "Aucun lieu aujourd’hui" in text, "Ille-et-Vilaine" in text) == (True, True, True, True)  # fmt: skip


async def test_what_was_not_told_the_same_day_is_told_the_next(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, org = await make.user(db), await make.organisation(db)
    await _saved(db, person, "nature=ground_floor")
    await _published(db, org, "Premier", 2)
    assert await searches.digest(db) == 1
    await _published(db, org, "Second", 0.01)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=30))
    assert await searches.digest(db) == 0  # one a day
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    assert [await searches.digest(db), await searches.digest(db)] == [1, 0]
    first, second = (await db.execute(select(Message.text).order_by(Message.id))).scalars()
    assert ("Premier" in first, "Premier" in second, "Second" in second) == (True, False, True)


async def test_a_person_keeps_so_many_searches_and_no_more(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await make.user(db)
    monkeypatch.setattr(searches, "MOST", 2)
    actor = make.acting(person)
    for word in ("un", "deux"):
        await searches.save(db, actor, name="", query=f"q={word}", alert=False)
    with pytest.raises(Refused):
        await searches.save(db, actor, name="", query="q=trois", alert=False)
    await searches.save(db, actor, name="Autre nom", query="q=deux", alert=False)


async def test_lots_side_by_side_are_those_one_may_see_four_at_most(db: Any, client: Any) -> None:
    org = await make.organisation(db)
    lots = []
    for n in range(5):
        place = await rows.premises(db, org, name=f"Lieu {n}", published=n != 1)
        lots.append(await rows.lot(db, place, area=str(100 + n), rent_cents_m2_year=1000, charges_cents_m2_year=500))
    await db.commit()
    browser = await client()
    asked = "&".join(f"lot={lot.id}" for lot in [lots[3], lots[0], lots[1], lots[2], lots[4]])
    html = (await browser.get(f"/locaux/comparer?{asked}&lot=abc&lot=-1")).text
    order = [html.index(f"Lieu {n}, lot A") for n in (3, 0, 2)]
    assert order == sorted(order)
    assert ("Lieu 1" in html, "Lieu 4" in html, "quatre lots au plus" in html) == (False, False, True)
    # 10 €/m² of rent and 5 of charges on 103, 100 and 102 m².
    assert [money((100 + n) * 1500) in html for n in (3, 0, 2)] == [True] * 3
    assert (await browser.get("/locaux/comparer")).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
async def test_these_pages_ask_the_same_number_of_questions(db: Any, client: Any, asked: list[str], count: int) -> None:
    person, org = await make.user(db), await make.organisation(db)
    ids = []
    for n in range(count):
        place = await rows.premises(db, org)
        ids.append((await rows.lot(db, place)).id)
        db.add(Favourite(user_id=person.id, premises_id=place.id))
        await _saved(db, person, f"q={n}")
    await db.commit()
    browser = await client(person)
    counts = []
    for page in ("/locaux/favoris", "/recherches", "/locaux/comparer?" + "&".join(f"lot={i}" for i in ids)):
        await browser.get(page)
        asked.clear()
        assert (await browser.get(page)).status_code == 200
        counts.append(len(asked))
    assert counts == [11, 5, 17]
