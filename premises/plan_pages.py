"""Plans: the outline of a site, its documents, and the board of a building (every lot against the years)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from intervalle import clock, files
from intervalle.accounts.policy_table import POLICY
from intervalle.errors import NotFound
from intervalle.i18n import _, area
from intervalle.outbox import StoredFile
from intervalle.web import (
    Db,
    Id,
    Request,
    actor_of,
    form_data,
    invalid,
    one_or_404,
    page,
    received,
    redirect,
    stored_file_response,
)
from premises import documents, hooks, occupancies, outlines, queries, timeline
from premises.editing import edit_context, owned
from premises.forms import DocumentForm, OutlineForm
from premises.models import Document, Lot, Occupancy, Premises
from premises.views import LotView, day_asked, lot_view

YEARS_BEFORE, YEARS = 2, 6


@post("/locaux/{premises_id:int}/contour", policy="premises.edit")
async def draw(request: Request, db: Db, premises_id: Id) -> Response[None]:
    premises = await owned(request, db, premises_id)
    form = OutlineForm(await form_data(request))
    shape = ""
    if form.validate():
        try:
            shape = outlines.read(form.outline.data)
        except ValueError as sentence:
            form.add_error("outline", str(sentence))
    if not shape:
        context = {**await edit_context(db, request, premises), "outline_form": form}
        raise invalid(request, "premises/edit.html", **context)
    size, repaired = await outlines.draw(db, actor_of(request), premises, shape)
    said = _("Le contour est enregistré : %(area)s.", area=area(round(size)))
    mended = " " + _("Il se croisait lui-même : nous l’avons réparé, vérifiez-le.") if repaired else ""
    return redirect(f"/locaux/{premises_id}/modifier#contour", flash=said + mended)


@post("/locaux/{premises_id:int}/contour/suppression", policy="premises.edit")
async def erase(request: Request, db: Db, premises_id: Id) -> Response[None]:
    await outlines.erase(db, actor_of(request), await owned(request, db, premises_id))
    return redirect(f"/locaux/{premises_id}/modifier#contour", flash=_("Le contour est effacé."))


@post("/locaux/{premises_id:int}/documents", policy="premises.edit")
async def add_document(request: Request, db: Db, premises_id: Id) -> Response[None]:
    premises = await owned(request, db, premises_id)
    data = await form_data(request)
    form = DocumentForm(data)

    async def keep(name: str, content: bytes) -> Document:
        title, public = form.title.data, form.public.data
        return await documents.add(
            db, actor_of(request), premises, name=name, content=content, title=title, public=public
        )

    made, sentence = await received(form, data, "document", keep, ask=_("Choisissez un fichier."))
    if made is not None:
        return redirect(f"/locaux/{premises_id}/modifier#documents", flash=_("Le document est ajouté."))
    context = {**await edit_context(db, request, premises), "document_form": form, "document_error": sentence}
    raise invalid(request, "premises/edit.html", **context)


@post("/locaux/{premises_id:int}/documents/{document_id:int}/visibilite", policy="premises.edit")
async def show_document(request: Request, db: Db, premises_id: Id, document_id: Id) -> Response[None]:
    public = (await form_data(request)).get("public") == "oui"
    await documents.show_to_all(
        db, actor_of(request), await owned(request, db, premises_id), document_id, public=public
    )
    said = _("Le document est montré à tous.") if public else _("Le document n’est plus vu que de vous.")
    return redirect(f"/locaux/{premises_id}/modifier#documents", flash=said)


@post("/locaux/{premises_id:int}/documents/{document_id:int}/suppression", policy="premises.edit")
async def remove_document(request: Request, db: Db, premises_id: Id, document_id: Id) -> Response[None]:
    await documents.remove(db, actor_of(request), await owned(request, db, premises_id), document_id)
    return redirect(f"/locaux/{premises_id}/modifier#documents", flash=_("Le document est retiré."))


@get("/locaux/documents/{document_id:int}", policy="premises.show")
async def document(request: Request, db: Db, document_id: Id) -> Response[bytes]:
    """Always downloaded. A private one is a 404 for whoever does not answer for the premises."""
    visible = queries.premises_visible_to(actor_of(request)).with_only_columns(Premises.id)
    rows = select(Document, Premises).join(Premises, Premises.id == Document.premises_id)
    found = (await db.execute(rows.where(Document.id == document_id, Premises.id.in_(visible)))).one_or_none()
    if found is None or not (found[0].public or POLICY.can(actor_of(request), "premises.edit", found[1])):
        raise NotFound
    stored = one_or_404(await db.execute(select(StoredFile).where(StoredFile.id == found[0].file_id)))
    return stored_file_response(stored, await files.read(stored))


@dataclass(frozen=True)
class Row:
    """A lot on the board: who is there on the day, when it has room again."""

    view: LotView
    who: str
    free: date | None
    held: bool


@get("/locaux/{premises_id:int}/planning", policy="premises.show")
async def board(request: Request, db: Db, premises_id: Id) -> Response[str]:
    """All the lots of a building against the years, as they stand on the day asked for. A constant number of queries."""
    visible = queries.premises_visible_to(actor_of(request)).where(Premises.id == premises_id)
    premises = one_or_404(await db.execute(visible))
    on = day_asked(request.query_params.get("le", ""))
    lots = list((await db.execute(queries.lots_in([premises.id]))).scalars())
    uses: dict[int, list[Occupancy]] = {}
    for use in (await db.execute(queries.occupancies_in([lot.id for lot in lots]))).scalars():
        uses.setdefault(use.lot_id, []).append(use)
    extra = await hooks.extra_spans(db, [lot.id for lot in lots])
    window = (date(on.year - YEARS_BEFORE, 1, 1), date(on.year - YEARS_BEFORE + YEARS, 1, 1))
    rows = [_row(lot, uses.get(lot.id, []), extra.get(lot.id, []), on, window, premises) for lot in lots]
    return page(
        request,
        "premises/board.html",
        premises=premises,
        rows=rows,
        on=on,
        **_sums(rows),
        years=[window[0].year + n for n in range(YEARS)],
    )


def _row(
    lot: Lot, uses: list[Occupancy], extra: list[timeline.Span], on: date, window: tuple[date, date], premises: Premises
) -> Row:  # fmt: skip
    view = lot_view(lot, uses, extra, on, premises.end_event or "", window)
    spans = [occupancies.span_of(use, lot, on) for use in uses] + extra
    there = [s.label for s in spans if s.covers(on) and s.state in {"occupied", "works"} and s.label]
    held = view.state in {"occupied", "works", "awarded"}
    return Row(view, ", ".join(dict.fromkeys(there)), timeline.free_from(on, spans) if held else None, held)


def _sums(rows: list[Row]) -> dict[str, Any]:
    """Lots and m² in each state, for the line above the board."""
    counts: dict[str, tuple[int, Any]] = {}
    for row in rows:
        number, size = counts.get(row.view.state, (0, 0))
        counts[row.view.state] = (number + 1, size + row.view.lot.area)
    return {"counts": counts, "labels": timeline.LABELS, "today": clock.today()}


ROUTES: list[HTTPRouteHandler] = [
    draw, erase, add_document, show_document, remove_document, document, board,
]  # fmt: skip
