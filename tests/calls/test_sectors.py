"""Where a need looks, half-days, and two needs in one lot."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from calls import needs, pairing
from calls.matching import Offered, Wanted, obstacles
from calls.need_models import Need, NeedContact
from intervalle.outbox import Message
from intervalle.territory.models import Address, Commune, Department, QpvPerimeter, Region
from tests.calls import make as calls
from tests.calls.browsing import form_of

SQUARE = '{"type":"Polygon","coordinates":[[[-1.70,48.10],[-1.64,48.10],[-1.64,48.14],[-1.70,48.14],[-1.70,48.10]]]}'
OUTLINE = "SRID=4326;MULTIPOLYGON(((-1.70 48.10, -1.60 48.10, -1.60 48.14, -1.70 48.14, -1.70 48.10)))"
TYPED = {"title": "Atelier", "uses": ["workshop"], "area_min": "50", "area_max": "70"}


async def rennes(db) -> None:
    for row in (Region(code="53", name="Bretagne"), Department(code="35", name="Ille-et-Vilaine", region_code="53"),
                Commune(code="35238", name="Rennes", department_code="35", outline=OUTLINE)):  # fmt: skip
        db.add(row)
        await db.flush()
    db.add(Address(id="35238_1", label="1 rue de la poste 35000 rennes", shown="1 Rue de la Poste 35000 Rennes", postcode="35000",
                   commune_code="35238", point="SRID=4326;POINT(-1.66 48.12)"))  # fmt: skip
    for code, vintage in (("QN03501M", 2024), ("QN03502M", 2024)):
        db.add(QpvPerimeter(code=code, vintage=vintage, name="Maurepas" if code == "QN03501M" else "Le Blosne", communes="35238",
                            during=Range(date(2024, 1, 1), None), outline=OUTLINE))  # fmt: skip
    await db.commit()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"quarters": "maurepas, QN03502M"}, (["QN03501M", "QN03502M"], "", None, False, ["35238"])),
        ({"around": "1 rue de la Poste, Rennes", "around_m": "800"}, ([], "1 rue de la Poste, Rennes", 800, True, ["35238"])),
        ({"sector": SQUARE}, ([], "", None, True, ["35238"])),
    ],
)  # fmt: skip
async def test_a_sector_is_named_circled_or_drawn_and_comes_back_to_be_corrected(db, client, typed, kept):
    await rennes(db)
    one = await calls.side(db, "ess_structure")
    await db.commit()
    browser = await client(one.person)
    form = form_of((await browser.get("/besoins/nouveau")).text, "/besoins")
    made = await browser.post("/besoins", data={**form, **TYPED, **typed})
    assert made.status_code == 303
    need = (await db.execute(select(Need))).scalar_one()
    assert (need.qpv_codes, need.around, need.around_m, need.sector_m2 is not None, need.near_codes) == kept
    assert (await browser.get(f"/besoins/{need.id}")).status_code == 200
    again = form_of((await browser.get(f"/besoins/{need.id}/modifier")).text, f"/besoins/{need.id}/modifier")
    assert (await browser.post(f"/besoins/{need.id}/modifier", data={**again, "uses": ["workshop"]})).status_code == 303
    await db.refresh(need)
    assert (need.qpv_codes, need.around, need.around_m, need.sector_m2 is not None, need.near_codes) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"quarters": "Nulle part"}, "Nulle part"),
        ({"around": "1 rue de la Poste"}, "à quelle distance"),
        ({"around_m": "500"}, "Donnez l’adresse"),
        ({"around": "zzzz qqqq", "around_m": "500"}, "ne trouvons pas cette adresse"),
        ({"around": "1 rue de la Poste, Rennes", "around_m": "500", "sector": SQUARE}, "Choisissez"),
        ({"sector": "{"}, "GeoJSON"),
        ({"sector": SQUARE.replace("-1.64", "-1.6999999").replace("48.14", "48.1000001")}, "trop petit"),
    ],
)
async def test_a_place_that_is_not_understood_is_said_in_its_field(db, client, typed, said):
    await rennes(db)
    one = await calls.side(db, "ess_structure")
    await db.commit()
    browser = await client(one.person)
    form = form_of((await browser.get("/besoins/nouveau")).text, "/besoins")
    refused = await browser.post("/besoins", data={**form, **TYPED, **typed})
    assert refused.status_code == 422
    assert said in refused.text
    assert (await db.execute(select(func.count()).select_from(Need))).scalar_one() == 0


async def test_an_owner_reads_a_sector_without_the_address_it_is_drawn_round(db, client):
    await rennes(db)
    one, city = await calls.side(db, "ess_structure"), await calls.side(db)
    await db.commit()
    browser = await client(one.person)
    form = form_of((await browser.get("/besoins/nouveau")).text, "/besoins")
    await browser.post("/besoins", data={**form, **TYPED, "around": "1 rue de la Poste, Rennes", "around_m": "800"})
    page = (await (await client(city.person)).get("/besoins/demande")).text
    assert "à moins de 800 m d’une adresse de Rennes" in page
    assert "rue de la Poste" not in page


halves = st.frozensets(st.integers(0, 13), max_size=14)
areas = st.integers(10, 200).map(Decimal)


@given(halves, halves, areas, areas, areas, st.booleans())
def test_two_needs_share_a_lot_only_if_each_has_its_part(mine, theirs, one, other, lot, shareable):
    """Whoever comes first, the answer is the same; turns never meet, parts never exceed the lot."""
    pair = [
        Wanted(area_min=a, area_max=a + 20, sharing=True, slots=tuple(s)) for a, s in ((one, mine), (other, theirs))
    ]
    offer = Offered(area=lot, shareable=shareable)
    found = pairing.together(*pair, offer)
    assert found == pairing.together(*reversed(pair), offer)
    if found is True:
        assert shareable
        assert not mine & theirs
        assert [obstacles(need, offer, today=date(2026, 11, 22)) for need in pair] == [[], []]
    if found is False:
        assert one + other <= lot <= one + other + 40
        assert lot > max(one, other) + 20
    assert pairing.together(pair[0], Wanted(area_min=other, area_max=other), offer) is None


async def test_a_structure_proposes_to_share_and_neither_is_named_before_the_other_accepts(db, client):
    city, one, other, aside = (await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre"),
                               await calls.side(db, "ess_structure", "Resport"), await calls.side(db, "ess_structure", "Afev"))  # fmt: skip
    (lot,) = await calls.premises(db, city.org, lots=1, name="Ancienne Poste", shareable=True)
    made = []
    for side, slots in ((one, [2, 6]), (other, [0, 1]), (aside, [6, 7])):
        values = {"title": f"Salle {side.org.name}", "uses": ["meeting"], "area_min": Decimal(20), "area_max": Decimal(30), "sharing": True, "slots": slots, "notes": ""}  # fmt: skip
        made.append(await needs.register(db, side.actor, organisation_id=side.org.id, values=values))
    mine, theirs, meeting = made
    await db.commit()
    browser, partner = await client(one.person), await client(other.person)
    page = (await browser.get(f"/besoins/{mine.id}")).text
    url = f"/besoins/{mine.id}/partage/{lot.id}/{theirs.id}"
    assert [url in page, "mardi matin, jeudi matin" in page, "Resport" in page] == [True, True, False]
    assert f"/partage/{lot.id}/{meeting.id}" not in page  # both want Thursday morning
    assert (await browser.get(f"/besoins/{mine.id}/partage/{lot.id}/{meeting.id}")).status_code == 404
    assert (await partner.get(url)).status_code == 404
    assert (await browser.post(url, data={"message": ""})).status_code == 422
    for _ in range(2):
        assert (await browser.post(url, data={"message": "Partageons la salle."})).status_code == 303
    contact = (await db.execute(select(NeedContact))).scalar_one()
    assert (contact.need_id, contact.from_need_id, contact.lot_id) == (theirs.id, mine.id, lot.id)
    told = (await db.execute(select(Message.to_email).where(Message.kind == "needs.contact_asked"))).scalars().all()
    assert told == [other.person.email]
    assert "réponse attendue" in (await browser.get(f"/besoins/{mine.id}")).text
    await partner.post(f"/besoins/{theirs.id}/contacts/{contact.id}", data={"reponse": "oui"})
    assert "Resport" in (await browser.get(f"/besoins/{mine.id}")).text
    owner = (await (await client(city.person)).get(f"/locaux/{lot.premises_id}/besoins")).text
    assert ["tour à tour" in owner, "Resport" in owner] == [True, False]
