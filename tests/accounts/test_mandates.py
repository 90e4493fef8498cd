"""Who acts for whom: given by the owner, recorded by a city for an owner without an account, ended by either side."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from intervalle import clock
from intervalle.accounts.models import Invitation, Mandate, Organisation
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from premises.models import Premises
from tests import make
from tests.premises import make as rows

TODAY = clock.today()
DATES = {
    "start": TODAY.isoformat(),
    "last": (TODAY + timedelta(days=365)).isoformat(),
    "reference": "Mandat du 12 mars",
}


def typed(prefix: str, **values: str) -> dict[str, str]:
    return {f"{prefix}-{name}": value for name, value in {**DATES, **values}.items()}


async def parties(db: Any) -> tuple[Any, Any, Any, Any]:
    owner, org = await make.user(db), await make.organisation(db, "private_owner", "SCI des Lilas")
    await make.join(db, owner, org, "admin")
    agent, city = await make.user(db), await make.organisation(db, "city", "Ville de Rennes", siren="213502388")
    await make.join(db, agent, city, "admin")
    return owner, org, agent, city


async def test_the_scope_of_a_mandate_is_what_it_opens_and_its_end_closes_it(db: Any, client: Any) -> None:
    """A masked owner: under a mandate on premises the city edits the place; on calls it does not even find the draft."""
    owner, org, agent, city = await parties(db)
    place = await rows.premises(db, org, owner_masked=True, published=False, manager_id=city.id)
    await db.commit()
    theirs, ours = await client(owner), await client(agent)
    page = f"/locaux/{place.id}/modifier"
    told = [(await ours.get(page)).status_code]
    for scope in ("calls", "premises"):
        given = await theirs.post(
            f"/organisations/{org.id}/mandats", data=typed("don", agent="213 502 388", scope=scope)
        )
        assert given.status_code == 303
        told.append((await ours.get(page)).status_code)
    html = (await ours.get(page)).text
    assert (told, "Vous agissez pour" in html, "SCI des Lilas" in html) == ([404, 404, 200], True, True)
    assert "Vous agissez pour" not in (await theirs.get(page)).text
    mandate = (await db.execute(select(Mandate).where(Mandate.scope == "premises"))).scalar_one()
    assert [(await theirs.post(f"/mandats/{mandate.id}/fin")).status_code for _n in range(2)] == [303, 303]
    manager = (await db.execute(select(Premises.manager_id).where(Premises.id == place.id))).scalar_one()
    assert ((await ours.get(page)).status_code, manager) == (404, None)
    said = (
        await db.execute(
            select(JournalEntry.action)
            .where(JournalEntry.chain == f"organisation:{org.id}")
            .order_by(JournalEntry.number)
        )
    ).scalars()
    assert list(said) == ["mandates.grant", "mandates.grant", "mandates.revoke"]


async def test_a_mandate_that_ran_out_or_is_to_come_opens_nothing(db: Any, client: Any) -> None:
    _owner, org, agent, city = await parties(db)
    place = await rows.premises(db, org, published=False, manager_id=city.id)
    spans = [
        Range(TODAY - timedelta(days=9), TODAY),
        Range(TODAY + timedelta(days=1), TODAY + timedelta(days=9)),
        Range(TODAY, TODAY + timedelta(days=1)),
    ]
    codes = []
    for during in spans:
        db.add(Mandate(grantor_id=org.id, agent_id=city.id, scope="everything", during=during))
        await db.commit()
        codes.append((await (await client(agent)).get(f"/locaux/{place.id}/modifier")).status_code)
    assert codes == [404, 404, 200]


async def test_a_city_records_the_mandate_of_an_owner_without_an_account(db: Any, client: Any) -> None:
    _owner, _org, agent, city = await parties(db)
    await db.commit()
    browser = await client(agent)
    data = typed("recu", name="Indivision Martin", siren="", email="martin@exemple.fr", scope="premises")
    assert [
        (await browser.post(f"/organisations/{city.id}/mandats/proprietaire", data=data)).status_code for _n in range(2)
    ] == [303, 303]
    made = (await db.execute(select(Organisation).where(Organisation.name == "Indivision Martin"))).scalar_one()
    mandate = (await db.execute(select(Mandate).where(Mandate.grantor_id == made.id))).scalar_one()
    mail = (await db.execute(select(Message).where(Message.to_email == "martin@exemple.fr"))).scalar_one()
    invited = (
        await db.execute(select(func.count(Invitation.id)).where(Invitation.organisation_id == made.id))
    ).scalar_one()
    assert (made.kind, mandate.agent_id, mandate.during.upper, invited) == (
        "private_owner",
        city.id,
        TODAY + timedelta(days=366),
        1,
    )
    assert ("Ville de Rennes" in mail.subject, "Indivision Martin" in mail.text) == (True, True)
    assert "Indivision Martin" in (await browser.get("/locaux/nouveau")).text


async def test_nobody_takes_over_an_owner_that_is_registered(db: Any, client: Any) -> None:
    _owner, org, agent, city = await parties(db)
    org.siren = "356000000"
    await db.commit()
    browser = await client(agent)
    data = typed("recu", name="SCI des Lilas bis", siren="356000000", email="x@exemple.fr", scope="everything")
    taken = await browser.post(f"/organisations/{city.id}/mandats/proprietaire", data=data)
    for_them = await browser.post(
        f"/organisations/{org.id}/mandats", data=typed("don", agent="Ville de Rennes", scope="everything")
    )
    assert (taken.status_code, "déjà inscrit" in taken.text, for_them.status_code) == (409, True, 404)
    assert (await db.execute(select(func.count(Mandate.id)))).scalar_one() == 0


async def test_what_is_wrong_is_said_beside_its_field_and_kept(db: Any, client: Any) -> None:
    owner, org, agent, city = await parties(db)
    stranger, _elsewhere = await make.agent(db, "city", "admin")
    reader = await make.user(db)
    await make.join(db, reader, org, "viewer")
    db.add(Mandate(grantor_id=org.id, agent_id=city.id, scope="calls", during=Range(TODAY, None)))
    await db.commit()
    browser, address = await client(owner), f"/organisations/{org.id}/mandats"
    wrong = [
        (typed("don", agent="Personne de ce nom", scope="calls"), "donnez son SIREN"),
        (
            typed("don", agent="Ville de Rennes", scope="calls", last=date(2020, 1, 1).isoformat()),
            "La fin précède le début",
        ),
        (typed("don", agent="Ville de Rennes", scope="leases"), "Choisissez dans la liste"),
        (typed("don", agent="Ville de Rennes", scope="calls", last=""), "Un mandat a un terme"),
    ]
    answers = [await browser.post(address, data=data) for data, _said in wrong]
    assert [
        (a.status_code, said in a.text, data["don-agent"] in a.text)
        for a, (data, said) in zip(answers, wrong, strict=True)
    ] == [(422, True, True)] * 4
    mandate = (await db.execute(select(Mandate))).scalar_one()
    ends = [
        (await (await client(user)).post(f"/mandats/{mandate.id}/fin")).status_code
        for user in (stranger, reader, agent)
    ]
    assert ends == [404, 403, 303]


async def test_the_platform_sees_organisations_people_mandates_and_the_law(db: Any, client: Any) -> None:
    _owner, org, agent, city = await parties(db)
    db.add(Mandate(grantor_id=org.id, agent_id=city.id, scope="premises", during=Range(TODAY, None)))
    admin = await make.user(db, "Camille Roux", platform=True)
    await db.commit()
    pages = [
        "",
        "/organisations?q=lilas",
        "/personnes",
        "/mandats",
        "/parametres",
        "/organisations?q=%25",
        "/personnes?numero=999",
    ]
    browser, other = await client(admin), await client(agent)
    shown = {page: await browser.get(f"/plateforme{page}") for page in pages}
    assert {page: answer.status_code for page, answer in shown.items()} == dict.fromkeys(pages, 200)
    told = [
        "SCI des Lilas" in shown["/organisations?q=lilas"].text, "Ville de Rennes" in shown["/organisations?q=lilas"].text,
        agent.email in shown["/personnes"].text, "en vigueur" in shown["/mandats"].text, "CGI art. 1388 bis" in shown["/parametres"].text,
    ]  # fmt: skip
    assert told == [True, False, False, True, True]
    assert [(await other.get(f"/plateforme{page}")).status_code for page in pages] == [403] * len(pages)
