"""/locaux/{id}/lots/{lot}/histoire: the one history of a lot, and what its owner adds to it."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle import clock, i18n
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect
from premises import histories, hooks, occupancies, queries, timeline
from premises.facts import Vacancy as Reasons
from premises.history_forms import DAYS, HALVES, EndForm, UseForm, VacancyForm
from premises.models import PART_UNIT, Lot, Occupancy, Premises, Vacancy
from premises.timeline import FROM_KIND, Chapter, Reason


async def _shown(request: Request, db: Db, premises_id: int, lot_id: int, *, own: bool = False) -> tuple[Premises, Lot]:
    actor = actor_of(request)
    visible = queries.premises_visible_to(actor).where(Premises.id == premises_id)
    premises = one_or_404(await db.execute(visible.where(queries.own(actor)) if own else visible))
    return premises, one_or_404(await db.execute(select(Lot).where(Lot.id == lot_id, Lot.premises_id == premises_id)))


async def _context(request: Request, db: Db, premises: Premises, lot: Lot) -> dict[str, Any]:
    today = clock.today()
    uses = list((await db.execute(queries.occupancies_in([lot.id]))).scalars())
    owner = POLICY.can(actor_of(request), "premises.edit", premises)
    reasons = list((await db.execute(select(Vacancy).where(Vacancy.lot_id == lot.id))).scalars()) if owner else []
    spans = [occupancies.span_of(o, lot, today) for o in uses] + (await hooks.extra_spans(db, [lot.id]))[lot.id]
    available = (lot.available.lower, lot.available.upper)
    told = timeline.chapters(
        [_chapter(o, lot) for o in uses if o.during.lower],
        [Reason(v.during.lower or today, v.during.upper, Reasons(v.reason).label, v.note) for v in reasons],
        available, today,
    )  # fmt: skip
    return {
        "premises": premises, "lot": lot, "chapters": told, "bar": timeline.bar(available, spans, today), "owner": owner,
        "state_code": timeline.state_on(today, spans, available), "week": _week(uses, lot), "ending": None, "end_form": EndForm(),
        "use_form": UseForm(), "vacancy_form": VacancyForm(), "days": DAYS, "halves": HALVES, "labels": timeline.LABELS,
        "writable": {o.id for o in uses if o.kind in histories.WRITTEN_HERE and (not o.during.upper or o.during.upper > today)},
    }  # fmt: skip


def _chapter(use: Occupancy, lot: Lot) -> Chapter:
    """A use with what it takes of the lot, when it does not take it all."""
    size = occupancies.units(lot.area)
    part = (use.part.upper or size) - (use.part.lower or 0)
    halves = occupancies.half_days(use.slots)
    note = []
    if part < size:
        note.append(i18n.area(part * PART_UNIT))
    if halves < timeline.HALF_DAYS:
        note.append(_("%(n)s demi-journées par semaine", n=halves))
    return Chapter(
        FROM_KIND[use.kind], use.during.lower or clock.today(), use.during.upper, use.label, ", ".join(note), use.id
    )


def _week(uses: list[Occupancy], lot: Lot) -> list[list[str]] | None:
    """Who is there on each half-day this week, for a lot shared by half-days; [half][day]."""
    if not lot.shareable:
        return None
    today = clock.today()
    here = [
        o for o in uses if o.during.lower and o.during.lower <= today and (not o.during.upper or today < o.during.upper)
    ]

    def on(n: int) -> str:
        return ", ".join(o.label for o in here if any((r.lower or 0) <= n < (r.upper or 14) for r in o.slots))

    return [[on(day * 2 + half) for day in range(7)] for half in range(2)]


@get("/locaux/{premises_id:int}/lots/{lot_id:int}/histoire", policy="premises.show")
async def history(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[str]:
    premises, lot = await _shown(request, db, premises_id, lot_id)
    return page(request, "premises/history.html", **await _context(request, db, premises, lot))


def _back(premises_id: int, lot_id: int, said: str) -> Response[None]:
    return redirect(f"/locaux/{premises_id}/lots/{lot_id}/histoire", flash=said)


@post("/locaux/{premises_id:int}/lots/{lot_id:int}/histoire", policy="premises.edit")
async def add_use(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[None]:
    premises, lot = await _shown(request, db, premises_id, lot_id, own=True)
    form = UseForm(await form_data(request))
    if not form.validate():
        raise invalid(
            request, "premises/history.html", **{**await _context(request, db, premises, lot), "use_form": form}
        )
    await histories.add_use(
        db, actor_of(request), premises, lot, during=form.during, kind=form.kind.data, label=form.label.data,
        area=form.area.data if lot.divisible else None, slots=[int(n) for n in form.slots.data or []] if lot.shareable else (),
    )  # fmt: skip
    return _back(premises_id, lot_id, _("C’est dans l’histoire du lot."))


@post("/locaux/{premises_id:int}/lots/{lot_id:int}/histoire/{use_id:int}/fin", policy="premises.edit")
async def end_use(request: Request, db: Db, premises_id: Id, lot_id: Id, use_id: Id) -> Response[None]:
    premises, lot = await _shown(request, db, premises_id, lot_id, own=True)
    form = EndForm(await form_data(request))
    if not form.validate():
        context = {**await _context(request, db, premises, lot), "end_form": form, "ending": use_id}
        raise invalid(request, "premises/history.html", **context)
    await histories.end_use(db, actor_of(request), premises, lot, use_id, form.free_on)
    return _back(premises_id, lot_id, _("La fin est enregistrée ; le lot est libre ensuite."))


@post("/locaux/{premises_id:int}/lots/{lot_id:int}/vacance", policy="premises.edit")
async def explain(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[None]:
    premises, lot = await _shown(request, db, premises_id, lot_id, own=True)
    form = VacancyForm(await form_data(request))
    if not form.validate():
        context = {**await _context(request, db, premises, lot), "vacancy_form": form}
        raise invalid(request, "premises/history.html", **context)
    await histories.explain_vacancy(
        db, actor_of(request), premises, lot, during=form.during, reason=form.reason.data, note=form.note.data or ""
    )
    return _back(premises_id, lot_id, _("La raison est enregistrée."))


ROUTES: list[HTTPRouteHandler] = [history, add_use, end_use, explain]
