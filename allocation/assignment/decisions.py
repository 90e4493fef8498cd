"""Decisions: prepared from the retained proposal, reviewed one by one, then released together in one act.

Until the release nothing has left: a decision is a row that may be read, corrected and thrown away with the choice of
the proposal. After it, only a new dated act changes anything.
"""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import house_rules, motives, notices, proposals, queries, succession
from allocation.assignment import inputs as frozen
from allocation.assignment.check import check
from allocation.assignment.courts import administrative_court
from allocation.assignment.inputs import Inputs
from allocation.assignment.models import Decision, Proposal
from allocation.assignment.motives import CriterionMark, Documents, Names, Ranking
from allocation.assignment.notices import Decider
from allocation.assignment.problem import canonical
from allocation.selection.models import Admissibility, RankedScore
from calls.models import Application, Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.journal import JournalEntry
from intervalle.territory.models import Commune
from premises.facts import PUBLIC_BODIES, Domain, OwnerKind


def documents_of(proposal: Proposal) -> Documents:
    return Documents(json.loads(proposal.input), json.loads(proposal.result))


def names_of(inputs: Inputs) -> Names:
    """What people call the lots and the structures of a call."""
    return Names(
        applications={key: candidate.organisation.name for key, candidate in inputs.candidates.items()},
        lots={key: f"{key} ({offered.lot.name})" for key, offered in inputs.lots.items()},
        obstacles={pair: [obstacle.sentence for obstacle in found] for pair, found in inputs.obstacles.items()},
    )


def marks_of(detail: Mapping[str, Any]) -> tuple[CriterionMark, ...]:
    """The frozen marks of one application, as the selection room wrote them."""
    return tuple(
        CriterionMark(
            str(row["label"]),
            int(row["weight"]),
            Decimal(str(row["mark"])),
            exact=Decimal(row["points"]) if row.get("points") is not None else None,
        )
        for row in detail.get("criteria", ())
        if row.get("mark") is not None
    )


def ranking_of(score: RankedScore, ranked: int) -> Ranking:
    return Ranking(score.score, score.rank, ranked, marks_of(score.detail))


async def decider_of(db: AsyncSession, call: Call) -> Decider:
    """The organiser decides; public law applies to public bodies, and to whoever disposes of public property."""
    organiser = (await db.execute(select(Organisation).where(Organisation.id == call.organiser_id))).scalar_one()
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    places = [premises for _, premises in await db.execute(queries.offered_lots(version.id))]
    public = OwnerKind(organiser.kind) in PUBLIC_BODIES or any(place.regime != Domain.PRIVATE for place in places)
    # Disputes over property go where the property is (CJA R312-7).
    codes = [place.commune_code for place in places] + [organiser.commune_code]
    code = next((code for code in codes if code), None)
    department = await db.scalar(select(Commune.department_code).where(Commune.code == code))
    return Decider(organiser.name, public, organiser.address or "", administrative_court(department, organiser.name))


async def retain(db: AsyncSession, actor: Actor, call: Call, proposal: Proposal) -> None:
    """The panel's choice: this proposal, and a decision prepared for each application. Once.

    Refused when the independent checker disagrees, when the data have changed since, or when the proposal comes from a method
    that is only there for comparison.
    """
    POLICY.check(actor, "proposals.retain", call)
    await proposals.lock_call(db, call)
    await db.refresh(proposal, with_for_update=True)
    if proposal.retained_at:
        return
    inputs = await _refuse_unfit(db, call, proposal)
    proposal.retained_at, proposal.retained_by_id = clock.now(), actor.user_id
    await db.flush()
    prepared = await prepare(db, call, proposal, inputs)
    await journal.record(
        db, chain=call.chain, action="proposals.retain", subject=f"proposal:{proposal.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=proposals.facts_of(proposal) | {"decisions": prepared},
    )  # fmt: skip


async def _refuse_unfit(db: AsyncSession, call: Call, proposal: Proposal) -> Inputs:
    other = (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none()
    proposals.refuse_after_retention(other)
    if proposal.method != "fair":
        raise Refused(
            "Cette méthode n’est là que pour comparer : elle peut écarter une candidature mieux notée sans raison à donner.",
            "Retenez une proposition équitable, et changez une ligne à la main avec son motif s’il le faut.",
        )
    # Checked again on the spot: what was stored with the row is not taken on trust.
    if proposal.findings or check(json.loads(proposal.input), json.loads(proposal.result)):
        raise Refused(
            "Le vérificateur indépendant n’est pas d’accord avec cette proposition : elle ne peut pas être retenue.",
            "Relancez la répartition ; si le désaccord demeure, signalez-le.",
        )
    inputs = await frozen.gather(db, call)
    if canonical(inputs.document).decode() != proposal.input:
        raise Refused(
            "Les données ont changé depuis cette proposition (un choix manuel, une note ou un retrait).",
            "Relancez la répartition, puis retenez la nouvelle proposition.",
        )
    return inputs


async def reopen(db: AsyncSession, actor: Actor, call: Call, *, motive: str) -> None:
    """Go back on the choice before the release: the proposal is free again, the prepared letters are thrown away."""
    POLICY.check(actor, "proposals.retain", call)
    motive = motive.strip()
    if len(motive) < 10:
        raise Refused("Donnez un motif d’au moins 10 caractères : il figurera au procès-verbal.")
    await proposals.lock_call(db, call)
    proposal = (await db.execute(queries.retained_proposal(call.id).with_for_update())).scalar_one_or_none()
    if proposal is None:
        raise Refused("Aucune proposition n’est retenue pour cet appel.")
    proposal.retained_at = proposal.retained_by_id = None
    if proposal.explained_at is None:
        await proposals.explain_later(db, proposal)
    await db.execute(delete(Decision).where(Decision.call_id == call.id, Decision.released_at.is_(None)))
    await journal.record(
        db, chain=call.chain, action="proposals.reopen", subject=f"proposal:{proposal.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"number": proposal.number, "motive": motive},
    )  # fmt: skip


async def prepare(db: AsyncSession, call: Call, proposal: Proposal, inputs: Inputs) -> dict[str, int]:
    """One decision per standing application; gives the count per outcome."""
    decider = await decider_of(db, call)
    panel = call.kind != "direct"
    left_out = await _left_out(db, call)
    signatory = (await house_rules.of(db, call.organiser_id)).signatory
    documents, names = documents_of(proposal), names_of(inputs)
    reserve = await asyncio.to_thread(succession.reserve, documents.problem, documents.held)
    counts: dict[str, int] = {}
    for application, _, admissibility, score in list(await db.execute(queries.standing_applications(call.id))):
        if call.kind == "direct":  # no mark was given: the engine's own stand-in
            score = inputs.candidates[application.label].score
        decision = _decide(documents, names, inputs, reserve, application, admissibility, score)
        if decision.outcome == "refused" and not decision.motive and (why := left_out.get(application.label)):
            decision.motive = f"Votre candidature est recevable mais n’a pas pu être classée. {' '.join(why)}"
        decision.call_id, decision.proposal_id = call.id, proposal.id
        decision.signatory, decision.created_at = signatory, clock.now()
        others = panel or decision.outcome != "awarded"
        decision.remedies = notices.remedies(decider, clock.today(), panel=panel, others=others)
        db.add(decision)
        counts[decision.outcome] = counts.get(decision.outcome, 0) + 1
    await db.flush()
    return counts


async def _left_out(db: AsyncSession, call: Call) -> dict[str, list[str]]:
    """Files that the frozen ranking kept out, with the reasons that were written in the journal that day."""
    found = await db.execute(
        select(JournalEntry.facts)
        .where(JournalEntry.chain == call.chain, JournalEntry.action == "panel.rank")
        .order_by(JournalEntry.number.desc())
        .limit(1)
    )
    facts = found.scalar_one_or_none() or {}
    return dict(facts.get("left_out", {}))


def _decide(
    documents: Documents,
    names: Names,
    inputs: Inputs,
    reserve: Mapping[str, list[str]],
    application: Application,
    admissibility: Admissibility | None,
    score: RankedScore | None,
) -> Decision:
    id = application.label
    if admissibility is None or not admissibility.admissible:
        reason = admissibility.reason if admissibility else ""
        text = f"Votre candidature n’est pas recevable. {reason}".strip() if reason else ""
        return Decision(application_id=application.id, outcome="inadmissible", motive=text)
    if score is None or id not in inputs.candidates:
        # Admissible but not ranked: the journal of the ranking says why, or else staff writes it; nothing is guessed.
        return Decision(application_id=application.id, outcome="refused", motive="")
    ranking = motives.score_paragraph(ranking_of(score, len(inputs.candidates)))
    if line := documents.placement(id):
        return Decision(
            application_id=application.id, outcome="awarded", lot_id=inputs.lots[line["lot"]].lot.id,
            area=Decimal(str(line["area"])), motive=_text([ranking, *motives.placed_paragraphs(documents, names, id)]),
        )  # fmt: skip
    reasons = motives.unplaced_paragraphs(documents, names, id)
    if id in reserve:
        last = motives.reserve_paragraph(names, reserve[id])
        return Decision(application_id=application.id, outcome="reserve", motive=_text([ranking, *reasons, last]))
    return Decision(application_id=application.id, outcome="refused", motive=_text([ranking, *reasons]))


def _text(paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs)


async def edit(
    db: AsyncSession, actor: Actor, call: Call, decision: Decision, *, motive: str, remedies: str, version: int
) -> None:
    """Correct one letter before the release. The outcome is the proposal's and does not change here."""
    POLICY.check(actor, "decisions.edit", call)
    await proposals.lock_call(db, call)
    await db.refresh(decision, with_for_update=True)
    if decision.version != version:
        raise Refused(
            "Quelqu’un d’autre a modifié cette lettre entre-temps.", "Relisez-la, puis reportez votre correction."
        )
    motive, remedies = motive.strip(), remedies.strip()
    if not motive or not remedies:
        raise Refused("Le motif et les voies de recours ne peuvent pas être vides.")
    decision.motive, decision.remedies = motive, remedies
    decision.version, decision.edited_at, decision.edited_by_id = version + 1, clock.now(), actor.user_id
    await journal.record(
        db, chain=call.chain, action="decisions.edit", subject=f"decision:{decision.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"application": decision.application_id, "motive": motive},
    )  # fmt: skip


async def name_signatory(db: AsyncSession, actor: Actor, call: Call, *, signatory: str) -> None:
    """Who signs every letter of the call: a name and a quality."""
    POLICY.check(actor, "decisions.edit", call)
    signatory = " ".join(signatory.split())
    if not signatory:
        raise Refused("Indiquez le nom et la qualité de la personne qui signe.")
    await proposals.lock_call(db, call)
    rows = (await db.execute(select(Decision).where(Decision.call_id == call.id).with_for_update())).scalars().all()
    if not rows:
        raise Refused("Aucune décision n’est préparée pour cet appel.", "Retenez d’abord une proposition.")
    for decision in rows:
        decision.signatory = signatory
    await journal.record(
        db, chain=call.chain, action="decisions.name_signatory", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"signatory": signatory},
    )  # fmt: skip
