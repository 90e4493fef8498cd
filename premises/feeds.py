"""The public list elsewhere: an Atom feed, and a list or a map that a city shows on its own site in an iframe.

Both take the filters of the list. What they carry is what a visitor sees: nobody is signed in there.
"""

from datetime import datetime
from html import escape
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, security
from intervalle.i18n import _
from intervalle.settings import settings
from intervalle.web import Db, Request, draw, nonce_of, page
from premises import asking, facets, search
from premises.filters import Filters, read
from premises.models import Premises
from premises.timeline import LABELS
from premises.views import PremisesView, money_m2, views

ENTRIES = 50
SIGHTS = ("les-deux", "liste", "carte")


def changed(premises: Premises) -> datetime:
    """When its page last said something new: published, or confirmed since."""
    return max(at for at in (premises.published_at, premises.confirmed_at) if at)


@get("/locaux.atom", policy="premises.list")
async def atom(request: Request, db: Db) -> Response[str]:
    """RFC 4287: the latest published places that answer the filters."""
    filters = read(dict(request.query_params.items())).without(sort="recent")
    found = search.of_page(filters, clock.today(), 1).limit(ENTRIES)
    cards = await views(db, (await db.execute(found)).scalars().all())
    entries = [(card, changed(card.premises).isoformat()) for card in cards]
    query = filters.query_string(page=False)
    address = f"{settings().base_url}/locaux"
    xml = draw(
        request, "premises/feed.xml", entries=entries, base=settings().base_url, money_m2=money_m2,
        updated=max((stamp for _card, stamp in entries), default=clock.now().isoformat()),
        page_url=address + (f"?{query}" if query else ""), self_url=f"{address}.atom" + (f"?{query}" if query else ""),
    )  # fmt: skip
    return Response(xml, media_type="application/atom+xml", headers={"Cache-Control": "public, max-age=300"})


async def _context(db: AsyncSession, filters: Filters) -> dict[str, Any]:
    counted = await facets.counted(db, filters, clock.today())
    total = counted.total
    if total is None:
        total = (await db.execute(search.count(filters, clock.today()))).scalar_one()
    return {"total": total, "most": search.MOST, "box": counted.box}


@get("/integration/locaux", policy="premises.list")
async def embedded(request: Request, db: Db) -> Response[str]:
    """The one page that another site may show inside its own; its links open in a page of their own."""
    filters = read(dict(request.query_params.items()))
    sight = request.query_params.get("vue", "")
    cards: list[PremisesView] = []
    if sight != "carte":
        cards = await views(db, (await db.execute(search.of_page(filters, clock.today(), 1))).scalars().all())
    html = draw(
        request, "premises/embedded.html", filters=filters, cards=cards, money_m2=money_m2, base=settings().base_url,
        sight=sight if sight in SIGHTS else "les-deux", basemap=settings().basemap_url,
        states={code: _(label) for code, label in LABELS.items()}, **await _context(db, filters),
    )  # fmt: skip
    policy = security.content_security_policy(nonce_of(request), framed=True)
    return Response(html, media_type="text/html", headers={"Content-Security-Policy": policy})


# What another site copies: a frame and nothing else. `style` is theirs to allow; without it the frame has a border.
FRAME = '<iframe src="{url}" title="{title}" width="100%" height="760" loading="lazy" style="border:0"></iframe>'


@get("/integration", policy="premises.list")
async def integration(request: Request, db: Db) -> Response[str]:
    """The code to copy, for the filters of the address."""
    asked = await asking.understand(db, read(dict(request.query_params.items())))
    sight = request.query_params.get("vue", "")
    sight = sight if sight in SIGHTS else SIGHTS[0]
    query = asked.filters.query_string(page=False)
    wanted = "&".join(part for part in (query, f"vue={sight}" if sight != SIGHTS[0] else "") if part)
    url = f"{settings().base_url}/integration/locaux" + (f"?{wanted}" if wanted else "")
    code = FRAME.format(url=escape(url), title=escape(_("Locaux et terrains à occuper")))
    return page(
        request, "premises/integration.html", asked=asked, chips=asking.chips(asked.filters, asked.where), sight=sight, query=query,
        url=url, code=code,
        atom=f"{settings().base_url}/locaux.atom" + (f"?{query}" if query else ""),
        geojson=f"{settings().base_url}/locaux.geojson" + (f"?{query}" if query else ""),
        **await _context(db, asked.filters),
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [atom, embedded, integration]
