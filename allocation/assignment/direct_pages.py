"""/attribution/…/directe: a direct award on one page, from the deposited file to the prepared letter."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import direct, forms, queries
from allocation.assignment.direct import grounds
from calls.models import Call
from intervalle.accounts.models import Organisation
from intervalle.errors import Refused
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


async def _call(request: Request, db: AsyncSession, call_id: int) -> Call:
    return one_or_404(await db.execute(queries.direct_calls_visible_to(actor_of(request)).where(Call.id == call_id)))


async def _context(db: AsyncSession, call: Call, **given: Any) -> dict[str, Any]:
    version = (await db.execute(queries.frozen_version(call.id))).scalar_one()
    who = select(Organisation).where(Organisation.id == version.beneficiary_id)
    file = await direct.file_of(db, call)
    lots = await direct.choices(db, call) if file and file.opened and not file.decision else []
    form = given.pop("form", None) or forms.DirectForm()
    form.offer(lots, admissible=bool(file and file.admissible))
    return {
        "call": call, "version": version, "beneficiary": (await db.execute(who)).scalar_one_or_none(), "file": file,
        "lots": lots, "form": form, "grounds": grounds(version),
    } | given  # fmt: skip


@get("/attribution/{call_id:int}/directe", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await _call(request, db, call_id)
    return page(request, "assignment/direct.html", **await _context(db, call))


@post("/attribution/{call_id:int}/directe/ouvrir", policy="direct.receive")
async def receive(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await _call(request, db, call_id)
    await direct.receive(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/directe", flash=_("Le dossier est ouvert ; l’acte est au journal."))


@post("/attribution/{call_id:int}/directe", policy="direct.decide")
async def decide(request: Request, db: Db, call_id: Id) -> Response[None]:
    call, form = await _call(request, db, call_id), forms.DirectForm(await form_data(request))
    context = await _context(db, call, form=form)
    if not form.validate():
        raise invalid(request, "assignment/direct.html", **context)
    chosen = str(form.choice.data)
    try:
        async with db.begin_nested():  # a refusal leaves the page with what was typed
            lot_id = None if chosen == "none" else int(chosen)
            await direct.decide(db, actor_of(request), call, lot_id=lot_id, motive=form.motive.data or "")
    except Refused as refused:
        form.add_error("choice", f"{refused.sentence} {refused.way_out}".strip())
        raise invalid(request, "assignment/direct.html", **context) from refused
    return redirect(f"/attribution/{call_id}/lettres", flash=_("La décision est préparée : relisez la lettre."))


@post("/attribution/{call_id:int}/directe/reprendre", policy="direct.undo")
async def undo(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await _call(request, db, call_id)
    await direct.undo(db, actor_of(request), call)
    return redirect(f"/attribution/{call_id}/directe", flash=_("La décision préparée est reprise : rien n’est parti."))


ROUTES: list[HTTPRouteHandler] = [show, receive, decide, undo]
