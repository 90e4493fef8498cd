"""/locaux: the list and its map, one place, its tiles."""

import re
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

import premises.managing  # forgets the agent when its mandate ends  # noqa: F401
from intervalle import clock, files
from intervalle.accounts.actor import NOBODY
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.settings import settings
from intervalle.web import Db, Id, Request, Slug, actor_of, one_or_404, page, stored_file_response
from premises import (
    asking,
    confirmation_pages,
    editing,
    exports,
    facets,
    favourites,
    feeds,
    history_pages,
    keeping,
    outlines,
    papers,
    placing,
    plan_pages,
    queries,
    search,
    tiles,
)  # fmt: skip
from premises.filters import Filters, read
from premises.forms import ERP_TYPES, KINDS, TITLES
from premises.imports import handlers as import_pages
from premises.lot_facts import facts_of
from premises.models import Photo, Premises
from premises.timeline import LABELS
from premises.views import day_asked, money_m2, views


async def _found(db: Db, filters: Filters, counted: facets.Facets) -> dict[str, Any]:
    """The page of the list and its count: few places were all read to be counted, many are looked for in their order."""
    today, total = clock.today(), counted.total
    if total is None:
        total = (await db.execute(search.count(filters, today))).scalar_one()
    last = max(1, -(-min(total, search.MOST) // search.PER_PAGE))
    number = min(filters.page, last)
    if counted.total is None:
        rows = list((await db.execute(search.of_page(filters, today, number))).scalars())
    else:
        ids = counted.ids[(number - 1) * search.PER_PAGE : number * search.PER_PAGE]
        found = {p.id: p for p in (await db.execute(select(Premises).where(Premises.id.in_(ids)))).scalars()}
        rows = [found[one] for one in ids]
    return {
        "filters": filters, "total": total, "most": search.MOST, "last": last, "number": number,
        "cards": await views(db, rows, with_photos=False),
    }  # fmt: skip


@get("/locaux", policy="premises.list")
async def index(request: Request, db: Db) -> Response[str]:
    asked = await asking.understand(db, read(dict(request.query_params.items())))
    filters = asked.filters
    counted = await facets.counted(db, filters, clock.today())
    found = await _found(db, filters, counted)
    return page(
        request, "premises/index.html", fragment="premises/_results.html", kinds=KINDS, titles=TITLES, erp_types=ERP_TYPES,
        money_m2=money_m2, counts=counted.counts, facets=facets, places=await facets.places(db, counted.counts.get("ou", {})), asked=asked, asking=asking,
        kept=await favourites.kept(db, actor_of(request)), chips=asking.chips(filters, asked.where), basemap=settings().basemap_url, box=counted.box,
        states={code: _(label) for code, label in LABELS.items()}, **found,
    )  # fmt: skip


@get("/locaux/{premises_id:int}", policy="premises.show")
async def show(request: Request, db: Db, premises_id: Id) -> Response[str]:
    premises = one_or_404(
        await db.execute(queries.premises_visible_to(actor_of(request)).where(Premises.id == premises_id))
    )
    on = day_asked(request.query_params.get("le", ""))
    view = (await views(db, [premises], on))[0]
    owner = POLICY.can(actor_of(request), "premises.edit", premises)
    documents = await db.execute(queries.documents_of(premises.id, public=not owner))
    plan = await outlines.plan(db, premises) if owner or not premises.owner_masked else None
    return page(
        request, "premises/show.html", view=view, premises=premises, money_m2=money_m2, on=on, owner=owner, plan=plan,
        generations=await placing.generations(db, premises), documents=list(documents), lot_facts=facts_of,
        kept=await favourites.kept(db, actor_of(request)),
    )  # fmt: skip


@get("/l/{code:str}", policy="premises.show")
async def short(request: Request, db: Db, code: Slug) -> Response[str]:
    """The address on the window poster."""
    premises = one_or_404(
        await db.execute(queries.premises_visible_to(actor_of(request)).where(Premises.code == code.upper()))
    )
    return await show.fn(request, db, premises.id)  # type: ignore[no-any-return]


MINE_PER_PAGE = 60


@get("/locaux/mes-locaux", policy="premises.create")
async def mine(request: Request, db: Db) -> Response[str]:
    """All of an owner's places, by pages; found by words as on the list, or by what is left to do."""
    given = request.query_params
    unsure, words, draft = (
        given.get("position") == "a-verifier",
        given.get("q", "").strip()[:120],
        given.get("etat") == "brouillon",
    )
    chosen = [placing.unsure()] if unsure else []
    chosen += search.conditions(Filters(q=words), clock.today()) if words else []
    chosen += [Premises.published_at.is_(None)] if draft else []
    asked = queries.premises_of(actor_of(request)).where(*chosen)
    counted = select(func.count()).select_from(asked.order_by(None).with_only_columns(Premises.id).subquery())
    total = (await db.execute(counted)).scalar_one()
    last = max(1, -(-total // MINE_PER_PAGE))
    number = min(int(given.get("page", "1")) if re.fullmatch(r"[1-9]\d{0,4}", given.get("page", "")) else 1, last)
    rows = (await db.execute(asked.limit(MINE_PER_PAGE).offset((number - 1) * MINE_PER_PAGE))).scalars().all()
    kept = {"q": words, "etat": "brouillon" if draft else "", "position": "a-verifier" if unsure else ""}
    return page(
        request, "premises/mine.html", cards=await views(db, rows), money_m2=money_m2, unsure=unsure, words=words, draft=draft,
        total=total, number=number, last=last, base="/locaux/mes-locaux?" + urlencode({k: v for k, v in kept.items() if v} | {"page": ""}),
    )  # fmt: skip


@get("/locaux/photos/{photo_id:int}", policy="premises.show")
async def photo(request: Request, db: Db, photo_id: Id) -> Response[bytes]:
    """A photo is seen by whoever sees its premises: those of a draft are not public."""
    visible = queries.premises_visible_to(actor_of(request)).with_only_columns(Premises.id)
    shown = one_or_404(await db.execute(select(Photo).where(Photo.id == photo_id, Photo.premises_id.in_(visible))))
    stored = one_or_404(await db.execute(select(StoredFile).where(StoredFile.id == shown.file_id)))
    return stored_file_response(stored, await files.read(stored), inline=True)


async def published_count(db: Any) -> int:
    """For the front page."""
    return int(
        (
            await db.execute(select(func.count()).select_from(queries.premises_visible_to(NOBODY).subquery()))
        ).scalar_one()
    )


ROUTES: list[HTTPRouteHandler] = [
    index,
    mine,
    show,
    short,
    photo,
    *feeds.ROUTES,
    *keeping.ROUTES,
    *papers.ROUTES,
    *tiles.ROUTES,
    *editing.ROUTES,
    *history_pages.ROUTES,
    *import_pages.ROUTES,
    *exports.ROUTES,
    *plan_pages.ROUTES,
    *confirmation_pages.ROUTES,
]
