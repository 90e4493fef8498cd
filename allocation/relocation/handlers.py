"""Pages of relocation paths."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.forms import given
from allocation.leases.models import Lease
from allocation.leases.queries import leases_visible_to
from allocation.relocation import forms, offers, paths, queries, suggestions, views
from allocation.relocation.models import RelocationOffer, RelocationPath
from allocation.relocation.schedule import Outcome
from intervalle import clock
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, Slug, actor_of, form_data, invalid, one_or_404, page, redirect

MOST = 500


@get("/relogement", policy="relocation.list")
async def index(request: Request, db: Db) -> Response[str]:
    """Paths, the late ones first, and what became of those who left (REL-06)."""
    actor, today = actor_of(request), clock.today()
    rows = (
        await db.execute(
            queries.with_places(queries.paths_visible_to(actor))
            .order_by(RelocationPath.closed_at.is_not(None), RelocationPath.exit_on, RelocationPath.id)
            .limit(MOST)
        )
    ).all()
    steps = (await db.execute(queries.steps_of([row[0].id for row in rows]))).scalars().all()
    mine = actor.organisations()
    lines = [views.line_of(row, [s for s in steps if s.path_id == row[0].id], mine, today) for row in rows]
    return page(
        request, "relocation/index.html", lines=views.late_first(lines), today=today,
        figures=views.indicators_of([row[0] for row in rows]),
    )  # fmt: skip


@get("/titres/{lease_id:int}/relogement", policy="leases.show")
async def of_lease(request: Request, db: Db, lease_id: Id) -> Response[Any]:
    """Forward along the chain: the path this title opened."""
    lease = one_or_404(await db.execute(leases_visible_to(actor_of(request)).where(Lease.id == lease_id)))
    found = await db.execute(queries.paths_visible_to(actor_of(request)).where(RelocationPath.lease_id == lease.id))
    path = found.scalar_one_or_none()
    if path is None:
        return redirect(
            f"/titres/{lease_id}",
            flash=_("Le parcours de relogement s’ouvre à la signature d’un titre qui a un terme."),
        )
    return redirect(f"/relogement/{path.id}")


@get("/relogement/{path_id:int}", policy="relocation.show")
async def show(request: Request, db: Db, path_id: Id) -> Response[str]:
    return page(request, "relocation/show.html", **await _context(request, db, path_id))


async def _context(request: Request, db: AsyncSession, path_id: int, **given: Any) -> dict[str, Any]:
    actor, today = actor_of(request), clock.today()
    row = (
        await db.execute(queries.with_places(queries.paths_visible_to(actor).where(RelocationPath.id == path_id)))
    ).one_or_none()
    if row is None:
        raise NotFound
    path, lease, lot, premises, landlord, tenant, need = row
    steps = (await db.execute(queries.steps_of([path.id]))).scalars().all()
    made = (await db.execute(queries.offers_of(path.id))).all()
    signed = await db.execute(queries.signed_titles([path.organisation_id]))
    earlier = views.before(lease, [(old, its_lot, place) for old, its_lot, place in signed])[-3:]
    open_path = path.closed_at is None
    shown = views.steps_view(steps, today)
    landlord_side = bool(actor.organisations() & path.parties()["landlord"])
    context: dict[str, Any] = {
        "path_row": path, "lease": lease, "lot": lot, "premises": premises, "landlord": landlord, "tenant": tenant, "need": need,
        "steps_shown": shown, "made": made, "earlier": earlier, "alarms": views.alarms(path, steps, today),
        "next_step": views.next_step(path, shown, landlord=landlord_side), "landlord_side": landlord_side, "today": today,
        "tenant_side": bool(actor.organisations() & path.parties()["tenant"]),
        "suggested": await suggestions.suggest(db, path, need, premises, lot.id) if need and open_path else [],
        "note_form": forms.NoteForm(), "note_for": None, "need_form": forms.NeedForm(obj=need),
        "answer_form": forms.AnswerForm(), "answer_for": None, "close_form": forms.CloseForm(),
        "pending": {offer.lot_id for offer, *_rest in made if offer.answer is None}, "outcomes": {o.value: _(o.label) for o in Outcome},
    }  # fmt: skip
    return context | given


async def _path(request: Request, db: AsyncSession, path_id: int) -> RelocationPath:
    return one_or_404(await db.execute(queries.paths_visible_to(actor_of(request)).where(RelocationPath.id == path_id)))


@post("/relogement/{path_id:int}/etapes/{kind:str}", policy="relocation.follow_up")
async def mark_step(request: Request, db: Db, path_id: Id, kind: Slug) -> Response[Any]:
    form = forms.NoteForm(await form_data(request))
    path = await _path(request, db, path_id)
    if not form.validate():
        raise invalid(
            request, "relocation/show.html", **await _context(request, db, path_id, note_form=form, note_for=kind[:40])
        )
    await paths.mark_step(db, actor_of(request), path, kind=kind, note=form.note.data or "")
    return redirect(f"/relogement/{path_id}#etapes", flash=_("L’étape est notée."))


@post("/relogement/{path_id:int}/besoin", policy="relocation.show")
async def describe_need(request: Request, db: Db, path_id: Id) -> Response[Any]:
    form = forms.NeedForm(await form_data(request))
    path = await _path(request, db, path_id)
    if not form.validate():
        raise invalid(request, "relocation/show.html", **await _context(request, db, path_id, need_form=form))
    await paths.describe_need(db, actor_of(request), path, values=form.values())
    return redirect(
        f"/relogement/{path_id}#locaux", flash=_("Le besoin est à jour ; les locaux proposés en tiennent compte.")
    )


async def _suggestion(
    request: Request, db: AsyncSession, path_id: int, lot_id: int
) -> tuple[dict[str, Any], suggestions.Suggestion]:
    context = await _context(request, db, path_id)
    if context["need"] is None:
        raise NotFound
    found = await suggestions.look_at(
        db, context["path_row"], context["need"], context["premises"], context["lot"].id, lot_id
    )
    if found is None:
        raise NotFound
    return context, found


@get("/relogement/{path_id:int}/proposer/{lot_id:int}", policy="relocation.act")
async def offer_page(request: Request, db: Db, path_id: Id, lot_id: Id) -> Response[str]:
    context, found = await _suggestion(request, db, path_id, lot_id)
    POLICY.check(actor_of(request), "relocation.act", context["path_row"])
    form = forms.OfferForm(monthly_cents=found.match.monthly_cents, available_on=found.candidate.available_on)
    return page(request, "relocation/offer.html", **context, found=found, form=form)


@post("/relogement/{path_id:int}/proposer/{lot_id:int}", policy="relocation.act")
async def make_offer(request: Request, db: Db, path_id: Id, lot_id: Id) -> Response[Any]:
    form = forms.OfferForm(await form_data(request))
    context, found = await _suggestion(request, db, path_id, lot_id)
    if not form.validate():
        raise invalid(request, "relocation/offer.html", **context, found=found, form=form)
    await offers.make(
        db, actor_of(request), context["path_row"], found, monthly_cents=form.monthly_cents.data,
        available_on=form.available_on.data, terms=form.terms.data or "",
    )  # fmt: skip
    return redirect(f"/relogement/{path_id}#propositions", flash=_("La proposition est envoyée à la structure."))


@post("/relogement/{path_id:int}/propositions/{offer_id:int}/reponse", policy="relocation.answer")
async def answer(request: Request, db: Db, path_id: Id, offer_id: Id) -> Response[Any]:
    form = forms.AnswerForm(await form_data(request))
    path = await _path(request, db, path_id)
    one_or_404(
        await db.execute(
            select(RelocationOffer).where(RelocationOffer.id == offer_id, RelocationOffer.path_id == path.id)
        )
    )
    if not form.validate():
        raise invalid(
            request,
            "relocation/show.html",
            **await _context(request, db, path_id, answer_form=form, answer_for=offer_id),
        )
    await offers.answer(
        db,
        actor_of(request),
        path,
        offer_id=offer_id,
        accepted=form.answer.data == "accepted",
        reason=form.reason.data or "",
    )
    return redirect(f"/relogement/{path_id}#propositions", flash=_("Votre réponse est transmise."))


@post("/relogement/{path_id:int}/cloture", policy="relocation.act")
async def close(request: Request, db: Db, path_id: Id) -> Response[Any]:
    form = forms.CloseForm(await form_data(request))
    path = await _path(request, db, path_id)
    if not form.validate():
        raise invalid(request, "relocation/show.html", **await _context(request, db, path_id, close_form=form))
    await paths.close(
        db, actor_of(request), path, outcome=form.outcome.data or "", note=form.note.data or "", left_on=given(form.left_on),
        inspected_on=form.inspected_on.data, keys_returned_on=form.keys_returned_on.data,
        meters_read_on=form.meters_read_on.data, entered_on=form.entered_on.data, new_place=form.new_place.data or "",
    )  # fmt: skip
    return redirect(f"/relogement/{path_id}", flash=_("La sortie et son issue sont enregistrées."))


ROUTES: list[HTTPRouteHandler] = [
    index, of_lease, show, mark_step, describe_need, offer_page, make_offer, answer, close,
]  # fmt: skip
