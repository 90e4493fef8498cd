"""What a person keeps: /locaux/favoris, /recherches; and /locaux/comparer, up to four lots side by side."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle.i18n import _
from intervalle.web import Db, Id, Request, actor_of, form_data, local_path, one_or_404, page, redirect
from premises import asking, comparison, facets, favourites, queries, search, searches
from premises.models import Lot, Premises, SavedSearch
from premises.views import money_m2, views


@get("/locaux/favoris", policy="favourites.keep")
async def favourites_page(request: Request, db: Db) -> Response[str]:
    actor = actor_of(request)
    cards = await views(db, await favourites.seen(db, actor))
    return page(
        request, "premises/favourites.html", cards=cards, money_m2=money_m2, kept=await favourites.kept(db, actor)
    )


@post("/locaux/{premises_id:int}/favori", policy="favourites.keep")
async def favourite(request: Request, db: Db, premises_id: Id) -> Response[None]:
    actor, form = actor_of(request), await form_data(request)
    premises = one_or_404(await db.execute(queries.premises_visible_to(actor).where(Premises.id == premises_id)))
    back = local_path(str(form.get("suite") or ""), f"/locaux/{premises.id}")
    if form.get("garder") == "non":
        await favourites.drop(db, actor, premises)
        return redirect(back, flash=_("« %(name)s » n’est plus dans vos favoris.", name=premises.name))
    await favourites.keep(db, actor, premises)
    return redirect(back, flash=_("« %(name)s » est dans vos favoris.", name=premises.name))


async def _own(request: Request, db: Db, search_id: int) -> SavedSearch:
    mine = SavedSearch.user_id == actor_of(request).user_id
    return one_or_404(await db.execute(select(SavedSearch).where(SavedSearch.id == search_id, mine).with_for_update()))


@get("/recherches", policy="searches.keep")
async def searches_page(request: Request, db: Db) -> Response[str]:
    kept = await searches.of_person(db, actor_of(request))
    today = await searches.today(db, kept)
    asked = {saved.id: searches.filters_of(saved) for saved in kept}
    names = await facets.names_of(db, [filters.where for filters in asked.values()])
    rows: list[tuple[SavedSearch, list[str], searches.Today]] = []
    for saved in kept:
        filters = asked[saved.id]
        where = names.get(filters.where, filters.where[1:])
        rows.append((saved, [text for text, _href in asking.chips(filters, where)], today[saved.id]))
    return page(request, "premises/searches.html", rows=rows, most=search.MOST)


@post("/recherches", policy="searches.keep")
async def save(request: Request, db: Db) -> Response[None]:
    form = await form_data(request)
    name, query = str(form.get("name") or ""), str(form.get("query") or "")[:1500]
    await searches.save(db, actor_of(request), name=name, query=query, alert=form.get("alert") == "oui")
    return redirect("/recherches", flash=_("La recherche est enregistrée."))


@post("/recherches/{search_id:int}/alerte", policy="searches.keep")
async def alert(request: Request, db: Db, search_id: Id) -> Response[None]:
    on = (await form_data(request)).get("alert") == "oui"
    saved = await _own(request, db, search_id)
    await searches.set_alert(db, actor_of(request), saved, on=on)
    said = _("Vous recevrez un courriel quand un lieu paraît.") if on else _("Vous ne recevrez plus de courriel pour cette recherche.")  # fmt: skip
    return redirect("/recherches", flash=said)


@post("/recherches/silence", policy="searches.keep")
async def silence(request: Request, db: Db) -> Response[None]:
    await searches.stop_all(db, actor_of(request))
    return redirect("/recherches", flash=_("Vous ne recevrez plus aucun courriel de vos recherches."))


@post("/recherches/{search_id:int}/suppression", policy="searches.keep")
async def forget(request: Request, db: Db, search_id: Id) -> Response[None]:
    await searches.forget(db, actor_of(request), await _own(request, db, search_id))
    return redirect("/recherches", flash=_("La recherche est supprimée."))


def _asked_lots(request: Request) -> list[int]:
    """Ids of the address, each once, in their order; what is no id is dropped."""
    typed = request.query_params.getall("lot", [])
    return list(dict.fromkeys(int(n) for n in typed if n.isascii() and n.isdigit() and 0 < len(n) < 16))


@get("/locaux/comparer", policy="premises.list")
async def compare(request: Request, db: Db) -> Response[str]:
    """A lot one may not see is left out, as if it did not exist."""
    actor, asked = actor_of(request), _asked_lots(request)
    chosen = asked[: comparison.MOST]
    visible = queries.lots_visible_to(actor).where(Lot.id.in_(chosen)).with_only_columns(Premises.id)
    rows = (await db.execute(select(Premises).where(Premises.id.in_(visible)))).scalars().all()
    columns = comparison.columns(await views(db, rows), chosen)
    offered: list[Any] = []
    if actor.signed_in and len(columns) < comparison.MOST:
        known = {c.lot.id for c in columns}
        offered = [
            (view, v.lot)
            for view in await views(db, (await favourites.seen(db, actor))[:20])
            for v in view.lots
            if v.lot.id not in known
        ]
    return page(
        request, "premises/compare.html", columns=columns, lines=comparison.lines(columns), most=comparison.MOST, address=comparison.address,
        too_many=len(asked) > comparison.MOST, offered=offered,
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [
    favourites_page, favourite, searches_page, save, alert, silence, forget, compare,
]  # fmt: skip
