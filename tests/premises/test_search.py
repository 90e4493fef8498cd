"""Every filter is a URL, read back the same; words with typos; bounds; the state in SQL equals the state in Python."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import pytest
from geoalchemy2 import WKTElement
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import Range

from intervalle import clock
from intervalle.errors import Refused
from premises import facets, filters, search, states
from premises.cells import gather_cells, morton
from premises.models import Cell, Lot, Premises
from premises.occupancies import occupy, release, span_of
from premises.queries import occupancies_in, shown_point
from premises.timeline import state_on
from tests import make
from tests.premises import make as rows

TODAY = date(2026, 11, 2)


def asked(**query: str) -> filters.Filters:
    return filters.read(query)


FULL = {
    "q": "Maurepas", "surface": "30 – 120", "qpv": "oui", "ou": "c35238", "rdc": "oui", "appel": "oui", "libre": "oui", "erp5": "oui",
    "pmr": "oui", "partage": "oui", "divisible": "oui", "etat": "occupe", "nature": "land", "titre": "COP", "erp": "W", "loyer": "42.5",
    "charges": "30", "du": "2027-01-01", "au": "2027-06-01", "zone": "-1.70000,48.10000,-1.60000,48.20000",
    "autour": "2 rue de la Paix", "pour": "2 rue de la Paix", "pres": "-1.65000,48.12000", "distance": "800", "lieu": "Rennes", "tri": "distance",
}  # fmt: skip


def test_every_filter_is_an_address_that_reads_back() -> None:
    found = filters.read(FULL)
    assert dict(parse_qsl(found.query_string())) == FULL
    assert filters.read(dict(parse_qsl(found.query_string()))) == found
    assert (found.low, found.high, found.rent, found.charges) == (Decimal(30), Decimal(120), 4250, 3000)
    for value in ("hors", "inconnu", "proche"):
        assert filters.read(dict(parse_qsl(asked(quartier=value).query_string()))).qpv == value


@given(st.dictionaries(st.sampled_from([*sorted(FULL), "page", "rayon", "quartier"]), st.text(max_size=60)))
def test_nonsense_is_dropped_never_an_error(query: dict[str, str]) -> None:
    found = filters.read(query)
    assert filters.read(dict(parse_qsl(found.query_string()))) == found


@pytest.mark.parametrize(
    "zone", ["nan,1,2,3", "1e400,0,1,1", "3,0,1,1", "0,5,1,1", "0,0,1", "-181,0,1,1", "0,-91,1,1", "a,b,c,d"]
)
def test_a_box_that_is_none_is_no_box(zone: str) -> None:
    assert asked(zone=zone).bbox is None


async def _names(db: Any, **query: str) -> list[str]:
    found = asked(**query)
    names = [p.name for p in (await db.execute(search.of_page(found, TODAY, 1))).scalars()]
    assert (await db.execute(search.count(found, TODAY))).scalar_one() == len(names)
    return sorted(names)


async def _commune(db: Any) -> None:
    await db.execute(
        text(
            "WITH r AS (INSERT INTO regions VALUES ('53', 'Bretagne')), "
            "d AS (INSERT INTO departments (code, name, region_code) VALUES ('35', 'Ille-et-Vilaine', '53')), "
            "e AS (INSERT INTO intercommunalities VALUES ('243500139', 'Rennes Métropole', 'epci')) "
            "INSERT INTO communes (code, name, postcodes, department_code, epci_code) "
            "VALUES ('35238', 'Rennes', '35000', '35', '243500139'), ('35051', 'Cesson-Sévigné', '35510', '35', '243500139')"
        )
    )


async def _supply(db: Any) -> dict[str, Lot]:
    """A shop in Rennes inside a QPV, an office in Cesson outside, a field nobody knows the QPV of; a draft and a withdrawn one."""
    await _commune(db)
    org = await make.organisation(db, "social_landlord")
    shop = await rows.premises(
        db, org, name="Ancienne poste de Maurepas", commune_code="35238", qpv_code="QPDEMO01", qpv_vintage=2024
    )
    office = await rows.premises(
        db,
        org,
        name="Plateau tertiaire",
        kind="building",
        commune_code="35051",
        postcode="35510",
        qpv_code="",
        point=(-1.60, 48.12),
    )
    field = await rows.premises(
        db, org, name="Terrain nu", kind="land", address="Chemin du lac", postcode="44000", point=(-1.55, 47.21)
    )
    await rows.lot(db, await rows.premises(db, org, name="Brouillon", published=False))
    return {
        "shop": await rows.lot(db, shop, name="boutique de légumes", floor=0, step_free=True, erp_types=["M", "W"], erp_category=5, rent_cents_m2_year=0),
        "office": await rows.lot(db, office, area="900", divisible=True, min_area=Decimal(40), titles=["BAIL_COM"], rent_cents_m2_year=9000),
        "field": await rows.lot(db, field, area="2400", available=Range(date(2027, 1, 1), None)),
    }  # fmt: skip


ALL = ["Ancienne poste de Maurepas", "Plateau tertiaire", "Terrain nu"]
SHOP, OFFICE, FIELD = ([name] for name in ALL)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ALL),
        ({"q": "maurepas"}, SHOP),
        ({"q": "Mauerpas, Rennes"}, SHOP),  # a typo, and the commune's name
        ({"q": "legumes"}, SHOP),  # of its lot, without its accent
        ({"q": "cesson sevigne"}, OFFICE),
        ({"q": "100%"}, []),
        ({"q": "menuis"}, []),
        ({"q": "bouti"}, SHOP),  # the beginning of a word
        ({"q": "aurepa"}, SHOP),  # or its middle
        ({"q": "%"}, []),
        ({"surface": "50-70"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),  # a divisible lot fits too
        ({"surface": "1000"}, FIELD),
        ({"surface": "-45"}, OFFICE),
        ({"qpv": "oui"}, SHOP),
        ({"quartier": "hors"}, OFFICE),
        ({"quartier": "inconnu"}, FIELD),
        ({"ou": "c35238"}, SHOP),
        ({"ou": "e243500139"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),
        ({"ou": "d35"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),
        ({"ou": "r53"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),
        ({"ou": "d44"}, []),
        ({"nature": "land"}, FIELD),
        ({"titre": "BAIL_COM"}, OFFICE),
        ({"erp": "W"}, SHOP),
        ({"erp5": "oui", "pmr": "oui"}, SHOP),
        ({"rdc": "oui"}, SHOP + FIELD),  # the field's premises are made a ground floor below
        ({"loyer": "0"}, SHOP),
        ({"loyer": "90"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),
        ({"libre": "oui"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),  # the field only from 2027
        ({"etat": "libre"}, ["Ancienne poste de Maurepas", "Plateau tertiaire"]),
        ({"du": "2028-01-01", "au": "2031-01-01"}, FIELD),
        ({"zone": "-1.70,48.10,-1.63,48.15"}, SHOP),
        ({"q": "poste", "nature": "land"}, []),
    ],
)
async def test_each_filter(db: Any, query: dict[str, str], found: list[str]) -> None:
    made = await _supply(db)
    if query == {"rdc": "oui"}:
        made["field"].floor = 0
        await db.flush()
    assert await _names(db, **query) == found


async def test_all_conditions_hold_on_one_and_the_same_lot(db: Any) -> None:
    org = await make.organisation(db)
    place = await rows.premises(db, org, name="Deux lots")
    await rows.lot(db, place, "A", area="60", step_free=False)
    await rows.lot(db, place, "B", area="600", step_free=True)
    assert await _names(db, surface="-100", pmr="oui") == []
    assert await _names(db, surface="500", pmr="oui") == ["Deux lots"]


async def test_occupied_soon_free_and_the_period_asked_for(db: Any) -> None:
    made = await _supply(db)
    year = Range(date(2026, 1, 1), date(2027, 3, 1))
    await occupy(db, lot_id=made["shop"].id, during=year, kind="lease", label="Atelier")
    assert await _names(db, etat="occupe") == SHOP
    assert await _names(db, etat="bientot") == SHOP
    assert await _names(db, libre="oui") == OFFICE
    assert await _names(db, du="2027-02-01", au="2027-04-01", titre="COP") == FIELD
    assert await _names(db, du="2027-03-01", au="2027-04-01", titre="COP") == [
        "Ancienne poste de Maurepas",
        "Terrain nu",
    ]


async def test_a_masked_place_is_not_found_by_its_address_nor_at_its_point(db: Any) -> None:
    org = await make.organisation(db)
    place = await rows.premises(db, org, name="Refuge", owner_masked=True)
    await rows.lot(db, place)
    assert await _names(db, q="marbaudais") == []
    assert await _names(db, q="refuge") == ["Refuge"]
    assert await _names(db, zone="-1.6587,48.1273,-1.6583,48.1277") == []


async def test_what_is_searched_follows_what_is_written(db: Any) -> None:
    made = await _supply(db)
    made["shop"].name = "atelier de menuiserie"
    await db.flush()
    assert (await _names(db, q="menuiserie"), await _names(db, q="legumes")) == (SHOP, [])
    await db.delete(made["shop"])
    await db.flush()
    assert await _names(db, q="menuiserie") == []


async def test_near_a_perimeter_and_by_distance(db: Any) -> None:
    await _supply(db)
    await db.execute(
        text(
            "INSERT INTO qpv_perimeters (code, vintage, name, during, outline) VALUES ('QN00001M', 2024, 'Test', '[2024-01-01,)', "
            "ST_Multi(ST_GeomFromText('POLYGON((-1.657 48.127, -1.65 48.127, -1.65 48.13, -1.657 48.13, -1.657 48.127))', 4326)))"
        )
    )
    assert await _names(db, quartier="proche") == SHOP
    assert await _names(db, quartier="proche", rayon="5000") == ["Ancienne poste de Maurepas", "Plateau tertiaire"]
    assert await _names(db, quartier="proche", rayon="1500") == SHOP
    assert (await facets.counted(db, asked(rayon="5000"), TODAY)).counts["qpv"]["proche"] == 2
    assert await _names(db, pres="-1.60,48.12", distance="300") == OFFICE
    assert await _names(db, pres="-1.60,48.12", distance="6000") == ["Ancienne poste de Maurepas", "Plateau tertiaire"]
    await db.execute(text("DELETE FROM qpv_perimeters WHERE code = 'QN00001M'"))
    assert await _names(db, quartier="proche", rayon="5000") == []
    found = await db.execute(search.of_page(asked(pres="-1.60,48.12", tri="distance"), TODAY, 1))
    assert [p.name for p in found.scalars()] == ["Plateau tertiaire", "Ancienne poste de Maurepas", "Terrain nu"]


async def test_counts_beside_choices(db: Any) -> None:
    await _supply(db)
    counts = (await facets.counted(db, asked(nature="land"), TODAY)).counts
    assert counts["nature"] == {"ground_floor": 1, "building": 1, "land": 1}  # its own choice does not empty the others
    assert counts["qpv"] == {"inconnu": 1, "proche": 0}
    found = await facets.counted(db, asked(), TODAY)
    counts = found.counts
    assert (counts["qpv"], counts["ou"]) == ({"oui": 1, "hors": 1, "inconnu": 1, "proche": 0}, {"35238": 1, "35051": 1})
    assert (counts["pmr"], counts["libre"], found.total) == ({"oui": 1}, {"oui": 2}, 3)
    assert [round(n, 2) for n in found.box] == [-1.66, 47.21, -1.55, 48.13]
    where = await facets.places(db, counts["ou"])
    assert where.communes == [("c35051", "Cesson-Sévigné", 1), ("c35238", "Rennes", 1)]
    assert (where.groups, where.departments) == (
        [("e243500139", "Rennes Métropole", 2)],
        [("d35", "Ille-et-Vilaine", 2)],
    )


async def test_counts_are_those_of_the_list_each_choice_would_give(db: Any) -> None:
    """Beside a choice stands what the list counts once it is made, whatever else is asked, choices already made included."""
    made = await _supply(db)
    await occupy(db, lot_id=made["shop"].id, during=Range(TODAY, date(2027, 2, 1)), kind="lease", label="")
    questions: list[dict[str, str]] = [
        {}, {"surface": "50-1000"}, {"libre": "oui"}, {"qpv": "oui"}, {"q": "rennes"}, {"titre": "COP"}, {"etat": "libre", "erp": "W"},
        {"loyer": "90", "charges": "20"}, {"du": "2027-02-01"}, {"nature": "building", "etat": "libre"},
    ]  # fmt: skip
    checked = 0
    for query in questions:
        found = asked(**query)
        counts = (await facets.counted(db, found, TODAY)).counts
        for name, values in counts.items():
            for value, n in values.items():
                choice = _chosen(found, name, value)
                assert n == (await db.execute(search.count(choice, TODAY))).scalar_one(), (query, name, value)
                checked += n > 0
    assert checked > 100


def _chosen(found: filters.Filters, name: str, value: str) -> filters.Filters:
    if name in facets.FLAGS:
        return found.without(**{facets.FLAGS[name]: True})
    if name == "ou":
        return found.without(where=f"c{value}")
    return found.without(**{facets.CHOICES[name][0]: int(value) if name in facets.BANDS else value})


async def test_a_list_too_long_is_not_counted_by_choice(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await _supply(db)
    monkeypatch.setattr(facets, "FEW", 2)
    found = await facets.counted(db, asked(), TODAY)
    assert (found.total, found.counts, len(found.box)) == (None, {}, 4)


async def test_places_are_known_by_their_name(db: Any) -> None:
    await _commune(db)
    assert await facets.named(db, "rennes") == [("c35238", "Rennes", "commune")]
    assert await facets.named(db, "Rennes m") == [("e243500139", "Rennes Métropole", "intercommunalité")]
    assert await facets.named(db, "ille et vilaine") == [("d35", "Ille-et-Vilaine", "département")]
    assert await facets.named(db, "Zzz") == []
    assert await facets.named(db, "bretagne") == [("r53", "Bretagne", "région")]


async def test_by_distance_a_masked_place_stands_where_it_is_shown(db: Any) -> None:
    """Its rank follows the point shown, never the true one."""
    org = await make.organisation(db)
    hidden = await rows.premises(db, org, name="Refuge", owner_masked=True)
    shown = (await db.execute(select(func.ST_X(shown_point()), func.ST_Y(shown_point())))).one()
    await rows.premises(db, org, name="Voisin", point=(rows.RENNES[0] + 0.0004, rows.RENNES[1]))
    for at, first in ((rows.RENNES, "Voisin"), (shown, "Refuge")):
        pres = f"{at[0]:.6f},{at[1]:.6f}"
        found = await db.execute(search.of_page(asked(pres=pres, tri="distance"), TODAY, 1))
        assert next(p.name for p in found.scalars()) == first
    assert hidden.owner_masked


async def test_each_order(db: Any) -> None:
    await _supply(db)
    orders = {"surface": ["Terrain nu", "Plateau tertiaire"], "petits": ["Ancienne poste de Maurepas", "Plateau tertiaire"], "loyer": ["Ancienne poste de Maurepas", "Plateau tertiaire"]}  # fmt: skip
    for sort, first in orders.items():
        found = await db.execute(search.of_page(asked(tri=sort), TODAY, 1))
        assert [p.name for p in found.scalars()][:2] == first


async def test_a_lot_s_days_in_its_row_are_those_of_its_history(db: Any) -> None:
    """Uses drawn at random, some shortened or taken away, an area corrected: on each day the state in SQL is the one that
    its uses tell."""
    lot, draw, seen = (await _supply(db))["office"], Random(3), Counter[str]()
    for _history in range(25):
        attempt = await db.begin_nested()
        for _use in range(draw.randint(1, 7)):
            first, length = TODAY + timedelta(draw.randint(0, 40)), draw.choice([None, 3, 10, 20])
            during = Range(first, None if length is None else first + timedelta(length))
            try:
                taken = await occupy(
                    db, lot_id=lot.id, during=during, kind=draw.choice(["lease", "lease", "meanwhile", "works", "demolition"]), label="",
                    area=Decimal(draw.choice([900, 500, 450, 400])), slots=sorted(draw.sample(range(14), draw.choice([0, 0, 7]))),
                )  # fmt: skip
            except Refused:
                continue
            if draw.random() < 0.2:
                await release(db, taken.id, first + timedelta(draw.randint(0, 2)))
        lot.area = Decimal(draw.choice([900, 1000]))
        await db.flush()
        spans = [span_of(one, lot, TODAY) for one in (await db.execute(occupancies_in([lot.id]))).scalars()]
        days = [TODAY + timedelta(offset) for offset in range(-1, 62)]
        found = await db.execute(
            select(*[states.lot_state(day).label(f"d{n}") for n, day in enumerate(days)]).where(Lot.id == lot.id)
        )
        told = [state_on(day, spans, (lot.available.lower, lot.available.upper)) for day in days]
        assert list(found.one()) == told
        seen.update(told)
        await attempt.rollback()
        await db.refresh(lot)
    assert set(seen) == {"vacant", "occupied", "works"}


async def test_cells_of_the_map_hold_what_is_published_there(db: Any) -> None:
    """Published, moved, withdrawn, taken away: the cells' sums stay the places', and a cell is a tile of its zoom."""
    org = await make.organisation(db)
    places = [await rows.premises(db, org, point=p) for p in ((-1.65, 48.12), (-1.65, 48.12), (2.35, 48.85), None)]
    places.append(await rows.premises(db, org, published=False))

    async def cells() -> list[tuple[int, int]]:
        summed = select(Cell.cell, func.sum(Cell.places)).group_by(Cell.cell).having(func.sum(Cell.places) > 0)
        return sorted((row[0] >= 0, row[1]) for row in await db.execute(summed))

    assert await cells() == [(False, 1), (True, 1), (True, 2)]
    places[0].point = WKTElement("POINT(2.35 48.85)", srid=4326)
    places[4].published_at = clock.now()
    await db.flush()
    assert await cells() == [(False, 1), (True, 2), (True, 2)]
    places[1].withdrawn_at = clock.now()
    await db.delete(places[2])
    await db.flush()
    assert await cells() == [(False, 1), (True, 1), (True, 1)]
    before = await cells()
    await gather_cells(db)
    assert await cells() == before
    tile = func.ST_Transform(func.ST_TileEnvelope(20, 519_449, 363_646), 4326)
    inside = select(func.map_cell(func.ST_PointOnSurface(tile))).scalar_subquery()
    assert (await db.execute(select(inside))).scalar_one() == morton(519_449, 363_646)


async def test_the_state_in_sql_is_the_state_in_python(db: Any) -> None:
    """A divisible, shareable lot: works, two parts that fill it, half-days that do not."""
    made = await _supply(db)
    lot = made["office"]
    pieces: list[tuple[str, int, int | None, str, list[int]]] = [
        ("lease", 0, 30, "500", []), ("lease", 10, 50, "400", []), ("works", 52, 55, "900", []), ("meanwhile", 60, 90, "900", [0, 1]),
        ("lease", 70, 80, "900", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]), ("demolition", 200, None, "900", []),
    ]  # fmt: skip
    spans = []
    for kind, first, last, area, slots in pieces:
        during = Range(TODAY + timedelta(first), None if last is None else TODAY + timedelta(last))
        taken = await occupy(db, lot_id=lot.id, during=during, kind=kind, label="", area=Decimal(area), slots=slots)
        spans.append(span_of(taken, lot, TODAY))
    seen = {}
    for offset in (-2000, -1, 0, 9, 10, 29, 30, 49, 50, 52, 54, 55, 60, 69, 70, 79, 80, 90, 199, 200, 4000):
        day = TODAY + timedelta(offset)
        seen[offset] = state_on(day, spans, (lot.available.lower, lot.available.upper))
        in_sql = (await db.execute(select(states.lot_state(day)).where(Lot.id == lot.id))).scalar_one()
        whole = (
            await db.execute(select(states.premises_state(day)).where(Premises.id == lot.premises_id))
        ).scalar_one()
        assert (in_sql, whole) == (seen[offset], seen[offset]), day
    assert {o for o, s in seen.items() if s == "occupied"} == {10, 29, 70, 79}
    assert {o for o, s in seen.items() if s == "works"} == {52, 54, 200, 4000}
    assert {o for o, s in seen.items() if s == "none"} == {-2000}
