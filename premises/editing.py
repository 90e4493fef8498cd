"""/locaux/nouveau and /locaux/{id}/modifier: address first, then the lots, the photos, and publishing. One thing at a time."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from intervalle.i18n import _
from intervalle.settings import settings
from intervalle.territory import applies
from intervalle.web import Db, Id, Request, actor_of, draw, form_data, invalid, one_or_404, page, received, redirect
from premises import outlines, photos, placing, queries, supply
from premises.forms import DocumentForm, LotForm, OutlineForm, PhotoForm, PlaceForm, PremisesForm
from premises.models import Lot, Photo, Premises
from premises.views import money_m2, views


async def owned(request: Request, db: Db, premises_id: int) -> Premises:
    actor = actor_of(request)
    return one_or_404(
        await db.execute(queries.premises_visible_to(actor).where(queries.own(actor), Premises.id == premises_id))
    )


def _form(request: Request, data: Any = None, **more: Any) -> PremisesForm:
    form = PremisesForm(data, **more)
    form.owner.offer([(str(i), name) for i, name in supply.owners_for(actor_of(request))])
    return form


@get("/locaux/nouveau", policy="premises.create")
async def new(request: Request, db: Db) -> Response[str]:
    return page(request, "premises/new.html", form=_form(request))


@post("/locaux", policy="premises.create")
async def create(request: Request, db: Db) -> Response[None]:
    form = _form(request, await form_data(request))
    if not form.validate():
        raise invalid(request, "premises/new.html", form=form)
    place = await placing.find(db, form.address.data, form.postcode.data or "")
    made = await supply.create(db, actor_of(request), owner_id=int(form.owner.data), values=form.values(), place=place)
    return redirect(
        f"/locaux/{made.id}/modifier",
        flash=_("Le brouillon est enregistré. Vérifiez la position, puis ajoutez les lots."),
    )


async def edit_context(db: Db, request: Request, premises: Premises) -> dict[str, Any]:
    view = (await views(db, [premises]))[0]
    lon, lat = (
        await db.execute(select(func.ST_X(Premises.point), func.ST_Y(Premises.point)).where(Premises.id == premises.id))
    ).one()
    missing = supply.missing_to_publish(premises, [v.lot for v in view.lots])
    return {
        "premises": premises, "view": view, "missing": missing, "uncertain": placing.uncertain(premises), "lon": lon, "lat": lat,
        "lot_form": None, "lot_id": None, "photo_form": PhotoForm(), "photo_error": "", "scans": dict(list(await db.execute(queries.photo_scans(premises.id)))), "money_m2": money_m2, "conflict": None, "basemap": settings().basemap_url,
        "form": _form(request, obj=premises, owner=str(premises.owner_id)), "place_form": PlaceForm(lat=lat, lon=lon),
        "documents": list(await db.execute(queries.documents_of(premises.id))), "document_form": DocumentForm(), "document_error": "",
        "outline_form": OutlineForm(outline=await outlines.geojson(db, premises)), "plan": await outlines.plan(db, premises),
    }  # fmt: skip


@get("/locaux/{premises_id:int}/modifier", policy="premises.edit")
async def edit_page(request: Request, db: Db, premises_id: Id) -> Response[str]:
    premises = await owned(request, db, premises_id)
    return page(request, "premises/edit.html", **await edit_context(db, request, premises))


@post("/locaux/{premises_id:int}", policy="premises.edit")
async def edit(request: Request, db: Db, premises_id: Id) -> Response[Any]:
    premises = await owned(request, db, premises_id)
    data = await form_data(request)
    form = _form(request, data, owner=str(premises.owner_id))
    if not form.validate():
        raise invalid(request, "premises/edit.html", **{**await edit_context(db, request, premises), "form": form})
    moved = (form.address.data, form.postcode.data or "") != (premises.address, premises.postcode)
    place = await placing.find(db, form.address.data, form.postcode.data or "") if moved else None
    try:
        await supply.edit(db, actor_of(request), premises, version=_version(data), values=form.values(), place=place)
    except supply.Stale as stale:
        context = {
            **await edit_context(db, request, stale.current),
            "form": form,
            "conflict": _form(request, obj=stale.current, owner=str(premises.owner_id)),
        }
        return Response(draw(request, "premises/edit.html", **context), media_type="text/html", status_code=409)
    return redirect(f"/locaux/{premises_id}/modifier", flash=_("C’est enregistré."))


def _version(data: Any) -> int:
    typed = str(data.get("version", ""))
    return int(typed) if typed.isdigit() and len(typed) < 10 else 0


@post("/locaux/{premises_id:int}/position", policy="premises.edit")
async def set_place(request: Request, db: Db, premises_id: Id) -> Response[None]:
    """By hand: a point, and the neighbourhood when the finding is wrong."""
    premises = await owned(request, db, premises_id)
    data = await form_data(request)
    form = PlaceForm(data)
    commune = form.commune.data or None
    if form.validate() and commune and not await applies.commune_exists(db, commune):
        form.add_error("commune", _("Aucune commune actuelle ne porte ce code Insee."))
    if form.errors_in_order:
        raise invalid(
            request, "premises/edit.html", **{**await edit_context(db, request, premises), "place_form": form}
        )
    lon, lat = form.lon.data, form.lat.data
    point = None if lon is None or lat is None else (float(lon), float(lat))
    qpv = {"outside": "", "code": (form.qpv_code.data or "").upper()}.get(form.qpv.data or "")
    here = await placing.kept(db, premises)
    place = await placing.by_hand(db, premises, point=point, commune_code=commune, qpv_code=qpv)
    await supply.edit(db, actor_of(request), premises, version=premises.version, values={}, place=place)
    return redirect(
        f"/locaux/{premises_id}/modifier#lots",
        flash=_("La position est confirmée.") if point == (here.lon, here.lat) else _("La position est corrigée."),
    )


@get("/locaux/{premises_id:int}/lots/nouveau", policy="premises.edit")
async def new_lot(request: Request, db: Db, premises_id: Id) -> Response[str]:
    premises = await owned(request, db, premises_id)
    context = await edit_context(db, request, premises)
    form = LotForm(label=await supply.next_label(db, premises.id))
    return page(request, "premises/lot.html", **{**context, "lot_form": form})


@get("/locaux/{premises_id:int}/lots/{lot_id:int}", policy="premises.edit")
async def edit_lot_page(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[str]:
    premises = await owned(request, db, premises_id)
    lot = one_or_404(await db.execute(select(Lot).where(Lot.premises_id == premises.id, Lot.id == lot_id)))
    return page(
        request,
        "premises/lot.html",
        **{**await edit_context(db, request, premises), "lot_form": LotForm.of(lot), "lot_id": lot.id},
    )


@post("/locaux/{premises_id:int}/lots", policy="premises.edit")
async def add_lot(request: Request, db: Db, premises_id: Id) -> Response[None]:
    return await _save_lot(request, db, premises_id, None)


@post("/locaux/{premises_id:int}/lots/{lot_id:int}", policy="premises.edit")
async def save_lot(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[None]:
    return await _save_lot(request, db, premises_id, lot_id)


async def _save_lot(request: Request, db: Db, premises_id: int, lot_id: int | None) -> Response[None]:
    premises = await owned(request, db, premises_id)
    lot = (
        one_or_404(await db.execute(select(Lot).where(Lot.premises_id == premises.id, Lot.id == lot_id)))
        if lot_id
        else None
    )
    form = LotForm(await form_data(request))
    if form.validate() and not await _label_is_free(db, premises.id, lot_id, form.label.data.upper()):
        form.add_error("label", _("Un autre lot de ce local porte déjà cette lettre."))
    if form.errors_in_order:
        raise invalid(
            request,
            "premises/lot.html",
            **{**await edit_context(db, request, premises), "lot_form": form, "lot_id": lot_id},
        )
    await supply.save_lot(db, actor_of(request), premises, lot, form.values())
    return redirect(
        f"/locaux/{premises_id}/modifier#lots",
        flash=_("Le lot %(label)s est enregistré.", label=form.label.data.upper()),
    )


async def _label_is_free(db: Db, premises_id: int, lot_id: int | None, label: str) -> bool:
    same = select(Lot.id).where(Lot.premises_id == premises_id, Lot.label == label)
    return (await db.execute(same if lot_id is None else same.where(Lot.id != lot_id))).first() is None


@post("/locaux/{premises_id:int}/lots/{lot_id:int}/suppression", policy="premises.edit")
async def remove_lot(request: Request, db: Db, premises_id: Id, lot_id: Id) -> Response[None]:
    premises = await owned(request, db, premises_id)
    lot = one_or_404(await db.execute(select(Lot).where(Lot.premises_id == premises.id, Lot.id == lot_id)))
    await supply.remove_lot(db, actor_of(request), premises, lot)
    return redirect(f"/locaux/{premises_id}/modifier#lots", flash=_("Le lot est supprimé."))


@post("/locaux/{premises_id:int}/photos", policy="premises.edit")
async def add_photo(request: Request, db: Db, premises_id: Id) -> Response[None]:
    premises = await owned(request, db, premises_id)
    data = await form_data(request)
    form = PhotoForm(data)

    async def keep(name: str, content: bytes) -> Photo:
        return await photos.add(db, actor_of(request), premises, name=name, content=content, alt=form.alt.data)

    made, sentence = await received(form, data, "photo", keep, ask=_("Choisissez une photo."))
    if made is not None:
        return redirect(f"/locaux/{premises_id}/modifier#photos", flash=_("La photo est ajoutée."))
    raise invalid(
        request,
        "premises/edit.html",
        **{**await edit_context(db, request, premises), "photo_form": form, "photo_error": sentence},
    )


@post("/locaux/{premises_id:int}/photos/{photo_id:int}/suppression", policy="premises.edit")
async def remove_photo(request: Request, db: Db, premises_id: Id, photo_id: Id) -> Response[None]:
    premises = await owned(request, db, premises_id)
    await photos.remove(db, actor_of(request), premises, photo_id)
    return redirect(f"/locaux/{premises_id}/modifier#photos", flash=_("La photo est retirée."))


@post("/locaux/{premises_id:int}/publication", policy="premises.publish")
async def publish(request: Request, db: Db, premises_id: Id) -> Response[None]:
    await supply.publish(db, actor_of(request), await owned(request, db, premises_id))
    return redirect(f"/locaux/{premises_id}", flash=_("Le local est publié."))


@post("/locaux/{premises_id:int}/retrait", policy="premises.withdraw")
async def withdraw(request: Request, db: Db, premises_id: Id) -> Response[None]:
    await supply.withdraw(db, actor_of(request), await owned(request, db, premises_id))
    return redirect(f"/locaux/{premises_id}", flash=_("Le local n’est plus dans la liste publique."))


@post("/locaux/{premises_id:int}/confirmation", policy="premises.edit")
async def confirm(request: Request, db: Db, premises_id: Id) -> Response[None]:
    await supply.confirm(db, actor_of(request), await owned(request, db, premises_id))
    return redirect(f"/locaux/{premises_id}", flash=_("Merci : la fiche est confirmée d’aujourd’hui."))


ROUTES: list[HTTPRouteHandler] = [
    new, create, edit_page, edit, set_place, new_lot, edit_lot_page, add_lot, save_lot, remove_lot, add_photo, remove_photo,
    publish, withdraw, confirm,
]  # fmt: skip
