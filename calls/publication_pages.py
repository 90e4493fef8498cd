"""/appels.atom, and for each call its calendar, its poster and the sessions it belongs to."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import publications, queries, sessions, visits
from calls.call_pages import visible_call
from calls.cards import cards
from calls.markdown import to_html
from calls.models import Call
from intervalle import clock
from intervalle.i18n import _
from intervalle.pdf import render_pdf
from intervalle.web import Db, Id, Request, actor_of, draw, redirect

IN_FEED = 50


@get("/appels.atom", policy="calls.list")
async def atom(request: Request, db: Db) -> Response[bytes]:
    listed = queries.published_calls(clock.now(), only_open=False).order_by(None)
    found = await db.execute(listed.order_by(Call.opened_at.desc(), Call.id.desc()).limit(IN_FEED))
    content = publications.feed(await cards(db, list(found.scalars())))
    return Response(content, media_type="application/atom+xml", headers={"Cache-Control": "public, max-age=300"})


@get("/appels/{call_id:int}/calendrier.ics", policy="calls.show")
async def ics(request: Request, db: Db, call_id: Id) -> Response[bytes]:
    call = await visible_call(request, db, call_id)
    (card,) = await cards(db, [call])
    moved = len((await db.execute(queries.extensions_of(call.id))).scalars().all())
    content = publications.calendar(card, await visits.shown(db, actor_of(request), call), moved)
    return Response(
        content, media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="appel-{call.id}.ics"'},
    )  # fmt: skip


@get("/appels/{call_id:int}/affiche.pdf", policy="calls.show")
async def poster(request: Request, db: Db, call_id: Id) -> Response[bytes]:
    """One A4 page to pin up: what, where, until when, and a square to photograph."""
    call = await visible_call(request, db, call_id)
    (card,) = await cards(db, [call])
    slots = [s for s in await visits.shown(db, actor_of(request), call) if not s.past]
    html = draw(
        request, "calls/poster.html", call=call, card=card, version=card.version, slots=slots,
        body=to_html(card.version.body), qr=publications.qr(f"/appels/{call.id}"),
        address=publications.address(f"/appels/{call.id}"),
    )  # fmt: skip
    return Response(
        await render_pdf(html), media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="affiche-appel-{call.id}.pdf"'},
    )  # fmt: skip


@post("/appels/{call_id:int}/session-suivante", policy="calls.repeat")
async def next_session(request: Request, db: Db, call_id: Id) -> Response[None]:
    call = await visible_call(request, db, call_id)
    made = await sessions.next_session(db, actor_of(request), call)
    onward = "/modifier" if made.stage() == "draft" else ""
    return redirect(
        f"/appels/{made.id}{onward}", flash=_("La session suivante est prête : relisez ses dates et ses lots.")
    )


ROUTES: list[HTTPRouteHandler] = [atom, ics, poster, next_session]
