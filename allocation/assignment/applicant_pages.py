"""What the applicant reads: the decision, the letter, and the sheet of its own parameters (CRPA R311-3-1-2)."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import appeals, decisions, forms, letters, notices, offers, queries, standing
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.half_days import half_days
from allocation.assignment.letter_pages import OUTCOMES
from allocation.assignment.letters import Setting
from allocation.assignment.models import Award, Decision, Proposal
from allocation.assignment.motives import Documents
from allocation.assignment.problem import HALF_DAYS
from allocation.remedies import appeal_deadline, reasons_due
from calls.models import Application, Call
from intervalle import clock, files
from intervalle.accounts.models import Organisation, User
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.pdf import render_pdf
from intervalle.web import (
    Db,
    Id,
    Request,
    actor_of,
    environment,
    form_data,
    one_or_404,
    page,
    redirect,
    stored_file_response,
)
from premises.models import Lot, Premises


@dataclass(frozen=True)
class Told:
    """A released decision with everything its reader may see."""

    decision: Decision
    application: Application
    organisation: Organisation
    call: Call
    setting: Setting


async def told_of(request: Request, db: AsyncSession, application_id: int) -> Told:
    visible = queries.released_decision_visible_to(actor_of(request), application_id)
    decision = one_or_404(await db.execute(visible))
    application = await db.get_one(Application, decision.application_id)
    call = await db.get_one(Call, decision.call_id)
    organisation = await db.get_one(Organisation, application.organisation_id)
    return Told(decision, application, organisation, call, await letters.setting_of(db, call))


@get("/candidatures/{application_id:int}/decision", policy="decisions.show")
async def show(request: Request, db: Db, application_id: Id) -> Response[str]:
    told = await told_of(request, db, application_id)
    return page(request, "assignment/decision.html", **await decision_context(db, told))


async def decision_context(db: AsyncSession, told: Told, **given: Any) -> dict[str, Any]:
    decision, score = told.decision, told.setting.scores.get(told.application.id)
    changed = await acts_on(db, told)
    last = changed[-1] if changed else None
    told_on = last[1].released_at if last else decision.released_at
    award = await award_of(db, told.application)
    public = told.setting.decider.public
    notified = [at for at in (decision.released_at, *(act.released_at for _line, act in changed)) if at]
    return {
        "told": told, "decision": decision, "application": told.application, "call": told.call,
        "organisation": told.organisation, "score": score, "marks": decisions.marks_of(score.detail) if score else (),
        "ranked": len(told.setting.scores), "lot": told.setting.lots.get(decision.lot_id or 0),
        "changed": changed, "outcome": last[0].outcome if last else decision.outcome, "told_on": told_on,
        "signatory": last[1].signatory if last else decision.signatory, "award": award, "held_lot": await _held(db, award), "outcomes": OUTCOMES,
        "last_day": letters.last_day(award) if award and award.stage() == "offered" else None, "heading": notices.remedies_heading(public),
        # The clock runs from the reception; this is the day for somebody who received it the very day it left.
        "deadline": appeal_deadline(told_on.astimezone(clock.PARIS).date()) if told_on else None,
        "today": clock.today(), "reasons_by": reasons_due(clock.today()),
        "computed": letters.enters_engine(told.setting, decision, told.application),
        "award_week": half_days(award.slots or ()) if award else [],
        "decider": told.setting.decider, "appeal_form": forms.AppealForm(),
        "appeals": [
            (appeal, appeals.clock_of(appeal, notified, public=public))
            for appeal in (await db.execute(queries.appeals_on(told.application.id))).scalars()
        ],
    } | given  # fmt: skip


async def acts_on(db: AsyncSession, told: Told) -> list[tuple[ActLine, CorrectiveAct]]:
    """The acts that changed this decision, the first one first."""
    rows = await db.execute(standing.released_lines(told.call.id).where(ActLine.application_id == told.application.id))
    return [(line, act) for line, act in rows]


async def award_of(db: AsyncSession, application: Application) -> Award | None:
    """The last place offered to this application: the one decided, or the one it was called for from the reserve."""
    found = await db.execute(
        select(Award)
        .where(Award.application_id == application.id, Award.released_at.is_not(None))
        .order_by(Award.id.desc())
    )
    return found.scalars().first()


async def _held(db: AsyncSession, award: Award | None) -> tuple[Lot, Premises] | None:
    if award is None:
        return None
    lot = await db.get_one(Lot, award.lot_id)
    return lot, await db.get_one(Premises, lot.premises_id)


@post("/candidatures/{application_id:int}/decision/reponse", policy="awards.answer")
async def reply(request: Request, db: Db, application_id: Id) -> Response[Any]:
    """The structure takes its place (`oui`) or gives it up (`non`)."""
    told = await told_of(request, db, application_id)
    award = await award_of(db, told.application)
    typed = (await form_data(request)).get("reponse")
    if award is None or typed not in ("oui", "non"):
        raise NotFound
    await offers.answer(db, actor_of(request), award, accepted=typed == "oui")
    said = (
        _("Votre réponse est enregistrée : la place est à vous. Le titre d’occupation suit.")
        if typed == "oui"
        else _("Votre réponse est enregistrée : la place est rendue.")
    )
    return redirect(f"/candidatures/{application_id}/decision", flash=said)


@get("/candidatures/{application_id:int}/decision/lettre.pdf", policy="decisions.show")
async def letter(request: Request, db: Db, application_id: Id) -> Response[bytes]:
    decision = one_or_404(await db.execute(queries.released_decision_visible_to(actor_of(request), application_id)))
    if decision.letter_file_id is None:
        raise NotFound
    stored = await db.get_one(StoredFile, decision.letter_file_id)
    return stored_file_response(stored, await files.read(stored), inline=True)


@get("/candidatures/{application_id:int}/decision/actes/{act_id:int}/lettre.pdf", policy="decisions.show")
async def act_letter(request: Request, db: Db, application_id: Id, act_id: Id) -> Response[bytes]:
    """The letter of an act that changed the decision."""
    told = await told_of(request, db, application_id)
    line = next((line for line, act in await acts_on(db, told) if act.id == act_id), None)
    if line is None or line.letter_file_id is None:
        raise NotFound
    stored = await db.get_one(StoredFile, line.letter_file_id)
    return stored_file_response(stored, await files.read(stored), inline=True)


@get("/candidatures/{application_id:int}/decision/offre.pdf", policy="decisions.show")
async def offer_letter(request: Request, db: Db, application_id: Id) -> Response[bytes]:
    """The letter of a place offered from the reserve."""
    told = await told_of(request, db, application_id)
    award = await award_of(db, told.application)
    if award is None or award.letter_file_id is None:
        raise NotFound
    stored = await db.get_one(StoredFile, award.letter_file_id)
    return stored_file_response(stored, await files.read(stored), inline=True)


@get("/candidatures/{application_id:int}/decision/parametres", policy="decisions.show")
async def parameters(request: Request, db: Db, application_id: Id) -> Response[str]:
    """R311-3-1-2: the part the treatment took, the data and their sources, the parameters and weights applied to this
    application, and the operations performed."""
    told = await told_of(request, db, application_id)
    return page(request, "assignment/parameters.html", **await _sheet(db, told))


@get("/candidatures/{application_id:int}/decision/parametres.pdf", policy="decisions.show")
async def parameters_pdf(request: Request, db: Db, application_id: Id) -> Response[bytes]:
    """The same sheet on paper."""
    told = await told_of(request, db, application_id)
    context = await _sheet(db, told)
    with letters.in_french():
        html = environment.get_template("assignment/parameters_document.html").render(**context)
    return Response(
        await render_pdf(html), media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="parametres-{told.application.label}.pdf"',
            "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


async def _sheet(db: AsyncSession, told: Told) -> dict[str, Any]:
    if told.decision.proposal_id is None or not letters.enters_engine(told.setting, told.decision, told.application):
        raise NotFound
    proposal = await db.get_one(Proposal, told.decision.proposal_id)
    documents = decisions.documents_of(proposal)
    context = await decision_context(db, told)
    own = _own(documents, told)
    changes = [(act, _corrected(act, told, own["own"])) for _line, act in await acts_on(db, told)]
    retainer = await db.get(User, proposal.retained_by_id) if proposal.retained_by_id else None
    return context | own | {"proposal": proposal, "changes": changes, "retainer": retainer.name if retainer else ""}


def _corrected(act: CorrectiveAct, told: Told, before: dict[str, Any] | None) -> dict[str, Any]:
    """What the act computed with, where it is not what the first proposal read: areas by lot, and the score."""
    rows = json.loads(act.input)["applications"] if act.input else []
    row = next((row for row in rows if row["id"] == told.application.label), None)
    if row is None:
        return {"area": {}, "score": None}
    known = before or {"area": {}, "scores": {}}
    scores = {value for lot, value in row["scores"].items() if known["scores"].get(lot) != value}
    return {
        "area": {lot: area for lot, area in row["area"].items() if known["area"].get(lot) != area},
        "score": max((Decimal(value) for value in scores), default=None),
    }


def _own(documents: Documents, told: Told) -> dict[str, Any]:
    """This application's rows of the two documents, and nobody else's."""
    id = told.application.label
    rows = [row for row in documents.problem["applications"] if row["id"] == id]
    own = rows[0] if rows else None
    return {
        "own": own,
        "closed": [row for row in documents.problem["ineligible"] if row["application"] == id],
        "locks": [row for row in documents.problem["locks"] if row["application"] == id],
        "quotas": documents.problem["quotas"],
        "lots_offered": documents.problem["lots"],
        "tie_break": documents.problem["tie_break"],
        "placement": documents.placement(id) if own else None,
        "own_week": half_days(HALF_DAYS.index(name) for name in own["slots"] or ()) if own else [],
        "candidates": len(documents.problem["applications"]),
        "exceptions": len(documents.result["exceptions"]),
    }


ROUTES: list[HTTPRouteHandler] = [show, reply, letter, act_letter, offer_letter, parameters, parameters_pdf]
