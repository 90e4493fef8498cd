"""From the retained proposal to the letters: what is refused, what leaves, and whether the letters tell the truth."""

import email
import io
import json
import re
from decimal import Decimal
from typing import Any

import pikepdf
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from allocation.assignment import decisions, letters, locks, proposals, queries, release
from allocation.assignment.models import Award, Decision, Proposal
from allocation.selection.models import RankedScore
from intervalle import clock, files, journal
from intervalle.errors import Forbidden, Refused
from intervalle.mail import compose
from intervalle.outbox import Message, StoredFile
from tests import make
from tests.allocation.assignment.web import make as scene

SIGNATORY = "Claire Morvan, adjointe à l’économie sociale et solidaire"


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the print itself is not the question, keep the letter's HTML: printing takes most of a test's time."""

    async def as_html(html: str) -> bytes:
        return html.encode()

    monkeypatch.setattr(release, "render_pdf", as_html)


async def retained(db: Any, **more: Any) -> tuple[scene.Ranked, Proposal]:
    ranked = await scene.maurepas(db, **more)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    return ranked, proposal


async def decision_of(db: Any, ranked: scene.Ranked, name: str) -> Decision:
    found = await db.execute(select(Decision).where(Decision.application_id == ranked.applications[name].id))
    return found.scalar_one()  # type: ignore[no-any-return]


async def actions(db: Any, call: Any) -> list[str]:
    entries = journal.JournalEntry
    found = await db.execute(select(entries.action).where(entries.chain == call.chain).order_by(entries.number))
    return list(found.scalars())


async def test_one_decision_per_application_with_its_true_outcome(db: Any) -> None:
    ranked, _ = await retained(db)
    found = {
        organisation.name: decision.outcome
        for decision, _, organisation in await db.execute(queries.decisions_of(ranked.call.id))
    }
    assert found == {
        "La Belle Boîte": "awarded", "Fou de Coudre": "awarded", "Resport": "awarded", "SEED": "awarded",
        "Mains Fortes": "awarded", "Association Cité Vélo": found["Association Cité Vélo"], "Sans Dossier": "inadmissible",
    }  # fmt: skip
    assert found["Association Cité Vélo"] in {"refused", "reserve"}
    assert (await decision_of(db, ranked, "Fou de Coudre")).area == Decimal(70)


async def test_a_refusal_names_scores_holders_and_what_would_have_been_enough(db: Any) -> None:
    ranked, proposal = await retained(db)
    motive = (await decision_of(db, ranked, "Association Cité Vélo")).motive
    assert "73,30 points sur 100 et se classe 5ᵉ sur 6" in motive
    assert "Utilité sociale : 3,66 sur 5 (coefficient 60)" in motive
    line = next(row for row in json.loads(proposal.result)["unplaced"] if row["application"] == "C-05")
    names = {
        "C-01": "La Belle Boîte",
        "C-02": "Fou de Coudre",
        "C-03": "Resport",
        "C-04": "SEED",
        "C-06": "Mains Fortes",
    }
    for reason in line["reasons"]:
        assert reason["kind"] == "outranked"
        sentence = next(part for part in motive.split("\n\n") if part.startswith(f"Sur le lot {reason['lot']} "))
        told = {id for id, name in names.items() if name in sentence}
        assert told == set(reason["by"])
    assert line["counterfactuals"]
    assert "Votre candidature aurait été retenue" in motive


async def test_retaining_twice_is_one_choice(db: Any) -> None:
    ranked, proposal = await retained(db)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    assert await actions(db, ranked.call) == ["proposals.run", "proposals.retain"]
    assert await db.scalar(select(func.count()).select_from(Decision)) == 7


async def test_what_the_checker_refuses_cannot_be_retained(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    result = json.loads(proposal.result)
    next(line for line in result["placements"] if line["application"] == "C-06")["area"] = 60
    proposal.result = json.dumps(result)  # somebody's hand in the table: the stored findings still say nothing
    await db.flush()
    with pytest.raises(Refused, match="vérificateur"):
        await decisions.retain(db, ranked.actor, ranked.call, proposal)
    assert await db.scalar(select(func.count()).select_from(Decision)) == 0


async def test_a_proposal_on_old_data_cannot_be_retained(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    ranked.applications["Resport"].withdrawn_at = clock.now()
    await db.flush()
    with pytest.raises(Refused, match="changé"):
        await decisions.retain(db, ranked.actor, ranked.call, proposal)


async def test_methods_for_comparison_cannot_be_retained(db: Any) -> None:
    ranked = await scene.maurepas(db)
    for proposal in await proposals.compare(db, ranked.actor, ranked.call):
        if proposal.method != "fair":
            with pytest.raises(Refused, match="comparer"):
                await decisions.retain(db, ranked.actor, ranked.call, proposal)


async def test_nothing_moves_once_retained_until_somebody_goes_back_on_it(db: Any) -> None:
    ranked, proposal = await retained(db)
    with pytest.raises(Refused, match="retenue"):
        await locks.fix(db, ranked.actor, ranked.call, application=ranked.applications["Association Cité Vélo"],
                        lot=ranked.lots["A"], motive="Un motif bien assez long.")  # fmt: skip
    with pytest.raises(Refused, match="10 caractères"):
        await decisions.reopen(db, ranked.actor, ranked.call, motive="court")
    await decisions.reopen(db, ranked.actor, ranked.call, motive="Erreur sur la surface du lot A.")
    assert proposal.retained_at is None
    assert await db.scalar(select(func.count()).select_from(Decision)) == 0
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    assert await db.scalar(select(func.count()).select_from(Decision)) == 7


async def test_a_letter_can_be_corrected_but_not_emptied(db: Any) -> None:
    ranked, _ = await retained(db)
    decision = await decision_of(db, ranked, "Association Cité Vélo")
    with pytest.raises(Refused, match="vides"):
        await decisions.edit(db, ranked.actor, ranked.call, decision, motive="  ", remedies="x", version=1)
    await decisions.edit(db, ranked.actor, ranked.call, decision, motive="Motif relu.", remedies="Recours.", version=1)
    assert (decision.motive, decision.version) == ("Motif relu.", 2)
    with pytest.raises(Refused, match="entre-temps"):
        await decisions.edit(db, ranked.actor, ranked.call, decision, motive="Autre.", remedies="x", version=1)


async def test_no_release_without_signatory_motive_or_remedies(db: Any) -> None:
    ranked, _ = await retained(db)
    with pytest.raises(Refused, match="signataire"):
        await release.release(db, ranked.actor, ranked.call)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    decision = await decision_of(db, ranked, "Association Cité Vélo")
    for column, word in (("motive", "motif"), ("remedies", "recours")):
        kept = getattr(decision, column)
        setattr(decision, column, "  ")
        await db.flush()
        with pytest.raises(Refused, match=word):
            await release.release(db, ranked.actor, ranked.call)
        setattr(decision, column, kept)
        await db.flush()
    assert await db.scalar(select(func.count()).select_from(Message)) == 0
    assert ranked.call.released_at is None


@pytest.mark.parametrize("column", ["motive", "remedies", "signatory"])
async def test_the_database_itself_refuses_an_empty_letter(db: Any, column: str) -> None:
    ranked, _ = await retained(db)
    decision = await decision_of(db, ranked, "Association Cité Vélo")
    stored = await files.keep(
        db, name="l.pdf", content=b"x", content_type="application/pdf", audience="parties", scan="own"
    )
    with pytest.raises(IntegrityError, match="released_whole"):
        async with db.begin_nested():
            await db.execute(
                text(f"UPDATE decisions SET {column} = ' ', released_at = now(), letter_file_id = :f WHERE id = :id"),
                {"f": stored.id, "id": decision.id},
            )


async def test_an_unranked_file_waits_for_a_motive_written_by_somebody(db: Any) -> None:
    ranked = await scene.maurepas(db)
    await db.execute(
        RankedScore.__table__.delete().where(RankedScore.application_id == ranked.applications["Mains Fortes"].id)
    )
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    decision = await decision_of(db, ranked, "Mains Fortes")
    assert (decision.outcome, decision.motive) == ("refused", "")
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    with pytest.raises(Refused, match="C-06, Mains Fortes"):
        await release.release(db, ranked.actor, ranked.call)


async def test_a_file_kept_out_of_the_ranking_is_told_why(db: Any) -> None:
    ranked = await scene.maurepas(db)
    await db.execute(
        RankedScore.__table__.delete().where(RankedScore.application_id == ranked.applications["Mains Fortes"].id)
    )
    await journal.record(
        db, chain=ranked.call.chain, action="panel.rank", subject=f"call:{ranked.call.id}",
        facts={"left_out": {"C-06": ["Note sous le seuil éliminatoire : Utilité sociale."]}},
    )  # fmt: skip
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    decision = await decision_of(db, ranked, "Mains Fortes")
    assert decision.motive == (
        "Votre candidature est recevable mais n’a pas pu être classée. "
        "Note sous le seuil éliminatoire : Utilité sociale."
    )


@pytest.mark.usefixtures("unprinted")
async def test_who_never_entered_the_calculation_is_not_told_that_it_did(db: Any) -> None:
    ranked = await scene.maurepas(db)
    await db.execute(
        RankedScore.__table__.delete().where(RankedScore.application_id == ranked.applications["Mains Fortes"].id)
    )
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    unranked = await decision_of(db, ranked, "Mains Fortes")
    await decisions.edit(
        db, ranked.actor, ranked.call, unranked, motive="Aucun membre n’a pu lire ce dossier.", remedies=unranked.remedies, version=1,
    )  # fmt: skip
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    drawn = {le.organisation.name: le for le in await letters.draw_all(db, ranked.call)}
    mails = {
        name: (await db.execute(select(Message.text).where(Message.id == le.decision.message_id))).scalar_one()
        for name, le in drawn.items()
    }
    said = {
        name: ("Traitement algorithmique" in drawn[name].html, "vos notes par critère" in mails[name]) for name in drawn
    }
    assert said == dict.fromkeys(drawn, (True, True)) | {"Mains Fortes": (False, False), "Sans Dossier": (False, False)}


@pytest.mark.usefixtures("unprinted")
async def test_a_letter_names_the_half_days_the_title_of_the_lot_and_the_help(db: Any) -> None:
    ranked = await scene.call(db, charges_only=False, titles={"A": "BAIL_CIVIL"})
    for lot in ranked.lots.values():
        lot.shareable, lot.rent_cents_m2_year = True, 4_000
    await scene.application(db, ranked, "Le Matin", score="80", area=40, wishes="A", slots=[0, 1, 4])
    await scene.application(db, ranked, "La Semaine", score="70", area=40, wishes="B")
    proposal = await proposals.run(db, ranked.actor, ranked.call)
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    await scene.sign_minutes(db, ranked.call)
    html = {le.organisation.name: shown(le.html) for le in await letters.draw_all(db, ranked.call)}
    await release.release(db, ranked.actor, ranked.call)
    assert "Vous disposez du lieu 3 demi-journées par semaine : lundi, mercredi matin." in html["Le Matin"]
    assert "demi-journée" not in html["La Semaine"]
    for name, title in (("Le Matin", "bail civil"), ("La Semaine", "convention d’occupation précaire")):
        assert f"prend la forme suivante : {title}" in html[name]
        assert "le loyer demandé est de 40,00 € par m² et par an, hors charges" in html[name]
    # 80 €/m²/year forgone on 40 m² over 486 days: 4,260.82 €; three half-days of fourteen are their share of it.
    awards = await db.execute(select(Award.lot_id, Award.reference_value_cents).order_by(Award.lot_id))
    values = {row.lot_id: row.reference_value_cents for row in awards}
    assert values == {ranked.lots["A"].id: 91_303, ranked.lots["B"].id: 426_082}
    assert "aide en nature de 913,03 €" in html["Le Matin"]
    assert "aide en nature de 4 260,82 €" in html["La Semaine"]


async def released(db: Any, **more: Any) -> scene.Ranked:
    ranked, _ = await retained(db, **more)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    with pytest.raises(Refused, match="procès-verbal"):
        await release.release(db, ranked.actor, ranked.call)
    await scene.sign_minutes(db, ranked.call)
    assert await release.release(db, ranked.actor, ranked.call) == 7
    return ranked


@pytest.mark.usefixtures("unprinted")
async def test_everything_is_released_in_one_act(db: Any) -> None:
    ranked = await released(db)
    assert ranked.call.stage() == "released"
    awards = {a.application_id: a for a in (await db.execute(queries.awards_of(ranked.call.id))).scalars()}
    coudre = awards[ranked.applications["Fou de Coudre"].id]
    assert len(awards) == 5
    assert (coudre.area, coudre.lot_id, coudre.slots) == (Decimal(70), ranked.lots["A"].id, [])
    # 120 €/m²/year forgone on 70 m² from 1 February 2027 to 1 June 2028 (486 days).
    assert coudre.reference_value_cents == 1_118_466
    messages = (await db.execute(select(Message).where(Message.kind == "decision"))).scalars().all()
    assert sorted(m.to_email for m in messages) == sorted(p.email for p in ranked.people.values())
    assert all(m.sent_at is None and m.attachment_id for m in messages)
    assert await actions(db, ranked.call) == [
        "proposals.run", "proposals.retain", "decisions.name_signatory", "decisions.release",
    ]  # fmt: skip


@pytest.mark.usefixtures("unprinted")
async def test_releasing_twice_has_one_effect(db: Any) -> None:
    ranked = await released(db)
    assert await release.release(db, ranked.actor, ranked.call) == 0
    assert await db.scalar(select(func.count()).select_from(Message)) == 7
    assert await db.scalar(select(func.count()).select_from(Award)) == 5
    with pytest.raises(Refused):
        await decisions.reopen(db, ranked.actor, ranked.call, motive="Trop tard pour y revenir.")


@pytest.mark.usefixtures("unprinted")
async def test_a_withdrawal_after_the_choice_stops_the_release(db: Any) -> None:
    ranked, _ = await retained(db)
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    ranked.applications["Resport"].withdrawn_at = clock.now()
    await db.flush()
    with pytest.raises(Refused, match="retirée"):
        await release.release(db, ranked.actor, ranked.call)
    assert await db.scalar(select(func.count()).select_from(Message)) == 0


async def test_only_the_organiser_retains_and_releases(db: Any) -> None:
    ranked, proposal = await retained(db)
    other_agent, other_city = await make.agent(db, "city", "admin")
    for actor in (
        make.acting(other_agent, other_city), make.acting(ranked.people["SEED"], ranked.organisations["SEED"]),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await decisions.retain(db, actor, ranked.call, proposal)
        with pytest.raises(Forbidden):
            await release.release(db, actor, ranked.call)
        with pytest.raises(Forbidden):
            await decisions.name_signatory(db, actor, ranked.call, signatory=SIGNATORY)


async def pdf_of(db: Any, ranked: scene.Ranked, name: str) -> bytes:
    decision = await decision_of(db, ranked, name)
    stored = (await db.execute(select(StoredFile).where(StoredFile.id == decision.letter_file_id))).scalar_one()
    return await files.read(stored)


def shown(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.S)))


async def test_the_letter_is_a_tagged_french_pdf_attached_to_the_message(db: Any) -> None:
    ranked = await released(db)
    content = await pdf_of(db, ranked, "Association Cité Vélo")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "fr"
        assert "Cité Vélo" in str(pdf.docinfo["/Title"])
        assert [float(n) for n in pdf.pages[0].mediabox] == pytest.approx([0, 0, 595.28, 841.89], abs=1)
        assert len(pdf.pages) <= 3
    decision = await decision_of(db, ranked, "Association Cité Vélo")
    message = (await db.execute(select(Message).where(Message.id == decision.message_id))).scalar_one()
    stored = (await db.execute(select(StoredFile).where(StoredFile.id == message.attachment_id))).scalar_one()
    sent = email.message_from_bytes(bytes(compose(message, (stored, content))))
    attached = [part for part in sent.walk() if part.get_content_type() == "application/pdf"]
    assert [part.get_payload(decode=True) for part in attached] == [content]


@pytest.mark.usefixtures("unprinted")
async def test_a_public_letter_carries_remedies_algorithm_and_signatory(db: Any) -> None:
    ranked = await released(db)
    html = {le.organisation.name: shown(le.html) for le in await letters.draw_all(db, ranked.call)}
    refusal = html["Association Cité Vélo"]
    for words in (
        "dans les deux mois",
        "tribunal administratif", "R421-1", "recours gracieux", "L411-2", "L311-3-1", "R311-3-1-1", "CADA", SIGNATORY,
        "73,30", "Utilité sociale", "Viabilité économique", f"/candidatures/{ranked.applications['Association Cité Vélo'].id}/decision/parametres",
    ):  # fmt: skip
        assert words in refusal
    assert "vous est attribué" not in refusal
    assert "attribué pour 70 m²" in html["Fou de Coudre"]
    assert "Cette lettre n’est pas un titre d’occupation" in html["Fou de Coudre"]
    assert "L311-3-1" not in html["Sans Dossier"]
    assert "Le dossier ne contient pas de budget." in html["Sans Dossier"]


@pytest.mark.usefixtures("unprinted")
async def test_a_private_letter_speaks_of_the_rules_of_the_consultation(db: Any) -> None:
    ranked = await released(db, kind="social_landlord", regime="private")
    html = {le.organisation.name: shown(le.html) for le in await letters.draw_all(db, ranked.call)}
    refusal = html["Association Cité Vélo"]
    assert "règlement de la consultation" in refusal
    assert "tribunal administratif" not in refusal
    assert "CADA" not in refusal
    assert "traitement algorithmique" in refusal


async def test_a_line_fixed_by_hand_is_told_with_its_motive(db: Any) -> None:
    ranked = await scene.maurepas(db)
    proposal = await locks.fix(
        db, ranked.actor, ranked.call, application=ranked.applications["Association Cité Vélo"], lot=ranked.lots["A"],
        motive="Seul atelier de réparation du quartier",
    )  # fmt: skip
    await decisions.retain(db, ranked.actor, ranked.call, proposal)
    favoured = await decision_of(db, ranked, "Association Cité Vélo")
    assert "Seul atelier de réparation du quartier." in favoured.motive
    result = json.loads(proposal.result)
    assert result["exceptions"]
    for row in result["exceptions"]:
        name = next(n for n, a in ranked.applications.items() if a.label == row["application"])
        assert "un choix motivé de la commission" in (await decision_of(db, ranked, name)).motive


@pytest.mark.usefixtures("unprinted")
async def test_who_reads_a_decision(db: Any) -> None:
    ranked, _ = await retained(db)
    seed = ranked.applications["SEED"]
    own = make.acting(ranked.people["SEED"], ranked.organisations["SEED"])
    other = make.acting(ranked.people["Resport"], ranked.organisations["Resport"])

    async def seen(actor: Any) -> list[int]:
        return list((await db.execute(queries.released_decision_visible_to(actor, seed.id))).scalars())

    assert await seen(own) == []
    await decisions.name_signatory(db, ranked.actor, ranked.call, signatory=SIGNATORY)
    await scene.sign_minutes(db, ranked.call)
    await release.release(db, ranked.actor, ranked.call)
    decision = await decision_of(db, ranked, "SEED")
    assert await seen(own) == [decision]
    assert await seen(ranked.actor) == [decision]
    assert await seen(other) == []
