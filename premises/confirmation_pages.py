"""/locaux/a-confirmer: the listings that wait for their owner's word, one button each and one for all."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from intervalle.i18n import ngettext
from intervalle.web import Db, Request, actor_of, page, redirect
from premises import confirmations
from premises.views import views

MOST = 200


@get("/locaux/a-confirmer", policy="premises.create")
async def waiting(request: Request, db: Db) -> Response[str]:
    rows = list((await db.execute(confirmations.waiting_for(actor_of(request)).limit(MOST))).scalars())
    return page(request, "premises/to_confirm.html", cards=await views(db, rows))


@post("/locaux/a-confirmer", policy="premises.create")
async def confirm_all(request: Request, db: Db) -> Response[None]:
    """Those the page showed; none is an answer too."""
    rows = list((await db.execute(confirmations.waiting_for(actor_of(request)).limit(MOST))).scalars())
    count = await confirmations.confirm_all(db, actor_of(request), rows)
    said = ngettext("%(n)s fiche est confirmée d’aujourd’hui.", "%(n)s fiches sont confirmées d’aujourd’hui.", count)
    return redirect("/locaux/a-confirmer", flash=said)


ROUTES: list[HTTPRouteHandler] = [waiting, confirm_all]
