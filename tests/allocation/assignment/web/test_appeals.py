"""Appeals: a receipt with its clock, a trial on a copy that changes nothing, one answer."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from allocation.assignment import act_trial, appeals, decisions, offers, proposals, queries, release
from allocation.assignment.appeals import Correction
from allocation.assignment.models import Appeal, Award
from allocation.remedies import reasons_due
from calls.models import Call
from intervalle import clock, files, journal
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import day
from intervalle.outbox import Message, StoredFile
from tests import make
from tests.allocation.assignment.web import make as scene

GROUNDS = "La note de viabilité ne tient pas compte de la subvention obtenue."


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)
    monkeypatch.setattr(appeals, "render_pdf", as_html)


async def released(db: Any) -> scene.Ranked:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan, adjointe")
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    return ranked


def me(ranked: scene.Ranked, name: str = "Association Cité Vélo") -> Any:
    return make.acting(ranked.people[name], ranked.organisations[name])


async def filed(db: Any, ranked: scene.Ranked, name: str = "Association Cité Vélo") -> Appeal:
    return await appeals.file(db, me(ranked, name), ranked.applications[name], grounds=GROUNDS)


async def test_nothing_to_contest_before_the_notification(db: Any) -> None:
    ranked = await scene.maurepas(db)
    with pytest.raises(Refused, match="notifiée"):
        await filed(db, ranked)


async def test_an_appeal_is_received_once_with_its_clock(db: Any) -> None:
    ranked = await released(db)
    with clock.at(datetime(2026, 12, 15, 10, tzinfo=UTC)):
        first = await filed(db, ranked)
        assert (await filed(db, ranked)).id == first.id
        with pytest.raises(Refused, match="en cours"):
            await appeals.file(
                db, me(ranked), ranked.applications["Association Cité Vélo"], grounds="Autre chose encore."
            )
    assert (first.kind, first.received_on) == ("gracious", date(2026, 12, 15))
    running = appeals.clock_of(first, [], public=True)
    # Silence refuses after two months (CRPA L231-4); two months « francs » then run: 15 April + 1 day.
    assert (running.silence_on, running.court_until) == (date(2027, 2, 15), date(2027, 4, 16))
    receipts = (await db.execute(select(Message).where(Message.kind == "appeal"))).scalars().all()
    assert [m.to_email for m in receipts] == [ranked.people["Association Cité Vélo"].email]
    assert "15 février 2027" in receipts[0].text


async def test_only_the_applicant_files_and_only_the_organiser_answers(db: Any) -> None:
    ranked = await released(db)
    for actor in (me(ranked, "SEED"), ranked.actor):
        with pytest.raises(Forbidden):
            await appeals.file(db, actor, ranked.applications["Association Cité Vélo"], grounds=GROUNDS)
    appeal = await filed(db, ranked)
    for actor in (me(ranked), me(ranked, "SEED")):
        with pytest.raises(Forbidden):
            await appeals.answer(db, actor, ranked.call, appeal, outcome="rejected", answer="Non fondé.", signatory="X")


async def test_an_answer_is_given_once_with_its_reasons(db: Any) -> None:
    ranked = await released(db)
    appeal = await filed(db, ranked)
    said = {"outcome": "rejected", "answer": "La subvention était connue des jurés.", "signatory": "Claire Morvan"}
    await appeals.answer(db, ranked.actor, ranked.call, appeal, **said)
    await appeals.answer(db, ranked.actor, ranked.call, appeal, **said)
    with pytest.raises(Refused, match="déjà sa réponse"):
        await appeals.answer(db, ranked.actor, ranked.call, appeal, **(said | {"outcome": "granted"}))
    texts = (
        (await db.execute(select(Message.text).where(Message.kind == "appeal").order_by(Message.id))).scalars().all()
    )
    assert len(texts) == 2
    assert "La subvention était connue des jurés." in texts[1]
    entries = (
        await db.execute(
            select(journal.JournalEntry.action)
            .where(journal.JournalEntry.chain == ranked.call.chain, journal.JournalEntry.action.like("appeals.%"))
            .order_by(journal.JournalEntry.number)
        )
    ).scalars()
    assert list(entries) == ["appeals.file", "appeals.answer"]


async def tried(db: Any, ranked: scene.Ranked, appeal: Appeal, **correction: Any) -> dict[str, Any]:
    """Label -> (today, known the first day, with what is free only), for those that differ."""
    rows = await act_trial.examine(db, ranked.call, appeal.application_id, Correction(**correction))
    return {row.key: row.places for row in rows if row.differs}


async def test_a_better_score_on_a_copy_shows_who_would_move_and_moves_nobody(db: Any) -> None:
    ranked = await released(db)
    appeal = await filed(db, ranked)
    before = (await db.execute(queries.awards_of(ranked.call.id))).scalars().all()
    assert await tried(db, ranked, appeal, score=Decimal("73.30")) == {}
    rows = await tried(db, ranked, appeal, score=Decimal(90))
    assert rows["C-05"] == (None, ("A", Decimal(110)), None)
    assert (rows["C-02"][0], rows["C-02"][2]) == (("A", Decimal(70)), ("A", Decimal(70)))
    assert rows["C-02"][1] != ("A", Decimal(70))
    smaller = await tried(db, ranked, appeal, lot="B", area=Decimal(44))
    assert smaller["C-05"][1] == ("B", Decimal(44))
    assert (await db.execute(queries.awards_of(ranked.call.id))).scalars().all() == before
    assert await db.scalar(select(func.count()).select_from(Award)) == 5


async def test_a_place_given_up_since_is_free_on_the_copy(db: Any) -> None:
    ranked = await released(db)
    for award in (await db.execute(queries.awards_of(ranked.call.id))).scalars():
        if award.application_id == ranked.applications["La Belle Boîte"].id:
            await offers.answer(db, me(ranked, "La Belle Boîte"), award, accepted=False)
    rows = await tried(db, ranked, await filed(db, ranked), lot="B", area=Decimal(90))
    assert rows["C-05"][2] == ("B", Decimal(90))
    assert "C-01" not in rows


async def test_a_file_left_out_can_be_tried_with_a_score(db: Any) -> None:
    ranked = await released(db)
    appeal = await filed(db, ranked, "Sans Dossier")
    with pytest.raises(Refused, match="donnez la note"):
        await tried(db, ranked, appeal)
    rows = await act_trial.examine(db, ranked.call, appeal.application_id, Correction(score=Decimal(95)))
    one = next(row for row in rows if row.key == "C-07")
    assert (one.name, one.places[:2]) == ("Sans Dossier", (None, ("A", Decimal(40))))


async def test_a_claim_in_court_is_written_down(db: Any) -> None:
    ranked = await released(db)
    velo = ranked.applications["Association Cité Vélo"]
    said = {"received_on": clock.today(), "reference": "2701234", "grounds": "Requête en annulation."}
    first = await appeals.record_litigation(db, ranked.actor, ranked.call, velo, **said)
    assert (await appeals.record_litigation(db, ranked.actor, ranked.call, velo, **said)).id == first.id
    assert first.kind == "litigation"
    with pytest.raises(Forbidden):
        await appeals.record_litigation(db, me(ranked), ranked.call, velo, **said)


async def test_the_pages_from_filing_to_answer(db: Any, client: Any) -> None:
    ranked = await released(db)
    await db.commit()
    velo, seed = ranked.applications["Association Cité Vélo"], ranked.applications["SEED"]
    own, other, staff = (
        await client(ranked.people["Association Cité Vélo"]), await client(ranked.people["SEED"]), await client(ranked.agent),
    )  # fmt: skip
    page, base = f"/candidatures/{velo.id}/decision", f"/attribution/{ranked.call.id}/recours"
    assert "Déposer le recours gracieux" in (await own.get(page)).text
    assert (await own.post(f"{page}/recours", data={"grounds": "non"})).status_code == 422
    assert (await other.post(f"{page}/recours", data={"grounds": GROUNDS})).status_code == 404
    assert (await own.post(f"{page}/recours", data={"grounds": GROUNDS})).status_code == 303
    shown = (await own.get(page)).text
    assert "À l’organisateur de répondre" in shown
    assert "Déposer le recours gracieux" not in shown
    appeal = (await db.execute(queries.appeals_on(velo.id))).scalar_one()
    assert "Association Cité Vélo" in (await staff.get(base)).text
    shown_trial = await staff.get(f"{base}/{appeal.id}?note=90")
    assert "Sans reprendre de place" in shown_trial.text
    assert "Écrivez des nombres" in (await staff.get(f"{base}/{appeal.id}?note=abc")).text
    for stranger in (own, other):
        for path in (base, f"{base}/{appeal.id}"):
            assert (await stranger.get(path)).status_code in {403, 404}
    assert (await staff.post(f"{base}/{appeal.id}", data={"outcome": "granted"})).status_code == 422
    good = {"outcome": "granted", "answer": "La note est corrigée.", "signatory": "Claire Morvan"}
    assert (await staff.post(f"{base}/{appeal.id}", data=good)).status_code == 303
    assert "La note est corrigée." in (await own.get(page)).text
    claim = {
        "application": str(seed.id),
        "received_on": clock.today().isoformat(),
        "reference": "2701",
        "grounds": "Requête en annulation.",
    }
    before = await staff.post(base, data=claim | {"received_on": "2026-01-05"})
    assert (before.status_code, "précède la notification" in before.text) == (422, True)
    assert (await staff.post(base, data=claim)).status_code == 303
    assert (await staff.post(base, data=claim | {"application": "999999"})).status_code == 422


async def test_the_answer_is_a_letter_too(db: Any) -> None:
    ranked = await released(db)
    appeal = await filed(db, ranked)
    await appeals.answer(
        db, ranked.actor, ranked.call, appeal, outcome="rejected", answer="La subvention n’était pas notifiée.",
        signatory="Claire Morvan, adjointe",
    )  # fmt: skip
    told = (await db.execute(select(Message).where(Message.kind == "appeal").order_by(Message.id))).scalars().all()[-1]
    stored = await db.get_one(StoredFile, told.attachment_id)
    text = (await files.read(stored)).decode()
    for needle in ("Réponse à votre recours", "<strong>rejeté</strong>", "La subvention n’était pas notifiée.",
                   "CRPA, art. L411-2", "Claire Morvan, adjointe"):  # fmt: skip
        assert needle in text
    assert "{" not in text.split("<body>")[1]


async def private(db: Any) -> scene.Ranked:
    """A social landlord's own premises: nothing of public law."""
    ranked = await scene.maurepas(db, kind="social_landlord", regime="private")
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory="Claire Morvan, adjointe")
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    return ranked


async def test_a_private_owner_is_never_said_to_refuse_by_silence(db: Any, client: Any) -> None:
    ranked = await private(db)
    appeal = await filed(db, ranked)
    due = day(appeals.clock_of(appeal, [], public=False).answer_by)
    await db.commit()
    own, staff = await client(ranked.people["Association Cité Vélo"]), await client(ranked.agent)
    receipt = (await db.execute(select(Message).where(Message.kind == "appeal"))).scalar_one()
    read = {
        "receipt": receipt.text,
        "decision": (await own.get(f"/candidatures/{appeal.application_id}/decision")).text,
        "home": (await own.get("/")).text,
        "appeal": (await staff.get(f"/attribution/{ranked.call.id}/recours/{appeal.id}")).text,
        "list": (await staff.get(f"/attribution/{ranked.call.id}/recours")).text,
        "staff home": (await staff.get("/")).text,
    }
    for where, text in read.items():
        assert due in text, where
        for untrue in ("réputé rejeté", "le recours est rejeté", "saisir le juge"):
            assert untrue not in text, (where, untrue)
    await appeals.answer(
        db, ranked.actor, ranked.call, appeal, outcome="rejected", answer="La subvention était connue.", signatory="Claire Morvan",
    )  # fmt: skip
    told = (await db.execute(select(Message).where(Message.kind == "appeal").order_by(Message.id))).scalars().all()[-1]
    letter = (await files.read(await db.get_one(StoredFile, told.attachment_id))).decode()
    for text in (told.text, letter):
        assert "juge judiciaire" in text
        assert "L411-2" not in text
    with clock.at(datetime.combine(appeal.received_on, time(12), tzinfo=clock.PARIS) + timedelta(days=70)):
        second = await filed(db, ranked)
    await db.commit()
    assert second.id != appeal.id


async def test_public_law_is_the_same_one_by_one_and_in_a_query(db: Any) -> None:
    found = {}
    for kind, regime in (("city", "private"), ("social_landlord", "private"), ("social_landlord", "public_domain")):
        ranked = await scene.call(db, kind=kind, regime=regime)
        asked = select(queries.under_public_law()).select_from(Call).where(Call.id == ranked.call.id)
        found[kind, regime] = (await decisions.decider_of(db, ranked.call)).public, await db.scalar(asked)
    assert found == {
        ("city", "private"): (True, True), ("social_landlord", "private"): (False, False),
        ("social_landlord", "public_domain"): (True, True),
    }  # fmt: skip


async def test_after_two_months_of_silence_the_reasons_may_be_asked_for(db: Any, client: Any) -> None:
    ranked = await released(db)
    appeal = await filed(db, ranked)
    runs = appeals.clock_of(appeal, [], public=True)
    await db.commit()
    assert runs.silence_on
    assert runs.court_until
    with clock.at(datetime.combine(runs.silence_on, time(9), tzinfo=clock.PARIS)):
        own, staff = await client(ranked.people["Association Cité Vélo"]), await client(ranked.agent)
        read = (await own.get(f"/candidatures/{appeal.application_id}/decision")).text
        for said in (f"réputé rejeté depuis le {day(runs.silence_on)}", day(runs.court_until), "CRPA, art. L232-4", day(reasons_due(runs.silence_on))):  # fmt: skip
            assert said in read
        assert "L232-4" in (await staff.get(f"/attribution/{ranked.call.id}/recours/{appeal.id}")).text
        assert "réputé rejeté depuis" in (await staff.get(f"/attribution/{ranked.call.id}/recours")).text
