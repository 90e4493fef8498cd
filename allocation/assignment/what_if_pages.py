"""/attribution/…/essai: an area, a choice, the threshold or the weights changed on a copy, beside today's proposal."""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment import board, forms, proposals
from allocation.assignment import inputs as frozen
from allocation.assignment.board_pages import call_of
from allocation.assignment.inputs import QUOTA_NAME, Inputs
from allocation.assignment.models import Proposal
from allocation.assignment.motives import Documents
from allocation.assignment.problem import InvalidProblem, canonical
from allocation.assignment.proposals import Run
from allocation.assignment.steadiness import Variant
from allocation.assignment.what_if import WhatIf, changed, open_lots
from allocation.selection import boards
from allocation.selection.models import Panel
from allocation.selection.ranking import under_weights
from calls.models import Call, Criterion
from calls.queries import criteria_of
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, page

HUNDRED = Decimal(100)


@get("/attribution/{call_id:int}/essai", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Without a question, the form; with one, what would change. Computed on copies, nothing is kept."""
    call = await call_of(request, db, call_id)
    POLICY.check(actor_of(request), "proposals.run", call)
    inputs = await frozen.gather(db, call)
    criteria = list((await db.execute(criteria_of(inputs.version.id))).scalars())
    form = forms.what_if_form(criteria, _published(inputs, criteria) | dict(request.query_params.items()))
    form.offer([(key, f"{key}, {one.organisation.name}") for key, one in inputs.candidates.items()], list(inputs.lots))
    context: dict[str, Any] = {"call": call, "form": form, "criteria": criteria, "tried": None, "refused": ""}
    if request.query_params and form.validate():
        what = await _asked(db, call, form, criteria, inputs)
        if not form.errors_in_order:
            context |= await _tried(db, call, inputs, what)
    return page(request, "assignment/what_if.html", status=422 if form.errors_in_order else 200, **context)


def _published(inputs: Inputs, criteria: list[Criterion]) -> dict[str, str]:
    """What the form shows before anybody asks: the call as it is."""
    share = inputs.version.neighbourhood_share
    said = {f"poids_{c.id}": str(c.weight) for c in criteria}
    return said | ({"part": str((share * HUNDRED).normalize())} if share else {})


async def _asked(
    db: AsyncSession, call: Call, form: forms.WhatIfForm, criteria: list[Criterion], inputs: Inputs
) -> WhatIf:
    """The question as typed; what cannot be asked is said beside its field."""
    document, name, lot, area = inputs.document, form.candidature.data or "", form.lot.data or "", form.surface.data
    if (area is not None or form.choix.data) and not (name and lot):
        form.add_error("candidature", _("Choisissez une structure et un lot."))
    elif name and lot and lot not in open_lots(document, name):
        form.add_error("lot", _("Ce lot n’est pas ouvert à cette structure : elle ne l’a pas demandé, ou il ne lui convient pas."))  # fmt: skip
    elif name and area is None and not form.choix.data:
        form.add_error("surface", _("Donnez une surface, ou un choix."))
    weights = {c: form[f"poids_{c.id}"].data for c in criteria}
    ranking = None
    if any(weight is not None and weight != c.weight for c, weight in weights.items()):
        if sum(weight or 0 for weight in weights.values()) != HUNDRED:
            form.add_error(f"poids_{criteria[0].id}", _("Les poids doivent faire 100 en tout."))
        else:
            ranking = await _reweighed(db, call, {str(c.id): int(weight or 0) for c, weight in weights.items()})
    share, now = form.part.data, inputs.version.neighbourhood_share or Decimal(0)
    asked = (share or Decimal(0)) / HUNDRED
    found = WhatIf(
        area=(name, lot, area) if area is not None else None,
        hand=(name, lot, form.choix.data) if form.choix.data else None,
        share=asked if asked != now else None, ranking=ranking,
    )  # fmt: skip
    if found.nothing and not form.errors_in_order:
        form.add_error("candidature", _("Changez quelque chose : une surface, un choix, le seuil ou un poids."))
    return found


async def _reweighed(db: AsyncSession, call: Call, weights: Mapping[str, int]) -> Variant | None:
    panel = (await db.execute(select(Panel).where(Panel.call_id == call.id))).scalar_one_or_none()
    if panel is None:
        return None
    # Whoever is set aside from a file sees no assignment of the call at all: nothing more is hidden here.
    seen = await boards.load(db, call, panel, seen=true())
    ranking = under_weights(seen.entries, seen.grid, weights, seen.tie_breaks, seen.seed)
    return Variant("", {row.file: row.total for row in ranking.ranked}, ranking.order)


async def _tried(db: AsyncSession, call: Call, inputs: Inputs, what: WhatIf) -> dict[str, Any]:
    document = changed(inputs.document, what, QUOTA_NAME)
    try:
        now = await _today(db, call, inputs)
        tried = await asyncio.to_thread(proposals.compute, document, "fair", explain=False)
    except InvalidProblem as problem:
        return {"refused": str(problem)}
    columns = [Documents(json.loads(one.input), one.document) for one in (now, tried)]
    names = board.board_names(inputs)
    return {
        "tried": what, "rows": board.compare(columns, inputs), "lots": {key: one.lot.id for key, one in inputs.lots.items()},
        "ids": {key: one.application.id for key, one in inputs.candidates.items()},
        "summaries": [board.summary_of(_as_row(run), one, names) for run, one in zip((now, tried), columns, strict=True)],
    }  # fmt: skip


async def _today(db: AsyncSession, call: Call, inputs: Inputs) -> Run:
    """The equitable proposal on today's data: the one that is kept, when there is one."""
    spelled = canonical(inputs.document)
    query = select(Proposal).where(
        Proposal.call_id == call.id, Proposal.method == "fair", Proposal.input == spelled.decode()
    )
    kept = (await db.execute(query.order_by(Proposal.number.desc()).limit(1))).scalar_one_or_none()
    if kept is None:
        return await asyncio.to_thread(proposals.compute, inputs.document, "fair", explain=False)
    result = kept.result.encode()
    return Run("fair", spelled, result, json.loads(result), (), float(kept.seconds))


def _as_row(run: Run) -> Proposal:
    """For the figures of the board, which read them off a proposal; never added to the session."""
    return Proposal(seconds=Decimal(repr(round(run.seconds, 3))), findings="\n".join(run.findings))


ROUTES: list[HTTPRouteHandler] = [show]
