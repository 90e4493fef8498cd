"""Offers: taken, given up, left to expire; the next in line called once, from the same frozen data."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from allocation.assignment import decisions, offers, proposals, queries, release, succession
from allocation.assignment.models import Award, Decision
from intervalle import clock, files, journal
from intervalle.accounts.actor import Actor
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import Message, StoredFile
from tests import make
from tests.allocation.assignment.web import make as scene


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)
    monkeypatch.setattr(offers, "render_pdf", as_html)


async def queue(db: Any) -> scene.Ranked:
    """One lot of 120 m² wanted by four structures of 120 m²: one placed, three behind it in order of score."""
    ranked = await scene.call(db)
    for name, score in (("Un", "90"), ("Deux", "80"), ("Trois", "70"), ("Petit", "60")):
        await scene.application(db, ranked, name, score=score, area=40 if name == "Petit" else 120, wishes="A")
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan, adjointe")
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    return ranked


async def award_of(db: Any, ranked: scene.Ranked, name: str) -> Award:
    found = await db.execute(select(Award).where(Award.application_id == ranked.applications[name].id))
    return found.scalar_one()  # type: ignore[no-any-return]


def me(ranked: scene.Ranked, name: str) -> Actor:
    return make.acting(ranked.people[name], ranked.organisations[name])


async def actions(db: Any, ranked: scene.Ranked) -> list[str]:
    entries = journal.JournalEntry
    found = await db.execute(select(entries.action).where(entries.chain == ranked.call.chain).order_by(entries.number))
    return list(found.scalars())[4:]


async def test_the_letters_name_who_would_be_called(db: Any) -> None:
    ranked = await queue(db)
    found = {
        organisation.name: (decision.outcome, "liste de réserve" in decision.motive)
        for decision, _, organisation in await db.execute(queries.decisions_of(ranked.call.id))
    }
    assert found == {
        "Un": ("awarded", False), "Deux": ("reserve", True), "Trois": ("refused", False), "Petit": ("refused", False),
    }  # fmt: skip


async def test_a_place_taken_is_answered_once(db: Any) -> None:
    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    assert award.stage() == "offered"
    await offers.answer(db, me(ranked, "Un"), award, accepted=True)
    await offers.answer(db, me(ranked, "Un"), award, accepted=True)
    assert award.stage() == "accepted"
    with pytest.raises(Refused, match="réponse"):
        await offers.answer(db, me(ranked, "Un"), award, accepted=False)
    assert await actions(db, ranked) == ["awards.accept"]


async def test_a_place_given_up_calls_the_next_in_line_once(db: Any) -> None:
    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    await offers.answer(db, me(ranked, "Un"), award, accepted=False)
    await offers.answer(db, me(ranked, "Un"), award, accepted=False)
    called = await award_of(db, ranked, "Deux")
    assert (called.succeeds_id, called.area, called.stage()) == (award.id, Decimal(120), "offered")
    assert called.reference_value_cents == award.reference_value_cents
    mails = (await db.execute(select(Message).where(Message.kind == "offer"))).scalars().all()
    assert [mail.to_email for mail in mails] == [ranked.people["Deux"].email]
    assert await actions(db, ranked) == ["awards.decline"]


async def test_an_offer_expires_by_itself_and_once(db: Any) -> None:
    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    assert await offers.expire_due(db) == 0
    assert award.offer_expires_at
    with clock.at(award.offer_expires_at - timedelta(seconds=1)):
        assert await offers.expire_due(db) == 0
    with clock.at(award.offer_expires_at):
        with pytest.raises(Refused):
            await offers.answer(db, me(ranked, "Un"), award, accepted=True)
        assert await offers.expire_due(db) == 1
        assert await offers.expire_due(db) == 0
    second = await award_of(db, ranked, "Deux")
    # Its own delay, from its own call.
    assert second.offer_expires_at
    with clock.at(second.offer_expires_at):
        assert await offers.expire_due(db) == 1
        third = await award_of(db, ranked, "Trois")
        await offers.answer(db, me(ranked, "Trois"), third, accepted=False)
        fourth = await award_of(db, ranked, "Petit")
        assert (fourth.area, fourth.succeeds_id) == (Decimal(40), third.id)
        await offers.answer(db, me(ranked, "Petit"), fourth, accepted=False)
    assert await db.scalar(select(func.count()).select_from(Award)) == 4
    assert await actions(db, ranked) == ["awards.expire", "awards.expire", "awards.decline", "awards.decline"]


async def test_who_was_refused_and_comes_after_the_reserve_is_told_the_truth(db: Any) -> None:
    """« Trois » was refused: only « Deux » was on the list. Whoever let the time pass did not « give up » anything."""
    ranked = await queue(db)
    await offers.answer(db, me(ranked, "Un"), await award_of(db, ranked, "Un"), accepted=False)
    second = await award_of(db, ranked, "Deux")
    assert second.offer_expires_at
    with clock.at(second.offer_expires_at):
        assert await offers.expire_due(db) == 1
    third = await award_of(db, ranked, "Trois")
    message = (await db.execute(select(Message).where(Message.dedupe == f"award:{third.id}"))).scalar_one()
    letter = (await files.read(await db.get_one(StoredFile, third.letter_file_id))).decode()
    for text in (message.text, letter):
        assert "Votre candidature n’avait pas été retenue jusqu’ici. Une structure n’a pas répondu à temps" in text
        for untrue in ("était inscrite", "a renoncé à sa place"):
            assert untrue not in text


async def test_a_structure_that_withdrew_is_passed_over(db: Any) -> None:
    ranked = await queue(db)
    ranked.applications["Deux"].withdrawn_at = clock.now()
    await db.flush()
    await offers.answer(db, me(ranked, "Un"), await award_of(db, ranked, "Un"), accepted=False)
    assert (await award_of(db, ranked, "Trois")).stage() == "offered"


async def test_only_the_structure_answers_for_itself(db: Any) -> None:
    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    viewer = make.acting(ranked.people["Un"], ranked.organisations["Un"], role="viewer")
    for actor in (me(ranked, "Deux"), ranked.actor, viewer):
        with pytest.raises(Forbidden):
            await offers.answer(db, actor, award, accepted=False)
    assert award.stage() == "offered"


async def test_nobody_who_holds_a_place_is_moved(db: Any) -> None:
    """Mains Fortes holds B and would rather have A: the place Resport gives up is not taken from under B's feet."""
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    documents = decisions.documents_of(proposal)
    line = documents.placement("C-03")
    assert line is not None
    assert line["next_in_line"] == "C-06"
    assert succession.successor(documents.problem, documents.held, "C-03") is None


async def test_the_quota_still_binds_who_is_called(db: Any) -> None:
    ranked = await scene.call(db, neighbourhood_share=Decimal("0.5"))
    await scene.application(db, ranked, "Ici", score="90", area=120, wishes="A", neighbourhood=True)
    await scene.application(db, ranked, "Ailleurs", score="80", area=120, wishes="A")
    await scene.application(db, ranked, "Ici aussi", score="70", area=120, wishes="A", neighbourhood=True)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    documents = decisions.documents_of(proposal)
    called = succession.successor(documents.problem, documents.held, "C-01")
    assert called == succession.Successor("C-03", "A", Decimal(120))


async def test_the_applicant_answers_on_the_page(db: Any, client: Any) -> None:
    ranked = await queue(db)
    await db.commit()
    page = f"/candidatures/{ranked.applications['Un'].id}/decision"
    one, two = await client(ranked.people["Un"]), await client(ranked.people["Deux"])
    assert "Prendre cette place" in (await one.get(page)).text
    assert (await two.post(f"{page}/reponse", data={"reponse": "non"})).status_code == 404
    assert (await one.post(f"{page}/reponse", data={"reponse": "peut-être"})).status_code == 404
    assert (await one.post(f"{page}/reponse", data={"reponse": "non"})).status_code == 303
    assert "Place rendue" in (await one.get(page)).text
    second = f"/candidatures/{ranked.applications['Deux'].id}/decision"
    assert "proposée depuis la liste de réserve" in (await two.get(second)).text
    assert (await two.post(f"{second}/reponse", data={"reponse": "oui"})).status_code == 303
    assert "la place est à vous" in (await two.get(second)).text or "Place prise" in (await two.get(second)).text
    staff = await client(ranked.agent)
    listed = (await staff.get(f"/attribution/{ranked.call.id}/lettres")).text
    assert "place rendue" in listed
    assert "acceptée" in listed
    outcomes = (await db.execute(select(Decision.outcome).order_by(Decision.id))).scalars().all()
    # The decisions as notified stand; what came after are dated acts beside them.
    assert outcomes == ["awarded", "reserve", "refused", "refused"]


async def test_every_successor_fits_beside_those_who_stay(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    problem, held = json.loads(proposal.input), decisions.documents_of(proposal).held
    room = {row["id"]: Decimal(row["area"]) for row in problem["lots"]}
    for leaver in held:
        called = succession.successor(problem, held, leaver)
        if called:
            stays = sum(area for id, (lot, area) in held.items() if id != leaver and lot == called.lot)
            assert called.application not in held
            assert stays + called.area <= room[called.lot]


def test_the_worker_looks_for_expired_offers_by_itself() -> None:
    from allocation.assignment import tasks
    from intervalle import jobs

    assert tasks.__name__ in jobs.app.import_paths
    crons = {task.task.name: task.cron for task in jobs.app.periodic_registry.periodic_tasks.values()}
    assert crons["expire_offers"] == "*/10 * * * *"


async def test_a_place_whose_title_is_being_drawn_up_does_not_lapse(db: Any) -> None:
    from allocation.leases import leases

    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    lease = await leases.prepare(db, ranked.actor, award_id=award.id)
    assert lease.award_id == award.id
    with clock.at(clock.now() + timedelta(days=60)):
        assert await offers.expire_due(db) == 0
        assert award.stage() == "offered"


async def test_no_title_from_a_place_that_lapsed(db: Any) -> None:
    from allocation.leases import leases

    ranked = await queue(db)
    award = await award_of(db, ranked, "Un")
    assert award.offer_expires_at
    with clock.at(award.offer_expires_at):
        await offers.expire_due(db)
        with pytest.raises(Refused, match="délai de réponse"):
            await leases.prepare(db, ranked.actor, award_id=award.id)
        second = await award_of(db, ranked, "Deux")
        assert (await leases.prepare(db, ranked.actor, award_id=second.id)).tenant_id == ranked.organisations["Deux"].id


async def test_an_offer_from_the_reserve_is_a_whole_letter(db: Any, client: Any) -> None:
    """The same words, remedies and signatory as a place decided the first day, on paper too."""
    ranked = await queue(db)
    await offers.answer(db, me(ranked, "Un"), await award_of(db, ranked, "Un"), accepted=False)
    award = await award_of(db, ranked, "Deux")
    stored = await db.get_one(StoredFile, award.letter_file_id)
    text = (await files.read(stored)).decode()
    for needle in ("Deux", "Une structure a renoncé à sa place au lot A", "Voies et délais de recours", "Claire Morvan, adjointe",
                   "120 m²", "Traitement algorithmique"):  # fmt: skip
        assert needle in text.replace("\u00a0", " ").replace("\u202f", " ")
    message = (await db.execute(select(Message).where(Message.kind == "offer"))).scalar_one()
    assert message.attachment_id == award.letter_file_id
    assert "était inscrite sur la liste de réserve. Une structure a renoncé à sa place" in message.text
    await db.commit()
    url = f"/candidatures/{ranked.applications['Deux'].id}/decision/offre.pdf"
    assert (await (await client(ranked.people["Deux"])).get(url)).status_code == 200
    assert (await (await client(ranked.people["Trois"])).get(url)).status_code == 404
