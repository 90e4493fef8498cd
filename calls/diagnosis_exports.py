"""A diagnosis as a workbook (figures, quarters, demand, lots) and as a CSV of its lots; columns never move."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from calls.diagnosis_demand import BandLine, UseLine
from intervalle.i18n import _
from premises.diagnosis.figures import Figures, Freed, LotFact
from premises.facts import Vacancy
from premises.timeline import LABELS

if TYPE_CHECKING:
    import xlsxwriter

Cell = str | int | Decimal | date | None
COLUMNS = (
    "local", "lot", "nom_du_lot", "commune", "nature", "surface_m2", "surface_occupee_m2", "surface_libre_m2", "etat", "vide_depuis",
    "jours_de_vacance", "raison", "cout_mensuel_eur", "prochaine_liberation", "adresse_de_la_fiche",
)  # fmt: skip


def rows(lots: Sequence[LotFact], freed: Sequence[Freed], on: date) -> Iterator[tuple[Cell, ...]]:
    """Reason and cost are there for one's own premises only."""
    from intervalle.settings import settings

    reasons = {str(v): v.label for v in Vacancy}
    ends = {f.lot_id: f.on for f in reversed(freed)}
    for lot in lots:
        if lot.counted:
            cost = Decimal(round(lot.monthly())).scaleb(-2) if lot.cost_cents_month is not None and lot.vacant else None
            yield (
                lot.place, lot.label, lot.name, lot.commune, lot.kind, lot.area, lot.used, lot.free, _(LABELS[lot.state]),
                lot.since if lot.vacant else None, lot.days_empty(on), _(reasons.get(lot.reason or "", "")), cost,
                ends.get(lot.lot_id), f"{settings().base_url}/locaux/{lot.premises_id}",
            )  # fmt: skip


def csv_of(lots: Sequence[LotFact], freed: Sequence[Freed], on: date) -> bytes:
    """Semicolons and a BOM, as French spreadsheets expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(lots, freed, on):
        writer.writerow([_text(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    """CSV has no types: an apostrophe keeps a spreadsheet from reading typed text as a formula."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        flat = cell.replace("\r", "")
        return f"'{flat}" if flat.startswith(("=", "+", "-", "@", "\t")) else flat
    return str(cell).replace(".", ",") if isinstance(cell, Decimal) else str(cell)


def xlsx_of(
    name: str, lots: Sequence[LotFact], freed: Sequence[Freed], f: Figures, uses: Sequence[UseLine], bands: Sequence[BandLine]
) -> bytes:  # fmt: skip
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    head: tuple[Cell, ...] = (_("Chiffre"), _("Lots"), _("m²"))
    _sheet(book, _("Chiffres"), head, _figures(name, f))
    _sheet(
        book, _("Libérations"), (_("Trimestre"), _("Lots"), _("m²")), [(q.label, q.lots, q.area) for q in f.quarters]
    )
    _sheet(
        book, _("Demande par usage"),
        (_("Usage"), _("Structures"), _("m² demandés au moins"), _("Besoins"), _("Besoins satisfaits"), _("Lots vacants qui conviennent")),
        [(u.label, *((_("moins de 3"), None, None, None, None) if u.small else (u.structures, u.area, u.needs, u.met, u.lots))) for u in uses],
    )  # fmt: skip
    _sheet(
        book, _("Demande par surface"),
        (_("À partir de (m²)"), _("Structures"), _("m² demandés au moins"), _("Lots vacants"), _("m² vacants")),
        [(b.low, *((_("moins de 3"), None) if b.small else (b.structures, b.area)), b.supply.lots, b.supply.area) for b in bands],
    )  # fmt: skip
    _sheet(book, _("Lots"), COLUMNS, list(rows(lots, freed, f.on)))
    book.close()
    return out.getvalue()


def _figures(name: str, f: Figures) -> list[tuple[Cell, ...]]:
    money = Decimal(f.cost_cents_month).scaleb(-2)
    return [
        (name, None, None), (_("Au"), None, f.on), (_("Stock"), f.lots, f.area), *[(_(s.label), s.lots, s.area) for s in f.states],
        (_("Taux de vacance (m²)"), None, round(Decimal(f.rate.numerator) / f.rate.denominator, 4)),
        (_("Durée médiane de vacance (jours)"), None, f.median_days),
        *[(_("Vacance : %(length)s", length=_(line.label)), line.lots, line.area) for line in f.lengths],
        *[(_("Raison : %(reason)s", reason=_(line.label)), line.lots, line.area) for line in f.reasons],
        (_("Coût mensuel de la vacance (€)"), f.costed, money),
        (_("Coût depuis le début de la vacance (€)"), f.costed, Decimal(f.cost_cents_so_far).scaleb(-2)),
    ]  # fmt: skip


def _sheet(book: "xlsxwriter.Workbook", name: str, head: Sequence[Cell], lines: Sequence[Sequence[Cell]]) -> None:
    """Text is written as text, whatever it begins with."""
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, cell in enumerate(head):
        sheet.write_string(0, column, str(cell), bold)
    for number, line in enumerate(lines, start=1):
        for column, cell in enumerate(line):
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, cell, day)
            elif cell is not None:
                sheet.write_number(number, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofit()
