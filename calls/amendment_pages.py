"""/appels/…/rectifier and /appels/…/versions: change an open call, and read what each version changed."""

from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import amendments, approvals, changes, content, drafts, naming, queries
from calls.application_pages import visible_application
from calls.call_pages import visible_call
from calls.cards import cards
from calls.forms import PublishChangeForm, criterion_rows, typed_criteria
from calls.lot_terms import terms_of
from calls.models import Call, CallVersion
from calls.organiser_pages import differing, edit_context, edit_form, grid_total, offered_forms, typed_lots
from intervalle.accounts.actor import Actor
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _, instant
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect

A_WEEK = timedelta(days=7)  # proposed, not asked for


async def _amendable(request: Request, db: Db, call_id: int) -> Call:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.amend", call)
    return call


async def _context(db: Db, actor: Actor, call: Call, version: CallVersion, seen: int) -> dict[str, Any]:
    shown = await edit_context(db, actor, call, version)
    rows = (await db.execute(queries.lots_of_versions([version.id]))).all()
    kept = {lot.id: (lot, premises) for _row, lot, premises in rows}
    offered = {lot.id: (lot, premises) for lot, premises in shown["offered"]}
    drawn = {
        **shown, "amending": True, "seen": seen, "offered": list({**kept, **offered}.values()),
        "saved_lots": {lot.id: terms_of(row) for row, lot, _premises in rows},
    }  # fmt: skip
    return drawn | {"terms": offered_forms(drawn)}


@get("/appels/{call_id:int}/rectifier", policy="calls.amend")
async def edit(request: Request, db: Db, call_id: Id) -> Response[str]:
    """The change being written, or the version in force to start from; nothing is created by looking."""
    call = await _amendable(request, db, call_id)
    written = await amendments.being_written(db, call)
    version = written or await amendments.in_force(db, call)
    context = await _context(db, actor_of(request), call, version, written.version if written else 0)
    criteria = list((await db.execute(queries.criteria_of(version.id))).scalars())
    return page(
        request, "calls/edit.html", form=await edit_form(db, call, version), rows=criterion_rows(criteria), stale=False,
        lots=context["saved_lots"], total=sum(c.weight for c in criteria), theirs={}, **context,
    )  # fmt: skip


@post("/appels/{call_id:int}/rectifier", policy="calls.amend")
async def save(request: Request, db: Db, call_id: Id) -> Response[Any]:
    call = await _amendable(request, db, call_id)
    data = await form_data(request)
    written = await amendments.being_written(db, call)
    version = written or await amendments.in_force(db, call)
    context = await _context(db, actor_of(request), call, version, written.version if written else 0)
    terms = offered_forms(context, data)
    form, lots = await edit_form(db, call, version, data), typed_lots(data, terms)
    rows, lines = typed_criteria(data)
    shown = context | {
        "form": form,
        "rows": rows,
        "lots": lots,
        "total": grid_total(rows),
        "terms": {**context["terms"], **terms},
    }
    form.validate()
    organisations = await naming.look_up(db, call, form)
    if any(one.errors_in_order for one in (form, *rows, *terms.values())):
        raise invalid(request, "calls/edit.html", stale=False, theirs={}, **shown)
    try:
        await amendments.save(
            db, actor_of(request), call, seen=_number(data.get("version")), values={**form.values(), **organisations}, lots=lots,
            criteria=lines,
        )  # fmt: skip
    except drafts.Stale:
        theirs = differing(form, await naming.filled(db, call, version))
        return page(request, "calls/edit.html", status=409, stale=True, theirs=theirs, **shown)
    onward = "rectifier/publier" if data.get("suite") == "ouvrir" else "rectifier"
    return redirect(f"/appels/{call.id}/{onward}", flash=_("Le changement est enregistré ; rien n’est encore publié."))


def _number(typed: Any) -> int:
    return int(typed) if isinstance(typed, str) and typed.isdigit() and len(typed) < 10 else 0


async def _review(db: Db, call: Call, to: datetime | None = None) -> amendments.Review:
    written = await amendments.being_written(db, call)
    if written is None:
        raise NotFound(_("Aucun changement n’est en préparation."), _("Revenez à la page de l’appel."))
    return await amendments.review(db, call, written, to)


async def _agreement(db: Db, call: Call, review: amendments.Review) -> dict[str, Any]:
    """What the page says of a second person's agreement, when the organisation asks for it."""
    return {
        "needs_approval": await approvals.needed(db, call), "approval": await approvals.latest(db, review.next),
        "blocked": review.blocked,
    }  # fmt: skip


@get("/appels/{call_id:int}/rectifier/publier", policy="calls.amend")
async def reviewing(request: Request, db: Db, call_id: Id) -> Response[str]:
    """What applicants will read, and the button."""
    call = await _amendable(request, db, call_id)
    found = await _review(db, call)
    later = max(found.earliest, call.closes_at + A_WEEK) if found.earliest and call.closes_at else call.closes_at
    form = PublishChangeForm(to=later)
    return page(request, "calls/amend.html", call=call, review=found, form=form, **await _agreement(db, call, found))


@post("/appels/{call_id:int}/rectifier/publier", policy="calls.amend")
async def publish(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, data = await _amendable(request, db, call_id), await form_data(request)
    form = PublishChangeForm(data)
    form.validate()
    to: Any = form.to.data
    found = await _review(db, call, to)
    if to and call.closes_at and to < call.closes_at:
        form.add_error("to", _("Une date limite annoncée ne peut pas être avancée."))
    elif found.earliest and not form.to.errors and amendments.too_soon(call, found.earliest, to):
        form.add_error(
            "to",
            _("Changement de fond : reportez la clôture au %(at)s ou plus tard.", at=instant(found.earliest)),
        )
    if form.errors_in_order or found.blocked:
        agreement = await _agreement(db, call, found)
        raise invalid(request, "calls/amend.html", call=call, review=found, form=form, **agreement)
    await amendments.publish(
        db, actor_of(request), call, seen=_number(data.get("version")), reason=form.reason.data or "", to=to
    )
    return redirect(
        f"/appels/{call.id}/versions/{found.next.number}",
        flash=_("La nouvelle version est publiée ; chaque candidat est prévenu de ce qui change."),
    )


@post("/appels/{call_id:int}/rectifier/abandonner", policy="calls.amend")
async def abandon(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await _amendable(request, db, call_id)
    await amendments.abandon(db, actor_of(request), call)
    return redirect(f"/appels/{call.id}", flash=_("Le changement est abandonné ; l’appel publié n’a pas bougé."))


async def _versions(request: Request, db: Db, call_id: int) -> tuple[Call, list[CallVersion]]:
    call = await visible_call(request, db, call_id)
    return call, list((await db.execute(queries.frozen_versions(call.id))).scalars())


@get("/appels/{call_id:int}/versions/{number:int}", policy="calls.show")
async def version(request: Request, db: Db, call_id: Id, number: Id) -> Response[str]:
    """A published version: why it replaced the one before, and the differences one by one."""
    call, found = await _versions(request, db, call_id)
    by_number = {v.number: v for v in found}
    if number not in by_number:
        raise NotFound
    shown = by_number[number]
    before = next((v for v in found if v.number < number), None)
    told = (
        changes.compare(await amendments.document_of(db, call, before), await amendments.document_of(db, call, shown))
        if before
        else []
    )
    (card,) = await cards(db, [call])
    return page(
        request, "calls/version.html", call=call, card=card, version=shown, before=before, changes=told, versions=found
    )


@get("/appels/{call_id:int}/versions/{number:int}/document.json", policy="calls.show")
async def document(request: Request, db: Db, call_id: Id, number: Id) -> Response[bytes]:
    """The canonical bytes (RFC 8785) whose SHA-256 was published: anybody can check them."""
    call, found = await _versions(request, db, call_id)
    shown = next((v for v in found if v.number == number), None)
    if shown is None:
        raise NotFound
    return Response(
        content.canonical(await amendments.document_of(db, call, shown)), media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="appel-{call.id}-version-{number}.json"'},
    )  # fmt: skip


@post("/candidatures/{application_id:int}/confirmer", policy="applications.confirm")
async def confirm(request: Request, db: Db, application_id: Id) -> Response[None]:
    """A submitted file is maintained as it is under the version in force."""
    application = await visible_application(request, db, application_id)
    await amendments.confirm(db, actor_of(request), application)
    return redirect(
        f"/candidatures/{application.id}",
        flash=_("Votre candidature est confirmée sous la version en vigueur ; le récépissé est à jour."),
    )


ROUTES: list[HTTPRouteHandler] = [edit, save, reviewing, publish, abandon, version, document, confirm]
