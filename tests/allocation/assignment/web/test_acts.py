"""After the notification: a dated act changes a decision, with its letters, its journal entry and its pages."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from allocation.assignment import (
    act_letters,
    act_release,
    acts,
    appeals,
    house_rules,
    offers,
    queries,
    release,
    results,
    standing,
)
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.act_trial import Trial
from allocation.assignment.acts import Terms
from allocation.assignment.appeals import Correction
from allocation.assignment.models import Appeal, Award
from intervalle import clock, files, journal
from intervalle.errors import Forbidden, Refused
from intervalle.outbox import Message, StoredFile
from tests import make
from tests.allocation.assignment.web import make as scene
from tests.allocation.assignment.web.test_appeals import GROUNDS, me, released

VELO = "Association Cité Vélo"
WHY = "La subvention obtenue n’avait pas été prise en compte."


@pytest.fixture(autouse=True)
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def as_html(html: str) -> bytes:
        return html.encode()

    for room in (release, appeals, offers, act_release):
        monkeypatch.setattr(room, "render_pdf", as_html)


async def granted(db: Any, ranked: scene.Ranked, name: str = VELO) -> Appeal:
    appeal = await appeals.file(db, me(ranked, name), ranked.applications[name], grounds=GROUNDS)
    await appeals.answer(
        db, ranked.actor, ranked.call, appeal, outcome="granted", answer="La note est corrigée.", signatory="Claire Morvan"
    )  # fmt: skip
    return appeal


def trial(ranked: scene.Ranked, name: str = VELO, *, replay: bool = False, **correction: Any) -> Trial:
    return Trial(ranked.applications[name].id, Correction(**correction), replay=replay)


async def places(db: Any, ranked: scene.Ranked) -> dict[str, tuple[str, str, Decimal] | str]:
    """What stands, by structure."""
    labels = {lot.id: label for label, lot in ranked.lots.items()}
    return {
        one.organisation.name: (one.outcome, labels[one.award.lot_id], one.award.area) if one.award else one.outcome
        for one in (await standing.of_call(db, ranked.call)).values()
    }


async def write(db: Any, ranked: scene.Ranked, act: CorrectiveAct, why: str = WHY) -> None:
    await acts.write(
        db, ranked.actor, ranked.call, act.id, motive=why, signatory="Claire Morvan, adjointe", version=act.version
    )


async def hear(db: Any, ranked: scene.Ranked, act: CorrectiveAct) -> None:
    """Complete the lines that take a place back."""
    for line in await acts.lines_of(db, act):
        terms = Terms(
            outcome=line.outcome, lot_id=line.lot_id, area=line.area, ground=line.ground, motive=line.motive,
            heard="Invitée le 2 décembre, la structure a répondu par lettre." if line.ground else "",
        )  # fmt: skip
        await acts.put_line(db, ranked.actor, ranked.call, act.id, line.application_id, terms, version=act.version)


async def test_no_act_before_the_notification_nor_on_an_appeal_not_granted(db: Any) -> None:
    ranked = await scene.maurepas(db)
    with pytest.raises(Refused, match="ne sont pas notifiées"):
        await acts.prepare(db, ranked.actor, ranked.call)
    ranked = await released(db)
    appeal = await appeals.file(db, me(ranked), ranked.applications[VELO], grounds=GROUNDS)
    with pytest.raises(Refused, match="pas accueilli"):
        await acts.prepare(db, ranked.actor, ranked.call, appeal_id=appeal.id)
    with pytest.raises(Forbidden):
        await acts.prepare(db, me(ranked), ranked.call)


async def test_a_granted_appeal_gives_what_is_free_and_takes_nothing_back(db: Any) -> None:
    ranked = await released(db)
    belle = (await db.execute(queries.awards_of(ranked.call.id))).scalars().first()
    await offers.answer(db, me(ranked, "La Belle Boîte"), belle, accepted=False)
    appeal = await granted(db, ranked)
    before = await places(db, ranked)
    act = await acts.prepare(
        db, ranked.actor, ranked.call, appeal_id=appeal.id, trial=trial(ranked, lot="B", area=Decimal(90))
    )
    (line,) = await acts.lines_of(db, act)
    assert (line.application_id, line.outcome, line.lot_id, line.area, line.ground) == (
        ranked.applications[VELO].id, "awarded", ranked.lots["B"].id, Decimal(90), None,
    )  # fmt: skip
    assert await places(db, ranked) == before
    await write(db, ranked, act)
    sent = await db.scalar(select(func.count()).select_from(Message))
    assert await act_release.release(db, ranked.actor, ranked.call, act.id) == 1
    assert await act_release.release(db, ranked.actor, ranked.call, act.id) == 0
    assert await places(db, ranked) == before | {VELO: ("awarded", "B", Decimal(90))}
    assert await db.scalar(select(func.count()).select_from(Message)) == (sent or 0) + 1
    award = (await db.execute(select(Award).where(Award.application_id == ranked.applications[VELO].id))).scalar_one()
    # 120 €/m²/year forgone on 90 m² over 486 days.
    assert (award.stage(), award.reference_value_cents, award.score) == ("offered", 1_438_027, Decimal("73.30"))
    entry = (
        await db.execute(select(journal.JournalEntry).where(journal.JournalEntry.action == "decisions.correct"))
    ).scalar_one()
    assert (entry.facts["motive"], [row["outcome"] for row in entry.facts["lines"]]) == (WHY, ["awarded"])
    stored = await db.get_one(StoredFile, line.letter_file_id)
    text = (await files.read(stored)).decode()
    for needle in (
        "Nouvelle décision : attribution d’un lieu", "n’avait pas été retenue", "Votre recours gracieux du", WHY,
        "Cette première décision est remplacée par celle de ce jour.", "Voies et délais de recours", "Claire Morvan, adjointe",
        "Traitement algorithmique",
    ):  # fmt: skip
        assert needle in text
    assert await acts.draft_of(db, ranked.call) is None


async def test_a_line_written_by_hand_is_nobodys_calculation(db: Any) -> None:
    ranked = await released(db)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    terms = Terms(outcome="reserve", motive="La structure reste la première suivante pour le lot A.")
    await acts.put_line(
        db, ranked.actor, ranked.call, act.id, ranked.applications[VELO].id, terms, version=act.version
    )  # fmt: skip
    await write(db, ranked, act)
    (drawn,) = await act_letters.draw_all(db, ranked.call, act)
    assert "Traitement algorithmique" not in drawn.letter.html
    assert "recours gracieux" in drawn.letter.html


async def test_replayed_from_the_first_day_whoever_loses_a_place_is_heard_first(db: Any) -> None:
    ranked = await released(db)
    for award in (await db.execute(queries.awards_of(ranked.call.id))).scalars().all():
        holder = next(n for n, a in ranked.applications.items() if a.id == award.application_id)
        await offers.answer(db, me(ranked, holder), award, accepted=True)
    appeal = await granted(db, ranked)
    act = await acts.prepare(
        db, ranked.actor, ranked.call, appeal_id=appeal.id, trial=trial(ranked, score=Decimal(90), replay=True)
    )
    await write(db, ranked, act)
    lines = {line.application_id: line for line in await acts.lines_of(db, act)}
    velo, coudre = lines[ranked.applications[VELO].id], lines[ranked.applications["Fou de Coudre"].id]
    assert (velo.outcome, velo.lot_id, velo.area) == ("awarded", ranked.lots["A"].id, Decimal(110))
    assert (coudre.before, coudre.ground) == ("awarded", "unlawful")
    assert "90,00 points sur 100 après correction" in velo.motive
    with pytest.raises(Refused, match="observations"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    await hear(db, ranked, act)
    with clock.at(clock.now() + timedelta(days=150)), pytest.raises(Refused, match="quatre mois"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    assert await act_release.release(db, ranked.actor, ranked.call, act.id) == len(lines)
    after = await places(db, ranked)
    assert after[VELO] == ("awarded", "A", Decimal(110))
    assert after["Fou de Coudre"] != ("awarded", "A", Decimal(70))
    withdrawn = (await db.execute(select(Award.application_id).where(Award.withdrawn_at.is_not(None)))).scalars().all()
    assert set(withdrawn) == {line.application_id for line in lines.values() if line.before == "awarded"}
    shown = await results.of(db, ranked.call)
    held = {holder.name: holder.area for _lot, _premises, holders in shown.lots for holder in holders}
    assert held == {name: place[2] for name, place in after.items() if not isinstance(place, str)}
    # What was taken back no longer answers, lapses or becomes a title.
    old = (await db.execute(select(Award).where(Award.withdrawn_at.is_not(None)).limit(1))).scalar_one()
    with pytest.raises(Refused):
        offers.hold(old)
    assert await offers.expire_due(db) == 0


async def test_a_file_that_was_left_out_is_brought_in_and_the_line_goes_on_behind_it(db: Any) -> None:
    ranked = await released(db)
    appeal = await granted(db, ranked, "Sans Dossier")
    with pytest.raises(Refused, match="donnez la note"):
        await acts.prepare(
            db,
            ranked.actor,
            ranked.call,
            appeal_id=appeal.id,
            trial=trial(ranked, "Sans Dossier", lot="A", area=Decimal(2)),
        )
    mains = next(
        a
        for a in (await db.execute(queries.awards_of(ranked.call.id))).scalars()
        if a.application_id == ranked.applications["Mains Fortes"].id
    )
    await offers.answer(db, me(ranked, "Mains Fortes"), mains, accepted=False)
    act = await acts.prepare(
        db, ranked.actor, ranked.call, appeal_id=appeal.id, trial=trial(ranked, "Sans Dossier", score=Decimal(60))
    )
    await write(db, ranked, act)
    assert await act_release.release(db, ranked.actor, ranked.call, act.id) == 1
    assert (await places(db, ranked))["Sans Dossier"] == ("awarded", "B", Decimal(40))
    award = (
        await db.execute(select(Award).where(Award.application_id == ranked.applications["Sans Dossier"].id))
    ).scalar_one()
    assert award.score == Decimal(60)
    await offers.answer(db, me(ranked, "Sans Dossier"), award, accepted=False)
    assert (await places(db, ranked))["Sans Dossier"] == "given_up"


async def test_a_line_by_hand_names_a_wished_lot_and_never_overfills_it(db: Any) -> None:
    ranked = await released(db)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    with pytest.raises(Refused, match="déjà en préparation"):
        await acts.prepare(db, ranked.actor, ranked.call)
    seed, velo = ranked.applications["SEED"], ranked.applications[VELO]
    good = {"outcome": "awarded", "area": Decimal(50), "motive": "Une erreur matérielle est réparée."}
    with pytest.raises(Refused, match="n’a pas demandé"):
        await acts.put_line(
            db,
            ranked.actor,
            ranked.call,
            act.id,
            seed.id,
            Terms(lot_id=ranked.lots["A"].id, **good),
            version=act.version,
        )
    await acts.put_line(
        db, ranked.actor, ranked.call, act.id, velo.id, Terms(lot_id=ranked.lots["B"].id, **good), version=act.version
    )
    with pytest.raises(Refused, match="entre-temps"):
        await acts.drop_line(db, ranked.actor, ranked.call, act.id, velo.id, version=1)
    await write(db, ranked, act)
    with pytest.raises(Refused, match="Lot B : 210"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    await acts.abandon(db, ranked.actor, ranked.call, act.id)
    await acts.abandon(db, ranked.actor, ranked.call, act.id)
    with pytest.raises(Refused, match="abandonné"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)


async def test_an_answer_given_meanwhile_holds_the_act(db: Any) -> None:
    ranked = await released(db)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    coudre = ranked.applications["Fou de Coudre"]
    terms = Terms(outcome="refused", ground="beneficiary", motive="La structure renonce, par lettre.")
    await acts.put_line(db, ranked.actor, ranked.call, act.id, coudre.id, terms, version=act.version)
    await write(db, ranked, act)
    award = (await db.execute(select(Award).where(Award.application_id == coudre.id))).scalar_one()
    await offers.answer(db, me(ranked, "Fou de Coudre"), award, accepted=False)
    with pytest.raises(Refused, match="la situation a changé"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)


async def test_two_persons_where_the_organisation_asks_for_it(db: Any) -> None:
    ranked = await released(db)
    await house_rules.save(db, ranked.actor, ranked.city, second_person=True, signatory="", version=0)
    colleague = await make.user(db)
    await make.join(db, colleague, ranked.city)
    second = make.acting(colleague, ranked.city)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    terms = Terms(outcome="reserve", motive="La liste de réserve est complétée.")
    await acts.put_line(db, ranked.actor, ranked.call, act.id, ranked.applications[VELO].id, terms, version=act.version)
    await write(db, ranked, act)

    async def letters() -> str:
        from allocation.assignment import act_letters

        return act_release.hash_of(await act_letters.draw_all(db, ranked.call, act))

    with pytest.raises(Refused, match="seconde personne"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    with pytest.raises(Refused, match="autre personne"):
        await acts.approve(db, ranked.actor, ranked.call, act.id, letters_sha256=await letters())
    await acts.approve(db, second, ranked.call, act.id, letters_sha256=await letters())
    await write(db, ranked, act, "Un autre motif que celui qui a été relu.")
    with pytest.raises(Refused, match="a changé depuis l’accord"):
        await act_release.release(db, ranked.actor, ranked.call, act.id)
    await acts.approve(db, second, ranked.call, act.id, letters_sha256=await letters())
    assert await act_release.release(db, ranked.actor, ranked.call, act.id) == 1
    assert (await places(db, ranked))[VELO] == "reserve"


async def test_by_the_pages_from_the_granted_appeal_to_the_applicant(db: Any, client: Any) -> None:
    ranked = await released(db)
    await db.commit()
    staff, own, other = (
        await client(ranked.agent), await client(ranked.people[VELO]), await client(ranked.people["SEED"]),
    )  # fmt: skip
    base, page = f"/attribution/{ranked.call.id}", f"/candidatures/{ranked.applications[VELO].id}/decision"
    await own.post(f"{page}/recours", data={"grounds": GROUNDS})
    appeal = (await db.execute(select(Appeal))).scalar_one()
    good = {"outcome": "granted", "answer": "La note est corrigée.", "signatory": "Claire Morvan"}
    await staff.post(f"{base}/recours/{appeal.id}", data=good)
    link = f"{base}/actes?recours={appeal.id}&amp;note=90"
    assert link in (await staff.get(f"{base}/recours/{appeal.id}?note=90")).text
    assert 'value="90"' in (await staff.get(link.replace("&amp;", "&"))).text
    start = {"appeal": str(appeal.id), "application": str(appeal.application_id), "score": "90", "mode": "replay"}
    assert (await staff.post(f"{base}/actes", data=start | {"score": "abc"})).status_code == 422
    made = await staff.post(f"{base}/actes", data=start)
    assert made.status_code == 303
    act = made.headers["location"]
    for stranger in (own, other):
        assert (await stranger.get(act)).status_code in {403, 404}
        assert (await stranger.post(f"{act}/notifier")).status_code in {403, 404}
    shown = (await staff.get(act)).text
    assert "invitez la structure à présenter ses observations" in shown
    assert f'action="{act}/notifier"' not in shown
    assert (await staff.post(f"{act}/notifier")).status_code == 409
    for line in (await db.execute(select(ActLine))).scalars().all():
        form = f"{act}/ligne"
        assert "Nouvelle décision pour" in (await staff.get(f"{form}?candidature={line.application_id}")).text
        row = (await db.execute(select(CorrectiveAct.version))).scalar_one()
        data = {
            "candidature": str(line.application_id), "outcome": line.outcome, "lot": str(line.lot_id or ""),
            "area": str(line.area or ""), "ground": line.ground or "", "heard": "Entendue le 2 décembre, par lettre.",
            "motive": line.motive, "version": str(row),
        }  # fmt: skip
        assert (await staff.post(form, data=data | {"motive": "bref"})).status_code == 422
        stale = await staff.post(
            form, data=data | {"version": str(row + 7), "motive": "Tapé pendant ce temps, et gardé."}
        )
        assert (stale.status_code, "Tapé pendant ce temps, et gardé." in stale.text) == (422, True)
        assert "Quelqu’un d’autre a modifié cet acte" in stale.text
        assert f'name="version" value="{row}"' in stale.text
        unasked = await staff.post(
            form, data=data | {"outcome": "awarded", "area": "", "motive": "Tapé aussi, et gardé de même."}
        )
        assert (unasked.status_code, "Tapé aussi, et gardé de même." in unasked.text) == (422, True)
        assert (await staff.post(form, data=data)).status_code == 303
    row = (await db.execute(select(CorrectiveAct.version))).scalar_one()
    signed = {"motive": WHY, "signatory": "Claire Morvan, adjointe", "version": str(row)}
    assert (await staff.post(act, data=signed)).status_code == 303
    assert f'action="{act}/notifier"' in (await staff.get(act)).text
    assert (await staff.post(f"{act}/notifier")).status_code == 303
    read = (await own.get(page)).text
    for needle in ("Votre candidature est retenue", "Nouvelle décision du", WHY, "Prendre cette place"):
        assert needle in read
    number = act.rsplit("/", 1)[1]
    assert (await own.get(f"{page}/actes/{number}/lettre.pdf")).status_code == 200
    assert (await other.get(f"{page}/actes/{number}/lettre.pdf")).status_code == 404
    coudre = await client(ranked.people["Fou de Coudre"])
    told = (await coudre.get(f"/candidatures/{ranked.applications['Fou de Coudre'].id}/decision")).text
    assert "Elle remplace l’attribution qui vous avait été notifiée." in told


async def test_an_agreement_is_on_the_letters_that_were_read(db: Any, client: Any) -> None:
    ranked = await released(db)
    await house_rules.save(db, ranked.actor, ranked.city, second_person=True, signatory="", version=0)
    colleague = await make.user(db)
    await make.join(db, colleague, ranked.city)
    act = await acts.prepare(db, ranked.actor, ranked.call)
    terms = Terms(outcome="reserve", motive="La liste de réserve est complétée.")
    await acts.put_line(db, ranked.actor, ranked.call, act.id, ranked.applications[VELO].id, terms, version=act.version)
    await write(db, ranked, act)
    await db.commit()
    second, page = await client(colleague), f"/attribution/{ranked.call.id}/actes/{act.id}"
    read = re.search(r'name="letters" value="([0-9a-f]{64})"', (await second.get(page)).text)
    assert read
    await write(db, ranked, act, "Un autre motif que celui qui vient d’être lu.")
    await db.commit()
    refused = await second.post(f"{page}/accord", data={"letters": read[1]})
    assert (refused.status_code, "Une lettre a changé" in refused.text) == (409, True)
    fresh = re.search(r'name="letters" value="([0-9a-f]{64})"', (await second.get(page)).text)
    assert fresh
    assert (await second.post(f"{page}/accord", data={"letters": fresh[1]})).status_code == 303
