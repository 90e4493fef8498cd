"""The « avis de signature » of a call: which titles were signed, with whom, and until when a contract can be challenged.

Whoever was left out may challenge a public owner's contract within two months of this notice (CE Ass., 4 April 2014,
Tarn-et-Garonne, no. 358994); the refusal letters say so, and this is the page they point to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from allocation.assignment.models import Award
from allocation.assignment.results import notice_of
from allocation.leases.models import Lease
from allocation.leases.queries import Tenant, with_context
from allocation.remedies import contract_challenge_until
from calls.models import Call
from calls.queries import calls_visible_to
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page
from premises.facts import PUBLIC_BODIES, OwnerKind, TitleCode
from premises.models import Lot, Premises


@dataclass(frozen=True)
class Signed:
    """One title. `published_on`: the day anybody could read it here; `until`: last day to challenge it, None when the
    owner is a private person, whose lettings belong to the civil courts."""

    lease: Lease
    lot: Lot
    premises: Premises
    landlord: Organisation
    tenant: Organisation
    title: str
    published_on: date
    until: date | None


def signed_of(call: Call) -> Select[Lease, Lot, Premises, Organisation, Organisation]:
    given = select(Award.id).where(Award.call_id == call.id)
    titles = with_context(select(Lease).where(Lease.award_id.in_(given), Lease.signed_at.is_not(None)))
    return titles.order_by(Lease.signed_at, Tenant.name)


async def of(db: AsyncSession, call: Call) -> Sequence[Signed]:
    """Nothing until the results are public: the parties' names become public with them."""
    notice = await notice_of(db, call)
    if notice is None:
        return []
    shown = []
    for lease, lot, premises, landlord, tenant in await db.execute(signed_of(call)):
        on = max(lease.signed_at or notice.published_at, notice.published_at).astimezone(clock.PARIS).date()
        until = contract_challenge_until(on) if OwnerKind(landlord.kind) in PUBLIC_BODIES else None
        shown.append(Signed(lease, lot, premises, landlord, tenant, TitleCode(lease.title).label, on, until))
    return shown


@get("/appels/{call_id:int}/avis-de-signature", policy="leases.show_notice")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = one_or_404(await db.execute(calls_visible_to(actor_of(request)).where(Call.id == call_id)))
    return page(request, "leases/notice.html", call=call, titles=await of(db, call))


ROUTES: list[HTTPRouteHandler] = [show]
