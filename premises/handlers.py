"""/locaux: the list and its map, one place, its tiles."""

import json
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select, text

from intervalle import clock
from intervalle.accounts.actor import NOBODY
from intervalle.territory.tiles import X, Y, Z, row, tile
from intervalle.web import Db, Id, Request, actor_of, one_or_404, page
from premises import editing, hooks, queries, search
from premises.forms import KINDS, TITLES
from premises.models import Premises
from premises.views import money_m2, views

# Zoomed out, points that would touch are one grid cell with a count; public fields only, masked points shifted.
LOTS = text(
    """
    WITH edge AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box),
    shown AS (
      SELECT p.id, p.name, sum(l.area) AS area,
        ST_Transform(CASE WHEN p.owner_masked
          THEN ST_Translate(p.point, cos(radians((p.id * 137) % 360)) * :mask, sin(radians((p.id * 137) % 360)) * :mask * 0.7)
          ELSE p.point END, 3857) AS geom
      FROM premises p JOIN lots l ON l.premises_id = p.id, edge
      WHERE p.published_at IS NOT NULL AND p.withdrawn_at IS NULL
        AND p.point && ST_Expand(ST_Transform(edge.box, 4326), 0.01)
      GROUP BY p.id
    ),
    gathered AS (
      SELECT min(id) AS id, CASE WHEN count(*) = 1 THEN min(name) END AS name, count(*) AS places, sum(area) AS area,
        ST_Centroid(ST_Collect(geom)) AS geom
      FROM shown
      GROUP BY CASE WHEN :z >= 13 THEN id::text
                    ELSE ST_AsText(ST_SnapToGrid(geom, 40075016.68 / (2 ^ :z * 8))) END
    )
    SELECT ST_AsMVT(t, 'locaux', 4096, 'geom') FROM (
      SELECT id, name, places, area::float, ST_AsMVTGeom(geom, edge.box, 4096, 256, true) AS geom FROM gathered, edge
    ) t WHERE geom IS NOT NULL
    """
).bindparams(mask=queries.MASK_DEGREES)


async def _found(request: Request, db: Db) -> dict[str, Any]:
    """The page of the list, its count and its filters."""
    filters = search.read(dict(request.query_params.items()))
    extra = hooks.OPEN_CALL[0]() if hooks.OPEN_CALL else None
    wanted = search.matching(actor_of(request), filters, clock.today(), extra)
    total = (await db.execute(search.count(wanted))).scalar_one()
    last = max(1, -(-total // search.PER_PAGE))
    rows = (await db.execute(search.of_page(wanted, min(filters.page, last)))).scalars().all()
    return {
        "filters": filters,
        "total": total,
        "last": last,
        "number": min(filters.page, last),
        "cards": await views(db, rows),
    }


@get("/locaux", policy="premises.list")
async def index(request: Request, db: Db) -> Response[str]:
    found = await _found(request, db)
    return page(
        request,
        "premises/index.html",
        fragment="premises/_results.html",
        kinds=KINDS,
        titles=TITLES,
        money_m2=money_m2,
        basemap=settings().basemap_url,
        **found,
    )


@get("/locaux.geojson", policy="premises.list")
async def geojson(request: Request, db: Db) -> Response[bytes]:
    """The same page of the list as points, for the map and for other tools (Licence Ouverte)."""
    found = await _found(request, db)
    features = [
        {
            "type": "Feature",
            "id": v.premises.id,
            "geometry": {"type": "Point", "coordinates": [round(v.lon, 5), round(v.lat or 0, 5)]},
            "properties": {
                "name": v.premises.name,
                "state": v.state,
                "label": v.label,
                "area": float(v.area),
                "lots": len(v.lots),
                "commune": v.commune,
                "owner": v.owner or None,
                "url": f"/locaux/{v.premises.id}",
            },
        }
        for v in found["cards"]
        if v.lon is not None
    ]
    body = {"type": "FeatureCollection", "numberMatched": found["total"], "features": features}
    return Response(json.dumps(body, ensure_ascii=False).encode(), media_type="application/geo+json")


@get("/locaux/{premises_id:int}", policy="premises.show")
async def show(request: Request, db: Db, premises_id: Id) -> Response[str]:
    premises = one_or_404(
        await db.execute(queries.premises_visible_to(actor_of(request)).where(Premises.id == premises_id))
    )
    view = (await views(db, [premises]))[0]
    return page(request, "premises/show.html", view=view, premises=premises, money_m2=money_m2)


@get("/l/{code:str}", policy="premises.show")
async def short(request: Request, db: Db, code: Y) -> Response[str]:
    """The address on the window poster."""
    premises = one_or_404(
        await db.execute(queries.premises_visible_to(actor_of(request)).where(Premises.code == code.upper()))
    )
    return await show.fn(request, db, premises.id)  # type: ignore[no-any-return]


@get("/locaux/mes-locaux", policy="premises.create")
async def mine(request: Request, db: Db) -> Response[str]:
    rows = (await db.execute(queries.premises_of(actor_of(request)).limit(200))).scalars().all()
    return page(request, "premises/mine.html", cards=await views(db, rows), money_m2=money_m2)


@get("/tuiles/locaux/{z:int}/{x:int}/{y:str}", policy="tiles.show")
async def lots_tile(request: Request, db: Db, z: Z, x: X, y: Y) -> Response[bytes]:
    return await tile(request, db, LOTS, z, x, row(y), kept=60)


async def published_count(db: Any) -> int:
    """For the front page."""
    return int(
        (
            await db.execute(select(func.count()).select_from(queries.premises_visible_to(NOBODY).subquery()))
        ).scalar_one()
    )


ROUTES: list[HTTPRouteHandler] = [index, geojson, mine, show, short, lots_tile, *editing.ROUTES]
