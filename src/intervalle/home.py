"""/ : for a visitor what this is; for a member what awaits them, each with who acts next and by when."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from intervalle.web import Db, Request, page


@get("/", policy="home.show")
async def home(request: Request, db: Db) -> Response[str]:
    return page(request, "home.html")


ROUTES: list[HTTPRouteHandler] = [home]
