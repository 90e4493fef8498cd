"""Visits and questions: capacity, duty to visit, equal treatment, cut-off dates."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from calls import applications, duty, openings, questions, visits
from calls.meeting_models import Question, VisitBooking
from intervalle import clock
from intervalle.accounts.actor import NOBODY
from intervalle.db import refusal
from intervalle.errors import Forbidden, NotFound, Refused
from intervalle.outbox import Message
from tests.calls import make as calls
from tests.calls.browsing import form_of

VISIT = calls.OPENING + timedelta(days=25, hours=6)
NOW = calls.OPENING + timedelta(days=19)


async def a_visit(db, city, call, **more):
    values = {"starts_at": VISIT, "ends_at": VISIT + timedelta(hours=1), "capacity": 3, **more}
    return await visits.plan(db, city.actor, call, **values)


async def test_places_are_counted_and_freed(db):
    city, one, two = await calls.side(db), await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with clock.at(NOW):
        slot = await a_visit(db, city, call)
        booking = await visits.book(db, one.actor, call, slot.id, organisation_id=one.org.id, people=2)
        assert (await visits.book(db, one.actor, call, slot.id, organisation_id=one.org.id, people=2)).id == booking.id
        with pytest.raises(Refused, match="Il reste 1 place"):
            await visits.book(db, two.actor, call, slot.id, organisation_id=two.org.id, people=2)
        with pytest.raises(Forbidden):
            await visits.book(db, two.actor, call, slot.id, organisation_id=one.org.id, people=1)
        await visits.give_up(db, one.actor, call, slot.id, organisation_id=one.org.id)
        await visits.book(db, two.actor, call, slot.id, organisation_id=two.org.id, people=3)
        with pytest.raises(Refused, match="complète"):
            await visits.book(db, one.actor, call, slot.id, organisation_id=one.org.id, people=1)
    with clock.at(VISIT), pytest.raises(Refused, match="On ne s’inscrit plus"):
        await visits.book(db, two.actor, call, slot.id, organisation_id=two.org.id, people=1)


async def test_a_visit_comes_before_the_closing_and_only_its_organiser_plans_it(db):
    city, other = await calls.side(db), await calls.side(db)
    call, foreign = await calls.open_call(db, city), await calls.open_call(db, other)
    with clock.at(NOW):
        with pytest.raises(Refused, match="après la clôture"):
            await a_visit(db, city, call, starts_at=calls.CLOSING, ends_at=calls.CLOSING + timedelta(hours=1))
        with pytest.raises(Refused, match="déjà passée"):
            await a_visit(db, city, call, starts_at=NOW, ends_at=NOW + timedelta(hours=1))
        with pytest.raises(Forbidden):
            await a_visit(db, other, call)
        slot = await a_visit(db, city, call)
        with pytest.raises(NotFound):
            await visits.cancel(db, other.actor, foreign, slot.id)


async def test_cancelling_tells_those_who_booked_once(db):
    city, one = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with clock.at(NOW):
        slot = await a_visit(db, city, call)
        await visits.book(db, one.actor, call, slot.id, organisation_id=one.org.id, people=1)
        await visits.cancel(db, city.actor, call, slot.id)
        await visits.cancel(db, city.actor, call, slot.id)
    told = await db.execute(select(Message.to_email).where(Message.kind == "visits.cancelled"))
    assert list(told.scalars()) == [one.person.email]


async def test_duty_to_visit_holds_the_deposit_until_the_visit(db):
    city, one = await calls.side(db), await calls.side(db, "ess_structure")
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org), visit_duty=True)
        version = await calls.version_of(db, call)
        with pytest.raises(Refused, match="aucun créneau"):
            await openings.open_call(db, city.actor, call, seen=version.version)
        slot = await a_visit(db, city, call)
        await openings.open_call(db, city.actor, call, seen=version.version)
    draft = await calls.ready(db, one, call)
    with clock.at(NOW):
        with pytest.raises(Refused, match="Inscrivez-vous à un créneau"):
            await applications.submit(db, one.actor, draft)
        await visits.book(db, one.actor, call, slot.id, organisation_id=one.org.id, people=1)
        with pytest.raises(Refused, match="la vôtre est le"):
            await applications.submit(db, one.actor, draft)
        with pytest.raises(Refused, match="pas encore eu lieu"):
            await visits.mark(db, city.actor, call, slot.id, {one.org.id: True})
    with clock.at(VISIT + timedelta(hours=2)):
        await visits.mark(db, city.actor, call, slot.id, {one.org.id: False})
        with pytest.raises(Refused, match="absence a été notée"):
            await applications.submit(db, one.actor, draft)
        await visits.mark(db, city.actor, call, slot.id, {one.org.id: True})
        assert (await applications.submit(db, one.actor, draft)).stage() == "submitted"
    marked = (await db.execute(select(VisitBooking.attended).where(VisitBooking.slot_id == slot.id))).scalars()
    assert list(marked) == [True]


@given(
    st.lists(
        st.builds(
            duty.Visit,
            st.sampled_from([None, 1, 2]),
            st.sampled_from([VISIT, VISIT + timedelta(days=2)]),
            st.sampled_from([None, True, False]),
        ),
        max_size=4,
    )
)
def test_a_place_is_missing_unless_a_visit_there_was_made_or_may_have_been(made):
    now = VISIT + timedelta(days=1)
    said = duty.visit_gaps({1: "Poste", 2: "Halle"}, made, now)
    fine = [
        place
        for place in (1, 2)
        if any(
            v.premises_id in (None, place) and (v.attended or (v.attended is None and v.starts_at <= now)) for v in made
        )
    ]
    assert len(said) == 2 - len(fine)


async def test_a_question_is_private_until_answered_then_everybody_s_without_its_author(db, client):
    city, one, two = await calls.side(db), await calls.side(db, "ess_structure"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    await calls.submitted(db, two, call)
    with calls.during():
        asked = await questions.ask(db, one.actor, call, organisation_id=one.org.id, text="Peut-on percer la cloison ?")
        again = await questions.ask(db, one.actor, call, organisation_id=one.org.id, text="Peut-on percer la cloison ?")
        assert again.id == asked.id
        seen = [[q.id for q in await questions.shown(db, a, call)] for a in (NOBODY, two.actor, one.actor, city.actor)]
        assert seen == [[], [], [asked.id], [asked.id]]
        await questions.answer(
            db,
            city.actor,
            call,
            asked.id,
            published_text="La cloison peut-elle être percée ?",
            text="Oui, à vos frais.",
        )
        with pytest.raises(Refused, match="déjà sa réponse"):
            await questions.answer(db, city.actor, call, asked.id, published_text="x", text="y")
        await db.commit()
        page = (await (await client()).get(f"/appels/{call.id}/questions")).text
    assert ["Oui, à vos frais." in page, one.org.name in page, "Peut-on percer" in page] == [True, False, False]
    told = await db.execute(select(Message.to_email).where(Message.kind == "questions.answered").order_by(Message.id))
    assert sorted(told.scalars()) == sorted([one.person.email, two.person.email])


async def test_questions_and_answers_keep_their_dates(db):
    city, one = await calls.side(db), await calls.side(db, "ess_structure")
    ends, answers = calls.OPENING + timedelta(days=20), calls.OPENING + timedelta(days=30)
    call = await calls.open_call(db, city, questions_until=ends, answers_until=answers)
    with clock.at(ends - timedelta(seconds=1)):
        asked = await questions.ask(db, one.actor, call, organisation_id=one.org.id, text="Y a-t-il l’eau ?")
    with clock.at(ends), pytest.raises(Refused, match="étaient reçues"):
        await questions.ask(db, one.actor, call, organisation_id=one.org.id, text="Et le gaz ?")
    with clock.at(answers):
        with pytest.raises(Refused, match="étaient annoncées"):
            await questions.answer(db, city.actor, call, asked.id, published_text="L’eau ?", text="Oui.")
        later = calls.CLOSING + timedelta(days=2)
        await questions.answer(db, city.actor, call, asked.id, published_text="L’eau ?", text="Oui.", extend_to=later)
    assert call.closes_at == later
    message = (await db.execute(select(Message.text).where(Message.kind == "questions.answered"))).scalar_one()
    assert "reportée pour tout le monde" in message


async def test_another_organiser_neither_answers_nor_declines(db):
    city, other, one = await calls.side(db), await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with calls.during():
        asked = await questions.ask(db, one.actor, call, organisation_id=one.org.id, text="Quand ?")
        with pytest.raises(Forbidden):
            await questions.answer(db, other.actor, call, asked.id, published_text="Quand ?", text="Demain.")
        await questions.decline(db, city.actor, call, asked.id, reason="Sans rapport avec l’appel.")
    assert (await db.execute(select(Question.answer).where(Question.id == asked.id))).scalar_one() == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("closes_at = now() + interval '40 years'", "La clôture viendrait après la décision"),
        ("occupation_until = occupation_from", "L’occupation finirait avant"),
        ("questions_until = closes_at", "Les questions, puis les réponses"),
    ],
)
async def test_the_database_holds_the_calendar_in_order_and_says_it_in_french(db, change, words):
    city = await calls.side(db)
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, await calls.premises(db, city.org))
    version = await calls.version_of(db, call)
    version.closes_at = call.closes_at
    await db.flush()
    statement = f"UPDATE call_versions SET frozen_at = now(), {change} WHERE id = :id"
    with pytest.raises(DBAPIError) as refused:
        async with db.begin_nested():
            await db.execute(text(statement), {"id": version.id})
    said = refusal(refused.value)
    assert said is not None
    assert words in said.sentence


async def test_an_extension_stays_within_the_announced_calendar(db):
    city = await calls.side(db)
    call = await calls.open_call(db, city)
    with calls.during(), pytest.raises(Refused, match="après la décision annoncée"):
        await openings.extend(db, city.actor, call, to=calls.CLOSING + timedelta(days=60), reason="Long.")


async def test_pages_plan_book_mark_ask_and_answer(db, client):
    city, one = await calls.side(db), await calls.side(db, "ess_structure", name="Fou de Coudre")
    call = await calls.open_call(db, city)
    await db.commit()
    staff, structure, base = await client(city.person), await client(one.person), f"/appels/{call.id}"
    with clock.at(NOW):
        typed = form_of((await staff.get(f"{base}/visites")).text, f"{base}/visites")
        late = {**typed, "starts_at": ["2026-11-01T14:00"], "capacity": ["2"]}
        refused = await staff.post(f"{base}/visites", data=late)
        assert (refused.status_code, "avant la clôture" in refused.text, "2026-11-01T14:00" in refused.text) == (
            422,
            True,
            True,
        )
        assert (
            await staff.post(f"{base}/visites", data={**late, "starts_at": ["2026-09-26T14:00"]})
        ).status_code == 303
        shown = (await structure.get(f"{base}/visites")).text
        slot = (await visits.shown(db, city.actor, call))[0].slot
        booked = await structure.post(f"{base}/visites/{slot.id}/inscription", data={"people": ["2"]})
        assert (booked.status_code, "2 places libres" in shown) == (303, True)
        assert (await structure.post(f"{base}/visites", data=late)).status_code == 403
        names = ["Fou de Coudre" in (await browser.get(f"{base}/visites")).text for browser in (staff, await client())]
        assert names == [True, False]
        sent = await structure.post(f"{base}/questions", data={"text": ["Quel loyer ?"]})
        asked = (await db.execute(select(Question.id).where(Question.call_id == call.id))).scalar_one()
        reply = f"{base}/questions/{asked}"
        form = form_of((await staff.get(reply)).text, f"{reply}/reponse")
        empty = await staff.post(f"{reply}/reponse", data=form)
        done = await staff.post(f"{reply}/reponse", data={**form, "answer": ["Aucun."]})
        assert [sent.status_code, empty.status_code, done.status_code] == [303, 422, 303]
        assert (await structure.get(reply)).status_code == 403
        assert "1 réponse publiée" in (await (await client()).get(base)).text
    with clock.at(VISIT + timedelta(days=1)):
        marked = await staff.post(f"{base}/visites/{slot.id}/presences", data={f"presence-{one.org.id}": ["oui"]})
        assert marked.status_code == 303
        assert "Votre venue est notée." in (await structure.get(f"{base}/visites")).text
