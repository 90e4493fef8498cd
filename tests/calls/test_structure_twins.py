"""A structure typed at the desk signs up later: it asks to join its record; a record made twice is told so by a person."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from calls import structure_twins, typed_needs
from calls.need_models import Need
from calls.typed_needs import Asker
from intervalle.accounts import joining
from intervalle.accounts.models import JoinRequest, Mandate, Membership, Organisation, Sameness
from intervalle.accounts.sessions import actor_for
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.outbox import Message
from tests import make
from tests.calls import make as calls

SIRET = "73282932000074"
SIGN_UP = {"kind": "ess_structure", "name": "Les Jardins de la Touche", "siret": SIRET}
VALUES: dict[str, Any] = {"title": "Local de stockage", "uses": ["storage"], "area_min": 20, "area_max": 30}


async def typed(db: Any, staff: Any, name: str = "Les Jardins de la Touche", **more: Any) -> Organisation:
    need = await typed_needs.type_in(
        db, staff.actor, authority_id=staff.org.id, asker=Asker(name, **more), received_on=date(2026, 9, 14), values=VALUES
    )  # fmt: skip
    return await db.get_one(Organisation, need.organisation_id)


async def test_a_structure_that_signs_up_finds_what_was_typed_for_it(db: Any, client: Any) -> None:
    staff, other = await calls.side(db, "city", "Ville de Rennes"), await calls.side(db, "city", "Ville de Lille")
    structure = await typed(db, staff, siret=SIRET)
    person = await make.user(db, "Awa Diop")
    await db.commit()
    browser, desk, stranger = await client(person), await client(staff.person), await client(other.person)
    went = await browser.post("/organisations", data=SIGN_UP)
    assert went.headers["location"] == "/rattachements/nouveau?siren=732829320"
    assert (await browser.get(f"/organisations/nouvelle?siret={SIRET}")).headers["location"] == went.headers["location"]
    page = (await browser.get(went.headers["location"])).text
    assert ("Les Jardins de la Touche" in page, "Ville de Rennes" in page, "Ville de Lille" in page) == (True, True, False)  # fmt: skip
    values = {"siren": "732829320", "reviewer": str(staff.org.id)}
    assert (await browser.post("/rattachements", data=values)).status_code == 422
    values["message"] = "Présidente depuis 2024."
    assert (await browser.post("/rattachements", data={**values, "reviewer": str(other.org.id)})).status_code == 422
    for _ in range(2):
        assert (await browser.post("/rattachements", data=values)).status_code == 303
    assert (await browser.get(f"/structures/{structure.id}")).status_code == 404
    asked = (await db.execute(select(JoinRequest))).scalar_one()
    assert "Présidente depuis 2024." in (await desk.get("/rattachements")).text
    assert "Présidente" not in (await stranger.get("/rattachements")).text
    assert (await stranger.post(f"/rattachements/{asked.id}", data={"outcome": "yes"})).status_code == 404
    assert (await browser.post(f"/rattachements/{asked.id}", data={"outcome": "yes"})).status_code == 404
    assert (await desk.post(f"/rattachements/{asked.id}", data={"outcome": "no"})).status_code == 422
    assert (await desk.post(f"/rattachements/{asked.id}", data={"outcome": "yes"})).status_code == 303
    assert (await desk.post(f"/rattachements/{asked.id}", data={"outcome": "yes"})).status_code == 404
    roles = await db.execute(select(Membership.user_id, Membership.role).where(Membership.organisation_id == structure.id))  # fmt: skip
    assert roles.all() == [(person.id, "admin")]
    assert "Local de stockage" in (await browser.get("/besoins")).text
    mails = await db.execute(select(Message.kind, Message.to_email).where(Message.kind.like("membership.%")).order_by(Message.id))  # fmt: skip
    assert mails.all() == [("membership.asked", staff.person.email), ("membership.answered", person.email)]


async def test_who_runs_an_organisation_answers_for_it(db: Any) -> None:
    staff, runs = await calls.side(db), await calls.side(db, "ess_structure", role="admin")
    person = await make.user(db, "Awa Diop")
    actor = await actor_for(db, person)
    request = await joining.ask(db, actor, runs.org, message="Trésorière", reviewer_id=staff.org.id)
    assert request.reviewer_id is None
    with pytest.raises(Forbidden):
        await joining.answer(db, staff.actor, request, accepted=True, reason="")
    with pytest.raises(Refused, match="pourquoi"):
        await joining.answer(db, runs.actor, request, accepted=False, reason=" ")
    await joining.answer(db, runs.actor, request, accepted=False, reason="Inconnue du bureau")
    with pytest.raises(Refused, match="déjà sa réponse"):
        await joining.answer(db, runs.actor, request, accepted=True, reason="")
    again = await joining.ask(db, actor, runs.org, message="Présentée à l’assemblée", reviewer_id=None)
    await joining.answer(db, runs.actor, again, accepted=True, reason="")
    role = (await db.execute(select(Membership.role).where(Membership.user_id == person.id))).scalar_one()
    assert role == "editor"


async def test_two_records_are_told_to_be_one_and_neither_is_lost(db: Any, client: Any) -> None:
    staff, other = await calls.side(db, "city", "Ville de Rennes"), await calls.side(db, "city")
    typed_one = await typed(db, staff)
    signed = await calls.side(db, "ess_structure", "Association Les Jardins de la Touche", role="admin")
    signed.org.siren = "732829320"
    far = await typed(db, staff, name="Repair Café du Gast")
    await db.flush()
    assert (
        await structure_twins.found(db, staff.actor) == []
    )  # the city has no dealings yet with the one that signed up
    need = Need(organisation_id=signed.org.id, typed_by_id=staff.org.id, received_on=date(2026, 9, 1), title="x", uses=[], area_min=1, area_max=2)  # fmt: skip
    db.add(need)
    await db.flush()
    (pair,) = await structure_twins.found(db, staff.actor)
    assert ({pair.first.id, pair.second.id}, pair.signs) == ({typed_one.id, signed.org.id}, ["name"])
    assert await structure_twins.found(db, other.actor) == []
    with pytest.raises(NotFound):
        await structure_twins.decide(db, staff.actor, typed_one.id, far.id, kept_id=None, motive="x")
    with pytest.raises(Refused, match="SIREN"):
        await structure_twins.decide(db, staff.actor, typed_one.id, signed.org.id, kept_id=typed_one.id, motive="x")
    await db.commit()
    browser = await client(staff.person)
    url = f"/structures/doublons/{pair.first.id}/{pair.second.id}"
    assert "presque identiques" in (await browser.get("/structures/doublons")).text
    assert (await browser.post(url, data={"verdict": "distinct"})).status_code == 422
    for _ in range(2):
        went = await browser.post(url, data={"verdict": str(signed.org.id), "motive": "Même association, dit sa présidente."})  # fmt: skip
        assert went.status_code == 303
    assert "Aucun rapprochement à décider" in (await browser.get("/structures/doublons")).text
    assert (await db.execute(select(Sameness.kept_id))).scalar_one() == signed.org.id
    assert (await db.execute(select(func.count()).select_from(Organisation).where(Organisation.id == typed_one.id))).scalar_one() == 1  # fmt: skip
    mandate = (await db.execute(select(Mandate))).scalar_one()
    assert (mandate.grantor_id, mandate.agent_id) == (typed_one.id, signed.org.id)
    theirs = await client(signed.person)
    assert "Aussi inscrite comme" in (await theirs.get(f"/structures/{signed.org.id}")).text
    assert "Local de stockage" in (await theirs.get("/besoins")).text


async def test_distinct_stays_distinct_and_members_are_not_decided_for(db: Any) -> None:
    staff = await calls.side(db)
    first, second = (
        await typed(db, staff, name="Atelier Fou de Coudre"),
        await typed(db, staff, name="L’atelier Fou de coudre"),
    )
    await make.join(db, await make.user(db), first, "admin")
    with pytest.raises(Refused, match="agissent déjà"):
        await structure_twins.decide(db, staff.actor, first.id, second.id, kept_id=second.id, motive="La même")
    await structure_twins.decide(db, staff.actor, first.id, second.id, kept_id=None, motive="Deux villes")
    second.email = first.email = "contact@fous.example"
    await db.flush()
    assert await structure_twins.found(db, staff.actor) == []
