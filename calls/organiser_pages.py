"""/appels/nouveau, /modifier, /ouvrir, /prolonger, /annuler, /suivi: what an organiser does with a call."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import or_, select

from calls import approvals, drafts, grid, naming, openings, queries
from calls.applications import submitted_of
from calls.call_pages import visible_call
from calls.cards import cards, detail
from calls.forms import (
    CallForm,
    CancelForm,
    CriterionForm,
    ExtendForm,
    LotTermsForm,
    NewCallForm,
    OpenForm,
    criterion_rows,
    lot_forms,
    typed_criteria,
)
from calls.lot_terms import LotTerms, terms_of
from calls.markdown import to_html
from calls.models import Application, Call, CallVersion
from intervalle import clock
from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Mandate, Organisation
from intervalle.accounts.policy import WRITE
from intervalle.accounts.policy_table import ORGANISERS, POLICY
from intervalle.i18n import _
from intervalle.verdicts import blocking, to_justify
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect
from premises.models import Lot, Premises


async def _organisers(db: Db, actor: Actor) -> list[Organisation]:
    """Organisations in whose name the actor may open a call: its own, and those it acts for by mandate."""
    ids = actor.organisations(WRITE, scope="calls")
    found = await db.execute(
        select(Organisation)
        .where(Organisation.id.in_(ids), Organisation.kind.in_(ORGANISERS))
        .order_by(Organisation.name)
    )
    return list(found.scalars())


async def _lots(db: Db, organiser_ids: list[int]) -> list[tuple[Lot, Premises]]:
    offered: dict[int, tuple[Lot, Premises]] = {}
    for organiser_id in organiser_ids:
        for lot, premises in (await db.execute(queries.lots_to_offer(organiser_id))).all():
            offered[lot.id] = (lot, premises)
    return list(offered.values())


def _chosen(data: Any, name: str = "lot") -> list[int]:
    return [int(v) for v in data.getall(name, []) if isinstance(v, str) and v.isdigit() and len(v) < 19]


async def _new_context(request: Request, db: Db) -> dict[str, Any]:
    organisers = await _organisers(db, actor_of(request))
    return {"organisers": organisers, "offered": await _lots(db, [o.id for o in organisers])}


def _new_form(data: Any, organisers: list[Organisation], actor: Actor) -> NewCallForm:
    current = actor.current.organisation_id if actor.current else 0
    first = next((o for o in organisers if o.id == current), organisers[0] if organisers else None)
    form = NewCallForm(data, organiser=str(first.id) if first else None)
    form.organiser.offer([(str(o.id), o.name) for o in organisers])
    return form


@get("/appels/nouveau", policy="calls.create")
async def new(request: Request, db: Db) -> Response[str]:
    context = await _new_context(request, db)
    form = _new_form(None, context["organisers"], actor_of(request))
    local = request.query_params.get("local", "")
    wanted = [lot.id for lot, premises in context["offered"] if str(premises.id) == local]
    return page(request, "calls/new.html", form=form, chosen=wanted, **context)


@post("/appels", policy="calls.create")
async def create(request: Request, db: Db) -> Response[None]:
    actor, data = actor_of(request), await form_data(request)
    context = await _new_context(request, db)
    form, chosen = _new_form(data, context["organisers"], actor), _chosen(data)
    if not form.validate():
        raise invalid(request, "calls/new.html", form=form, chosen=chosen, **context)
    organiser = int(form.organiser.data)
    own = {b.organisation_id for b in actor.belongings}
    # Acting for somebody by mandate: the actor's organisation runs the call for them.
    delegate = None if organiser in own else next(m.agent_id for m in actor.mandates if m.grantor_id == organiser)
    call = await drafts.create(
        db, actor, title=form.title.data or "", organiser_id=organiser, lot_ids=chosen, delegate_id=delegate
    )
    return redirect(f"/appels/{call.id}/modifier", flash=_("Le brouillon de l’appel est créé."))


async def _version(db: Db, call: Call) -> CallVersion:
    return (await db.execute(queries.current_version(call.id))).scalar_one()


async def _delegates(db: Db, call: Call) -> list[tuple[str, str]]:
    """Support bodies, and whoever holds a mandate of the organiser for calls."""
    held = select(Mandate.agent_id).where(
        Mandate.grantor_id == call.organiser_id,
        Mandate.scope.in_(("calls", "everything")),
        Mandate.revoked_at.is_(None),
    )
    found = await db.execute(
        select(Organisation)
        .where(
            or_(Organisation.kind.in_(("support_body", "city", "epci")), Organisation.id.in_(held)),
            Organisation.id != call.organiser_id,
        )
        .order_by(Organisation.name)
    )
    return [(str(org.id), org.name) for org in found.scalars()]


async def edit_context(db: Db, actor: Actor, call: Call, version: CallVersion) -> dict[str, Any]:
    (card,) = await cards(db, [call])
    offered = {lot.id: (lot, premises) for lot, premises in await _lots(db, drafts.lot_owners(actor, call))}
    kept = {offer.lot.id: (offer.lot, offer.premises) for offer in card.offers}
    shown = {
        "call": call, "card": card, "version": version, "offered": list({**kept, **offered}.values()), "anchors": grid.ANCHORS,
        "amending": False, "seen": version.version,
        "saved_lots": {offer.lot.id: terms_of(offer.row) for offer in card.offers},
    }  # fmt: skip
    return shown | {"terms": offered_forms(shown)}


async def edit_form(db: Db, call: Call, version: CallVersion, data: Any = None) -> CallForm:
    form = await naming.filled(db, call, version) if data is None else CallForm(data)
    form.delegate.offer(await _delegates(db, call))
    return form


@get("/appels/{call_id:int}/modifier", policy="calls.edit")
async def edit(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.edit", call)
    version = await _version(db, call)
    criteria = list((await db.execute(queries.criteria_of(version.id))).scalars())
    context = await edit_context(db, actor_of(request), call, version)
    return page(
        request, "calls/edit.html", form=await edit_form(db, call, version), rows=criterion_rows(criteria), stale=False,
        lots=context["saved_lots"], total=sum(c.weight for c in criteria), theirs={}, **context,
    )  # fmt: skip


def typed_lots(data: Any, forms: Mapping[int, LotTermsForm]) -> dict[int, LotTerms]:
    """The lots that are ticked, each with its terms."""
    said = {lot_id: str(data.get(f"conditions-{lot_id}", "")).strip() for lot_id in _chosen(data)}
    return {i: forms[i].terms(words) if i in forms else LotTerms(words) for i, words in said.items()}


def offered_forms(context: Mapping[str, Any], data: Any = None) -> dict[int, LotTermsForm]:
    """The terms of each lot on offer, as saved or as typed; one that is not ticked is not read."""
    forms = lot_forms([lot for lot, _premises in context["offered"]], context["saved_lots"], data)
    return forms if data is None else {i: forms[i] for i in forms if i in set(_chosen(data))}


def grid_total(rows: list[CriterionForm]) -> int:
    return sum(int(row.weight.data or 0) for row in rows if row.label.data)


@post("/appels/{call_id:int}/modifier", policy="calls.edit")
async def save(request: Request, db: Db, call_id: Id) -> Response[Any]:
    """Save the draft. Stale: 409, the page again with what was typed and, beside each field, what is saved."""
    call = await visible_call(request, db, call_id)
    actor, data = actor_of(request), await form_data(request)
    POLICY.check(actor, "calls.edit", call)
    version = await _version(db, call)
    context = await edit_context(db, actor, call, version)
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
    seen = int(data.get("version", 0)) if str(data.get("version", "")).isdigit() else 0
    try:
        await drafts.save(
            db, actor, call, seen=seen, values={**form.values(), **organisations}, lots=lots, criteria=lines
        )
    except drafts.Stale:
        theirs = differing(form, await naming.filled(db, call, version))
        return page(request, "calls/edit.html", status=409, stale=True, theirs=theirs, **shown)
    onward = "ouvrir" if data.get("suite") == "ouvrir" else "modifier"
    return redirect(f"/appels/{call.id}/{onward}", flash=_("Le brouillon est enregistré."))


def differing(mine: Any, saved: Any) -> dict[str, str]:
    """Field -> the saved text, for each field whose typed value differs."""
    return {f.name: _said(saved[f.name]) for f in mine if f.data != saved[f.name].data}


def _said(f: Any) -> str:
    if isinstance(f.data, bool):
        return _("oui") if f.data else _("non")
    if hasattr(f, "choices"):
        chosen = f.data if isinstance(f.data, list) else [f.data]
        return ", ".join(_(str(c.label)) for c in f.choices if c.value and c.value in {str(v) for v in chosen}) or _(
            "rien"
        )
    return str(f._value() if hasattr(f, "_value") else f.data or "") or _("rien")


async def _opening_context(db: Db, call: Call) -> dict[str, Any]:
    shown = await detail(db, call)
    verdicts = await openings.verdicts_of(db, call, shown.card.version)
    return {
        "call": call, "card": shown.card, "version": shown.card.version, "criteria": shown.criteria, "verdicts": verdicts,
        "needs_approval": await approvals.needed(db, call), "approval": await approvals.latest(db, shown.card.version),
        "blocked": bool(blocking(verdicts)), "warned": to_justify(verdicts), "body": to_html(shown.card.version.body),
    }  # fmt: skip


@get("/appels/{call_id:int}/ouvrir", policy="calls.open")
async def review(request: Request, db: Db, call_id: Id) -> Response[str]:
    """What the rules say before opening, and the button."""
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.open", call)
    return page(request, "calls/open.html", why={}, missing=[], form=OpenForm(), **await _opening_context(db, call))


@post("/appels/{call_id:int}/ouvrir", policy="calls.open")
async def open_now(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, data = actor_of(request), await form_data(request)
    POLICY.check(actor, "calls.open", call)
    context = await _opening_context(db, call)
    why, form = _reasons(data, context["warned"]), OpenForm(data)
    form.validate()
    at: Any = form.opens_at.data
    if at and at <= clock.now():
        form.add_error("opens_at", _("Cette heure est déjà passée : choisissez-en une à venir, ou laissez vide."))
    if context["blocked"] or not all(why.values()) or form.errors_in_order:
        missing = [rule for rule, text in why.items() if not text]
        raise invalid(request, "calls/open.html", why=why, missing=missing, form=form, **context)
    seen = int(data.get("version", 0)) if str(data.get("version", "")).isdigit() else 0
    await openings.open_call(db, actor, call, seen=seen, justifications=why, at=at)
    if at:
        return redirect(f"/appels/{call.id}", flash=_("L’ouverture est programmée : l’appel s’ouvrira de lui-même."))
    return redirect(f"/appels/{call.id}", flash=_("L’appel est ouvert : son texte, ses lots et sa grille sont gelés."))


def _reasons(data: Mapping[str, Any], warned: Any) -> dict[str, str]:
    return {v.id: str(data.get(f"motif-{v.id}", "")).strip() for v in warned}


@get("/appels/{call_id:int}/prolonger", policy="calls.extend")
async def extending(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.extend", call)
    return page(request, "calls/extend.html", call=call, form=ExtendForm(to=call.closes_at))


@post("/appels/{call_id:int}/prolonger", policy="calls.extend")
async def extend(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, form = actor_of(request), ExtendForm(await form_data(request))
    POLICY.check(actor, "calls.extend", call)
    to: Any = form.to.data
    if form.validate() and call.closes_at and to < call.closes_at:
        form.add_error("to", _("Une date limite annoncée ne peut pas être avancée."))
    if form.errors_in_order:
        raise invalid(request, "calls/extend.html", call=call, form=form)
    await openings.extend(db, actor, call, to=to, reason=form.reason.data or "")
    return redirect(
        f"/appels/{call.id}", flash=_("La date limite est reportée pour tout le monde ; les candidats sont prévenus.")
    )


@get("/appels/{call_id:int}/annuler", policy="calls.cancel")
async def cancelling(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "calls.cancel", call)
    return page(request, "calls/cancel.html", call=call, form=CancelForm())


@post("/appels/{call_id:int}/annuler", policy="calls.cancel")
async def cancel(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, form = actor_of(request), CancelForm(await form_data(request))
    POLICY.check(actor, "calls.cancel", call)
    if not form.validate():
        raise invalid(request, "calls/cancel.html", call=call, form=form)
    await openings.cancel(db, actor, call, reason=form.reason.data or "")
    return redirect(f"/appels/{call.id}", flash=_("L’appel est annulé ; les candidats sont prévenus."))


@get("/appels/{call_id:int}/candidatures", policy="calls.follow")
async def follow(request: Request, db: Db, call_id: Id) -> Response[str]:
    """How many before closing; the files after it, less what the selection room holds back."""
    call, actor = await visible_call(request, db, call_id), actor_of(request)
    POLICY.check(actor, "calls.follow", call)
    (card,) = await cards(db, [call])
    submitted, drafted = (await db.execute(queries.application_counts(call.id))).one()
    readable = queries.readable_by_organiser(actor)
    rows = await db.execute(
        select(Application, Organisation)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.id.in_(submitted_of(call).with_only_columns(Application.id)), readable)
        .order_by(Application.number)
    )
    return page(
        request, "calls/follow.html", call=call, card=card, submitted=submitted, drafted=drafted, files=list(rows)
    )


ROUTES: list[HTTPRouteHandler] = [
    new, create, edit, save, review, open_now, extending, extend, cancelling, cancel, follow,
]  # fmt: skip
