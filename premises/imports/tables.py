"""A file as columns and rows of text: CSV, XLSX, ODS, GeoJSON. Knows formats, neither premises nor the database.

Nothing of the file is trusted: its kind is told by its content, archives are unpacked within bounds before anybody else
reads them, and whatever breaks is a sentence (`BadTable`). Rows are read one by one, so that a large file stays small
in memory.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

from intervalle.errors import Problem
from intervalle.i18n import _
from premises.imports.readers import clean

LARGEST = 30 * 1024 * 1024
UNPACKED = 300 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 300
HEAD = 30  # rows looked at to find the separator and the line of headers
SEPARATORS = (";", ",", "\t", "|")
GEOMETRY = "geometrie"
ENCODINGS = ("utf-8", "utf-16", "cp1252", "mac_roman", "cp850")
_FRENCH = frozenset("éèêëàâçîïôûùüœÉÈÊÀÂÇÎÔÛœŒ’«»°€²–…\u00a0")
csv.field_size_limit(4_000_000)


class BadTable(Problem):
    """A file we cannot read as a table, with the reason and the way out (422)."""

    status = 422


@dataclass(frozen=True)
class Record:
    """`number`: where the person finds it: row of the sheet, line of records of a CSV, rank of a feature."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Table:
    layout: str  # csv, xlsx, ods, geojson
    columns: Sequence[str]
    records: Iterator[Record]
    details: Mapping[str, str] = field(default_factory=dict)  # encoding, separator, sheet


def unreadable() -> BadTable:
    return BadTable(
        _("Ce fichier ne se lit pas comme un tableau."),
        _("Enregistrez-le en CSV, XLSX, ODS ou GeoJSON depuis votre tableur, puis déposez-le de nouveau."),
    )


def read(content: bytes, *, encoding: str = "", separator: str = "") -> Table:
    """Raises BadTable. `encoding` and `separator`, for a CSV, when the guess was wrong."""
    if not content.strip():
        raise BadTable(_("Ce fichier est vide."), _("Déposez le fichier tel que votre tableur l’enregistre."))
    if len(content) > LARGEST:
        raise BadTable(
            _("Ce fichier pèse %(size)s Mo ; la limite est de 30 Mo.", size=len(content) // 1_048_576),
            _("Retirez les colonnes inutiles, ou déposez-le en plusieurs fois."),
        )
    if content[:4] == b"PK\x03\x04":
        return _workbook(content)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise BadTable(
            _("C’est un ancien classeur (.xls) ou un classeur protégé par un mot de passe."),
            _("Ouvrez-le et enregistrez-le en .xlsx, sans mot de passe."),
        )
    if content[:4] in {b"%PDF", b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"GIF8", b"{\\rt", b"SQLi"}:
        raise unreadable()
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return _geojson(content) if head in {b"{", b"["} else _csv(content, encoding, separator)


# --- CSV -------------------------------------------------------------------------------------------------------------


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """(text, encoding). UTF-8 when it is; otherwise whichever of the old encodings makes the most French of it."""
    if encoding in ENCODINGS:
        return content.decode(encoding, "replace").lstrip("\ufeff"), encoding
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace").lstrip("\ufeff"), "utf-16"
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        sample = content[:200_000]

    def french(name: str) -> int:
        letters = Counter(c for c in sample.decode(name, "replace") if ord(c) > 127)
        return sum(n if c in _FRENCH else -n for c, n in letters.items())

    best = max(("cp1252", "mac_roman", "cp850"), key=french)
    return content.decode(best, "replace"), best


_NO_TEXT = [chr(code) for code in (*range(9), *range(14, 32), 0x7F, 0xFFFD)]


def _csv(content: bytes, encoding: str, separator: str) -> Table:
    text, used = decode(content, encoding)
    # Anything can be decoded: a picture or an archive gives, from its head on, characters that no table holds.
    head = text[:200]
    if sum(map(text.count, _NO_TEXT)) > len(text) // 100 or any(mark in head for mark in _NO_TEXT):
        raise unreadable()
    cut = separator if separator in SEPARATORS else _separator(text)
    rows = _csv_rows(text, cut)
    columns, records = _headed(rows)
    return Table("csv", columns, records, {"encoding": used, "separator": cut})


def _csv_rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1)
    except csv.Error as error:
        raise BadTable(
            _("Une case de ce fichier dépasse quatre millions de caractères."),
            _("Un guillemet n’est sans doute pas refermé : enregistrez de nouveau le fichier depuis votre tableur."),
        ) from error


def _separator(text: str) -> str:
    """The one that cuts the first lines into the most, and the most regular, columns."""
    head = text[:200_000]

    def regular(mark: str) -> tuple[int, int]:
        widths = Counter(
            len(row) for row in islice(csv.reader(io.StringIO(head, newline=""), delimiter=mark), HEAD) if row
        )
        width, times = max(widths.items(), key=lambda w: (w[0] > 1, w[1], w[0]), default=(0, 0))
        return (times, width) if width > 1 else (0, 0)

    try:
        return max(SEPARATORS, key=regular)
    except csv.Error:
        return ";"


# --- Workbooks -------------------------------------------------------------------------------------------------------


def _workbook(content: bytes) -> Table:
    names = _unpacked_within_bounds(content)
    layout = "ods" if "content.xml" in names else "xlsx"
    if layout == "xlsx" and not any(name.startswith("xl/") for name in names):
        raise unreadable()
    from python_calamine import CalamineError, load_workbook

    try:
        try:
            book = load_workbook(io.BytesIO(content))
        except CalamineError:
            book = load_workbook(io.BytesIO(compacted(content)))
        name, rows = _fullest_sheet(book)
    except BadTable:
        raise
    except BaseException as error:
        # The reader is native code: a panic of its own is not even an Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise unreadable() from error
    columns, records = _headed(rows)
    return Table(layout, columns, records, {"sheet": name})


def compacted(content: bytes) -> bytes:
    """An ODS without the line breaks that GDAL and QGIS leave between cells, which some readers take for cells."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for entry in archive.infolist():
            body = archive.read(entry)
            if entry.filename == "content.xml":
                body = re.sub(rb">\s+<", b"><", body)
            stored = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
            kept.writestr(entry.filename, body, stored)
    return out.getvalue()


def _unpacked_within_bounds(content: bytes) -> set[str]:
    """Names in the archive, once every entry was really inflated within UNPACKED: what an archive says of itself may lie."""
    left = UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > 2_000 or any(e.flag_bits & 1 for e in entries):
                raise unreadable()
            for entry in entries:
                left -= _inflated(content, entry, left)
            return {e.filename for e in entries}
    except BadTable:
        raise
    except Exception as error:  # a broken archive breaks in many ways
        raise unreadable() from error


def _inflated(content: bytes, entry: zipfile.ZipInfo, most: int) -> int:
    """How many bytes an entry really holds; BadTable beyond `most`."""
    names = content[entry.header_offset + 26 : entry.header_offset + 30]
    start = entry.header_offset + 30 + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
    packed = memoryview(content)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        size = len(packed)
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        size, inflate, rest = 0, zlib.decompressobj(-15), bytes(packed)
        while rest and size <= most:
            size += len(inflate.decompress(rest, 4_194_304))
            rest = inflate.unconsumed_tail
    else:
        raise unreadable()
    if size > most:
        raise BadTable(
            _("Une fois déplié, ce classeur dépasse 300 Mo."), _("Gardez la seule feuille des locaux, puis déposez-la.")
        )
    return size


def _fullest_sheet(book: Any) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """The sheet with the most rows: notes and legends are shorter than the list of premises."""
    sheets = [book.get_sheet_by_name(name) for name in book.sheet_names[:20]]
    if not sheets:
        raise unreadable()
    sheet = max(sheets, key=lambda s: s.total_height)
    first = 1 + (sheet.start[0] if sheet.start else 0)
    if sheet.total_width > 4 * MOST_COLUMNS:
        raise _too_wide(sheet.total_width)
    return str(sheet.name), ((n, [_shown(c) for c in row]) for n, row in enumerate(sheet.iter_rows(), first))


def _shown(cell: Any) -> str:
    """A typed cell as a person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return str(cell)


# --- GeoJSON ---------------------------------------------------------------------------------------------------------


def _geojson(content: bytes) -> Table:
    text, _used = decode(content)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadTable(
            _("Ce fichier GeoJSON est incomplet."), _("Exportez-le de nouveau depuis votre outil.")
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features or not all(isinstance(f, dict) for f in features):
        raise BadTable(
            _("Ce fichier ne contient pas de lieux (une FeatureCollection GeoJSON est attendue)."),
            _("Exportez la couche des locaux en GeoJSON, en WGS84."),
        )
    facts = [f.get("properties") if isinstance(f.get("properties"), dict) else {} for f in features]
    names = list(dict.fromkeys(name for one in facts for name in one))
    if len(names) > MOST_COLUMNS:
        raise _too_wide(len(names))
    own_id = (
        [] if any(n.lower() in {"id", "reference"} for n in names) or not any("id" in f for f in features) else ["id"]
    )
    kept = _unique([clean(str(n))[:120] for n in (*own_id, *names, GEOMETRY)])

    def records() -> Iterator[Record]:
        for number, (feature, one) in enumerate(zip(features, facts, strict=True), 1):
            geometry = feature.get("geometry")
            drawn = json.dumps(geometry) if isinstance(geometry, dict) else ""
            yield Record(
                number,
                [clean(_fact(feature.get(n))) for n in own_id] + [clean(_fact(one.get(n))) for n in names] + [drawn],
            )

    return Table("geojson", kept, _bounded(records()), {})


def _fact(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(v, str | int | float) for v in value):
        return "|".join(str(v) for v in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else _shown(value)


# --- What they share -------------------------------------------------------------------------------------------------


def _headed(rows: Iterator[tuple[int, list[str]]]) -> tuple[list[str], Iterator[Record]]:
    """Headers and rows: titles above the headers are passed over, empty rows left out."""
    head = list(islice(rows, HEAD))
    filled = [[clean(c) for c in cells] for _n, cells in head]
    widths = [sum(bool(c) for c in cells) for cells in filled]
    if not any(widths):
        raise BadTable(_("Ce fichier ne contient aucune ligne."), _("Vérifiez que la bonne feuille a été enregistrée."))
    at = next(i for i, width in enumerate(widths) if width >= max(widths) * 0.6)
    named = filled[at]
    while named and not named[-1]:
        named = named[:-1]
    if len(named) > MOST_COLUMNS:
        raise _too_wide(len(named))
    columns = _unique([name[:120] or _("Colonne %(n)s", n=i) for i, name in enumerate(named, 1)])
    if len(columns) < 2:
        raise BadTable(
            _("Ce fichier n’a qu’une colonne : le séparateur n’a pas été reconnu."),
            _("Enregistrez-le en CSV (séparateur point-virgule), en XLSX ou en ODS."),
        )

    def records() -> Iterator[Record]:
        for number, raw in chain(head[at + 1 :], rows):
            cells = [clean(c) for c in raw[: len(columns)]]
            if any(cells):
                yield Record(number, cells + [""] * (len(columns) - len(cells)))

    return columns, _bounded(records())


def _bounded(records: Iterator[Record]) -> Iterator[Record]:
    for count, record in enumerate(records, 1):
        if count > MOST_ROWS:
            raise BadTable(_("Ce fichier a plus de 100 000 lignes."), _("Déposez-le en plusieurs fois."))
        yield record


def _unique(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    kept = []
    for name in names:
        seen[name] += 1
        kept.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return kept


def _too_wide(columns: int) -> BadTable:
    return BadTable(
        _("Ce tableau a %(n)s colonnes ; la limite est de 300.", n=columns), _("Gardez les seules colonnes utiles.")
    )
