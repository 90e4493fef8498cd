"""The diagnosis over HTTP: who counts what, figures equal to their lists, exports that reopen, constant questions."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlalchemy.dialects.postgresql import Range

from calls.need_models import Need
from intervalle import clock
from intervalle.territory.models import Commune, Department, Region
from premises.models import Vacancy
from premises.occupancies import occupy
from tests import make
from tests.premises import make as rows

LONG = Range(date(2020, 1, 1), None)
TODAY = clock.today()


async def commune(db: Any, code: str = "35238", name: str = "Rennes") -> None:
    await db.merge(Region(code="53", name="Bretagne"))
    await db.merge(Department(code="35", name="Ille-et-Vilaine", region_code="53"))
    await db.flush()
    await db.merge(Commune(code=code, name=name, department_code="35"))
    await db.flush()


async def stock(db: Any) -> tuple[Any, Any, Any, Any]:
    """Two landlords in Rennes: one empty shop with a reason and a cost, one half-used floor; and somebody else's."""
    await commune(db)
    person, org = await make.agent(db, "social_landlord", name="Archipel Habitat")
    neighbour, other = await make.agent(db, "developer", name="Territoires")
    mine = await rows.premises(
        db, org, name="À nous", commune_code="35238", guarding_cents_month=90_000, tax_cents_year=360_000
    )
    empty = await rows.lot(db, mine, "A", area="100", available=LONG)
    shared = await rows.lot(db, mine, "B", area="200", available=LONG, divisible=True)
    await occupy(
        db,
        lot_id=shared.id,
        during=Range(date(2021, 1, 1), date(TODAY.year + 1, 2, 1)),
        kind="meanwhile",
        label="Atelier",
        area=Decimal(50),
    )
    db.add(Vacancy(lot_id=empty.id, during=LONG, reason="unfit", note="amiante"))
    theirs = await rows.premises(db, other, name="À eux", commune_code="35238", guarding_cents_month=500_000)
    lot = await rows.lot(db, theirs, area="700", available=LONG)
    db.add(Vacancy(lot_id=lot.id, during=LONG, reason="dispute", note=""))
    hidden = await rows.premises(db, other, name="Leur brouillon", commune_code="35238", published=False)
    await rows.lot(db, hidden, area="999", available=LONG)
    await db.commit()
    return person, org, neighbour, other


def big(html: str) -> list[str]:
    shown = re.findall(r'<dd class="big">(.*?)</dd>', html, re.S)
    return [" ".join(re.sub(r"<.*?>", "", text).replace("\u00a0", " ").split()) for text in shown]


async def test_one_counts_what_is_published_and_what_is_ones_own(db: Any, client: Any) -> None:
    person, _org, neighbour, _other = await stock(db)
    seen = {}
    for who, user in (("mine", person), ("theirs", neighbour)):
        html = (await (await client(user)).get("/diagnostic?de=c35238")).text
        seen[who] = (big(html)[:3], "État incompatible" in html, "Contentieux" in html)
    assert seen == {
        "mine": (["1 000 m²", "950 m²", "95,0 %"], True, False),
        "theirs": (["1 999 m²", "1 949 m²", "97,5 %"], False, True),
    }


async def test_the_cost_is_for_its_owner(db: Any, client: Any) -> None:
    """1,200 € a month over 300 m², 250 of them empty: 1,000 €. The neighbour's 5,000 € are its own."""
    person, _org, neighbour, _other = await stock(db)
    mine = big((await (await client(person)).get("/diagnostic?de=c35238")).text)
    theirs = big((await (await client(neighbour)).get("/diagnostic?de=c35238")).text)
    assert (mine[-1], theirs[-1]) == ("1 000 €", "5 000 €")


async def test_every_figure_opens_the_list_it_counts(db: Any, client: Any) -> None:
    person, *_rest = await stock(db)
    browser = await client(person)
    html = (await browser.get("/diagnostic?de=c35238")).text
    links = re.findall(r'href="(/diagnostic/lots\?[^"]+)">([\d\u00a0]+)</a>', html)
    found = {}
    for address, shown in links:
        listed = (await browser.get(address.replace("&amp;", "&"))).text
        found[address] = (int(shown), listed.count('<th scope="row">'))
    assert len(found) == 6
    assert {address: pair for address, pair in found.items() if pair[0] != pair[1]} == {}


async def test_another_day_is_told_by_the_history(db: Any, client: Any) -> None:
    person, *_rest = await stock(db)
    browser = await client(person)
    before = big((await browser.get("/diagnostic?de=c35238&le=2020-06-01")).text)
    later = big((await browser.get(f"/diagnostic?de=c35238&le={TODAY.year + 1}-02-01")).text)
    assert (before[1], later[1]) == ("1 000 m²", "1 000 m²")
    html = (await browser.get("/diagnostic?de=c35238")).text
    assert f"trimestre-{TODAY.year + 1}T1" in html


async def test_a_masked_owner_is_not_a_scope_for_others(db: Any, client: Any) -> None:
    await commune(db)
    person, org = await make.agent(db, "private_owner", name="Propriétaire discret")
    other, _ = await make.agent(db, "city")
    await rows.lot(db, await rows.premises(db, org, owner_masked=True, commune_code="35238"), area="80", available=LONG)
    await db.commit()
    asked = f"/diagnostic?de=o{org.id}"
    shown = [(await (await client(user)).get(asked)).status_code for user in (person, other)]
    named = (await (await client(other)).get("/diagnostic?nom=discret")).text
    assert (shown, "Propriétaire discret" in named) == ([200, 404], False)


async def test_it_is_for_those_who_run_premises(db: Any, client: Any) -> None:
    structure, _org = await make.agent(db, "ess_structure")
    await db.commit()
    codes = [(await (await client(user)).get("/diagnostic")).status_code for user in (structure, None)]
    assert codes == [403, 303]


async def test_demand_of_two_structures_is_not_shown(db: Any, client: Any) -> None:
    person, *_rest = await stock(db)
    browser = await client(person)
    told = []
    for _n in range(3):
        _user, structure = await make.agent(db, "ess_structure")
        db.add(
            Need(
                organisation_id=structure.id,
                title="Dojo",
                area_min=Decimal(40),
                area_max=Decimal(110),
                uses=["sport"],
                commune_codes=["35238"],
            )
        )
        await db.commit()
        html = (await browser.get("/diagnostic?de=c35238")).text
        told.append(("moins de 3 structures" in html, "3 sur 3" in html))
    assert told == [(True, False), (True, False), (False, True)]


async def test_exports_reopen_with_the_same_sums(db: Any, client: Any) -> None:
    person, *_rest = await stock(db)
    browser = await client(person)
    sent = await browser.get("/diagnostic.csv?de=c35238")
    lines = list(csv.DictReader(io.StringIO(sent.content.decode("utf-8-sig")), delimiter=";"))
    free = sum(Decimal(line["surface_libre_m2"].replace(",", ".")) for line in lines)
    reasons = {line["lot"] + line["local"]: line["raison"] for line in lines}
    assert (len(lines), free, reasons["AÀ eux"]) == (3, Decimal(950), "")
    book = openpyxl.load_workbook(io.BytesIO((await browser.get("/diagnostic.xlsx?de=c35238")).content))
    figures = {row[0]: row[1:] for row in book["Chiffres"].iter_rows(values_only=True)}
    assert (figures["Stock"], figures["Vacant"], figures["Coût mensuel de la vacance (€)"]) == (
        (3, 1000),
        (3, 950),
        (2, 1000),
    )
    assert sum(row[7] for row in book["Lots"].iter_rows(min_row=2, values_only=True)) == 950


async def test_addresses_that_mean_nothing(db: Any, client: Any) -> None:
    person, *_rest = await stock(db)
    browser = await client(person)
    asked = [
        "?de=zz",
        "?de=o99999999999999999999",
        "?de=c35238&le=hier",
        "?de=c35238&le=2026-02-30",
        "?nom=%25",
        "?de=qQP000000",
    ]
    assert [(await browser.get(f"/diagnostic{a}")).status_code for a in asked] == [404, 404, 200, 200, 200, 404]
    lists = ["?de=c35238&quoi=rien", "?de=c35238&quoi=duree-99", "?de=c35238&numero=999", "?de=zz"]
    assert [(await browser.get(f"/diagnostic/lots{a}")).status_code for a in lists] == [404, 404, 200, 404]


@pytest.mark.parametrize("count", [1, 4])
async def test_it_asks_the_same_number_of_questions(db: Any, client: Any, asked: list[str], count: int) -> None:
    await commune(db)
    person, org = await make.agent(db, "social_landlord")
    for _n in range(count):
        place = await rows.premises(db, org, commune_code="35238")
        await rows.lot(db, place, "A", available=LONG)
        await rows.lot(db, place, "B", available=LONG)
    await db.commit()
    browser = await client(person)
    asked.clear()
    assert (await browser.get("/diagnostic?de=c35238")).status_code == 200
    assert len(asked) == QUESTIONS


QUESTIONS = 14
