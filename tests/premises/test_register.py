"""Verbs on premises and lots: who may, in what state, with what effect, told once in the journal."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from intervalle import clock
from intervalle.accounts.actor import ActingFor, Actor
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from premises import supply
from premises.models import Lot, Premises
from premises.occupancies import occupy
from premises.placing import NOWHERE, Place
from tests import make
from tests.premises import make as rows

VALUES = {
    "name": "Ancienne poste", "kind": "ground_floor", "description": "", "regime": "private", "address": "2 rue de la Marbaudais",
    "postcode": "35700", "parcel": None, "end_event": "démolition", "guarding_cents_month": 120_000, "owner_masked": False,
}  # fmt: skip
HERE = Place(-1.6585, 48.1275, "manual", None, None, None, "", 2024)


async def _owner(db: Any, kind: str = "social_landlord") -> tuple[Actor, Any]:
    person, org = await make.agent(db, kind)
    return make.acting(person, org), org


async def _actions(db: Any, org_id: int) -> list[str]:
    found = await db.execute(
        select(JournalEntry.action).where(JournalEntry.chain == f"organisation:{org_id}").order_by(JournalEntry.number)
    )
    return list(found.scalars())


async def test_from_draft_to_published_each_act_once_in_the_journal(db: Any) -> None:
    actor, org = await _owner(db)
    made = await supply.create(db, actor, owner_id=org.id, values=VALUES, place=NOWHERE)
    assert (made.published_at, made.owner_id, made.manager_id, len(made.code)) == (None, org.id, None, 6)
    with pytest.raises(Refused, match="la position sur la carte, la commune, au moins un lot"):
        await supply.publish(db, actor, made)
    assert await _actions(db, org.id) == ["premises.create"]


async def test_published_twice_is_published_once(db: Any) -> None:
    actor, org = await _owner(db)
    made = await rows.premises(db, org, published=False)
    await rows.lot(db, made)
    with pytest.raises(Refused, match="la commune"):
        await supply.publish(db, actor, made)
    await db.execute(_commune())
    made.commune_code = "35238"
    await db.flush()
    await supply.publish(db, actor, made)
    first = made.published_at
    await supply.publish(db, actor, made)
    await supply.withdraw(db, actor, made)
    await supply.withdraw(db, actor, made)
    assert (made.published_at, made.withdrawn_at is not None) == (first, True)
    assert await _actions(db, org.id) == ["premises.publish", "premises.withdraw"]


def _commune() -> Any:
    from sqlalchemy import text

    return text(
        "WITH r AS (INSERT INTO regions VALUES ('53', 'Bretagne')), "
        "d AS (INSERT INTO departments (code, name, region_code) VALUES ('35', 'Ille-et-Vilaine', '53')) "
        "INSERT INTO communes (code, name, postcodes, department_code) VALUES ('35238', 'Rennes', '35000 35200 35700', '35')"
    )


async def test_a_structure_does_not_publish_premises_and_nobody_publishes_for_others(db: Any) -> None:
    structure, _org = await _owner(db, "ess_structure")
    landlord, _org = await _owner(db)
    _other, elsewhere = await _owner(db)
    with pytest.raises(Forbidden):
        await supply.create(db, structure, owner_id=elsewhere.id, values=VALUES, place=NOWHERE)
    with pytest.raises(Forbidden):
        await supply.create(db, landlord, owner_id=elsewhere.id, values=VALUES, place=NOWHERE)


async def test_the_other_landlord_changes_nothing(db: Any) -> None:
    _mine, org = await _owner(db)
    stranger, _theirs = await _owner(db)
    made = await rows.premises(db, org)
    lot = await rows.lot(db, made)
    for act in (
        supply.edit(db, stranger, made, version=1, values={"name": "Volé"}, place=None),
        supply.publish(db, stranger, made),
        supply.withdraw(db, stranger, made),
        supply.confirm(db, stranger, made),
        supply.save_lot(db, stranger, made, lot, {"name": "Volé"}),
        supply.remove_lot(db, stranger, made, lot),
    ):
        with pytest.raises(Forbidden):
            await act
    assert (made.name.startswith("Local"), lot.name, await _actions(db, org.id)) == (True, "Lot A", [])


async def test_under_a_mandate_every_act_says_for_whom(db: Any) -> None:
    person, city = await make.agent(db, "city")
    owner = await make.organisation(db, "private_owner")
    base = make.acting(person, city)
    actor = Actor(**{**base.__dict__, "mandates": (ActingFor(owner.id, city.id, owner.name, "premises"),)})
    made = await supply.create(db, actor, owner_id=owner.id, values=VALUES, place=HERE)
    assert (made.owner_id, made.manager_id) == (owner.id, city.id)
    entry = (
        await db.execute(select(JournalEntry).where(JournalEntry.chain == f"organisation:{owner.id}"))
    ).scalar_one()
    assert (entry.facts["acting_for"], entry.organisation_id) == (owner.id, city.id)


async def test_a_stale_page_loses_to_the_newer_one(db: Any) -> None:
    actor, org = await _owner(db)
    made = await rows.premises(db, org)
    await supply.edit(db, actor, made, version=1, values={**VALUES, "name": "Premier"}, place=None)
    with pytest.raises(supply.Stale) as stale:
        await supply.edit(db, actor, made, version=1, values={**VALUES, "name": "Second"}, place=None)
    assert (stale.value.current.name, stale.value.current.version) == ("Premier", 2)


async def test_a_lot_with_a_history_stays_and_never_shrinks_under_it(db: Any) -> None:
    actor, org = await _owner(db)
    made = await rows.premises(db, org)
    lot = await rows.lot(db, made, area="100", divisible=True)
    year = Range(date(2026, 1, 1), date(2027, 1, 1))
    await occupy(db, lot_id=lot.id, during=year, kind="lease", label="Atelier", area=Decimal(40))
    with pytest.raises(Refused, match="a une histoire"):
        await supply.remove_lot(db, actor, made, lot)
    with pytest.raises(Refused, match="plus que cette surface"):
        await supply.save_lot(db, actor, made, lot, {"area": Decimal("39.99")})
    await supply.save_lot(db, actor, made, lot, {"area": Decimal(40)})
    assert lot.area == Decimal(40)


async def test_an_unused_lot_can_go(db: Any) -> None:
    actor, org = await _owner(db)
    made = await rows.premises(db, org)
    lot = await rows.lot(db, made)
    assert await supply.next_label(db, made.id) == "B"
    await supply.remove_lot(db, actor, made, lot)
    assert list((await db.execute(select(Lot).where(Lot.premises_id == made.id))).scalars()) == []


async def test_confirmed_on(db: Any) -> None:
    actor, org = await _owner(db)
    made: Premises = await rows.premises(db, org)
    await supply.confirm(db, actor, made)
    assert made.confirmed_at is not None
    assert abs((clock.now() - made.confirmed_at).total_seconds()) < 60
