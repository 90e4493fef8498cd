"""/attribution/…/actes: what changes a notified decision, prepared, agreed to, released with its letters."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import (
    act_checks,
    act_letters,
    act_release,
    act_rules,
    acts,
    forms,
    house_rules,
    queries,
    standing,
)
from allocation.assignment.act_models import ActLine, CorrectiveAct
from allocation.assignment.act_trial import Trial
from allocation.assignment.acts import Terms
from allocation.assignment.appeals import Correction
from allocation.assignment.decisions import decider_of
from allocation.assignment.letter_pages import OUTCOMES
from allocation.assignment.models import Appeal
from allocation.assignment.standing import Standing
from calls.models import Call
from intervalle import clock, files
from intervalle.accounts.models import User
from intervalle.errors import NotFound, Refused
from intervalle.i18n import N_, _, ngettext
from intervalle.outbox import StoredFile
from intervalle.pdf import render_pdf
from intervalle.web import (
    Db,
    Id,
    Request,
    actor_of,
    form_data,
    invalid,
    one_or_404,
    page,
    redirect,
    stored_file_response,
)
from premises.models import Lot

SHOWN = OUTCOMES | {"given_up": ("none", N_("Place rendue"))}


async def _call(request: Request, db: AsyncSession, call_id: int) -> Call:
    visible = queries.calls_to_correct_visible_to(actor_of(request))
    return one_or_404(await db.execute(visible.where(Call.id == call_id)))


async def _cited(db: AsyncSession, call: Call) -> Callable[[str], str]:
    """For the pages: sentences with the articles that bind whoever decides."""
    return partial(act_rules.cited, public=(await decider_of(db, call)).public)


async def _lots(db: AsyncSession, call: Call) -> dict[int, Lot]:
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    return {lot.id: lot for lot, _premises in await db.execute(queries.offered_lots(version.id))}


async def _list(db: AsyncSession, call: Call, **given: Any) -> dict[str, Any]:
    lines = select(func.count()).where(ActLine.act_id == CorrectiveAct.id).scalar_subquery()
    rows = await db.execute(
        select(CorrectiveAct, lines).where(CorrectiveAct.call_id == call.id).order_by(CorrectiveAct.number.desc())
    )
    form = given.pop("form", None) or forms.ActStartForm(data={"mode": "keep"})
    stands = await standing.of_call(db, call)
    form.application.offer([(str(id), f"{s.application.label}, {s.organisation.name}") for id, s in stands.items()])
    form.lot.offer([(str(id), lot.label) for id, lot in (await _lots(db, call)).items()])
    return {
        "call": call, "rows": [tuple(row) for row in rows], "form": form, "draft": await acts.draft_of(db, call), "appeal": None,
        "cited": await _cited(db, call),
    } | given  # fmt: skip


async def _appeal(db: AsyncSession, call: Call, typed: str) -> Appeal | None:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 15:
        return None
    found = await db.execute(
        select(Appeal).where(Appeal.id == int(typed), Appeal.call_id == call.id, Appeal.outcome == "granted")
    )
    return found.scalar_one_or_none()


@get("/attribution/{call_id:int}/actes", policy="proposals.show")
async def index(request: Request, db: Db, call_id: Id) -> Response[str]:
    """The acts of a call; with `?recours=`, the form filled from a granted appeal and what was tried on it."""
    call, typed = await _call(request, db, call_id), request.query_params
    appeal = await _appeal(db, call, typed.get("recours", ""))
    form = None
    if appeal:
        lots = {lot.label: str(id) for id, lot in (await _lots(db, call)).items()}
        form = forms.ActStartForm(
            {
                "application": str(appeal.application_id), "score": typed.get("note", ""), "area": typed.get("surface", ""),
                "lot": lots.get(typed.get("lot", ""), ""), "mode": "keep",
            }
        )  # fmt: skip
    return page(request, "assignment/acts.html", **await _list(db, call, form=form, appeal=appeal))


@post("/attribution/{call_id:int}/actes", policy="decisions.correct")
async def prepare(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call, data = await _call(request, db, call_id), await form_data(request)
    form = forms.ActStartForm(data)
    appeal = await _appeal(db, call, str(data.get("appeal", "")))
    context = await _list(db, call, form=form, appeal=appeal)
    if not form.validate():
        raise invalid(request, "assignment/acts.html", **context)
    act = await acts.prepare(
        db, actor_of(request), call, appeal_id=appeal.id if appeal else None,
        trial=await _trial(db, call, form) if form.application.data else None,
    )  # fmt: skip
    return redirect(f"/attribution/{call_id}/actes/{act.id}", flash=_("Acte n° %(n)s en préparation.", n=act.number))


async def _trial(db: AsyncSession, call: Call, form: forms.ActStartForm) -> Trial:
    lots = {str(id): lot.label for id, lot in (await _lots(db, call)).items()}
    correction = Correction(score=form.score.data, lot=lots.get(form.lot.data or ""), area=form.area.data)
    return Trial(int(form.application.data), correction, replay=form.mode.data == "replay")


async def _act(db: AsyncSession, call: Call, act_id: int) -> CorrectiveAct:
    query = select(CorrectiveAct).where(CorrectiveAct.id == act_id, CorrectiveAct.call_id == call.id)
    return one_or_404(await db.execute(query))


async def _context(request: Request, db: AsyncSession, call: Call, act: CorrectiveAct, **given: Any) -> dict[str, Any]:
    settled = bool(act.released_at or act.abandoned_at)
    drawn = [] if settled else await act_letters.draw_all(db, call, act)
    letters = act_release.hash_of(drawn)
    people = {act.created_by_id, act.approved_by_id, act.released_by_id} - {None}
    rules = await house_rules.of(db, call.organiser_id)
    return {
        "call": call, "act": act, "lots": await _lots(db, call), "outcomes": SHOWN, "grounds": act_rules.GROUNDS, "cited": await _cited(db, call),
        "stands": await standing.of_call(db, call), "lines": await acts.lines_of(db, act), "me": actor_of(request).user_id,
        "objections": [] if settled else await act_checks.objections(db, call, act, drawn),
        "second_person": rules.second_person, "broken": {} if settled else (await act_checks.outcome(db, call, act)).broken,
        "agreed": bool(act.approved_at and (settled or act.approved_sha256 == letters)), "letters": letters,
        "appeal": await db.get(Appeal, act.appeal_id) if act.appeal_id else None, "form": forms.ActForm(obj=act, passing=next(iter(act.passed_over.values()), "")),
        "people": {u.id: u.name for u in (await db.execute(select(User).where(User.id.in_(people)))).scalars()},
        "places": {one.line.application_id: one.change for one in drawn},
    } | given  # fmt: skip


@get("/attribution/{call_id:int}/actes/{act_id:int}", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[str]:
    call = await _call(request, db, call_id)
    act = await _act(db, call, act_id)
    return page(request, "assignment/act.html", **await _context(request, db, call, act))


def _holds(form: forms.ActForm | forms.ActLineForm, act: CorrectiveAct) -> bool:
    """Whether the form can be kept. Written meanwhile by somebody else: said beside what was typed, which may then replace it."""
    if form.validate() and form.version.data != act.version:
        form.add_error(
            "motive", _("Quelqu’un d’autre a modifié cet acte entre-temps. Voyez ce qu’il porte, puis enregistrez à nouveau pour garder votre texte."),
        )  # fmt: skip
        form.version.data = act.version
    return not form.errors_in_order


@post("/attribution/{call_id:int}/actes/{act_id:int}", policy="decisions.correct")
async def write(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[Any]:
    call, form = await _call(request, db, call_id), forms.ActForm(await form_data(request))
    act = await _act(db, call, act_id)
    if not _holds(form, act):
        raise invalid(request, "assignment/act.html", **await _context(request, db, call, act, form=form))
    why = (form.passing.data or "").strip()
    broken = (await act_checks.outcome(db, call, act)).broken if why else {}
    await acts.write(
        db, actor_of(request), call, act_id, motive=form.motive.data or "", signatory=form.signatory.data or "",
        version=form.version.data or 0, passed_over=dict.fromkeys(broken, why),
    )  # fmt: skip
    return redirect(f"/attribution/{call_id}/actes/{act_id}", flash=_("Enregistré."))


async def _line_context(
    db: AsyncSession, call: Call, act: CorrectiveAct, typed: str, data: Mapping[str, Any] | None
) -> dict[str, Any]:
    stands = await standing.of_call(db, call)
    one = stands.get(int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 16 else None
    if one is None or act.released_at or act.abandoned_at:
        raise NotFound
    line = next((row for row in await acts.lines_of(db, act) if row.application_id == one.application.id), None)
    form = forms.ActLineForm(data) if data is not None else forms.ActLineForm(data=_written(act, line, one))
    lots = await _lots(db, call)
    wished = {
        w.lot_id
        for w in (await db.execute(queries.wishes_of(call.id))).scalars()
        if w.application_id == one.application.id
    }
    form.lot.offer([(str(id), f"{lot.label}, {lot.name}") for id, lot in lots.items() if id in wished])
    cited = await _cited(db, call)
    form.ground.offer([(code, cited(_(said))) for code, said in act_rules.GROUNDS.items()])
    until = act_rules.withdraw_until(one.given_on) if one.given_on else None
    return {
        "call": call, "act": act, "one": one, "line": line, "form": form, "lots": lots, "outcomes": SHOWN,
        "until": until, "late": bool(until and clock.today() > until), "cited": cited,
    }  # fmt: skip


def _written(act: CorrectiveAct, line: ActLine | None, one: Standing) -> dict[str, Any]:
    if line is None:
        return {"version": act.version}
    return {
        "outcome": line.outcome, "lot": str(line.lot_id) if line.lot_id else "", "area": line.area, "ground": line.ground or "",
        "heard": line.heard, "motive": line.motive, "version": act.version,
    }  # fmt: skip


@get("/attribution/{call_id:int}/actes/{act_id:int}/ligne", policy="decisions.correct")
async def line(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[str]:
    call = await _call(request, db, call_id)
    act = await _act(db, call, act_id)
    typed = request.query_params.get("candidature", "")
    return page(request, "assignment/act_line.html", **await _line_context(db, call, act, typed, None))


@post("/attribution/{call_id:int}/actes/{act_id:int}/ligne", policy="decisions.correct")
async def put_line(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[Any]:
    call, data = await _call(request, db, call_id), await form_data(request)
    act = await _act(db, call, act_id)
    context = await _line_context(db, call, act, str(data.get("candidature", "")), data)
    form, one, actor = context["form"], context["one"], actor_of(request)
    back, version = f"/attribution/{call_id}/actes/{act_id}", form.version.data or 0
    if data.get("act") == "drop":
        await acts.drop_line(db, actor, call, act.id, one.application.id, version=version)
        return redirect(back, flash=_("Ligne retirée de l’acte."))
    if not _holds(form, act):
        raise invalid(request, "assignment/act_line.html", **context)
    terms = Terms(
        outcome=str(form.outcome.data), lot_id=int(form.lot.data) if form.lot.data else None, area=form.area.data,
        ground=form.ground.data or None, heard=form.heard.data or "", motive=str(form.motive.data),
    )  # fmt: skip
    try:
        await acts.put_line(db, actor, call, act.id, one.application.id, terms, version=version)
    except Refused as refused:
        form.add_error("outcome", f"{refused.sentence} {refused.way_out}".strip())
        raise invalid(request, "assignment/act_line.html", **context) from refused
    return redirect(back, flash=_("Ligne enregistrée : %(name)s.", name=one.organisation.name))


@get("/attribution/{call_id:int}/actes/{act_id:int}/lettres/{application_id:int}/lettre.pdf", policy="proposals.show")
async def letter(request: Request, db: Db, call_id: Id, act_id: Id, application_id: Id) -> Response[bytes]:
    """The letter as it left; before that, as it would leave today."""
    call = await _call(request, db, call_id)
    act = await _act(db, call, act_id)
    row = next((one for one in await acts.lines_of(db, act) if one.application_id == application_id), None)
    if row is None or act.abandoned_at:
        raise NotFound
    if row.letter_file_id:
        stored = await db.get_one(StoredFile, row.letter_file_id)
        return stored_file_response(stored, await files.read(stored), inline=True)
    drawn = next(one for one in await act_letters.draw_all(db, call, act) if one.line.application_id == application_id)
    return Response(
        await render_pdf(drawn.letter.html), media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="projet-{drawn.one.application.label}.pdf"',
            "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store",
        },
    )  # fmt: skip


@post("/attribution/{call_id:int}/actes/{act_id:int}/accord", policy="decisions.review")
async def approve(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[Any]:
    call = await _call(request, db, call_id)
    act = await _act(db, call, act_id)
    current = act_release.hash_of(await act_letters.draw_all(db, call, act))
    if (await form_data(request)).get("letters") != current:
        raise Refused(
            _("Une lettre a changé depuis que vous l’avez relue."), _("Relisez-la, puis donnez votre accord.")
        )
    await acts.approve(db, actor_of(request), call, act.id, letters_sha256=current)
    return redirect(
        f"/attribution/{call_id}/actes/{act_id}", flash=_("Accord enregistré, sur ces lettres telles qu’elles sont.")
    )


@post("/attribution/{call_id:int}/actes/{act_id:int}/abandon", policy="decisions.correct")
async def abandon(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[Any]:
    call = await _call(request, db, call_id)
    await acts.abandon(db, actor_of(request), call, act_id)
    return redirect(f"/attribution/{call_id}/actes", flash=_("Acte abandonné : rien n’est parti."))


@post("/attribution/{call_id:int}/actes/{act_id:int}/notifier", policy="decisions.correct")
async def notify(request: Request, db: Db, call_id: Id, act_id: Id) -> Response[Any]:
    call = await _call(request, db, call_id)
    act = await _act(db, call, act_id)
    sent = await act_release.release(db, actor_of(request), call, act.id)
    told = (
        ngettext("La lettre est partie.", "%(n)s lettres partent ensemble.", sent)
        if sent
        else _("Cet acte était déjà notifié.")
    )
    return redirect(f"/attribution/{call_id}/actes/{act_id}", flash=told)


ROUTES: list[HTTPRouteHandler] = [
    index, prepare, show, write, line, put_line, letter, approve, abandon, notify,
]  # fmt: skip
