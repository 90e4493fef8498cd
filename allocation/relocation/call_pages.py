"""What an attribution became: the relocation path and the TFPB value of the titles it gave. Shown under its board."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from allocation.relocation import queries, views
from allocation.tfpb.queries import valued_of_call
from calls.models import Call
from calls.queries import calls_visible_to
from intervalle import clock
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page

MOST = 12


@get("/relogement/appel/{call_id:int}", policy="relocation.list")
async def of_call(request: Request, db: Db, call_id: Id) -> Response[str]:
    """Titles signed after this call, over what this person may see: never more than their own lists show."""
    actor, today = actor_of(request), clock.today()
    call = one_or_404(await db.execute(calls_visible_to(actor).where(Call.id == call_id)))
    found = await db.execute(queries.with_places(queries.paths_of_call(actor, call_id)).limit(MOST))
    rows = found.all()
    steps = (await db.execute(queries.steps_of([row[0].id for row in rows]))).scalars().all()
    mine = actor.organisations()
    signed = await db.execute(queries.signed_titles({row[0].organisation_id for row in rows}))
    titles = [(old, lot, premises) for old, lot, premises in signed]
    lines = [views.line_of(row, [s for s in steps if s.path_id == row[0].id], mine, today) for row in rows]
    return page(
        request, "relocation/of_call.html", fragment="relocation/_of_call.html", call=call, today=today,
        ways=[(line, row, views.before(row[1], titles)[-1:]) for line, row in zip(lines, rows, strict=True)],
        valued=(await db.execute(valued_of_call(actor, call_id))).all(),
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [of_call]
