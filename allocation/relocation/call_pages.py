"""What an attribution became: the relocation path and the TFPB value of the titles it gave. Shown under its board."""

from collections import defaultdict
from collections.abc import Sequence

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.leases.models import Lease
from allocation.relocation import queries, views
from allocation.tfpb.queries import valued_of_call
from calls.models import Call
from calls.queries import calls_visible_to
from intervalle import clock
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page
from premises.models import Lot, Premises

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
    lines = [views.line_of(row, [s for s in steps if s.path_id == row[0].id], mine, today) for row in rows]
    return page(
        request, "relocation/of_call.html", fragment="relocation/_of_call.html", call=call, today=today,
        ways=list(zip(lines, rows, await _earlier(db, [row[1] for row in rows]), strict=True)),
        valued=(await db.execute(valued_of_call(actor, call_id))).all(),
    )  # fmt: skip


async def _earlier(db: AsyncSession, leases: Sequence[Lease]) -> list[list[tuple[Lease, Lot, Premises]]]:
    """For each title, the place the structure had before it with the same landlord."""
    found: defaultdict[tuple[int, int], list[tuple[Lease, Lot, Premises]]] = defaultdict(list)
    for old, lot, premises in await db.execute(queries.signed_titles({lease.tenant_id for lease in leases})):
        found[old.tenant_id, old.landlord_id].append((old, lot, premises))

    def before(lease: Lease, old: Lease) -> bool:
        until, start = old.during.upper, lease.during.lower
        return until is not None and start is not None and until <= start

    return [
        [row for row in found[lease.tenant_id, lease.landlord_id] if before(lease, row[0])][-1:] for lease in leases
    ]


ROUTES: list[HTTPRouteHandler] = [of_call]
