"""/locaux/import: bring a file, match its columns, look at what would enter, let it in, undo it. One page per moment."""

import asyncio
import csv
import io
from datetime import date
from itertools import islice
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select, text

from intervalle import antivirus, clock, files, i18n, jobs
from intervalle.accounts.models import Organisation
from intervalle.i18n import _
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
from premises import supply
from premises.imports import mapping as mappings
from premises.imports import runs, tables, work
from premises.imports.fields import BY_CODE, FIELDS, LEVELS
from premises.imports.forms import MappingForm, UploadForm
from premises.imports.tasks import import_premises
from premises.models import PremisesImport

SILENT = 90  # seconds without a sign of life: the page offers to start again
PREVIEW = 5
STATES = {
    "uploaded": i18n.N_("Colonnes à vérifier"), "checking": i18n.N_("Contrôle en cours"), "checked": i18n.N_("Contrôlé, à lancer"), "running": i18n.N_("En cours"),
    "done": i18n.N_("Importé"), "failed": i18n.N_("Arrêté"), "undone": i18n.N_("Annulé"),
}  # fmt: skip


async def _visible(request: Request, db: Db, import_id: int) -> PremisesImport:
    return one_or_404(
        await db.execute(runs.imports_visible_to(actor_of(request)).where(PremisesImport.id == import_id))
    )


def _upload_form(request: Request, data: Any = None) -> UploadForm:
    form = UploadForm(data)
    owners = supply.owners_for(actor_of(request))
    form.owner.offer([(str(i), name) for i, name in owners])
    if data is None and actor_of(request).current:
        form.owner.data = str(actor_of(request).current_id or owners[0][0]) if owners else None
    return form


async def _past(request: Request, db: Db) -> list[Any]:
    """(import, file name, organisation), latest first: one question whatever their number."""
    visible = runs.imports_visible_to(actor_of(request)).limit(50).subquery()
    rows = await db.execute(
        select(PremisesImport, StoredFile.name, Organisation.name)
        .join(StoredFile, StoredFile.id == PremisesImport.file_id)
        .join(Organisation, Organisation.id == PremisesImport.owner_id)
        .where(PremisesImport.id.in_(select(visible.c.id)))
        .order_by(PremisesImport.id.desc())
    )
    return list(rows.all())


@get("/locaux/import", policy="premises.import")
async def index(request: Request, db: Db) -> Response[str]:
    return page(
        request,
        "premises/imports/index.html",
        form=_upload_form(request),
        past=await _past(request, db),
        states=STATES,
        file_error="",
    )


@post("/locaux/import", policy="premises.import")
async def bring(request: Request, db: Db) -> Response[None]:
    data = await form_data(request)
    form = _upload_form(request, data)

    async def keep(name: str, content: bytes) -> PremisesImport:
        owner_id, scan = int(form.owner.data), await antivirus.scan_content(content)
        return await runs.bring(db, actor_of(request), owner_id=owner_id, name=name, content=content, scan=scan)

    one, sentence = await received(form, data, "file", keep, ask=_("Choisissez un fichier."))
    if one is not None:
        return redirect(f"/locaux/import/{one.id}/colonnes")
    past = await _past(request, db)
    raise invalid(request, "premises/imports/index.html", form=form, past=past, states=STATES, file_error=sentence)


@get("/locaux/import/modele.csv", policy="premises.import")
async def template(request: Request, db: Db) -> Response[bytes]:
    """An empty file with every column there is, and one line that says what each expects."""
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    write.writerow([f.code for f in FIELDS])
    body = b"\xef\xbb\xbf" + out.getvalue().encode()
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="modele-locaux.csv"'},
    )


# --- Columns ---------------------------------------------------------------------------------------------------------


async def _head(db: Db, one: PremisesImport) -> tuple[tables.Table, list[tables.Record]]:
    """The columns and the first rows of the file."""
    stored = one_or_404(await db.execute(select(StoredFile).where(StoredFile.id == one.file_id)))
    content = await files.read(stored)

    def read() -> tuple[tables.Table, list[tables.Record]]:
        table = work.open_table(content, one)
        return table, list(islice(table.records, PREVIEW))

    return await asyncio.to_thread(read)


def _columns(table: tables.Table, head: list[tables.Record], chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "samples": list(dict.fromkeys(r.cells[i] for r in head)),
            "code": chosen.get(name, ""),
        }
        for i, name in enumerate(table.columns)
    ]


def _columns_context(one: PremisesImport, table: tables.Table, head: list[tables.Record], chosen: dict[str, str], form: MappingForm, complaint: str = "") -> dict[str, Any]:  # fmt: skip
    groups = [(_(label), [(f.code, _(f.label)) for f in FIELDS if f.level == level]) for level, label in LEVELS]
    return {
        "one": one, "brought": one, "columns": _columns(table, head, chosen), "groups": groups, "form": form, "complaint": complaint, "cnig": mappings.is_cnig(table.columns),
        "known": sum(bool(chosen.get(c)) for c in table.columns), "details": table.details,
    }  # fmt: skip


def _mapping_form(one: PremisesImport, details: Any) -> MappingForm:
    options = work.options_of(one)
    return MappingForm(
        source=one.source, kind=options.kind, regime=options.regime, titles=list(options.titles), publish=options.publish,
        available_from=date.fromisoformat(options.available_from) if options.available_from else clock.today(),
        mode="whole" if one.whole else "rows", encoding=details.get("encoding"), separator=details.get("separator"),
    )  # fmt: skip


@get("/locaux/import/{import_id:int}/colonnes", policy="premises.import")
async def columns(request: Request, db: Db, import_id: Id) -> Response[str]:
    one = await _visible(request, db, import_id)
    table, head = await _head(db, one)
    context = _columns_context(one, table, head, dict(one.mapping), _mapping_form(one, table.details))
    return page(request, "premises/imports/columns.html", **context)


def _chosen(table: tables.Table, data: FormMultiDict) -> dict[str, str]:
    """Header -> field, as the selects say; an unknown field is none."""
    typed = {name: str(data.get(f"c{i}", "")) for i, name in enumerate(table.columns)}
    return {name: code for name, code in typed.items() if code in BY_CODE}


@post("/locaux/import/{import_id:int}/colonnes", policy="premises.import")
async def choose(request: Request, db: Db, import_id: Id) -> Response[None]:
    one, data = await _visible(request, db, import_id), await form_data(request)
    form = MappingForm(data)
    if data.get("action") == "relire":
        await runs.read_again(db, actor_of(request), one, encoding=form.encoding.data, separator=form.separator.data)
        return redirect(f"/locaux/import/{one.id}/colonnes", flash=_("Le fichier est relu."))
    table, head = await _head(db, one)
    chosen = _chosen(table, data)
    complaint = mappings.complaint(chosen)
    if not form.validate() or complaint:
        raise invalid(
            request, "premises/imports/columns.html", **_columns_context(one, table, head, chosen, form, complaint)
        )
    await runs.choose(
        db,
        actor_of(request),
        one,
        mapping=chosen,
        options=form.options(),
        source=form.source.data,
        whole=form.mode.data == "whole",
    )
    await jobs.defer(db, import_premises, import_id=one.id)
    return redirect(f"/locaux/import/{one.id}")


# --- What would enter, and what did ----------------------------------------------------------------------------------


@get("/locaux/import/{import_id:int}", policy="premises.import")
async def show(request: Request, db: Db, import_id: Id) -> Response[str]:
    one = await _visible(request, db, import_id)
    stored = one_or_404(await db.execute(select(StoredFile).where(StoredFile.id == one.file_id)))
    owner = one_or_404(await db.execute(select(Organisation.name).where(Organisation.id == one.owner_id)))
    working = one.state in {"checking", "running"}
    silent = working and (clock.now() - (one.seen_at or one.created_at)).total_seconds() > SILENT
    standing = await runs.count_of(db, one) if one.state == "done" else 0
    context = {
        "one": one, "brought": one, "file": stored, "owner": owner, "report": one.report, "working": working, "silent": silent, "state": STATES[one.state],
        "guess": max(one.rows, one.options.get("lines", 0), one.progress), "standing": standing, "shown": 100,
    }  # fmt: skip
    return page(request, "premises/imports/show.html", fragment="premises/imports/_state.html", **context)


@post("/locaux/import/{import_id:int}/lancement", policy="premises.import")
async def launch(request: Request, db: Db, import_id: Id) -> Response[None]:
    one, data = await _visible(request, db, import_id), await form_data(request)
    whole = False if data.get("mode") == "rows" else None
    if await runs.launch(db, actor_of(request), one, whole=whole):
        await jobs.defer(db, import_premises, import_id=one.id)
    return redirect(f"/locaux/import/{one.id}")


@post("/locaux/import/{import_id:int}/ordre", policy="premises.import")
async def swap(request: Request, db: Db, import_id: Id) -> Response[None]:
    """Latitude and longitude turned back, where only that makes sense; then the file is looked at again."""
    one = await _visible(request, db, import_id)
    await runs.choose(
        db,
        actor_of(request),
        one,
        mapping=one.mapping,
        options={**one.options, "swap": True},
        source=one.source,
        whole=one.whole,
    )
    await jobs.defer(db, import_premises, import_id=one.id)
    return redirect(f"/locaux/import/{one.id}")


@post("/locaux/import/{import_id:int}/reprise", policy="premises.import")
async def resume(request: Request, db: Db, import_id: Id) -> Response[None]:
    """After a worker died: nothing had entered, the work starts again from the beginning."""
    one = await _visible(request, db, import_id)
    if await runs.resume(db, actor_of(request), one, silent=SILENT):
        await jobs.defer(db, import_premises, import_id=one.id)
    return redirect(f"/locaux/import/{one.id}")


@post("/locaux/import/{import_id:int}/annulation", policy="premises.import")
async def undo(request: Request, db: Db, import_id: Id) -> Response[None]:
    one = await _visible(request, db, import_id)
    await db.execute(text("SET LOCAL statement_timeout = '120s'"))
    counts = await runs.undo(db, actor_of(request), one)
    return redirect(
        f"/locaux/import/{one.id}",
        flash=_(
            "L’import est annulé : %(n)s locaux retirés, les autres sont comme avant.",
            n=i18n.number(counts["premises"]),
        ),
    )


@get("/locaux/import/{import_id:int}/refus.csv", policy="premises.import")
async def refused(request: Request, db: Db, import_id: Id) -> Response[bytes]:
    one = await _visible(request, db, import_id)
    stored = one_or_404(await db.execute(select(StoredFile).where(StoredFile.id == one.refused_file_id)))
    return stored_file_response(stored, await files.read(stored))


ROUTES: list[HTTPRouteHandler] = [index, bring, template, columns, choose, show, launch, swap, resume, undo, refused]
