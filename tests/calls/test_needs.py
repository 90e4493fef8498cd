"""The register of needs: a structure's own, kept over refusals, typed once."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from calls import match_finding, matches, needs, queries
from calls.need_models import Need, NeedContact
from intervalle import clock
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import Message
from intervalle.territory.models import Commune, Department, Region
from premises.models import Premises
from tests.calls import make as calls
from tests.calls.browsing import form_of

VALUES = {
    "title": "Atelier à Maurepas",
    "uses": ["workshop"],
    "area_min": Decimal(60),
    "area_max": Decimal(80),
    "notes": "",
}


async def test_a_need_is_its_structures_and_written_once(db):
    one, other, city = (
        await calls.side(db, "ess_structure"),
        await calls.side(db, "ess_structure"),
        await calls.side(db),
    )
    need = await needs.register(db, one.actor, organisation_id=one.org.id, values=VALUES)
    assert await needs.register(db, one.actor, organisation_id=one.org.id, values=VALUES) is need
    with pytest.raises(Forbidden):
        await needs.register(db, other.actor, organisation_id=one.org.id, values=VALUES)
    with pytest.raises(Forbidden):
        await needs.register(db, city.actor, organisation_id=city.org.id, values=VALUES)
    with pytest.raises(Forbidden):
        await needs.edit(db, other.actor, need, values={"title": "Volé"})
    seen = [list((await db.execute(queries.needs_visible_to(s.actor))).scalars()) for s in (one, other, city)]
    assert seen == [[need], [], []]


async def test_pages_register_correct_and_close_a_need(db, client):
    for row in (
        Region(code="53", name="Bretagne"),
        Department(code="35", name="Ille-et-Vilaine", region_code="53"),
        Commune(code="35238", name="Rennes", department_code="35"),
    ):
        db.add(row)
        await db.flush()
    one, other = await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    await db.commit()
    browser = await client(one.person)
    form = form_of((await browser.get("/besoins/nouveau")).text, "/besoins")
    typed = {
        **form,
        "title": "Atelier",
        "uses": ["workshop", "shop"],
        "area_min": "80",
        "area_max": "60",
        "communes": "rennes, Nulleville",
    }
    refused = await browser.post("/besoins", data=typed)
    assert refused.status_code == 422
    assert "Nulleville" in refused.text
    assert "plus petite" in refused.text
    made = await browser.post("/besoins", data={**typed, "area_min": "60", "area_max": "80,5", "communes": "rennes"})
    assert made.status_code == 303
    need = (await db.execute(select(Need))).scalar_one()
    assert (need.commune_codes, need.area_max, need.uses) == (["35238"], Decimal("80.50"), ["workshop", "shop"])
    assert "Rennes" in (await browser.get("/besoins")).text
    assert (await (await client(other.person)).get(f"/besoins/{need.id}")).status_code == 404
    assert (await browser.post(f"/besoins/{need.id}/clore")).status_code == 303
    assert (await browser.post(f"/besoins/{need.id}/clore")).status_code == 303
    assert (await db.execute(select(func.count()).where(Need.closed_at.is_not(None)))).scalar_one() == 1


async def place_and_need(db, **need):
    """A published lot of 60 m² and a structure that looks for 50 to 70 m²."""
    city, structure = await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")
    (lot,) = await calls.premises(db, city.org, lots=1, name="Ancienne Poste")
    values = {**VALUES, "area_min": Decimal(50), "area_max": Decimal(70), **need}
    made = await needs.register(db, structure.actor, organisation_id=structure.org.id, values=values)
    return city, structure, lot, made


async def test_matches_are_found_once_and_told_in_one_mail_per_structure(db):
    city, structure, _lot, _need = await place_and_need(db)
    await calls.premises(db, city.org, lots=1, name="Halle")
    await needs.register(
        db,
        structure.actor,
        organisation_id=structure.org.id,
        values={**VALUES, "title": "Autre", "area_min": Decimal(900), "area_max": Decimal(901)},
    )
    assert (await match_finding.find_new(db), await match_finding.find_new(db)) == (2, 0)
    assert (await matches.tell(db), await matches.tell(db)) == (1, 0)
    mails = (await db.execute(select(Message).where(Message.kind == "needs.matched"))).scalars().all()
    assert [(m.to_email, m.text.count("/besoins/")) for m in mails] == [(structure.person.email, 2)]
    await calls.premises(db, city.org, lots=1, name="Plus tard")
    assert (await match_finding.find_new(db), await matches.tell(db)) == (1, 0)
    with clock.at(clock.now() + timedelta(hours=7)):
        assert await matches.tell(db) == 1


async def test_answers_are_dated_facts_and_the_owner_learns_of_an_interest_once(db):
    city, structure, lot, need = await place_and_need(db)
    await match_finding.find_new(db)
    with pytest.raises(Refused, match="pourquoi"):
        await matches.answer(db, structure.actor, need, lot=lot, interested=False)
    await matches.answer(db, structure.actor, need, lot=lot, interested=False, reason="price")
    for _ in range(2):
        match = await matches.answer(db, structure.actor, need, lot=lot, interested=True)
    assert (match.interested_at is not None, match.declined_at, match.reason) == (True, None, "")
    told = (await db.execute(select(Message.to_email).where(Message.kind == "needs.interested"))).scalars().all()
    assert told == [city.person.email]
    with pytest.raises(Forbidden):
        await matches.answer(db, city.actor, need, lot=lot, interested=True)


async def test_an_owner_speaks_to_a_structure_that_stays_unknown_until_it_accepts(db, client):
    city, structure, _lot, need = await place_and_need(db)
    structure.org.email = "contact@foudecoudre.example"
    await db.commit()
    owner, guest = await client(city.person), await client(structure.person)
    page = (await owner.get("/besoins/demande")).text
    assert "50\xa0m² à 70\xa0m²" in page
    assert (await owner.post(f"/besoins/{need.id}/contact", data={"message": "Nous avons 60 m²."})).status_code == 303
    assert (await owner.post(f"/besoins/{need.id}/contact", data={"message": "Encore."})).status_code == 303
    pages = [(await owner.get(path)).text for path in ("/besoins/demande", f"/besoins/{need.id}/contact")]
    assert [name in page for page in pages for name in ("Fou de Coudre", "contact@foudecoudre", need.title)] == [
        False
    ] * 6
    shown = (await guest.get(f"/besoins/{need.id}")).text
    assert "Nous avons 60 m²." in shown
    contact = (await db.execute(select(NeedContact))).scalar_one()
    assert (await owner.post(f"/besoins/{need.id}/contacts/{contact.id}", data={"reponse": "oui"})).status_code == 404
    assert (await guest.post(f"/besoins/{need.id}/contacts/{contact.id}", data={"reponse": "oui"})).status_code == 303
    assert "contact@foudecoudre.example" in (await owner.get("/besoins/demande")).text
    stranger = await calls.side(db, "developer")
    await db.commit()
    assert "Fou de Coudre" not in (await (await client(stranger.person)).get("/besoins/demande")).text


async def test_the_owner_sees_before_publishing_what_the_lot_meets(db, client):
    city, structure, lot, _need = await place_and_need(db)
    await needs.register(
        db,
        structure.actor,
        organisation_id=structure.org.id,
        values={
            **VALUES,
            "title": "Cher",
            "area_min": Decimal(50),
            "area_max": Decimal(70),
            "budget_cents_month": 1000,
        },
    )
    place = await db.get(Premises, lot.premises_id)
    place.published_at = None
    other = await calls.side(db)
    await db.commit()
    url = f"/locaux/{place.id}/besoins"
    page = (await (await client(city.person)).get(url)).text
    assert "1 besoin trouve ici sa place" in page
    assert "50\xa0m² demandés" in page
    assert "au-dessus du budget (1)" in page
    assert [(await (await client(user)).get(url)).status_code for user in (other.person, structure.person)] == [
        404,
        404,
    ]
    place.published_at = calls.OPENING
    await db.commit()
    assert [(await (await client(user)).get(url)).status_code for user in (other.person, structure.person)] == [
        403,
        403,
    ]


async def test_a_need_shows_what_fits_and_what_nearly_fits(db, client):
    city, structure, lot, need = await place_and_need(db, ground_floor=True)
    (upstairs,) = await calls.premises(db, city.org, lots=1, name="Étage du Blosne")
    upstairs.floor = 3
    await db.commit()
    browser = await client(structure.person)
    page = (await browser.get(f"/besoins/{need.id}")).text
    assert "1 lot convient" in page
    assert page.index("Ancienne Poste") < page.index("Étage du Blosne")
    assert "pas au rez-de-chaussée" in page
    assert (await browser.post(f"/besoins/{need.id}/vu")).status_code == 204
    assert (await browser.post(f"/besoins/{need.id}/lots/{lot.id}", data={"reponse": "oui"})).status_code == 303
    assert "Vous avez dit votre intérêt" in (await browser.get(f"/besoins/{need.id}")).text


async def test_small_counts_of_the_demand_stay_hidden(db, client):
    city = await calls.side(db)
    for n in range(4):
        side = await calls.side(db, "ess_structure")
        uses = ["shop", "food"] if n == 0 else ["shop"]
        await needs.register(db, side.actor, organisation_id=side.org.id, values={**VALUES, "uses": uses})
    await db.commit()
    page = (await (await client(city.person)).get("/besoins/demande")).text
    shop, food = [
        re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', page, re.S).group(1)
        for label in ("Boutique, vente", "Cuisine, café, épicerie")
    ]
    assert "4 · 240 m²" in shop
    assert "240\xa0m²" in shop
    assert "moins de 3" in food
    assert "60" not in food
