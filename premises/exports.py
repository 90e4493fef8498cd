"""/locaux.csv, .xlsx, .ods, .geojson, .gpkg: the whole list under its filters, one row per lot, and the page that chooses columns.

CSV and GeoJSON leave as they are read from the database; workbooks and GeoPackages are made by another process, whole,
then sent. The rows are read by a connection of the answer's own, since the request's is closed before the answer leaves.
"""

import asyncio
import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.errors import Forbidden, Refused
from intervalle.i18n import _
from intervalle.settings import settings
from intervalle.web import Db, Request, actor_of, page
from premises import export_columns, queries, search
from premises.export_columns import Asked, Column
from premises.filters import read
from premises.models import Lot, Premises

MEDIA = {
    "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ods": "application/vnd.oasis.opendocument.spreadsheet",
}  # fmt: skip
# Beyond, a workbook is no longer a way to read a list, and would keep the machine busy for minutes.
MOST_IN_FILE = 50_000
SECONDS = 120
BATCH = 1_000


def _asked(request: Request) -> Asked:
    own = request.query_params.get("mes", "") == "oui"
    if own and not actor_of(request).signed_in:
        raise Forbidden(_("Ces locaux sont ceux de votre organisation."), _("Connectez-vous, puis recommencez."))
    return Asked(actor_of(request), clock.today(), own, settings().base_url)


def _columns(request: Request, asked: Asked) -> list[Column]:
    """`?colonnes=a,b` or one parameter per column, as a form of check boxes sends them."""
    codes = [c for part in request.query_params.getall("colonnes", []) for c in part[:2_000].split(",")]
    return export_columns.chosen(codes, own=asked.own)


def _wanted(request: Request, asked: Asked) -> list[Any]:
    """The same conditions as the list; of one's own premises, all of them, drafts too."""
    if asked.own:
        return [queries.own(asked.actor)]
    # In a FROM of its own: what the list asks of « one lot » must not mean the lot of the row.
    found = (
        search.matching(read(dict(request.query_params.items())), asked.on).with_only_columns(Premises.id).subquery()
    )
    return [Premises.id.in_(select(found.c.id))]


async def _batches(request: Request, statement: Select[Any]) -> AsyncIterator[Sequence[Any]]:
    """The rows some at a time, read as they are sent, in a read-only transaction of their own."""
    async with request.app.state.sessions() as db:
        if request.app.state.read_only_gets:
            await db.execute(text("SET TRANSACTION READ ONLY"))
            await db.execute(text("SET LOCAL statement_timeout = '120s'"))
        result = await db.stream(statement, execution_options={"yield_per": BATCH})
        async for some in result.partitions():
            yield some


async def _rows(request: Request, asked: Asked, columns: Sequence[Column]) -> AsyncIterator[dict[str, Any]]:
    async for some in _batches(request, export_columns.rows(columns, asked, _wanted(request, asked))):
        for lot_id, lon, lat, outline, *values in some:
            yield {"id": lot_id, "lon": lon, "lat": lat, "outline": outline, "values": [_plain(v) for v in values]}


def _plain(value: Any) -> Any:
    """What JSON and every format understand: numbers, text, ISO days, lists joined by « | »."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return "|".join(value) if isinstance(value, list) else value


def guarded(cell: str) -> str:
    """CSV has no types: an apostrophe keeps a spreadsheet from running a text as a formula."""
    return f"'{cell}" if cell[:1] in set("=+-@\t\r") else cell


def _cell(value: Any, kind: str) -> str:
    """A number with the comma that French spreadsheets read; text guarded."""
    if value is None:
        return ""
    return f"{value:.10g}".replace(".", ",") if kind == "number" else guarded(str(value))


async def _csv(request: Request, asked: Asked, columns: Sequence[Column]) -> AsyncIterator[bytes]:
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=";")
    out.write("\ufeff")
    write.writerow([c.code for c in columns])
    async for row in _rows(request, asked, columns):
        write.writerow([_cell(v, c.kind) for v, c in zip(row["values"], columns, strict=True)])
        if out.tell() > 32_768:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


async def _geojson(request: Request, asked: Asked, columns: Sequence[Column]) -> AsyncIterator[bytes]:
    """Each feature leaves as PostgreSQL wrote it."""
    yield b'{"type":"FeatureCollection","features":['
    mark = ""
    async for some in _batches(request, export_columns.features(columns, asked, _wanted(request, asked))):
        yield (mark + ",\n".join(feature for (feature,) in some)).encode()
        mark = ",\n"
    yield b"]}"


async def _count(db: AsyncSession, request: Request, asked: Asked) -> int:
    """Lots, up to one more than a file may hold."""
    some = (
        select(Lot.id)
        .join(Premises, Premises.id == Lot.premises_id)
        .where(*_wanted(request, asked))
        .limit(MOST_IN_FILE + 1)
    )
    return (await db.execute(select(func.count()).select_from(some.subquery()))).scalar_one()


async def _made(request: Request, kind: str, asked: Asked, columns: Sequence[Column]) -> bytes:
    """The whole file, made apart. What its writer takes of memory and time leaves with it."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        head, rows, out = Path(folder, "head.json"), Path(folder, "rows.jsonl"), Path(folder, f"locaux.{kind}")
        head.write_text(json.dumps([{"code": c.code, "kind": c.kind} for c in columns]), encoding="utf-8")
        with open(rows, "w", encoding="utf-8") as lines:  # noqa: ASYNC230 - a local file, a few bytes at a time
            async for row in _rows(request, asked, columns):
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "premises.export_files", kind, str(head), str(rows), str(out),
            stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(one or "." for one in sys.path), "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
        )  # fmt: skip
        try:
            _out, error = await asyncio.wait_for(child.communicate(), SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()
            raise Refused(_("Ce fichier demande trop de temps."), _("Filtrez la liste, ou prenez le CSV.")) from None
        if child.returncode:
            raise RuntimeError(f"export {kind}: {error.decode(errors='replace')[-2000:]}")
        return out.read_bytes()


async def _export(request: Request, db: AsyncSession, kind: str) -> Response[Any]:
    asked = _asked(request)
    columns = _columns(request, asked)
    headers = {
        "Content-Disposition": f'attachment; filename="locaux-{asked.on.isoformat()}.{kind}"',
        "Cache-Control": "private, no-store" if asked.actor.signed_in else "public, max-age=60",
        "Vary": "Cookie",
    }
    if kind in {"csv", "geojson"}:
        make = {"csv": _csv, "geojson": _geojson}[kind]
        return Stream(make(request, asked, columns), media_type=MEDIA[kind], headers=headers)
    if await _count(db, request, asked) > MOST_IN_FILE:
        raise Refused(
            _("Plus de 50 000 lots : c’est trop pour un classeur."),
            _("Filtrez la liste, ou prenez le CSV ou le GeoJSON."),
        )
    return Response(await _made(request, kind, asked, columns), media_type=MEDIA[kind], headers=headers)


@get(["/locaux.csv", "/locaux.xlsx", "/locaux.ods", "/locaux.geojson", "/locaux.gpkg"], policy="premises.list")
async def export(request: Request, db: Db) -> Response[Any]:
    """The list under its filters, whole; `mes=oui` for one's own premises, drafts and private columns included."""
    return await _export(request, db, request.url.path.rpartition(".")[2])


@get("/locaux/export", policy="premises.list")
async def choose(request: Request, db: Db) -> Response[str]:
    """Which columns, in which format; the filters of the list come along."""
    asked = _asked(request)
    filters = read(dict(request.query_params.items()))
    return page(
        request, "premises/export.html", filters=filters, own=asked.own, columns=[c for c in export_columns.COLUMNS if asked.own or not c.private],
        total=await _count(db, request, asked), most=MOST_IN_FILE,
        pairs=[pair for pair in filters.pairs() if pair[0] != "page"], formats=["csv", "xlsx", "ods", "geojson", "gpkg"],
    )  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [export, choose]
