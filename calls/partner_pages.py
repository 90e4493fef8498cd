"""/besoins/…/partage/…: a structure writes to another whose need would share a lot with its own."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from calls import partners, queries
from calls.need_forms import ContactForm
from calls.need_models import Need
from calls.need_pages import half_days
from calls.partners import Together
from calls.uses import labels
from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect
from premises import queries as supply
from premises.models import Lot, Premises


async def _pair(request: Request, db: Db, need_id: int, lot_id: int, other_id: int) -> Together:
    need = one_or_404(await db.execute(queries.needs_visible_to(actor_of(request)).where(Need.id == need_id)))
    lot = one_or_404(await db.execute(supply.lots_visible_to(actor_of(request)).where(Lot.id == lot_id)))
    premises = (await db.execute(select(Premises).where(Premises.id == lot.premises_id))).scalar_one()
    return await partners.find(db, need, other_id, lot, premises)


@get("/besoins/{need_id:int}/partage/{lot_id:int}/{other_id:int}", policy="needs.edit")
async def asking(request: Request, db: Db, need_id: Id, lot_id: Id, other_id: Id) -> Response[str]:
    pair = await _pair(request, db, need_id, lot_id, other_id)
    return page(request, "calls/needs/share.html", pair=pair, form=ContactForm(), labels=labels, half_days=half_days)


@post("/besoins/{need_id:int}/partage/{lot_id:int}/{other_id:int}", policy="needs.edit")
async def ask(request: Request, db: Db, need_id: Id, lot_id: Id, other_id: Id) -> Response[None]:
    pair = await _pair(request, db, need_id, lot_id, other_id)
    form = ContactForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "calls/needs/share.html", pair=pair, form=form, labels=labels, half_days=half_days)
    await partners.propose(db, actor_of(request), pair, message=form.message.data or "")
    said = _("Votre message est parti ; la structure décidera de se faire connaître.")
    return redirect(f"/besoins/{need_id}", flash=said)


ROUTES: list[HTTPRouteHandler] = [asking, ask]
