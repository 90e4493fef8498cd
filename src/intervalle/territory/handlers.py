"""/territoire: address suggestions for forms, and the tiles."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from intervalle.territory import geocoding, tiles
from intervalle.web import Db, Request, page


@get("/territoire/adresses", policy="territory.search")
async def addresses(request: Request, db: Db) -> Response[str]:
    """A list of addresses that resemble `q`, to pick one without JavaScript too."""
    query = request.query_params.get("q", "")[:200]
    found = await geocoding.suggest(db, query) if len(query) >= 3 else []
    return page(request, "territory/addresses.html", fragment="territory/_addresses.html", query=query, found=found)


ROUTES: list[HTTPRouteHandler] = [addresses, *tiles.ROUTES]
