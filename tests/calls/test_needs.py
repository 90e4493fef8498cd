"""The register of needs: a structure's own, kept over refusals, typed once."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from calls import needs, queries
from calls.models import Need
from intervalle.errors import Forbidden
from intervalle.territory.models import Commune, Department, Region
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
