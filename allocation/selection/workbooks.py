"""A juror's sheets as a workbook, to fill on a train and send back. Knows spreadsheets, not the database.

One row per file and criterion, one per file for the motivation. The first column holds a code that the reader of the
page needs not understand: it ties the row to its file, its criterion and the version of the sheet it was made from.
Nothing of the workbook is trusted: every cell is checked, and each refusal names its row, its column and its reason.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from allocation.selection.reasons import Given, given
from intervalle.errors import Problem
from intervalle.i18n import N_, _

LARGEST = 2 * 1024 * 1024
UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 20_000
HEADERS = (N_("Code"), N_("Dossier"), N_("Critère"), N_("Poids"), N_("Note (0 à 5, ou NÉ)"), N_("Motif ou motivation"))
NOT_ASSESSED = "NÉ"


class BadWorkbook(Problem):
    """Not a workbook we made, or not one we can open (422)."""

    status = 422


@dataclass(frozen=True)
class Line:
    """A file as the workbook shows it, with the draft it starts from."""

    application_id: int
    version: int
    title: str
    comment: str
    marks: Mapping[int, Given]


@dataclass(frozen=True)
class Filled:
    """What came back for one file."""

    version: int
    comment: str = ""
    marks: Mapping[int, Given] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """One cell that cannot be taken."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """Files filled in, by application id, and the cells refused; nothing is to be kept when there are any."""

    files: Mapping[int, Filled]
    refusals: Sequence[Refusal]


def write(lines: Iterable[Line], criteria: Sequence[tuple[int, str, int]]) -> bytes:
    """The workbook: only marks and texts can be typed in. `criteria` are (id, label, weight)."""
    import xlsxwriter

    out = io.BytesIO()
    # Text stays text: a name that begins with « = » must not become a formula.
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, locked = (
        book.add_format({"bold": True, "text_wrap": True}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    free = book.add_format({"locked": False, "text_wrap": True, "valign": "top", "bg_color": "#FDF1D6", "border": 1})
    sheet = book.add_worksheet(_("Fiches"))
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": False})
    for column, header in enumerate(HEADERS):
        sheet.write_string(0, column, _(header), bold)
    row = 1
    for line in lines:
        for criterion, label, weight in criteria:
            mark = line.marks.get(criterion, Given())
            shown = NOT_ASSESSED if mark.choice == "ne" else mark.choice
            cells = (f"{line.application_id}:{criterion}:{line.version}", line.title, label, f"{weight} %")
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text, locked)
            sheet.write_string(row, 4, shown, free)
            sheet.write_string(row, 5, mark.reason, free)
            sheet.data_validation(row, 4, row, 4, {"validate": "list", "source": [*"012345", NOT_ASSESSED]})
            row += 1
        cells = (f"{line.application_id}:m:{line.version}", line.title, _("Motivation"), "")
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, locked)
        sheet.write_blank(row, 4, None, locked)
        sheet.write_string(row, 5, line.comment, free)
        row += 1
    sheet.set_column(0, 0, 12, None, {"hidden": True})
    sheet.set_column(1, 2, 34)
    sheet.set_column(3, 4, 12)
    sheet.set_column(5, 5, 60)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


@dataclass
class _Draft:
    """A file as its rows are read."""

    version: int
    comment: str = ""
    marks: dict[int, Given] = field(default_factory=dict)


def read(content: bytes, mine: Mapping[int, str], criteria: Mapping[int, str]) -> Reading:
    """Every row checked against `mine` (application id -> title) and `criteria` (id -> label)."""
    drafts: dict[int, _Draft] = {}
    refusals: list[Refusal] = []
    for number, cells in _rows(content):
        if any(cells) and (refused := _take(cells, mine, criteria, drafts)):
            refusals.append(Refusal(number, *refused))
    return Reading({i: Filled(d.version, d.comment, d.marks) for i, d in drafts.items()}, refusals)


def _take(
    cells: list[str], mine: Mapping[int, str], criteria: Mapping[int, str], drafts: dict[int, _Draft]
) -> tuple[str, str] | None:
    """Put one row in its draft; (column, reason) when it cannot be."""
    parsed = re.fullmatch(r"(\d{1,18}):(\d{1,18}|m):(\d{1,9})", cells[0])
    if not parsed:
        return _("Code"), _("Le code de la ligne a été modifié : repartez d’un export.")
    if int(parsed[1]) not in mine:
        return _("Dossier"), _("Ce dossier n’est pas, ou n’est plus, dans vos fiches.")
    draft = drafts.setdefault(int(parsed[1]), _Draft(int(parsed[3])))
    if parsed[2] == "m":
        draft.comment = cells[5]
        return None
    criterion, answer = int(parsed[2]), _answer(cells[4], cells[5])
    where = f"{mine[int(parsed[1])]}, {criteria.get(criterion, '')}"
    if criterion not in criteria:
        return _("Critère"), _("Ce critère n’est pas dans la grille de l’appel.")
    if criterion in draft.marks:
        return where, _("Cette ligne est en double.")
    if answer is None:
        return where, _("« %(typed)s » n’est pas une note : écrivez 0 à 5, ou NÉ.", typed=cells[4][:40])
    draft.marks[criterion] = answer
    return None


def _answer(note: str, reason: str) -> Given | None:
    if not note:
        return Given(False, None, reason)
    if note.upper() in {"NÉ", "NE", "NÉ.", "N.É."}:
        return Given(True, None, reason)
    value = given(re.sub(r"[.,]0+$", "", note), reason)
    return value if value.answered and value.value is not None else None


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    """(row number, six cells as text) of the first sheet, headers apart."""
    _refuse_odd_archives(content)
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = []
        for number, row in enumerate(sheet.iter_rows(min_row=2, max_row=MOST_ROWS, max_col=6, values_only=True), 2):
            cells = [_text(cell) for cell in row]
            rows.append((number, [*cells, *[""] * (6 - len(cells))]))
        book.close()
    except Exception as error:  # openpyxl has no error of its own: whatever breaks is a file we cannot read
        raise _unreadable() from error
    return rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).replace("\r\n", "\n").replace("\x00", "").strip()


def _refuse_odd_archives(content: bytes) -> None:
    if len(content) > LARGEST:
        raise BadWorkbook(_("Ce classeur dépasse 2 Mo."), _("Repartez de l’export : il est bien plus petit."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except Exception as error:  # a broken archive breaks in many ways, NotImplementedError among them
        raise _unreadable() from error
    if len(sizes) > 200 or sum(sizes) > UNPACKED:
        raise _unreadable()


def _unreadable() -> BadWorkbook:
    return BadWorkbook(
        _("Ce fichier n’est pas un classeur que nous savons lire."),
        _("Envoyez le fichier .xlsx exporté d’ici, une fois rempli."),
    )
