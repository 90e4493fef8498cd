"""/structures/doublons: structures written down twice, why it seems so, and what was decided."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import likeness, structure_twins
from calls.duplicate_pages import DecisionForm
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, page, redirect


async def _context(request: Request, db: Db) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "pairs": await structure_twins.found(db, actor), "decided": await structure_twins.decided(db, actor),
        "signs": likeness.SIGNS, "form": DecisionForm(), "at": None, "typed": {},
    }  # fmt: skip


@get("/structures/doublons", policy="structures.decide_twins")
async def show(request: Request, db: Db) -> Response[str]:
    return page(request, "calls/structure_twins.html", **await _context(request, db))


@post("/structures/doublons/{first_id:int}/{second_id:int}", policy="structures.decide_twins")
async def decide(request: Request, db: Db, first_id: Id, second_id: Id) -> Response[None]:
    data = await form_data(request)
    form = DecisionForm(data)
    form.verdict.offer([("distinct", ""), (str(first_id), ""), (str(second_id), "")])
    if not form.validate():
        typed = {"verdict": str(data.get("verdict", "")), "motive": str(data.get("motive", ""))}
        context = {**await _context(request, db), "form": form, "at": {first_id, second_id}, "typed": typed}
        raise invalid(request, "calls/structure_twins.html", **context)
    kept = None if form.verdict.data == "distinct" else int(form.verdict.data or 0)
    await structure_twins.decide(db, actor_of(request), first_id, second_id, kept_id=kept, motive=form.motive.data or "")  # fmt: skip
    said = (
        _("C’est noté : deux structures distinctes, qui ne seront plus rapprochées.")
        if kept is None
        else _("C’est noté : une seule structure. Rien n’est effacé ; la fiche gardée agit aussi pour l’autre.")
    )
    return redirect("/structures/doublons", flash=said)


ROUTES: list[HTTPRouteHandler] = [show, decide]
