"""What a file would do, shown before it does: its first rows as they are understood, and what would change, before and after."""

# ruff: noqa: S608 - statements are put together from our own column names only

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import i18n
from intervalle.i18n import _
from premises.imports.fields import BY_COLUMN, LOT_COLUMNS, PREMISES_COLUMNS, WORDS
from premises.imports.staging import PERIOD

ROWS, CELLS = 6, 40
DATES = {"avail_from": "lower", "avail_to": "upper"}


async def sample(db: AsyncSession) -> list[dict[str, Any]]:
    """The first rows that are not refused, in words."""
    rows = await db.execute(
        text(
            "SELECT s.row, coalesce(s.name, p.name, s.address, '') AS name, s.label, coalesce(s.address, p.address, '') AS address, c.name AS commune, "
            "coalesce(s.area, l.area)::text AS area, coalesce(s.rent_cents_m2_year, l.rent_cents_m2_year) AS rent, s.position_source AS position, "
            "s.qpv_code AS qpv, CASE WHEN s.lot_id IS NULL THEN 'enter' WHEN s.changed OR s.place_changed OR s.lot_changed THEN 'change' ELSE 'same' END AS effect "
            "FROM staged s LEFT JOIN premises p ON p.id = s.premises_id LEFT JOIN lots l ON l.id = s.lot_id "
            "LEFT JOIN communes c ON c.code = coalesce(s.commune_code, p.commune_code) WHERE NOT s.refused ORDER BY s.row LIMIT :most"
        ),
        {"most": ROWS},
    )
    return [dict(row) for row in rows.mappings()]


async def changes(db: AsyncSession) -> list[dict[str, Any]]:
    """Row, field, what stands and what would, for the first cells that would change."""
    cells: list[dict[str, Any]] = []
    premises = {column: column for column in PREMISES_COLUMNS}
    for source, t, columns, dates, changed in (
        ("premises p ON p.id = s.premises_id", "p", premises, {}, "s.lead AND s.changed"),
        ("lots l ON l.id = s.lot_id", "l", LOT_COLUMNS, DATES, "s.lot_changed"),
    ):
        both = [f"s.{mine} AS new_{mine}, {t}.{theirs} AS old_{mine}" for mine, theirs in columns.items()]
        both += [f"{edge}({PERIOD}) AS new_{mine}, {edge}(l.available) AS old_{mine}" for mine, edge in dates.items()]
        rows = await db.execute(
            text(
                f"SELECT s.row, {', '.join(both)} FROM staged s JOIN {source} WHERE {changed} AND NOT s.refused ORDER BY s.row LIMIT :most"
            ),
            {"most": CELLS},
        )
        names = [*columns, *dates]
        cells += [cell for row in rows.mappings() for name in names if (cell := _cell(dict(row), name))]
    return sorted(cells, key=lambda cell: cell["row"])[:CELLS]


def _cell(row: dict[str, Any], name: str) -> dict[str, Any] | None:
    new, old = row[f"new_{name}"], row[f"old_{name}"]
    if new is None or new == old:
        return None
    return {"row": row["row"], "field": _(BY_COLUMN[name].label), "before": said(name, old), "after": said(name, new)}


def said(name: str, value: Any) -> str:
    """A value of a field as people read it."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if name == "avail_to" and isinstance(value, date):
        return i18n.day(value.fromordinal(value.toordinal() - 1))  # kept as the day after
    if isinstance(value, date):
        return i18n.day(value)
    if "cents" in name:
        return i18n.money(value)
    if name in WORDS:
        labels = WORDS[name].labels
        return ", ".join(_(labels.get(code, code)) for code in (value if isinstance(value, list) else [value]))
    if isinstance(value, Decimal):
        return i18n.number(value)
    text_ = str(value)
    return text_ if len(text_) <= 80 else text_[:79] + "…"
