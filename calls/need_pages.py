"""/besoins: a structure's standing requests, the places that fit them, and what it answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from calls import match_queries, matches, need_sentences, needs, partners, queries, sectors
from calls.application_pages import structures_of
from calls.matching import OBSTACLES, month_cost, taken
from calls.need_facts import facts_of, offer_of
from calls.need_forms import NeedForm
from calls.need_models import Need, NeedContact, NeedMatch
from calls.sections import DAYS, HALVES, slot
from calls.uses import labels
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import N_, _, area, money
from intervalle.settings import settings
from intervalle.territory.communes import commune_names
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect
from premises.models import Lot, Premises
from premises.queries import lots_visible_to

REASONS = {
    "place": N_("mal situé"),
    "price": N_("trop cher"),
    "area": N_("surface"),
    "condition": N_("état du lieu"),
    "dates": N_("dates"),
    "other": N_("autre raison"),
}


async def _need(request: Request, db: Db, need_id: int) -> Need:
    return one_or_404(await db.execute(queries.needs_visible_to(actor_of(request)).where(Need.id == need_id)))


async def _read(request: Request, db: Db) -> tuple[NeedForm, dict[str, Any]]:
    form = NeedForm(await form_data(request))
    form.validate()
    return form, await sectors.read(db, form)


def _for_you(need: Need, lot: Lot, premises: Premises) -> str:
    """The part this need would take, and about what it costs a month."""
    wanted, offered = facts_of(need), offer_of(lot, premises)
    part, cost = area(taken(wanted, offered)), month_cost(wanted, offered)
    if cost is None:
        return _("%(area)s pour vous", area=part)
    return _("%(area)s pour vous, environ %(cost)s par mois", area=part, cost=money(int(cost), 0))


async def _name(db: Db, organisation_id: int | None) -> str:
    organisation = await db.get(Organisation, organisation_id) if organisation_id else None
    return organisation.name if organisation else ""


def need_form() -> dict[str, Any]:
    return {"days": DAYS, "halves": HALVES, "slot": slot, "basemap": settings().basemap_url}


def half_days(need: Need) -> str:
    """« mardi matin, jeudi matin »; a whole day is named once. Empty: the whole week."""
    said = []
    for day, name in enumerate(DAYS):
        halves = [_(HALVES[half]).lower() for half in (0, 1) if slot(day, half) in need.slots]
        if halves:
            said.append(_(name).lower() + (f" {halves[0]}" if len(halves) == 1 else ""))
    return ", ".join(said)


@get("/besoins", policy="needs.list")
async def index(request: Request, db: Db) -> Response[Any]:
    """One's own needs, each with the places that wait for an answer. Three queries. Owners go to the demand."""
    if not structures_of(actor_of(request)) and POLICY.can(actor_of(request), "needs.demand"):
        return redirect("/besoins/demande")
    mine = queries.needs_visible_to(actor_of(request)).order_by(Need.closed_at.nulls_first(), Need.id.desc())
    found = list((await db.execute(mine.limit(100))).scalars())
    where = await sectors.words(db, found)
    waiting = await db.execute(
        select(NeedMatch.need_id, func.count())
        .where(
            NeedMatch.need_id.in_([n.id for n in found]),
            NeedMatch.interested_at.is_(None),
            NeedMatch.declined_at.is_(None),
        )
        .group_by(NeedMatch.need_id)
    )
    counts = {row[0]: row[1] for row in waiting}
    return page(
        request,
        "calls/needs/list.html",
        needs=found,
        where=where,
        labels=labels,
        half_days=half_days,
        counts=counts,
        standing=await _standing(db, found, counts),
        stages=need_sentences.LABELS,
    )


async def _standing(db: Db, found: Sequence[Need], lots: Mapping[int, int]) -> dict[int, tuple[str, str]]:
    """By need, its state and who acts next. One query for the owners who wait."""
    rows = await db.execute(
        select(NeedContact.need_id, func.count())
        .where(
            NeedContact.need_id.in_([need.id for need in found]), NeedContact.accepted_at.is_(None), NeedContact.declined_at.is_(None),
        )
        .group_by(NeedContact.need_id)
    )  # fmt: skip
    owners = {row[0]: row[1] for row in rows}
    told = {}
    for need in found:
        state = need_sentences.state_of(
            need, closed=need.closed_at is not None, today=clock.today(), lots=lots.get(need.id, 0), owners=owners.get(need.id, 0)
        )  # fmt: skip
        last = need.wanted_until - timedelta(days=1) if need.wanted_until else None
        told[need.id] = (state, need_sentences.structure_sentence(state, last))
    return told


async def _standing_of(db: Db, need: Need) -> tuple[str, str]:
    waiting = select(func.count()).select_from(NeedMatch).where(
        NeedMatch.need_id == need.id, NeedMatch.interested_at.is_(None), NeedMatch.declined_at.is_(None)
    )  # fmt: skip
    return (await _standing(db, [need], {need.id: (await db.execute(waiting)).scalar_one()}))[need.id]


@get("/besoins/nouveau", policy="needs.register")
async def new(request: Request, db: Db) -> Response[str]:
    structures = structures_of(actor_of(request))
    return page(request, "calls/needs/edit.html", form=NeedForm(), need=None, structures=structures, **need_form())


@post("/besoins", policy="needs.register")
async def register(request: Request, db: Db) -> Response[None]:
    form, place = await _read(request, db)
    structures = structures_of(actor_of(request))
    if form.errors_in_order:
        raise invalid(request, "calls/needs/edit.html", form=form, need=None, structures=structures, **need_form())
    typed = str((await form_data(request)).get("structure", ""))
    chosen = int(typed) if typed.isdigit() and len(typed) < 19 else structures[0][0]
    need = await needs.register(db, actor_of(request), organisation_id=chosen, values=form.values() | place)
    said = _("Votre besoin est enregistré ; il reste valable même si une candidature n’aboutit pas.")
    return redirect(f"/besoins/{need.id}", flash=said)


@get("/besoins/{need_id:int}", policy="needs.edit")
async def show(request: Request, db: Db, need_id: Id) -> Response[str]:
    """The need, the lots that fit it, and those that one thing keeps from fitting."""
    need = await _need(request, db, need_id)
    rows = (await db.execute(match_queries.lots_for(need).limit(60))).all()
    answers = await db.execute(select(NeedMatch).where(NeedMatch.need_id == need.id))
    contacts = await db.execute(
        select(NeedContact, Organisation.name)
        .join(Organisation, Organisation.id == NeedContact.organisation_id)
        .where(NeedContact.need_id == need.id)
        .order_by(NeedContact.id)
    )
    places = [
        (row[0], row[1], [_(OBSTACLES[code]) for code in OBSTACLES if getattr(row, f"is_{code}")]) for row in rows
    ]
    names = await commune_names(db, [p.commune_code for _lot, p, _why in places if p.commune_code])
    pairs = await partners.of_lots(db, [(row[0], row[1]) for row in rows], with_need=need) if need.sharing else {}
    shared = [pair for found in pairs.values() for pair in found[:2]][:8]
    return page(
        request, "calls/needs/show.html", need=need, standing=await _standing_of(db, need), stages=need_sentences.LABELS, typed_by=await _name(db, need.typed_by_id), names=names, where=await sectors.words(db, [need]), half_days=half_days, shared=shared, asked=await _asked(db, need), labels=labels, uses=labels(need.uses), reasons=REASONS,
        fitting=[place for place in places if not place[2]], near=[place for place in places if place[2]],
        answers={match.lot_id: match for match in answers.scalars()}, yours={row[0].id: _for_you(need, row[0], row[1]) for row in rows}, contacts=list(contacts), days=DAYS, halves=HALVES,
    )  # fmt: skip


async def _asked(db: Db, need: Need) -> dict[int, tuple[NeedContact, Organisation]]:
    """Partners written to for this need, by the need of each; the name is shown once it accepts."""
    rows = await db.execute(
        select(NeedContact, Organisation)
        .join(Need, Need.id == NeedContact.need_id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .where(NeedContact.from_need_id == need.id)
        .order_by(NeedContact.id)
    )
    return {contact.need_id: (contact, structure) for contact, structure in rows}


@get("/besoins/{need_id:int}/modifier", policy="needs.edit")
async def editing(request: Request, db: Db, need_id: Id) -> Response[str]:
    need = await _need(request, db, need_id)
    form = NeedForm.of(need, await sectors.typed(db, need))
    return page(request, "calls/needs/edit.html", form=form, need=need, structures=[], **need_form())


@post("/besoins/{need_id:int}/modifier", policy="needs.edit")
async def edit(request: Request, db: Db, need_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    POLICY.check(actor_of(request), "needs.edit", need)
    form, place = await _read(request, db)
    if form.errors_in_order:
        raise invalid(request, "calls/needs/edit.html", form=form, need=need, structures=[], **need_form())
    await needs.edit(db, actor_of(request), need, values=form.values() | place)
    return redirect(f"/besoins/{need.id}", flash=_("C’est enregistré."))


@post("/besoins/{need_id:int}/clore", policy="needs.edit")
async def close(request: Request, db: Db, need_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    await needs.close(db, actor_of(request), need)
    return redirect("/besoins", flash=_("Cette recherche est close."))


@post("/besoins/{need_id:int}/vu", policy="needs.edit")
async def seen(request: Request, db: Db, need_id: Id) -> Response[None]:
    """The page says it was opened (a GET writes nothing); without JavaScript the answer says it."""
    await matches.see(db, actor_of(request), await _need(request, db, need_id))
    return Response(None, status_code=204)


@post("/besoins/{need_id:int}/lots/{lot_id:int}", policy="needs.edit")
async def answer(request: Request, db: Db, need_id: Id, lot_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    lot = one_or_404(await db.execute(lots_visible_to(actor_of(request)).where(Lot.id == lot_id)))
    data = await form_data(request)
    interested = data.get("reponse") == "oui"
    reason = "" if interested else str(data.get("raison", ""))
    await matches.answer(db, actor_of(request), need, lot=lot, interested=interested, reason=reason)
    said = (
        _("Le propriétaire est prévenu de votre intérêt.")
        if interested
        else _("C’est noté ; merci, cela aide les suivants.")
    )
    return redirect(f"/besoins/{need.id}", flash=said)


@post("/besoins/{need_id:int}/contacts/{contact_id:int}", policy="needs.edit")
async def answer_contact(request: Request, db: Db, need_id: Id, contact_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    accepts = (await form_data(request)).get("reponse") == "oui"
    await matches.answer_contact(db, actor_of(request), need, contact_id=contact_id, accepts=accepts)
    return redirect(f"/besoins/{need.id}", flash=_("Votre réponse est envoyée."))


ROUTES: list[HTTPRouteHandler] = [
    index, new, register, show, editing, edit, close, seen, answer, answer_contact,
]  # fmt: skip
