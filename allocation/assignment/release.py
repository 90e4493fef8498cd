"""The release: one act, one transaction. Awards, decisions, letters and messages are written together; nothing leaves
before the commit, and releasing twice has one effect."""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import house_rules, letters, minutes, posting, proposals, queries, reviews
from allocation.assignment import inputs as frozen
from allocation.assignment.inputs import Inputs
from allocation.assignment.letters import Letter
from allocation.assignment.mails import decision_mail
from allocation.assignment.models import Award, Proposal
from allocation.assignment.problem import canonical
from calls.models import Call
from intervalle import clock, journal
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.pdf import render_pdf


async def release(db: AsyncSession, actor: Actor, call: Call) -> int:
    """Notify every decision of the call. Gives the number of letters; 0 when another request has just done it."""
    POLICY.check(actor, "decisions.release", call)
    if call.released_at:
        return 0
    drawn = await letters.draw_all(db, call)
    refuse_incomplete(drawn)
    await _refuse_moved(db, call)
    await _refuse_unready(db, call, drawn)
    # Printing takes a while: it is done before anything is locked, and checked against the rows once they are.
    printed = {letter.decision.id: await render_pdf(letter.html) for letter in drawn}
    if not await _lock(db, call):
        return 0
    proposal, inputs = await _refuse_moved(db, call)
    fresh = await letters.draw_all(db, call)
    if [letter.html for letter in fresh] != [letter.html for letter in drawn]:
        raise Refused(
            "Une lettre a été modifiée pendant l’envoi : rien n’est parti.", "Relisez les lettres, puis recommencez."
        )
    refuse_incomplete(fresh)
    await _refuse_unready(db, call, fresh)
    now = clock.now()
    call.released_at = now
    for letter in fresh:
        await _notify(db, actor, call, letter, printed[letter.decision.id])
    for letter in fresh:
        if letter.decision.outcome == "awarded":
            db.add(_award(inputs, letter, now))
    await db.flush()
    await journal.record(
        db, chain=call.chain, action="decisions.release", subject=f"call:{call.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts=_facts(proposal, fresh, printed),
    )  # fmt: skip
    return len(fresh)


async def _lock(db: AsyncSession, call: Call) -> bool:
    """Hold the call; False when it was released meanwhile."""
    await db.execute(select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True))
    if call.released_at:
        return False
    if call.stage() != "ranked":
        raise Refused("Cet appel n’est pas au stade des décisions.", "Rechargez la page pour voir où il en est.")
    return True


async def _refuse_moved(db: AsyncSession, call: Call) -> tuple[Proposal, Inputs]:
    """The retained proposal must still be that of the frozen data: a withdrawal since then changes who goes where."""
    proposal = (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none()
    if proposal is None:
        raise Refused("Aucune proposition n’est retenue pour cet appel.", "Retenez d’abord une proposition.")
    inputs = await frozen.gather(db, call)
    if canonical(inputs.document).decode() != proposal.input:
        raise Refused(
            "Une candidature a été retirée ou une donnée a changé depuis le choix de la proposition.",
            "Revenez sur ce choix, relancez la répartition, puis retenez la nouvelle proposition.",
        )
    return proposal, inputs


async def _refuse_unready(db: AsyncSession, call: Call, drawn: list[Letter]) -> None:
    """AMI-09: minutes signed before any notification. Where the organisation asks for it, letters read by a second person."""
    if call.kind != "direct":  # no panel sat
        await minutes.refuse_unsigned(db, call)
    if (await house_rules.of(db, call.organiser_id)).second_person:
        await reviews.refuse_unread(db, call, drawn)


def refuse_incomplete(drawn: list[Letter]) -> None:
    """No letter without motive, remedies and signatory; no release without letters."""
    if not drawn:
        raise Refused("Aucune décision n’est préparée pour cet appel.", "Retenez d’abord une proposition.")
    for letter in drawn:
        decision, name = letter.decision, f"{letter.application.label}, {letter.organisation.name}"
        if not decision.motive.strip():
            raise Refused(
                _("La lettre de %(name)s n’a pas de motif.", name=name),
                _("Écrivez-le avant de notifier les décisions."),
            )
        if not decision.remedies.strip():
            raise Refused(_("La lettre de %(name)s n’indique pas les voies de recours.", name=name))
        if not decision.signatory.strip():
            raise Refused("Les lettres n’ont pas de signataire.", "Indiquez qui signe, avec sa qualité.")


async def _notify(db: AsyncSession, actor: Actor, call: Call, letter: Letter, pdf: bytes) -> None:
    decision = letter.decision
    said, once = decision_mail(call, letter), f"decision:{decision.id}"
    decision.letter_file_id, decision.message_id = await posting.post(db, actor, letter, pdf, said=said, dedupe=once)
    decision.released_at, decision.released_by_id = call.released_at, actor.user_id


def _award(inputs: Inputs, letter: Letter, at: datetime) -> Award:
    decision, candidate = letter.decision, inputs.candidates[letter.application.label]
    offered = next(one for one in inputs.lots.values() if one.lot.id == decision.lot_id)
    row = next(row for row in inputs.document["applications"] if row["id"] == letter.application.label)
    return posting.award(
        inputs.version, letter.application, offered.lot, decision.area or Decimal(0), week=row["slots"],
        score=candidate.score.score if candidate.score.id else None, at=at,
    )  # fmt: skip


def _facts(proposal: Proposal, drawn: list[Letter], printed: dict[int, bytes]) -> dict[str, Any]:
    return {
        "proposal": proposals.facts_of(proposal),
        "decisions": [
            {
                "application": letter.decision.application_id,
                "outcome": letter.decision.outcome,
                "lot": letter.decision.lot_id,
                "area": str(letter.decision.area) if letter.decision.area is not None else None,
                "letter_sha256": sha256(printed[letter.decision.id]).hexdigest(),
            }
            for letter in drawn
        ],
    }
