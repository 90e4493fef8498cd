"""An owner's word is asked for every three months, once a month at most, and its absence shows after six."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from intervalle import clock
from intervalle.accounts.models import Mandate
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from premises import confirmations
from premises.models import Premises
from tests import make
from tests.premises import make as rows


def ago(days: int) -> Any:
    return clock.now() - timedelta(days=days)


async def _owner(db: Any) -> tuple[Any, Any]:
    person, org = await make.agent(db, "social_landlord")
    for name, days in (("Récente", 89), ("À confirmer", 91), ("Oubliée", 181)):
        place = await rows.premises(db, org, name=name, published_at=ago(400), confirmed_at=ago(days))
        await rows.lot(db, place)
    await rows.premises(db, org, name="Retirée", published_at=ago(400), confirmed_at=ago(300), withdrawn_at=ago(10))
    await rows.premises(db, org, name="Brouillon", published=False)
    return person, org


async def test_one_mail_a_person_and_a_month_with_all_that_waits(db: Any) -> None:
    person, org = await _owner(db)
    reader = await make.user(db)
    await make.join(db, reader, org, "viewer")
    agent, city = await make.agent(db, "city")
    db.add(Mandate(grantor_id=org.id, agent_id=city.id, scope="premises", during=Range(clock.today(), None)))
    _other, elsewhere = await make.agent(db, "city")
    db.add(Mandate(grantor_id=org.id, agent_id=elsewhere.id, scope="calls", during=Range(clock.today(), None)))
    await db.flush()
    assert [await confirmations.remind(db), await confirmations.remind(db)] == [2, 0]
    mails = {m.to_email: m.text for m in (await db.execute(select(Message))).scalars()}
    assert set(mails) == {person.email, agent.email}
    text = mails[person.email]
    assert [name in text for name in ("Récente", "À confirmer", "Oubliée", "Retirée", "Brouillon", "/locaux/a-confirmer")] == [
        False, True, True, False, False, True,
    ]  # fmt: skip
    with clock.at(clock.now() + timedelta(days=30)):
        assert await confirmations.remind(db) == 2


async def test_one_button_after_signing_in_and_once_a_day_is_enough(db: Any, client: Any) -> None:
    person, _org = await _owner(db)
    stranger, _other = await make.agent(db, "social_landlord")
    await db.commit()
    browser = await client(person)
    html = (await browser.get("/locaux/a-confirmer")).text
    assert (
        [name in html for name in ("Récente", "À confirmer", "Oubliée")],
        "montrée comme non confirmée" in html,
    ) == ([False, True, True], True)
    assert "Oubliée" not in (await (await client(stranger)).get("/locaux/a-confirmer")).text
    assert (await (await client(stranger)).post("/locaux/a-confirmer")).status_code == 303
    assert [(await browser.post("/locaux/a-confirmer")).status_code for _n in range(2)] == [303, 303]
    place = (await db.execute(select(Premises).where(Premises.name == "Oubliée"))).scalar_one()
    assert (await browser.post(f"/locaux/{place.id}/confirmation")).status_code == 303
    said = await db.execute(select(JournalEntry.id).where(JournalEntry.action == "premises.confirm"))
    assert (len(list(said)), "Rien à confirmer" in (await browser.get("/locaux/a-confirmer")).text) == (2, True)


async def test_a_listing_nobody_confirmed_is_shown_as_such(db: Any, client: Any) -> None:
    await _owner(db)
    await db.commit()
    browser = await client()
    listed = (await browser.get("/locaux")).text
    ids = {name: id_ for id_, name in await db.execute(select(Premises.id, Premises.name))}
    pages = {name: (await browser.get(f"/locaux/{ids[name]}")).text for name in ("Récente", "À confirmer", "Oubliée")}
    assert listed.count("non confirmé depuis le") == 1
    assert {name: "n’a pas été confirmée depuis" in html for name, html in pages.items()} == {
        "Récente": False,
        "À confirmer": False,
        "Oubliée": True,
    }
