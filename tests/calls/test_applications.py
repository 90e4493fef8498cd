"""Applications: one draft per structure and call, never lost, submitted once, at any second before closing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from calls import applications, content, drafts, groups, openings, queries, saving
from calls.models import Application, LotWish
from intervalle import clock
from intervalle.accounts.actor import NOBODY
from intervalle.errors import Forbidden, Refused
from intervalle.journal import JournalEntry
from intervalle.outbox import Message
from tests.calls import make as calls


async def two(db):
    return await calls.side(db), await calls.side(db, "ess_structure", "Fou de Coudre")


async def visible(db, actor):
    return list((await db.execute(queries.applications_visible_to(actor).order_by(Application.id))).scalars())


async def test_one_draft_per_structure_and_call(db):
    city, structure = await two(db)
    other = await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    with calls.during():
        first = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        again = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        second = await applications.start(db, other.actor, call, organisation_id=other.org.id)
        with pytest.raises(Forbidden):
            await applications.start(db, other.actor, call, organisation_id=structure.org.id)
    assert (again.id, first.label, second.label) == (first.id, "C-01", "C-02")


async def test_nothing_is_too_incomplete_to_be_kept(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        draft = await saving.save_section(
            db, structure.actor, draft, "budget", seen=draft.version, facts={"budget_cents": None},
            answers={"viability": ""}, typed={"budget_cents": "douze mille environ"},
        )  # fmt: skip
        gaps = (await applications.whole(db, draft)).gaps()
    assert (await calls.fresh(db, draft)).typed == {"budget_cents": "douze mille environ"}
    assert (
        next(g.sentence for g in gaps if g.section == "budget")
        == "« douze mille environ » ne se lit pas : Budget annuel."
    )


async def test_two_people_on_two_sections_do_not_meet_on_one_they_do(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        seen = draft.version

        async def save(section, key, text, at):
            return await saving.save_section(
                db, structure.actor, draft, section, seen=at, facts={}, answers={key: text}, typed={}
            )

        await save("projet", "summary", "Écrit par Anne", seen)
        await save("structure", "presentation", "Écrit par Bruno, même page de départ", seen)
        with pytest.raises(drafts.Stale):
            await save("projet", "summary", "Écrit dans un onglet oublié", seen)
    kept = (await calls.fresh(db, draft)).answers
    assert kept == {"summary": "Écrit par Anne", "presentation": "Écrit par Bruno, même page de départ"}


async def test_saving_the_same_text_changes_no_version(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, structure, call)
    version = draft.version
    with calls.during():
        await calls.fill(db, structure.actor, draft)
    assert (await calls.fresh(db, draft)).version == version


async def test_submission_freezes_hash_receipt_and_journal_once(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    sent = await calls.submitted(db, structure, call)
    with calls.during():
        again = await applications.submit(db, structure.actor, sent)
    assert again.submitted_at == sent.submitted_at
    kept = await calls.fresh(db, sent)
    assert kept.content_sha256 == content.sha256_of(kept.content)
    assert kept.content["answers"]["summary"] == "Réponse à summary."
    mails = (await db.execute(select(Message.text).where(Message.kind == "applications.received"))).scalars().all()
    assert len(mails) == 1
    assert kept.content_sha256 in mails[0]
    actions = select(func.count()).where(JournalEntry.action == "applications.submit", JournalEntry.chain == call.chain)
    assert (await db.execute(actions)).scalar_one() == 1
    with calls.during(), pytest.raises(Refused, match="déposée"):
        await saving.save_section(
            db,
            structure.actor,
            kept,
            "projet",
            seen=kept.version,
            facts={"project_name": "Autre"},
            answers={},
            typed={},
        )


async def test_the_deadline_is_held_to_the_second(db):
    city, structure = await two(db)
    late = await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    mine, theirs = await calls.ready(db, structure, call), await calls.ready(db, late, call)
    with clock.at(calls.CLOSING - timedelta(seconds=1)):
        assert (await applications.submit(db, structure.actor, mine)).submitted_at == calls.CLOSING - timedelta(
            seconds=1
        )
    with clock.at(calls.CLOSING):
        with pytest.raises(Refused, match="15 octobre 2026 à 12\xa0h\xa000") as refused:
            await applications.submit(db, late.actor, theirs)
        assert "reste lisible" in refused.value.way_out
        await saving.save_section(
            db,
            late.actor,
            theirs,
            "projet",
            seen=theirs.version,
            facts={},
            answers={"summary": "Gardé même tard"},
            typed={},
        )
    assert (await calls.fresh(db, theirs)).answers["summary"] == "Gardé même tard"
    assert (await calls.fresh(db, theirs)).submitted_at is None


async def test_an_extension_lets_the_same_file_in(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, structure, call)
    with calls.during():
        await openings.extend(db, city.actor, call, to=calls.CLOSING + timedelta(days=1), reason="Panne de réseau.")
    with clock.at(calls.CLOSING + timedelta(hours=1)):
        assert (await applications.submit(db, structure.actor, draft)).stage() == "submitted"


async def test_incomplete_file_is_refused_in_words(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        with pytest.raises(Refused, match="Donnez un nom à votre projet"):
            await applications.submit(db, structure.actor, draft)


async def test_take_back_correct_and_submit_again_gives_another_receipt(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    sent = await calls.submitted(db, structure, call)
    first = sent.content_sha256
    with calls.during():
        back = await applications.take_back(db, structure.actor, sent)
        assert (back.stage(), back.content) == ("draft", None)
        await saving.save_section(
            db, structure.actor, back, "projet", seen=back.version, facts={}, answers={"summary": "Corrigé"}, typed={}
        )
        second = (await applications.submit(db, structure.actor, back)).content_sha256
    assert second != first
    mails = select(func.count()).where(Message.kind == "applications.received")
    assert (await db.execute(mails)).scalar_one() == 2
    with clock.at(calls.CLOSING), pytest.raises(Refused, match="clos"):
        await applications.take_back(db, structure.actor, sent)


async def test_who_reads_what_before_and_after_closing(db, monkeypatch):
    monkeypatch.setattr(queries, "READING_LIMITS", [])  # what the selection room adds has its own tests
    city, structure = await two(db)
    rival_city, rival = await calls.side(db), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    sent, draft = await calls.submitted(db, structure, call), await calls.ready(db, rival, call)
    await calls.open_call(db, rival_city)
    with calls.during():
        assert [await visible(db, s.actor) for s in (city, rival_city, structure, rival)] == [[], [], [sent], [draft]]
        assert tuple((await db.execute(queries.application_counts(call.id))).one()) == (1, 1)
    with clock.at(calls.CLOSING):
        assert [await visible(db, s.actor) for s in (city, rival_city, structure, rival)] == [
            [sent],
            [],
            [sent],
            [draft],
        ]
        assert await visible(db, NOBODY) == []


async def test_the_room_above_can_hold_a_file_back_from_an_organiser(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    sent = await calls.submitted(db, structure, call)

    def recused(actor):
        return Application.id != sent.id

    queries.READING_LIMITS.append(recused)
    try:
        with clock.at(calls.CLOSING):
            assert await visible(db, city.actor) == []
            assert await visible(db, structure.actor) == [sent]
    finally:
        queries.READING_LIMITS.remove(recused)


async def test_strangers_write_nothing(db):
    city, structure = await two(db)
    rival = await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, structure, call)
    with calls.during():
        for act in (applications.submit, applications.withdraw, applications.take_back):
            with pytest.raises(Forbidden):
                await act(db, rival.actor, draft)
            with pytest.raises(Forbidden):
                await act(db, city.actor, draft)
        with pytest.raises(Forbidden):
            await saving.save_section(db, rival.actor, draft, "projet", seen=99, facts={}, answers={}, typed={})


async def test_withdrawn_before_closing_can_come_back_not_after(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city)
    sent = await calls.submitted(db, structure, call)
    with calls.during():
        await applications.withdraw(db, structure.actor, sent)
        assert list((await db.execute(applications.submitted_of(call))).scalars()) == []
        await applications.take_back(db, structure.actor, sent)
        await applications.submit(db, structure.actor, sent)
    assert list((await db.execute(applications.submitted_of(call))).scalars()) == [sent]


async def test_wishes_outside_the_call_are_ignored_and_areas_put_in_order(db):
    city, structure = await two(db)
    call = await calls.open_call(db, city, lots=1)
    elsewhere = (await calls.premises(db, city.org, lots=1))[0]
    inside = (await db.execute(queries.lots_of_versions([(await calls.version_of(db, call)).id]))).all()[0][1]
    with calls.during():
        draft = await applications.start(db, structure.actor, call, organisation_id=structure.org.id)
        lines = [saving.WishLine(inside.id, 1, Decimal(80), Decimal(60)), saving.WishLine(elsewhere.id, 2)]
        await saving.save_wishes(db, structure.actor, draft, seen=draft.version, lines=lines, typed={})
    rows = (await db.execute(select(LotWish.lot_id, LotWish.area_min, LotWish.area_max))).all()
    assert [tuple(row) for row in rows] == [(inside.id, Decimal(60), Decimal(80))]


async def test_a_group_submits_when_each_has_accepted(db):
    city, lead = await two(db)
    partner, stranger = await calls.side(db, "ess_structure", "Resport"), await calls.side(db, "ess_structure")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, lead, call)
    with calls.during():
        await groups.invite(db, lead.actor, draft, partner=partner.org, area=Decimal(25))
        await groups.invite(db, lead.actor, draft, partner=partner.org, area=Decimal(25))
        assert await visible(db, partner.actor) == [draft]
        with pytest.raises(Refused, match="Resport n’a pas encore accepté"):
            await applications.submit(db, lead.actor, draft)
        with pytest.raises(Forbidden):
            await groups.answer(db, stranger.actor, draft, partner=partner.org, accepts=True)
        await groups.answer(db, partner.actor, draft, partner=partner.org, accepts=True)
        sent = await applications.submit(db, lead.actor, draft)
    assert [(m["name"], m["area"]) for m in sent.content["members"]] == [("Resport", "25")]
    kinds = (await db.execute(select(Message.kind, Message.to_email).order_by(Message.id))).all()
    assert [tuple(k) for k in kinds] == [
        ("applications.invited", partner.person.email), ("applications.answered", lead.person.email),
        ("applications.received", lead.person.email),
    ]  # fmt: skip


async def test_a_partner_that_declines_is_out_and_the_lead_may_go_on(db):
    city, lead = await two(db)
    partner = await calls.side(db, "ess_structure", "Resport")
    call = await calls.open_call(db, city)
    draft = await calls.ready(db, lead, call)
    with calls.during():
        await groups.invite(db, lead.actor, draft, partner=partner.org, area=None)
        await groups.answer(db, partner.actor, draft, partner=partner.org, accepts=False)
        assert await visible(db, partner.actor) == []
        assert (await applications.submit(db, lead.actor, draft)).content["members"] == []
