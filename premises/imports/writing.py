"""From the staged rows to premises and lots, and back: what an import writes, and how it is undone.

Everything is set by set, inside the caller's transaction: killed half-way, nothing has entered.
"""

# ruff: noqa: S608 - statements are put together from our own column names only

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from premises.imports.fields import LOT_COLUMNS, PREMISES_COLUMNS
from premises.imports.rows import Options
from premises.imports.staging import MOVABLE, PERIOD

CHUNK = 5_000
Tell = Callable[[int], Awaitable[None]]
# Columns that must have a value, and what stands there when the file says nothing.
DEFAULTS = {
    "name": "coalesce(s.name, s.address, 'Local ' || s.external_id)", "kind": "coalesce(s.kind, :kind)", "regime": "coalesce(s.regime, :regime)",
    "address": "coalesce(s.address, '')", "postcode": "coalesce(s.postcode, '')", "description": "coalesce(s.description, '')",
    "staff_notes": "coalesce(s.staff_notes, '')", "owner_masked": "coalesce(s.owner_masked, false)",
}  # fmt: skip
LOT_DEFAULTS = {
    "lot_name": "coalesce(s.lot_name, 'lot ' || s.label)", "lot_description": "coalesce(s.lot_description, '')", "divisible": "coalesce(s.divisible, false)",
    "shareable": "coalesce(s.shareable, false)", "erp_types": "coalesce(s.erp_types, '{}')", "utilities": "coalesce(s.utilities, '{}')",
    "works_needed": "coalesce(s.works_needed, '')", "titles": "coalesce(s.titles, CAST(:titles AS text[]))",
}  # fmt: skip
PLACE = (
    "commune_code",
    "point",
    "position_source",
    "position_score",
    "position_precision",
    "qpv_code",
    "qpv_vintage",
)
# A premises enters the public list at once when it has what `supply.missing_to_publish` asks for.
COMPLETE = "s.point IS NOT NULL AND s.commune_code IS NOT NULL AND {titles} <> '{{}}'"


def _in(names: dict[str, str], default: dict[str, str]) -> str:
    return ", ".join(default.get(mine, f"s.{mine}") for mine in names)


def _parameters(options: Options, today: date) -> dict[str, Any]:
    return {
        "kind": options.kind,
        "regime": options.regime,
        "titles": list(options.titles),
        "first": options.available_from or today.isoformat(),
    }


async def enter(
    db: AsyncSession, *, import_id: int, owner_id: int, manager_id: int | None, user_id: int | None, source: str, options: Options,
    today: date, tell: Tell,
) -> None:  # fmt: skip
    """New premises, then lots, by slices of rows, so that the progress bar moves."""
    fixed = {
        "import": import_id, "owner": owner_id, "manager": manager_id, "user": user_id, "source": source, **_parameters(options, today),
    }  # fmt: skip
    # Each slice finds its rows by their number: read whole for each, the table would cost the square of its length.
    await db.execute(text("CREATE INDEX ON staged (row)"))
    await db.execute(text("ANALYZE staged"))
    last = (await db.execute(text("SELECT coalesce(max(row), 0) FROM staged"))).scalar_one()
    done = 0
    for low in range(0, last + 1, CHUNK):
        bounds = {"low": low, "high": low + CHUNK}
        await _run(db, _new_premises(options.publish), fixed | bounds)
        await _run(
            db,
            "UPDATE staged s SET premises_id = p.id FROM premises p WHERE s.premises_id IS NULL AND NOT s.refused AND p.owner_id = :owner "
            "AND p.external_source = :source AND p.external_id = s.external_id AND s.row >= :low AND s.row < :high",
            {"owner": owner_id, "source": source, **bounds},
        )
        await _run(db, _new_lots(), fixed | bounds)
        done += CHUNK
        await tell(min(done, last))


async def _run(db: AsyncSession, statement: str, values: dict[str, Any]) -> None:
    await db.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})


def _new_premises(publish: bool) -> str:
    columns = {c: c for c in PREMISES_COLUMNS}
    complete = COMPLETE.format(titles=LOT_DEFAULTS["titles"])
    shown = (
        f"CASE WHEN {complete} AND NOT EXISTS (SELECT 1 FROM staged o WHERE o.external_id = s.external_id AND NOT o.refused "
        f"AND {LOT_DEFAULTS['titles'].replace('s.', 'o.')} = '{{}}') THEN clock_timestamp() END"
        if publish
        else "NULL"
    )
    return (
        f"INSERT INTO premises (code, owner_id, manager_id, created_by_id, import_id, external_source, external_id, {', '.join(columns)}, outline, {', '.join(PLACE)}, published_at, confirmed_at) "
        "SELECT s.code, CAST(:owner AS bigint), CAST(:manager AS bigint), CAST(:user AS bigint), CAST(:import AS bigint), :source, s.external_id, "
        f"{_in(columns, DEFAULTS)}, s.shape, {', '.join(f's.{c}' for c in PLACE)}, {shown}, {shown} "
        "FROM staged s WHERE s.lead AND s.premises_id IS NULL AND NOT s.refused AND s.row >= :low AND s.row < :high ORDER BY s.row"
    )


def _new_lots() -> str:
    """Lots, and a trace of those added to premises that this import did not make."""
    return (
        f"WITH added AS (INSERT INTO lots (premises_id, label, {', '.join(LOT_COLUMNS.values())}, available) "
        f"SELECT s.premises_id, s.label, {_in(LOT_COLUMNS, LOT_DEFAULTS)}, daterange(coalesce(s.avail_from, CAST(:first AS date)), s.avail_to) "
        "FROM staged s WHERE s.lot_id IS NULL AND NOT s.refused AND s.row >= :low AND s.row < :high ORDER BY s.row RETURNING id, premises_id) "
        "INSERT INTO premises_import_effects (import_id, premises_id, lot_id) "
        "SELECT :import, a.premises_id, a.id FROM added a JOIN premises p ON p.id = a.premises_id WHERE p.import_id IS DISTINCT FROM :import"
    )


async def change(db: AsyncSession, *, import_id: int) -> None:
    """What existing premises and lots take from the file, with what they were."""
    kept = [*PREMISES_COLUMNS, *PLACE, "outline"]
    before = ", ".join(f"'{c}', p.{c}{'::text' if c in {'point', 'outline'} else ''}" for c in kept)
    await _run(
        db,
        f"INSERT INTO premises_import_effects (import_id, premises_id, before) SELECT :import, p.id, jsonb_build_object({before}) "
        "FROM staged s JOIN premises p ON p.id = s.premises_id WHERE s.lead AND (s.changed OR s.place_changed)",
        {"import": import_id},
    )
    values = ", ".join(f"{c} = coalesce(s.{c}, p.{c})" for c in PREMISES_COLUMNS)
    await _run(
        db,
        f"UPDATE premises p SET {values}, version = p.version + 1 FROM staged s WHERE s.premises_id = p.id AND s.lead AND s.changed",
        {},
    )
    place = ", ".join(f"{c} = CASE WHEN {MOVABLE} AND s.point IS NOT NULL THEN s.{c} ELSE p.{c} END" for c in PLACE)
    await _run(
        db,
        f"UPDATE premises p SET {place}, outline = coalesce(s.shape, p.outline), version = p.version + 1 "
        "FROM staged s WHERE s.premises_id = p.id AND s.lead AND s.place_changed",
        {},
    )
    await _change_lots(db, import_id)


async def _change_lots(db: AsyncSession, import_id: int) -> None:
    before = ", ".join(f"'{c}', l.{c}" for c in LOT_COLUMNS.values())
    await _run(
        db,
        f"INSERT INTO premises_import_effects (import_id, premises_id, lot_id, before) SELECT :import, l.premises_id, l.id, jsonb_build_object({before}, 'available', l.available::text) "
        "FROM staged s JOIN lots l ON l.id = s.lot_id WHERE s.lot_changed",
        {"import": import_id},
    )
    values = ", ".join(f"{theirs} = coalesce(s.{mine}, l.{theirs})" for mine, theirs in LOT_COLUMNS.items())
    await _run(
        db,
        f"UPDATE lots l SET {values}, available = {PERIOD} FROM staged s WHERE s.lot_id = l.id AND s.lot_changed",
        {},
    )


# --- Undoing ---------------------------------------------------------------------------------------------------------


async def give_back(db: AsyncSession, import_id: int) -> dict[str, int]:
    """Premises and lots as they were before the import: what it made goes, what it changed comes back."""
    effects = "FROM premises_import_effects e WHERE e.import_id = :import AND"
    counts = {
        "changed_lots": await _count(
            db,
            f"UPDATE lots l SET {_as_it_was('lots', [*LOT_COLUMNS.values(), 'available'])} {effects} e.lot_id = l.id AND e.before IS NOT NULL",
            import_id,
        ),
        "changed_premises": await _count(
            db,
            f"UPDATE premises p SET {_as_it_was('premises', [*PREMISES_COLUMNS, *PLACE, 'outline'])}, version = p.version + 1 "
            f"{effects} e.premises_id = p.id AND e.lot_id IS NULL",
            import_id,
        ),
    }
    added = await db.execute(
        text(
            "DELETE FROM premises_import_effects WHERE import_id = :import RETURNING CASE WHEN before IS NULL THEN lot_id END"
        ),
        {"import": import_id},
    )
    lots = [lot for lot in added.scalars() if lot]
    await db.execute(text("DELETE FROM lots WHERE id = ANY(:lots)"), {"lots": lots})
    made = "(SELECT id FROM premises WHERE import_id = :import)"
    await _count(db, f"DELETE FROM favourites WHERE premises_id IN {made}", import_id)
    counts["lots"] = len(lots) + await _count(db, f"DELETE FROM lots WHERE premises_id IN {made}", import_id)
    counts["premises"] = await _count(db, "DELETE FROM premises WHERE import_id = :import", import_id)
    return counts


def _as_it_was(table: str, columns: list[str]) -> str:
    was = ", ".join(f"r.{c}" for c in columns)
    return f"({', '.join(columns)}) = (SELECT {was} FROM jsonb_populate_record(NULL::{table}, e.before) r)"


async def _count(db: AsyncSession, statement: str, import_id: int) -> int:
    done: Any = await db.execute(text(statement), {"import": import_id})
    return int(done.rowcount)
