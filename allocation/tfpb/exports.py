"""The yearly account as a table: one row per line that counts, in columns that never move. CSV and XLSX.

Columns follow the usual programme and account of the national framework (rules.md 1.6). Amounts are euros. Text is
written as text: a label that begins with « = » is a label, in both formats.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from allocation.tfpb.ledger import Account, ActionAccount
from allocation.tfpb.models import TfpbLine

if TYPE_CHECKING:
    import xlsxwriter

COLUMNS = (
    "axe", "intitule_axe", "sous_action", "intitule_local", "qpv_code", "qpv_nom", "residences", "logements", "annee",
    "ligne", "piece", "depense_previsionnelle", "depense_realisee", "autre_financement", "taux_valorisation",
    "depense_valorisee", "pilote_partenaires", "indicateurs", "utilite_locataires", "formule", "enregistre_le",
)  # fmt: skip
Cell = str | int | Decimal | None


def rows(account: Account) -> Iterator[tuple[Cell, ...]]:
    """One row per live line; an action without a line has one row, with no amount."""
    for axis in account.axes:
        for action in axis.actions:
            if not action.lines:
                yield _row(account, axis.axis.label, action, None)
            for line in action.lines:
                yield _row(account, axis.axis.label, action, line)


def _row(account: Account, axis_label: str, one: ActionAccount, line: TfpbLine | None) -> tuple[Cell, ...]:
    action, agreement = one.action, account.agreement
    return (
        action.axis, axis_label, action.sub_action, action.label, agreement.qpv_code,
        account.perimeter.name if account.perimeter else "", action.places, agreement.dwellings, account.programme.year,
        line.label if line else "", line.evidence if line else "", _euros(action.planned_cents),
        _euros(line.spent_cents) if line else None, _euros(line.other_cents) if line else None,
        line.share if line else None, _euros(line.amount_cents) if line else None, action.partners, action.indicators,
        action.tenant_benefit, " ".join(line.detail.get("lines", [])) if line else "",
        line.created_at.date().isoformat() if line else "",
    )  # fmt: skip


def _euros(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


def csv_of(account: Account) -> bytes:
    """Semicolons and a BOM, as French spreadsheets expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(account):
        writer.writerow([_text_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _text_cell(cell: Cell) -> str:
    """CSV has no types: a leading apostrophe keeps a spreadsheet from reading typed text as a formula."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        flat = cell.replace("\r", "")
        return f"'{flat}" if flat.startswith(("=", "+", "-", "@", "\t")) else flat
    return str(cell).replace(".", ",")


def xlsx_of(account: Account) -> bytes:
    """Two sheets: the account line by line, and its heading with the totals."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    bold = book.add_format({"bold": True})
    euros = book.add_format({"num_format": '#,##0.00\\ "€"'})
    sheet = book.add_worksheet("Bilan")
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, bold)
    number = 0
    for number, row in enumerate(rows(account), start=1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, euros)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(number, 1), len(COLUMNS) - 1)
    heading = book.add_worksheet("En-tête")
    for number, (label, cell) in enumerate(_heading(account)):
        heading.write_string(number, 0, label, bold)
        _write(heading, number, 1, cell, euros)
    book.close()
    return out.getvalue()


def _write(sheet: "xlsxwriter.worksheet.Worksheet", row: int, column: int, cell: Cell, euros: object) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, Decimal):
        sheet.write_number(row, column, cell, euros if cell.as_tuple().exponent == -2 else None)
    elif cell is not None:
        sheet.write_number(row, column, cell)


def _heading(account: Account) -> list[tuple[str, Cell]]:
    notified = account.programme.notified_cents is not None
    return [
        ("Bailleur", account.landlord.name),
        ("SIREN", account.landlord.siren or ""),
        ("Année", account.programme.year),
        ("Quartier prioritaire", account.place),
        ("Logements soumis à la TFPB", account.agreement.dwellings),
        ("Abattement notifié" if notified else "Abattement estimé", _euros(account.abatement_cents)),
        ("Total valorisé", _euros(account.valued_cents)),
        ("Ratio valorisé sur abattement", account.ratio),
        *[(f"Axe {axis.axis.code}", _euros(axis.valued_cents)) for axis in account.axes],
        ("Commentaire", account.programme.comment),
    ]
