"""Pages of the letters: review each, name the signatory, notify all decisions in one act."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import (
    decisions,
    forms,
    house_rules,
    letters,
    minutes,
    notices,
    queries,
    release,
    reviews,
    standing,
)
from allocation.assignment.board_pages import call_of
from allocation.assignment.models import Award, Decision
from calls.models import Application, Call
from intervalle import files
from intervalle.accounts.models import Organisation, User
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import N_, _, ngettext
from intervalle.outbox import StoredFile
from intervalle.pdf import render_pdf
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect, stored_file_response

# Outcome -> (hatch, label), in the order of the list.
OUTCOMES = {
    "awarded": ("awarded", N_("Retenue")),
    "reserve": ("selection", N_("Liste de réserve")),
    "refused": ("none", N_("Non retenue")),
    "inadmissible": ("works", N_("Non recevable")),
}


async def listed(db: AsyncSession, call: Call, **given: Any) -> dict[str, Any]:
    """What the page of the letters needs."""
    rows = [(decision, file, owner) for decision, file, owner in await db.execute(queries.decisions_of(call.id))]
    rows.sort(key=lambda row: (list(OUTCOMES).index(row[0].outcome), row[1].number))
    signatory = next((row[0].signatory for row in rows), "")
    missing = [row for row in rows if not row[0].motive.strip() or not row[0].remedies.strip()]
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    lots = {lot.id: lot for lot, _premises in await db.execute(queries.offered_lots(version.id))}
    offered: dict[int, list[Award]] = {}
    for award in (await db.execute(queries.awards_of(call.id))).scalars():
        offered.setdefault(award.application_id, []).append(award)
    return {
        "call": call, "rows": rows, "awards": {id: found[-1] for id, found in offered.items()}, "outcomes": OUTCOMES, "signatory": signatory, "missing": missing, "lots": lots,
        "form": forms.SignatoryForm(signatory=signatory), "review_form": forms.ReviewForm(), "version": version, "last_day": letters.last_day,
        "changed": {line.application_id: (line, act) for line, act in await db.execute(standing.released_lines(call.id))},
    } | await _gates(db, call) | given  # fmt: skip


async def _gates(db: AsyncSession, call: Call) -> dict[str, Any]:
    """What stands before the release: the minutes, and the second person's reading."""
    rules, review, made = await house_rules.of(db, call.organiser_id), await reviews.last(db, call), None
    state = ""
    if (await db.execute(queries.retained_proposal(call.id))).scalar_one_or_none():
        made = await minutes.latest(db, call)
    if made:
        held = await minutes.signatures_of(db, made)
        state = "stale" if await minutes.moved(db, call, made) else "signed" if len(held) > 1 else "unsigned"
    void = bool(
        review and not call.released_at and reviews.hash_of(await letters.draw_all(db, call)) != review.letters_sha256
    )
    people = {review.asked_by_id, review.answered_by_id} - {None} if review else set()
    names = {u.id: u.name for u in (await db.execute(select(User).where(User.id.in_(people)))).scalars()}
    return {
        "rules": rules, "review": review, "review_void": void, "minutes_state": state,
        "asker": names.get(review.asked_by_id, "") if review else "",
        "answerer": names.get(review.answered_by_id or 0, "") if review else "",
    }  # fmt: skip


@get("/attribution/{call_id:int}/lettres", policy="proposals.show")
async def index(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await call_of(request, db, call_id)
    return page(request, "assignment/letters.html", me=actor_of(request).user_id, **await listed(db, call))


@post("/attribution/{call_id:int}/lettres/signataire", policy="decisions.edit")
async def sign(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call, form = await call_of(request, db, call_id), forms.SignatoryForm(await form_data(request))
    if not form.validate():
        me = actor_of(request).user_id
        raise invalid(request, "assignment/letters.html", me=me, **await listed(db, call, form=form))
    await decisions.name_signatory(db, actor_of(request), call, signatory=str(form.signatory.data))
    return redirect(f"/attribution/{call_id}/lettres", flash=_("Signataire enregistré sur toutes les lettres."))


@post("/attribution/{call_id:int}/notifier", policy="decisions.release")
async def notify(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await call_of(request, db, call_id)
    sent = await release.release(db, actor_of(request), call)
    told = (
        ngettext("La lettre est partie.", "%(n)s lettres partent ensemble.", sent)
        if sent
        else _("Les décisions étaient déjà notifiées.")
    )
    return redirect(f"/attribution/{call_id}/lettres", flash=told)


async def _one(request: Request, db: AsyncSession, call_id: int, decision_id: int) -> tuple[
    Call, Decision, Application, Organisation
]:  # fmt: skip
    call = await call_of(request, db, call_id)
    found = (await db.execute(queries.decisions_of(call.id).where(Decision.id == decision_id))).one_or_none()
    if found is None:
        raise NotFound
    decision, application, organisation = found
    return call, decision, application, organisation


async def _context(
    db: AsyncSession, call: Call, decision: Decision, application: Application, organisation: Organisation, form: Any
) -> dict[str, Any]:
    decider = await decisions.decider_of(db, call)
    return {
        "call": call, "decision": decision, "application": application, "organisation": organisation, "form": form,
        "outcomes": OUTCOMES, "heading": notices.remedies_heading(decider.public),
    }  # fmt: skip


@get("/attribution/{call_id:int}/lettres/{decision_id:int}", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id, decision_id: Id) -> Response[str]:
    call, decision, application, organisation = await _one(request, db, call_id, decision_id)
    form = forms.LetterForm(obj=decision)
    return page(
        request, "assignment/letter_edit.html", **await _context(db, call, decision, application, organisation, form)
    )


@post("/attribution/{call_id:int}/lettres/{decision_id:int}", policy="decisions.edit")
async def edit(request: Request, db: Db, call_id: Id, decision_id: Id) -> Response[Any]:
    call, decision, application, organisation = await _one(request, db, call_id, decision_id)
    form = forms.LetterForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request, "assignment/letter_edit.html",
            **await _context(db, call, decision, application, organisation, form),
        )  # fmt: skip
    await decisions.edit(
        db, actor_of(request), call, decision, motive=str(form.motive.data), remedies=str(form.remedies.data),
        version=int(form.version.data or 0),
    )  # fmt: skip
    return redirect(f"/attribution/{call_id}/lettres", flash=_("Lettre corrigée : %(name)s.", name=organisation.name))


@get("/attribution/{call_id:int}/lettres/{decision_id:int}/lettre.pdf", policy="proposals.show")
async def preview(request: Request, db: Db, call_id: Id, decision_id: Id) -> Response[bytes]:
    """The letter as it left; before that, as it would leave today."""
    call, decision, application, organisation = await _one(request, db, call_id, decision_id)
    if decision.letter_file_id:
        stored = await db.get_one(StoredFile, decision.letter_file_id)
        return stored_file_response(stored, await files.read(stored), inline=True)
    POLICY.check(actor_of(request), "decisions.edit", call)
    setting = await letters.setting_of(db, call)
    content = await render_pdf(letters.draw(setting, decision, application, organisation))
    return Response(
        content, media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="projet-{application.label}.pdf"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [index, sign, notify, show, edit, preview]
