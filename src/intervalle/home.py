"""/ : for a visitor what this is; for a member what awaits them, each with who acts next and by when."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calls.cards import Card, cards
from calls.models import Call
from calls.queries import call_state_sql
from intervalle import clock, statuses
from intervalle.awaiting.everything import everything
from intervalle.web import Db, Request, actor_of, page
from premises import register
from premises.models import Premises
from premises.queries import published
from premises.views import PremisesView, money_m2, views

NEWEST = 3


@dataclass(frozen=True)
class Figures:
    """What the database holds today: published premises, open calls, and the area of lots that can be asked for (None:
    a large register that was not added up yet)."""

    premises: int
    calls: int
    area: Decimal | None


async def figures(db: AsyncSession) -> Figures:
    open_calls = select(func.count()).where(call_state_sql(clock.now()) == "open").select_from(Call)
    calls = int((await db.execute(open_calls)).scalar_one())
    return Figures(await register.published(db), calls, await register.free_area(db))


async def newest_calls(db: AsyncSession) -> list[Card]:
    found = await db.execute(
        select(Call)
        .where(call_state_sql(clock.now()) == "open")
        .order_by(Call.opened_at.desc(), Call.id.desc())
        .limit(NEWEST)
    )
    return await cards(db, list(found.scalars()))


async def newest_places(db: AsyncSession) -> list[PremisesView]:
    found = await db.execute(
        select(Premises).where(published()).order_by(Premises.published_at.desc(), Premises.id.desc()).limit(NEWEST)
    )
    return await views(db, list(found.scalars()), with_photos=False)


@get("/", policy="home.show")
async def home(request: Request, db: Db) -> Response[str]:
    actor = actor_of(request)
    if not actor.signed_in:
        return page(
            request, "home.html", figures=await figures(db), open_calls=await newest_calls(db),
            places=await newest_places(db), money_m2=money_m2,
        )  # fmt: skip
    tasks = await everything(db, actor)
    return page(
        request, "awaiting.html", mine=[t for t in tasks if t.mine], others=[t for t in tasks if not t.mine],
        open_calls=await newest_calls(db),
    )  # fmt: skip


@get("/etats", policy="home.show")
async def states(request: Request, db: Db) -> Response[str]:
    """What each state means and who acts next, for every role. The days are examples."""
    now = clock.now()
    facts = statuses.Facts(now, now - timedelta(days=7), now + timedelta(days=21))
    return page(request, "states.html", table=statuses.TABLE.values(), facts=facts)


ROUTES: list[HTTPRouteHandler] = [home, states]
