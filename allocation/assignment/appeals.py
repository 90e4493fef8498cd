"""Appeals: filed by the applicant or recorded by the organiser, examined on a copy, answered once with reasons.

Nothing moves while an appeal is examined. Granting it is a dated act with its own letter; the places already given are not
taken back by it (CRPA L242-1): what can be offered is what is free.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import appeal_clock, letters, queries
from allocation.assignment import inputs as frozen
from allocation.assignment.appeal_clock import Clock
from allocation.assignment.decisions import decider_of
from allocation.assignment.eligibility import Period
from allocation.assignment.inputs import Candidate, Inputs, Offered
from allocation.assignment.mails import appeal_answer_mail, appeal_receipt_mail
from allocation.assignment.models import Appeal, Decision
from allocation.assignment.recipients import recipient_of
from allocation.assignment.standing import released_lines
from allocation.selection.models import RankedScore
from calls.models import Application, Call
from intervalle import clock, files, journal, mail
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import Refused
from intervalle.pdf import render_pdf


def clock_of(appeal: Appeal, notified: Iterable[datetime], *, public: bool) -> Clock:
    """`notified`: when each decision on this file was notified; the one contested is the last before the appeal.
    `public`: whether public law applies (`Decider.public`)."""
    before = [at for at in notified if at <= appeal.created_at]
    return appeal_clock.clock(
        gracious=appeal.kind == "gracious", public=public, received_on=appeal.received_on,
        decided_on=max(before).astimezone(clock.PARIS).date() if before else appeal.received_on,
        answered_on=appeal.answered_at.astimezone(clock.PARIS).date() if appeal.answered_at else None,
    )  # fmt: skip


async def notifications(db: AsyncSession, call: Call) -> dict[int, list[datetime]]:
    """Application id -> when its decision was notified, then when each act changed it."""
    found: dict[int, list[datetime]] = {}
    for decision, application, _organisation in await db.execute(queries.decisions_of(call.id)):
        found[application.id] = [decision.released_at] if decision.released_at else []
    for line, act in await db.execute(released_lines(call.id)):
        if act.released_at:
            found[line.application_id].append(act.released_at)
    return found


async def file(db: AsyncSession, actor: Actor, application: Application, *, grounds: str) -> Appeal:
    """A gracious appeal against a notified decision. One at a time; the same text twice is one appeal."""
    POLICY.check(actor, "appeals.file", application)
    decision = await _notified(db, application)
    call = await db.get_one(Call, application.call_id)
    standing = await _standing(db, application, "gracious")
    if standing:
        if standing.grounds == grounds.strip():
            return standing
        raise Refused("Votre recours est déjà en cours d’examen.", "Attendez la réponse, ou complétez-le par courrier.")
    appeal = await _keep(db, actor, decision, "gracious", clock.today(), grounds.strip(), "")
    organisation = await db.get_one(Organisation, application.organisation_id)
    to, user_id = await recipient_of(db, application, organisation)
    decider = await decider_of(db, call)
    runs = clock_of(appeal, [], public=decider.public)
    subject, text = appeal_receipt_mail(call, application, appeal.received_on, runs, decider)
    await mail.post(
        db,
        to=to,
        user_id=user_id,
        subject=subject,
        text=text,
        kind="appeal",
        dedupe=f"appeal:{appeal.id}:receipt",
        about=f"application:{application.id}",
    )
    await _record(db, actor, call, appeal, "appeals.file", {"kind": "gracious"})
    return appeal


async def record_litigation(
    db: AsyncSession, actor: Actor, call: Call, application: Application, *, received_on: date, reference: str, grounds: str
) -> Appeal:  # fmt: skip
    """The organiser writes down a claim brought to court, as communicated to it."""
    POLICY.check(actor, "appeals.answer", call)
    decision = await _notified(db, application)
    standing = await _standing(db, application, "litigation")
    if standing and standing.reference == reference.strip():
        return standing
    if received_on > clock.today():
        raise Refused("La date de communication est dans l’avenir.", "Corrigez-la.")
    if decision.released_at and received_on < decision.released_at.astimezone(clock.PARIS).date():
        raise Refused("Cette date précède la notification de la décision contestée.", "Corrigez-la.")
    appeal = await _keep(db, actor, decision, "litigation", received_on, grounds.strip(), reference.strip())
    await _record(db, actor, call, appeal, "appeals.record", {"kind": "litigation", "reference": appeal.reference})
    return appeal


async def answer(
    db: AsyncSession, actor: Actor, call: Call, appeal: Appeal, *, outcome: str, answer: str, signatory: str
) -> None:
    """Grant or reject, with reasons and a signatory; once. The applicant is told, with the time limit that starts again."""
    POLICY.check(actor, "appeals.answer", call)
    await db.refresh(appeal, with_for_update=True)
    if appeal.answered_at:
        if (appeal.outcome, appeal.answer) == (outcome, answer.strip()):
            return
        raise Refused("Ce recours a déjà sa réponse.", "Une nouvelle réponse demande un nouvel acte.")
    appeal.outcome, appeal.answer, appeal.signatory = outcome, answer.strip(), " ".join(signatory.split())
    appeal.answered_at, appeal.answered_by_id = clock.now(), actor.user_id
    await db.flush()
    if appeal.kind == "gracious":
        application = await db.get_one(Application, appeal.application_id)
        organisation = await db.get_one(Organisation, application.organisation_id)
        to, user_id = await recipient_of(db, application, organisation)
        setting = await letters.setting_of(db, call)
        notified = (await notifications(db, call))[appeal.application_id]
        runs = clock_of(appeal, notified, public=setting.decider.public)
        suite = appeal_clock.sequel(runs, granted=outcome == "granted", court=setting.decider.court)
        subject, text = appeal_answer_mail(call, application, appeal, suite)
        pdf = await render_pdf(letters.draw_answer(setting, appeal, application, organisation, suite))
        stored = await files.keep(
            db, name=f"Réponse au recours {application.label} {organisation.name}.pdf", content=pdf,
            content_type="application/pdf", audience="parties", scan="own", owner_id=organisation.id, user_id=actor.user_id,
        )  # fmt: skip
        await mail.post(
            db, to=to, user_id=user_id, subject=subject, text=text, kind="appeal", dedupe=f"appeal:{appeal.id}:answer", about=f"application:{application.id}",
            attachment_id=stored.id,
        )  # fmt: skip
    await _record(db, actor, call, appeal, "appeals.answer", {"outcome": outcome, "signatory": appeal.signatory})


@dataclass(frozen=True)
class Correction:
    """What granting the appeal would change of the file: its score, or the area it takes at one lot."""

    score: Decimal | None = None
    lot: str | None = None
    area: Decimal | None = None


def corrected(problem: dict[str, Any], inputs: Inputs, label: str, correction: Correction) -> dict[str, Any]:
    """A copy of the stored problem with one application changed, or brought in when it was left out."""
    document: dict[str, Any] = json.loads(json.dumps(problem))
    row = next((one for one in document["applications"] if one["id"] == label), None)
    if row is None:
        row = next(one for one in inputs.document["applications"] if one["id"] == label)
        document["applications"].append(row)
        closed = [one for one in inputs.document["ineligible"] if one["application"] == label]
        document["ineligible"] = (document.get("ineligible") or []) + closed
        if (document.get("tie_break") or {}).get("rule") == "order":
            document["tie_break"]["order"].append(label)
    if correction.score is not None:
        row["scores"] = dict.fromkeys(row["scores"], str(correction.score))
    if correction.lot and correction.area is not None:
        if correction.lot not in row["area"]:
            raise Refused("Ce lot n’est pas ouvert à cette candidature.")
        row["area"][correction.lot] = str(correction.area)
    return document


async def with_appellant(
    db: AsyncSession, call: Call, application_id: int, correction: Correction, problem: Mapping[str, Any]
) -> Inputs:
    """Names and rows of the call, with the appellant as if it had been scored when it was not."""
    inputs = await frozen.gather(db, call)
    if any(one.application.id == application_id for one in inputs.candidates.values()):
        return inputs
    if correction.score is None:
        raise Refused("Cette candidature n’a pas de note : donnez la note à essayer.")
    application = await db.get_one(Application, application_id)
    organisation = await db.get_one(Organisation, application.organisation_id)
    wishes = [w for w in (await db.execute(queries.wishes_of(call.id))).scalars() if w.application_id == application.id]
    score = RankedScore(
        application_id=application.id, score=correction.score, rank=len(inputs.candidates) + 1, detail={}
    )
    candidates = inputs.candidates | {application.label: Candidate(application, organisation, score, tuple(wishes))}
    period = Period(inputs.version.occupation_from, inputs.version.occupation_until)
    return frozen.build(inputs.version, _as_offered(inputs, problem), candidates, (), period)


def _as_offered(inputs: Inputs, problem: Mapping[str, Any]) -> dict[str, Offered]:
    """The lots as they were when the call was decided: titles signed since then occupy them."""
    areas = {row["id"]: Decimal(row["area"]) for row in problem["lots"]}
    return {
        key: replace(offered, facts=replace(offered.facts, area=areas[key], taken=False))
        for key, offered in inputs.lots.items()
    }


async def _notified(db: AsyncSession, application: Application) -> Decision:
    found = await db.execute(
        select(Decision).where(Decision.application_id == application.id, Decision.released_at.is_not(None))
    )
    decision = found.scalar_one_or_none()
    if decision is None:
        raise Refused("Aucune décision n’est notifiée pour cette candidature : il n’y a rien à contester encore.")
    return decision


async def _standing(db: AsyncSession, application: Application, kind: str) -> Appeal | None:
    # The application's row is held, so that two submissions of the same form see each other.
    await db.execute(select(Application.id).where(Application.id == application.id).with_for_update())
    found = await db.execute(
        select(Appeal).where(Appeal.application_id == application.id, Appeal.kind == kind, Appeal.answered_at.is_(None))
    )
    return found.scalar_one_or_none()


async def _keep(
    db: AsyncSession, actor: Actor, decision: Decision, kind: str, received_on: date, grounds: str, reference: str
) -> Appeal:
    if len(grounds) < 10:
        raise Refused("Dites ce que vous contestez, en une phrase au moins.")
    appeal = Appeal(
        call_id=decision.call_id, application_id=decision.application_id, kind=kind, received_on=received_on,
        grounds=grounds, reference=reference, created_at=clock.now(), filed_by_id=actor.user_id,
    )  # fmt: skip
    db.add(appeal)
    await db.flush()
    return appeal


async def _record(
    db: AsyncSession, actor: Actor, call: Call, appeal: Appeal, action: str, facts: dict[str, Any]
) -> None:
    await journal.record(
        db, chain=call.chain, action=action, subject=f"appeal:{appeal.id}", actor_id=actor.user_id,
        organisation_id=call.organiser_id, facts={"application": appeal.application_id} | facts,
    )  # fmt: skip
