"""/besoins/statistiques, for everybody, and /besoins/saisir: a request written down for somebody without an account."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from calls import match_queries, sectors, typed_needs
from calls.demand_pages import table_of
from calls.match_queries import BANDS, SMALL
from calls.need_forms import TypedNeedForm
from calls.need_pages import need_form
from intervalle import clock
from intervalle.accounts.policy import WRITE
from intervalle.i18n import _
from intervalle.territory.communes import commune_names, read_communes
from intervalle.web import Db, Request, Text, actor_of, form_data, invalid, page, redirect


@get("/besoins/statistiques", policy="needs.statistics")
async def statistics(request: Request, db: Db, ou: Text = "") -> Response[str]:
    """The demand in m² by use, band of area and sector; a count of fewer than three structures is never shown."""
    codes, unknown = await read_communes(db, ou)
    table = table_of((await db.execute(match_queries.demand(codes))).all())
    rows = (await db.execute(match_queries.demand_by_commune(codes))).all()
    names = await commune_names(db, [row.commune for row in rows if row.commune])
    sectors = [
        (names.get(row.commune, row.commune) or _("Sans commune précise"), *((row.structures, row.area) if row.structures >= SMALL else (None, None)))
        for row in rows
    ]  # fmt: skip
    return page(
        request, "calls/needs/statistics.html", ou=ou, unknown=unknown, table=table, bands=BANDS, sectors=sectors,
        top=max((line["area"] or 0 for line in table), default=0), widest=max((area or 0 for _name, _n, area in sectors), default=0),
    )  # fmt: skip


@get("/besoins/saisir", policy="needs.type_in")
async def typing(request: Request, db: Db) -> Response[str]:
    return page(request, "calls/needs/type_in.html", form=TypedNeedForm(received_on=clock.today()), **need_form())


@post("/besoins/saisir", policy="needs.type_in")
async def type_in(request: Request, db: Db) -> Response[None]:
    actor, form = actor_of(request), TypedNeedForm(await form_data(request))
    form.validate()
    place = await sectors.read(db, form)
    if form.errors_in_order:
        raise invalid(request, "calls/needs/type_in.html", form=form, **need_form())
    acting = [b.organisation_id for b in actor.belongings if b.role in WRITE and b.kind in typed_needs.AUTHORITIES]
    current = actor.current.organisation_id if actor.current else 0
    need = await typed_needs.type_in(
        db, actor, authority_id=current if current in acting else acting[0],
        asker=typed_needs.Asker(form.structure_name.data or "", form.structure_siret.data or None, form.contact_email.data or None),
        received_on=form.received_on.data or clock.today(), values=form.values() | place,
    )  # fmt: skip
    return redirect(f"/besoins/{need.id}", flash=_("La demande est au registre : voici les lots qui conviennent."))


ROUTES: list[HTTPRouteHandler] = [statistics, typing, type_in]
