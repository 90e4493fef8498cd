"""/appels: the public list and page of calls, and the fragment shown on a premises' page."""

from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from sqlalchemy import func, select

from calls import batches, queries, questions, sessions, visits
from calls.applications import mine_for
from calls.cards import cards, detail
from calls.changes import pairs
from calls.content import plain
from calls.legality import EXEMPTION_ARTICLES, Exemption
from calls.markdown import to_html
from calls.models import Call
from calls.sections import ASKED
from intervalle import clock
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.web import Db, Id, Request, Text, actor_of, one_or_404, page
from premises.facts import TitleCode
from premises.models import Premises
from premises.queries import premises_visible_to

PER_PAGE = 20
PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=10_000)]
Which = Annotated[str, QueryParameter(pattern="^(ouverts|tous)$")]


async def visible_call(request: Request, db: Db, call_id: int) -> Call:
    return one_or_404(await db.execute(queries.calls_visible_to(actor_of(request)).where(Call.id == call_id)))


@get("/appels", policy="calls.list")
async def index(
    request: Request,
    db: Db,
    q: Text = "",
    etat: Which = "ouverts",
    number: PageNumber = 1,
) -> Response[str]:
    """Open calls, the first to close first; `etat=tous` shows past ones too. One's own drafts stand above."""
    actor, now = actor_of(request), clock.now()
    listed = queries.matching(queries.published_calls(now, only_open=etat == "ouverts"), q)
    total = (await db.execute(select(func.count()).select_from(listed.order_by(None).subquery()))).scalar_one()
    last = max(1, -(-total // PER_PAGE))
    found = list((await db.execute(listed.limit(PER_PAGE).offset((min(number, last) - 1) * PER_PAGE))).scalars())
    own = list((await db.execute(queries.calls_run_by(actor).limit(30))).scalars()) if actor.signed_in else []
    found = [call for call in found if call not in own]
    drawn = await cards(db, [*found, *own])
    by_id = {card.call.id: card for card in drawn}
    return page(
        request, "calls/list.html", fragment="calls/_list.html", total=total, q=q, etat=etat, number=min(number, last), last=last,
        found=[by_id[call.id] for call in found], own=[by_id[call.id] for call in own],
    )  # fmt: skip


def _exemption(code: str | None) -> tuple[str, str] | None:
    """The ground of a direct award and its article."""
    return (Exemption(code).label, EXEMPTION_ARTICLES[Exemption(code)]) if code else None


@get("/appels/{call_id:int}", policy="calls.show")
async def show(request: Request, db: Db, call_id: Id) -> Response[str]:
    call = await visible_call(request, db, call_id)
    shown, actor = await detail(db, call), actor_of(request)
    asked = await questions.shown(db, actor, call)
    return page(
        request, "calls/show.html", call=call, card=shown.card, version=shown.card.version, criteria=shown.criteria,
        extensions=shown.extensions, body=to_html(shown.card.version.body), title=TitleCode(shown.card.version.title_code),
        mine=await mine_for(db, actor, call), plain=plain, slots=await visits.shown(db, actor, call),
        sessions=await sessions.series(db, actor, call) if call.kind in sessions.REPEATABLE else [call],
        batches=await batches.of_call(db, call) if call.kind == "rolling" else [], rolling=await batches.rolling_of(db, call),
        apart=pairs(shown.card.version.incompatible_uses or []), exemption=_exemption(shown.card.version.exemption),
        asked_labels=ASKED, document_labels=KIND_LABELS,
        excluded=[TitleCode(code) for code in shown.card.version.titles_excluded],
        answered=sum(1 for q in asked if q.answered_at), asked=sum(1 for q in asked if not q.answered_at and not q.declined_at),
    )  # fmt: skip


@get("/locaux/{premises_id:int}/appels", policy="calls.list")
async def about_premises(request: Request, db: Db, premises_id: Id) -> Response[str]:
    """Calls about these premises: a fragment of their page, a page of its own without JavaScript."""
    actor = actor_of(request)
    premises = one_or_404(await db.execute(premises_visible_to(actor).where(Premises.id == premises_id)))
    found = list((await db.execute(queries.calls_about_premises(premises_id, actor).limit(50))).scalars())
    return page(
        request,
        "calls/about_premises.html",
        fragment="calls/_about_premises.html",
        premises=premises,
        found=await cards(db, found),
    )


ROUTES: list[HTTPRouteHandler] = [index, show, about_premises]
