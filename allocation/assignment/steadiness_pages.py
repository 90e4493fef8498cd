"""/attribution/…/solidite: would the assignment change with one weight moved by five points, or without one juror?"""

import asyncio
import json

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select, true

from allocation.assignment.board_pages import call_of
from allocation.assignment.models import Proposal
from allocation.assignment.steadiness import Variant, tried
from allocation.selection import boards
from allocation.selection.models import Panel
from intervalle.accounts.policy_table import POLICY
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page


@get("/attribution/{call_id:int}/solidite", policy="proposals.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    """On the last equitable proposal, or the retained one; computed on copies, nothing is kept."""
    call = await call_of(request, db, call_id)
    POLICY.check(actor_of(request), "proposals.run", call)
    last = (Proposal.retained_at.is_(None), Proposal.number.desc())
    fair = select(Proposal).where(Proposal.call_id == call.id, Proposal.method == "fair").order_by(*last).limit(1)
    proposal = one_or_404(await db.execute(fair))
    panel = one_or_404(await db.execute(select(Panel).where(Panel.call_id == call.id)))
    # Whoever is set aside from a file sees no assignment of the call at all: nothing more is hidden here.
    board = await boards.with_marks(db, await boards.load(db, call, panel, seen=true()))
    variants = [
        Variant(what, {row.file: row.total for row in ranking.ranked}, ranking.order)
        for what, ranking in board.variants
    ]  # fmt: skip
    found = await asyncio.to_thread(tried, json.loads(proposal.input), variants)
    names = {row.key: row.name for row in board.files}
    return page(request, "assignment/steadiness.html", call=call, proposal=proposal, tried=found, names=names)


ROUTES: list[HTTPRouteHandler] = [show]
