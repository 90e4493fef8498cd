"""A direct award from the call to the accepted place: no panel, no mark, a motive and a letter."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from allocation.assignment import (
    act_letters,
    act_release,
    acts,
    aftermath,
    decisions,
    direct,
    letters,
    offers,
    release,
)
from allocation.assignment.acts import Terms
from allocation.assignment.models import Award, Decision, Proposal
from allocation.selection import admissibility
from allocation.selection.checklist import Answer
from calls import drafts, openings, queries
from intervalle import clock
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.allocation.selection.make import YES, afterwards
from tests.calls import make as calls
from tests.calls.browsing import form_of

MOTIVE = "Le jardin occupe déjà la parcelle voisine et l’entretient depuis six ans."


@pytest.fixture
async def scene(db):
    """A direct award open to one structure, which has deposited; another city, another structure."""
    city, chosen = await calls.side(db), await calls.side(db, "ess_structure", "Le Jardin")
    lots = await calls.premises(db, city.org, regime="public_domain")
    with clock.at(calls.OPENING):
        call = await calls.draft_call(db, city, lots, kind="direct", title_code="AOT")
        version = await calls.version_of(db, call)
        values = {
            "beneficiary_id": chosen.org.id, "direct_ground": "Seule à pouvoir occuper la parcelle enclavée.",
            "exemption": "SEUL_OCCUPANT", "statement_url": "https://ville.example/acte", "statement_on": date(2026, 8, 20),
        }  # fmt: skip
        lines = [drafts.CriterionLine("Utilité", 100)]
        await drafts.save(
            db, city.actor, call, seen=version.version, values=values, lots={lot.id: "" for lot in lots}, criteria=lines
        )
        version = await calls.version_of(db, call)
        call = await openings.open_call(db, city.actor, call, seen=version.version)
    sent = await calls.submitted(db, chosen, call)
    await db.commit()
    return city, chosen, call, sent, lots


async def visible(db, side):
    found = await db.execute(queries.applications_visible_to(side.actor))
    return [application.id for application in found.scalars()]


async def examined(db, city, call, sent, **answer):
    await direct.receive(db, city.actor, call)
    await admissibility.examine(
        db, city.actor, call, sent.id, answer.pop("answers", YES), version=1, admissible=answer.pop("admissible", True)
    )


async def test_from_the_file_to_the_accepted_place(db, scene):
    city, chosen, call, sent, lots = scene
    with calls.during():
        assert await visible(db, city) == []
        await direct.receive(db, city.actor, call)  # nobody else may apply: opening closes the deposit
        assert (call.stage(), await visible(db, city)) == ("closed", [sent.id])
        with pytest.raises(Refused, match="recevable"):
            await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)
        await admissibility.examine(db, city.actor, call, sent.id, YES, version=1, admissible=True)
        with pytest.raises(Refused, match="motif"):
            await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive="Oui.")
        made = await direct.decide(db, city.actor, call, lot_id=lots[1].id, motive=MOTIVE)
        assert (made.outcome, made.lot_id, call.stage()) == ("awarded", lots[1].id, "ranked")
        assert made.motive.split("\n\n") == [
            "Attribution directe, sans procédure de sélection : Une seule personne en droit d’occuper (CG3P art. L2122-1-3 1°).",
            "Seule à pouvoir occuper la parcelle enclavée.",
            MOTIVE,
        ]
        await decisions.name_signatory(db, city.actor, call, signatory="Claire Morvan, adjointe")
        (drawn,) = await letters.draw_all(db, call)
        assert "points sur 100" not in drawn.html
        assert "Traitement algorithmique" not in drawn.html
        assert "la proposition tombe" in drawn.html
        assert await release.release(db, city.actor, call) == 1
        award = (await db.execute(select(Award))).scalar_one()
        assert (award.lot_id, award.score, award.stage()) == (lots[1].id, None, "offered")
        await offers.answer(db, chosen.actor, award, accepted=True)
    assert award.stage() == "accepted"
    told = list((await db.execute(select(Message.to_email).where(Message.kind == "decision"))).scalars())
    assert told == [chosen.person.email]
    acts = select(JournalEntry.action).where(JournalEntry.chain == call.chain, JournalEntry.action.like("direct.%"))
    assert list((await db.execute(acts.order_by(JournalEntry.number))).scalars()) == ["direct.receive", "direct.decide"]


async def test_a_place_given_up_calls_nobody(db, scene):
    city, chosen, call, sent, lots = scene
    with afterwards():
        await examined(db, city, call, sent)
        await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)
        await decisions.name_signatory(db, city.actor, call, signatory="Claire Morvan, adjointe")
        await release.release(db, city.actor, call)
        award = (await db.execute(select(Award))).scalar_one()
        await offers.answer(db, chosen.actor, award, accepted=False)
    assert [a.stage() for a in (await db.execute(select(Award))).scalars()] == ["declined"]


async def test_the_place_is_ended_by_an_act_that_speaks_of_no_choice_and_no_calculation(db, scene):
    city, _chosen, call, sent, lots = scene
    with afterwards():
        await examined(db, city, call, sent)
        await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)
        await decisions.name_signatory(db, city.actor, call, signatory="Claire Morvan, adjointe")
        await release.release(db, city.actor, call)
        later = clock.now() + timedelta(hours=1)
        (letter,) = await letters.draw_all(db, call)
        assert "l’avis de signature" not in letter.html  # nobody else can sign for the place
    with clock.at(later):
        act = await acts.prepare(db, city.actor, call)
        terms = Terms(outcome="refused", ground="beneficiary", motive="La structure rend la parcelle.")
        await acts.put_line(db, city.actor, call, act.id, sent.id, terms, version=act.version)
        await acts.write(
            db,
            city.actor,
            call,
            act.id,
            motive="Demande reçue ce jour.",
            signatory="Claire Morvan",
            version=act.version,
        )
        (drawn,) = await act_letters.draw_all(db, call, act)
        assert "Fin d’une attribution, à votre demande" in drawn.letter.html
        assert "Traitement algorithmique" not in drawn.letter.html
        assert "par exception" not in drawn.letter.html
        assert await act_release.release(db, city.actor, call, act.id) == 1
        proposal = (await db.execute(select(Proposal).where(Proposal.call_id == call.id))).scalar_one()
        assert (await aftermath.reread(db, proposal))[0] == []


async def test_a_refusal_has_its_motive_too_and_a_prepared_decision_can_be_taken_back(db, scene):
    city, _chosen, call, sent, lots = scene
    with afterwards():
        await examined(db, city, call, sent)
        refused = await direct.decide(db, city.actor, call, lot_id=None, motive=MOTIVE)
        assert (refused.outcome, refused.lot_id, refused.motive) == ("refused", None, MOTIVE)
        await direct.undo(db, city.actor, call)
        assert (call.stage(), (await db.execute(select(Decision))).first()) == ("closed", None)
        again = await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)
        assert again.outcome == "awarded"
        kept = (await db.execute(select(Proposal.findings).where(Proposal.retained_at.is_not(None)))).scalars()
        assert list(kept) == [""]


async def test_an_inadmissible_file_gets_no_place_but_an_answer(db, scene):
    city, _chosen, call, sent, lots = scene
    key = next(iter(YES))
    answers = {**YES, key: Answer("no", "Statuts absents.")}
    with afterwards():
        await examined(db, city, call, sent, answers=answers, admissible=False)
        with pytest.raises(Refused, match="recevable"):
            await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)
        made = await direct.decide(db, city.actor, call, lot_id=None, motive=MOTIVE)
    assert (made.outcome, made.motive) == ("inadmissible", MOTIVE)


async def test_a_lot_the_file_cannot_hold_is_refused_with_its_reason(db, scene):
    city, _chosen, call, sent, lots = scene
    lots[0].floor = 2
    with afterwards():
        await examined(db, city, call, sent)
        with pytest.raises(Refused, match="rez-de-chaussée"):
            async with db.begin_nested():
                await direct.decide(db, city.actor, call, lot_id=lots[0].id, motive=MOTIVE)


async def test_only_those_who_run_a_direct_award_decide_it(db, scene):
    city, chosen, call, _sent, _lots = scene
    other, dated = await calls.side(db), await calls.open_call(db, city)
    with afterwards():
        for side in (other, chosen):
            with pytest.raises(Forbidden):
                await direct.receive(db, side.actor, call)
        with pytest.raises(Refused, match="attribution directe"):
            await direct.receive(db, city.actor, dated)


async def test_the_page_leads_from_the_file_to_the_letter(db, client, scene):
    city, chosen, call, sent, lots = scene
    other = await calls.side(db)
    await db.commit()
    url = f"/attribution/{call.id}/directe"
    with afterwards():
        staff, stranger, applicant = await client(city.person), await client(other.person), await client(chosen.person)
        assert [(await one.get(url)).status_code for one in (stranger, applicant)] == [404, 404]
        assert (await staff.get(f"/attribution/{call.id}")).headers["Location"] == url
        assert (await staff.post(f"{url}/ouvrir")).status_code == 303
        await admissibility.examine(db, city.actor, call, sent.id, YES, version=1, admissible=True)
        await db.commit()
        form = form_of((await staff.get(url)).text, url)
        short = await staff.post(url, data={**form, "choice": str(lots[0].id), "motive": "Parce que."})
        assert (short.status_code, "Parce que." in short.text) == (422, True)
        done = await staff.post(url, data={**form, "choice": str(lots[0].id), "motive": MOTIVE})
        assert done.headers["Location"] == f"/attribution/{call.id}/lettres"
        shown = (await staff.get(done.headers["Location"])).text
        assert "Procès-verbal" not in shown
        assert MOTIVE in (await staff.get(url)).text
