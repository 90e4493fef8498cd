"""A second person before publication, an opening planned for later, files that come after the closing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from calls import applications, approvals, drafts, late, openings, queries
from calls.models import Call
from intervalle import clock
from intervalle.accounts.actor import NOBODY
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests import make
from tests.calls import make as calls
from tests.calls.browsing import form_of

NOON = calls.OPENING + timedelta(days=2)


async def a_draft(db, city, **values):
    call = await calls.draft_call(db, city, await calls.premises(db, city.org), **values)
    return call, await calls.version_of(db, call)


async def colleague(db, side):
    person = await make.user(db, "Karine Le Bris")
    await make.join(db, person, side.org)
    return make.acting(person, side.org)


async def test_an_opening_planned_for_later_opens_by_itself_and_is_hidden_until_then(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call, version = await a_draft(db, city)
        with pytest.raises(Refused, match="déjà passée"):
            await openings.open_call(db, city.actor, call, seen=version.version, at=calls.OPENING)
        await openings.open_call(db, city.actor, call, seen=version.version, at=NOON)
        assert (call.stage(), call.scheduled, version.content_sha256 is not None) == ("draft", True, True)
        with pytest.raises(Refused, match="programmée"):
            await drafts.save(db, city.actor, call, seen=version.version, values={"body": "x"}, lots={}, criteria=[])
        with pytest.raises(Refused, match="déjà programmée"):
            await openings.open_call(db, city.actor, call, seen=version.version)
    seen = []
    for instant in (NOON - timedelta(seconds=1), NOON):
        with clock.at(instant):
            found = await db.execute(queries.calls_visible_to(NOBODY).where(Call.id == call.id))
            seen.append((call.stage(), found.scalar_one_or_none() is not None))
    assert seen == [("draft", False), ("open", True)]


async def test_a_planned_opening_is_taken_back_before_its_hour_only(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call, version = await a_draft(db, city)
        await openings.open_call(db, city.actor, call, seen=version.version, at=NOON)
        await approvals.unschedule(db, city.actor, call)
        await approvals.unschedule(db, city.actor, call)
        assert (call.opened_at, version.frozen_at) == (None, None)
        await drafts.save(db, city.actor, call, seen=version.version, values={"body": "Corrigé."}, lots={}, criteria=[])
        assert version.body == "Corrigé."
    opened = await calls.open_call(db, city)
    with calls.during(), pytest.raises(Refused, match="déjà ouvert"):
        await approvals.unschedule(db, city.actor, opened)
    with pytest.raises(DBAPIError, match="frozen"):
        async with db.begin_nested():
            await db.execute(text("UPDATE call_versions SET frozen_at = NULL WHERE call_id = :id"), {"id": opened.id})


async def test_a_second_person_agrees_on_the_very_text(db):
    city, other = await calls.side(db, role="admin"), await calls.side(db)
    second = await colleague(db, city)
    with clock.at(calls.OPENING):
        call, version = await a_draft(db, city)
        with pytest.raises(Forbidden):
            await approvals.set_rule(db, other.actor, city.org, wanted=True)
        await approvals.set_rule(db, city.actor, city.org, wanted=True)
        with pytest.raises(Refused, match="seconde personne"):
            await openings.open_call(db, city.actor, call, seen=version.version)
        asked = await approvals.ask(db, city.actor, call)
        assert (await approvals.ask(db, city.actor, call)).id == asked.id
        with pytest.raises(Refused, match="autre personne"):
            await approvals.answer(db, city.actor, call, approved=True)
        with pytest.raises(Forbidden):
            await approvals.answer(db, other.actor, call, approved=True)
        with pytest.raises(Refused, match="ce qu’il faut changer"):
            await approvals.answer(db, second, call, approved=False)
        await approvals.answer(db, second, call, approved=True)
        kept = dict.fromkeys([lot.id for _row, lot, _p in (await openings.parts(db, version))[0]], "")
        lines = [drafts.CriterionLine("Utilité", 100)]
        await drafts.save(
            db, city.actor, call, seen=version.version, values={"visits": "Jeudi."}, lots=kept, criteria=lines
        )
        with pytest.raises(Refused, match="seconde personne"):  # the text moved: the agreement lapsed
            await openings.open_call(db, city.actor, call, seen=version.version)
        await approvals.ask(db, city.actor, call)
        await approvals.answer(db, second, call, approved=True)
        await openings.open_call(db, city.actor, call, seen=version.version)
    assert call.opened_at == calls.OPENING


async def test_the_database_refuses_one_s_own_agreement(db):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call, _version = await a_draft(db, city)
        asked = await approvals.ask(db, city.actor, call)
    with pytest.raises(DBAPIError, match="second_person"):
        async with db.begin_nested():
            await db.execute(
                text("UPDATE call_approvals SET answered_by_id = asked_by_id, approved = true, answered_at = now() WHERE id = :id"),
                {"id": asked.id},
            )  # fmt: skip


async def test_a_late_file_is_kept_complete_and_taken_in_only_by_decision(db):
    city, other, one = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, one, call)
    with calls.during(), pytest.raises(Refused, match="entre la clôture"):
        await late.ask(db, one.actor, draft, reason="Panne.")
    arrived = calls.CLOSING + timedelta(minutes=4)
    with clock.at(arrived):
        with pytest.raises(Refused, match="a clos"):
            await applications.submit(db, one.actor, draft)
        request = await late.ask(db, one.actor, draft, reason="Coupure de courant à onze heures.")
        assert (await late.ask(db, one.actor, draft, reason="Autre.")).id == request.id
    with clock.at(calls.CLOSING + timedelta(days=1)):
        assert list((await db.execute(applications.submitted_of(call))).scalars()) == []
        with pytest.raises(Forbidden):
            await late.decide(db, other.actor, call, request.id, accepted=True, motive="Non.")
        foreign = await calls.open_call(db, other)
        with clock.at(calls.CLOSING), pytest.raises(NotFound):
            await late.decide(db, other.actor, foreign, request.id, accepted=True, motive="Non.")
        await late.decide(db, city.actor, call, request.id, accepted=True, motive="Coupure attestée par le réseau.")
        with pytest.raises(Refused, match="déjà sa décision"):
            await late.decide(db, city.actor, call, request.id, accepted=False, motive="Non.")
    taken = await calls.fresh(db, draft)
    assert (taken.submitted_at, taken.content_sha256) == (arrived, request.content_sha256)
    told = (await db.execute(select(Message.kind).where(Message.kind.like("late.%")).order_by(Message.id))).scalars()
    assert list(told) == ["late.asked", "late.decided"]
    entry = (await db.execute(select(JournalEntry).where(JournalEntry.action == "late.decide"))).scalar_one()
    assert (entry.facts["accepted"], entry.facts["motive"]) == (True, "Coupure attestée par le réseau.")


async def test_a_late_file_refused_stays_a_draft(db):
    city, one = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, one, call)
    with clock.at(calls.CLOSING + timedelta(hours=1)):
        request = await late.ask(db, one.actor, draft, reason="Oubli.")
        await late.decide(db, city.actor, call, request.id, accepted=False, motive="Aucun empêchement extérieur.")
    assert (await calls.fresh(db, draft)).stage() == "draft"


async def test_pages_plan_approve_and_decide(db, client):
    city, one = await calls.side(db, role="admin"), await calls.side(db, "ess_structure")
    second = await make.user(db, "Karine Le Bris")
    await make.join(db, second, city.org)
    with clock.at(calls.OPENING):
        call, _version = await a_draft(db, city)
        await db.commit()
        staff, agrees, base = await client(city.person), await client(second), f"/appels/{call.id}"
        assert (await staff.post(f"{base}/accord/regle", data={"accord": ["oui"]})).status_code == 303
        assert "Ouvrir l’appel maintenant" not in (await staff.get(f"{base}/ouvrir")).text
        await staff.post(f"{base}/accord")
        assert "Donner mon accord" not in (await staff.get(f"{base}/ouvrir")).text
        assert "Donner mon accord" in (await agrees.get(f"{base}/ouvrir")).text
        await agrees.post(f"{base}/accord/reponse", data={"reponse": ["oui"]})
        form = form_of((await staff.get(f"{base}/ouvrir")).text, f"{base}/ouvrir")
        past = await staff.post(f"{base}/ouvrir", data={**form, "opens_at": ["2026-08-01T09:00"]})
        assert (past.status_code, "2026-08-01T09:00" in past.text) == (422, True)
        assert (await staff.post(f"{base}/ouvrir", data={**form, "opens_at": ["2026-09-03T09:00"]})).status_code == 303
        assert "Ouverture programmée" in (await staff.get(base)).text
        assert (await (await client()).get(base)).status_code == 404
        assert (await staff.post(f"{base}/deprogrammer")).status_code == 303
        form = form_of((await staff.get(f"{base}/ouvrir")).text, f"{base}/ouvrir")
        assert (await staff.post(f"{base}/ouvrir", data=form)).status_code == 303
    draft = await calls.ready(db, one, call)
    await db.commit()
    with clock.at(calls.CLOSING + timedelta(hours=1)):
        staff, applicant = await client(city.person), await client(one.person)  # six weeks later: other sessions
        assert "Demander un dépôt tardif" in (await applicant.get(f"/candidatures/{draft.id}")).text
        empty = await applicant.post(f"/candidatures/{draft.id}/tardif", data={"reason": [""]})
        sent = await applicant.post(f"/candidatures/{draft.id}/tardif", data={"reason": ["Panne de courant."]})
        assert (empty.status_code, sent.status_code) == (422, 303)
        request = (await late.of_call(db, call))[0].LateRequest
        page = (await staff.get(f"{base}/tardifs")).text
        assert ["Panne de courant." in page, "Fou de Coudre" in page] == [True, False]
        mute = await staff.post(f"{base}/tardifs/{request.id}", data={"decision": ["oui"], "motive": [""]})
        done = await staff.post(
            f"{base}/tardifs/{request.id}", data={"decision": ["oui"], "motive": ["Panne attestée."]}
        )
        assert (mute.status_code, done.status_code) == (422, 303)
        assert (await applicant.get(f"{base}/tardifs")).status_code == 403
