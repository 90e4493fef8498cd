"""/appels/…/doublons: files that may be one and the same, why, and what was decided."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import duplicates, likeness
from calls.call_pages import visible_call
from calls.models import Call
from intervalle.accounts.policy_table import POLICY
from intervalle.forms import Choice, Form, LongText, required
from intervalle.i18n import N_, _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect


class DecisionForm(Form):
    verdict = Choice(N_("Votre décision"), [], [required(N_("Choisissez."))])
    motive = LongText(N_("Motif"), [required(N_("Écrivez le motif."))], limit=1000)


async def _context(request: Request, db: Db, call: Call) -> dict[str, Any]:
    return {
        "call": call, "found": await duplicates.found(db, actor_of(request), call), "signs": likeness.SIGNS,
        "form": DecisionForm(), "at": None, "typed": {},
    }  # fmt: skip


@get("/appels/{call_id:int}/doublons", policy="duplicates.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    POLICY.check(actor_of(request), "duplicates.show", call)
    return page(request, "calls/duplicates.html", **await _context(request, db, call))


@post("/appels/{call_id:int}/doublons/{first_id:int}/{second_id:int}", policy="duplicates.decide")
async def decide(request: Request, db: Db, call_id: Id, first_id: Id, second_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    actor, data = actor_of(request), await form_data(request)
    POLICY.check(actor, "duplicates.decide", call)
    form = DecisionForm(data)
    form.verdict.offer([("distinct", ""), (str(first_id), ""), (str(second_id), "")])
    if not form.validate():
        typed = {"verdict": str(data.get("verdict", "")), "motive": str(data.get("motive", ""))}
        context = {**await _context(request, db, call), "form": form, "at": (first_id, second_id), "typed": typed}
        raise invalid(request, "calls/duplicates.html", **context)
    kept = None if form.verdict.data == "distinct" else int(form.verdict.data or 0)
    await duplicates.decide(db, actor, call, first_id, second_id, kept_id=kept, motive=form.motive.data or "")
    said = (
        _("C’est noté : deux candidatures distinctes, qui ne seront plus rapprochées.")
        if kept is None
        else _("C’est noté : l’autre dossier est retiré, et la structure en reçoit le motif.")
    )
    return redirect(f"/appels/{call.id}/doublons", flash=said)


ROUTES: list[HTTPRouteHandler] = [show, decide]
