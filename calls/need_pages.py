"""/besoins: a structure's standing requests."""

import re

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import func, select

from calls import needs, queries
from calls.application_pages import structures_of
from calls.forms import NeedForm
from calls.models import Need
from calls.uses import labels
from intervalle.accounts.policy_table import POLICY
from intervalle.i18n import _
from intervalle.territory.models import Commune
from intervalle.web import Db, Id, Request, actor_of, form_data, invalid, one_or_404, page, redirect


async def _need(request: Request, db: Db, need_id: int) -> Need:
    return one_or_404(await db.execute(queries.needs_visible_to(actor_of(request)).where(Need.id == need_id)))


async def _names(db: Db, codes: list[str]) -> dict[str, str]:
    rows = await db.execute(select(Commune.code, Commune.name).where(Commune.code.in_(codes)))
    return {row.code: row.name for row in rows}


async def read_communes(db: Db, typed: str) -> tuple[list[str], list[str]]:
    """(codes, words that name no commune). A name shared by several communes must be given by its code."""
    parts = [part.strip() for part in re.split(r"[,;\n]", typed) if part.strip()][:30]
    codes, unknown = [], []
    for part in parts:
        by = (
            Commune.code == part.upper()
            if re.fullmatch(r"\d[\dABab]\d{3}", part)
            else func.plain_text(Commune.name) == func.plain_text(part)
        )
        found = (await db.execute(select(Commune.code).where(by).limit(2))).scalars().all()
        if len(found) == 1:
            codes.append(found[0])
        else:
            unknown.append(part)
    return list(dict.fromkeys(codes)), unknown


async def _read(request: Request, db: Db) -> tuple[NeedForm, list[str]]:
    form = NeedForm(await form_data(request))
    form.validate()
    codes, unknown = await read_communes(db, form.communes.data or "")
    if unknown:
        form.add_error(
            "communes", _("Nous ne reconnaissons pas : %(names)s. Donnez leur code Insee.", names=", ".join(unknown))
        )
    return form, codes


@get("/besoins", policy="needs.list")
async def index(request: Request, db: Db) -> Response[str]:
    """One's own needs; what each asks, in a line."""
    found = list(
        (
            await db.execute(
                queries.needs_visible_to(actor_of(request))
                .order_by(Need.closed_at.nulls_first(), Need.id.desc())
                .limit(100)
            )
        ).scalars()
    )
    names = await _names(db, [code for need in found for code in need.commune_codes])
    return page(request, "calls/needs/list.html", needs=found, names=names, labels=labels)


@get("/besoins/nouveau", policy="needs.register")
async def new(request: Request, db: Db) -> Response[str]:
    return page(
        request, "calls/needs/edit.html", form=NeedForm(), need=None, structures=structures_of(actor_of(request))
    )


@post("/besoins", policy="needs.register")
async def register(request: Request, db: Db) -> Response[None]:
    form, codes = await _read(request, db)
    structures = structures_of(actor_of(request))
    if form.errors_in_order:
        raise invalid(request, "calls/needs/edit.html", form=form, need=None, structures=structures)
    typed = str((await form_data(request)).get("structure", ""))
    chosen = int(typed) if typed.isdigit() and len(typed) < 19 else structures[0][0]
    await needs.register(
        db, actor_of(request), organisation_id=chosen, values={**form.values(), "commune_codes": codes}
    )
    return redirect(
        "/besoins", flash=_("Votre besoin est enregistré ; il reste valable même si une candidature n’aboutit pas.")
    )


@get("/besoins/{need_id:int}", policy="needs.edit")
async def show(request: Request, db: Db, need_id: Id) -> Response[str]:
    need = await _need(request, db, need_id)
    names = await _names(db, need.commune_codes)
    form = NeedForm.of(need, need.place(names))
    return page(request, "calls/needs/edit.html", form=form, need=need, structures=[])


@post("/besoins/{need_id:int}", policy="needs.edit")
async def edit(request: Request, db: Db, need_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    POLICY.check(actor_of(request), "needs.edit", need)
    form, codes = await _read(request, db)
    if form.errors_in_order:
        raise invalid(request, "calls/needs/edit.html", form=form, need=need, structures=[])
    await needs.edit(db, actor_of(request), need, values={**form.values(), "commune_codes": codes})
    return redirect("/besoins", flash=_("C’est enregistré."))


@post("/besoins/{need_id:int}/clore", policy="needs.edit")
async def close(request: Request, db: Db, need_id: Id) -> Response[None]:
    need = await _need(request, db, need_id)
    await needs.close(db, actor_of(request), need)
    return redirect("/besoins", flash=_("Cette recherche est close."))


ROUTES: list[HTTPRouteHandler] = [index, new, register, show, edit, close]
