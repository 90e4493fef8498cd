"""The rows of a file beside the premises that exist: a temporary table, filled by COPY, asked set by set.

One statement answers a question for every row: where it stands, whether it is known, what would change, what forbids it.
Nothing here writes premises; `writing` does, from the same table.
"""

# ruff: noqa: S608 - statements are put together from our own column names only

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.i18n import _
from intervalle.territory import batch
from premises import supply
from premises.imports.fields import FIELDS, LOT_COLUMNS, PREMISES_COLUMNS
from premises.imports.rows import Options, Refusal

STAGED = {f.column: f.sql for f in FIELDS if f.column != "shape"}
FOUND = {
    "point": "geometry", "shape": "geometry", "premises_id": "bigint", "lot_id": "bigint", "commune_code": "text", "qpv_code": "text",
    "qpv_vintage": "int", "position_source": "text", "position_score": "numeric", "position_precision": "text",
    "lead": "boolean", "refused": "boolean DEFAULT false", "changed": "boolean", "place_changed": "boolean", "lot_changed": "boolean",
}  # fmt: skip
COPIED = ("row", "code", *STAGED)
FROM_FILE = (
    "import"  # the precision of a position that came from a file: the next file may correct it, a person's pin stays
)


async def create(db: AsyncSession) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in {"row": "int", "code": "text", **STAGED, **FOUND}.items())
    # The costs of the geographic questions call for a compilation that takes longer than they do.
    await db.execute(text("SET LOCAL jit = off"))
    await db.execute(text("DROP TABLE IF EXISTS pg_temp.staged"))
    await db.execute(text(f"CREATE TEMP TABLE staged ({columns}) ON COMMIT DROP"))


async def fill(db: AsyncSession, rows: AsyncIterator[tuple[int, dict[str, Any]]]) -> int:
    """Rows as they are read; gives how many were kept."""
    raw: Any = (await (await db.connection()).get_raw_connection()).driver_connection
    kept = 0
    async with raw.cursor() as cursor, cursor.copy(f"COPY staged ({', '.join(COPIED)}) FROM STDIN") as copy:
        async for number, values in rows:
            get = values.get
            await copy.write_row([number, get("code"), *[get(column) for column in STAGED]])
            kept += 1
    await db.execute(text("CREATE INDEX ON staged (external_id)"))
    await db.execute(text("ANALYZE staged"))
    return kept


async def fresh_codes(db: AsyncSession, codes: Sequence[str]) -> dict[str, str]:
    """Public codes already taken -> another one. Fifty thousand drawn at once may well meet."""
    taken = await db.execute(text("SELECT code FROM premises WHERE code = ANY(:codes)"), {"codes": list(codes)})
    known, renamed = set(codes), {}
    for code in taken.scalars():
        while (other := supply.new_code()) in known:
            pass
        known.add(other)
        renamed[code] = other
    return renamed


async def locate(db: AsyncSession, today: date) -> None:
    """Points, outlines mended, communes, positions found from the address, QPV."""
    await db.execute(
        text(
            "UPDATE staged SET shape = ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_SetSRID(ST_GeomFromGeoJSON(outline), 4326)), 3)) "
            "WHERE outline IS NOT NULL"
        )
    )
    await db.execute(
        text(
            "UPDATE staged SET point = CASE WHEN lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(lon, lat), 4326) ELSE ST_PointOnSurface(shape) END, "
            f"position_source = 'manual', position_precision = '{FROM_FILE}' WHERE lon IS NOT NULL OR NOT ST_IsEmpty(shape)"
        )
    )
    await batch.communes(db, "staged")
    await db.execute(
        text(
            "UPDATE staged s SET point = a.point, position_source = 'address_base', position_score = 1, position_precision = 'housenumber' "
            "FROM addresses a WHERE s.point IS NULL AND s.address IS NOT NULL AND a.commune_code = s.commune_code "
            "AND a.label LIKE plain_text(s.address) || ' %' AND (s.postcode IS NULL OR a.postcode = s.postcode)"
        )
    )
    await batch.qpv(db, "staged", today)
    # The middle of the commune says nothing of a neighbourhood: it comes after, and asks for a pin.
    await db.execute(
        text(
            "UPDATE staged s SET point = ST_PointOnSurface(c.outline), position_source = 'commune', position_score = 0.2, position_precision = 'municipality' "
            "FROM communes c WHERE s.point IS NULL AND c.code = s.commune_code AND c.outline IS NOT NULL"
        )
    )


async def recognise(db: AsyncSession, owner_id: int, source: str) -> None:
    """Which premises and lots are already there, by the reference of this source for this owner."""
    await db.execute(
        text(
            "UPDATE staged s SET premises_id = p.id FROM premises p WHERE p.owner_id = :owner AND p.external_source = :source AND p.external_id = s.external_id"
        ),
        {"owner": owner_id, "source": source},
    )
    await db.execute(
        text("UPDATE staged s SET lot_id = l.id FROM lots l WHERE l.premises_id = s.premises_id AND l.label = s.label")
    )


def _sentences() -> list[tuple[str, str, str, str]]:
    """(condition, field, value shown, sentence): what only the database can tell."""
    return [
        ("outline IS NOT NULL AND (shape IS NULL OR ST_IsEmpty(shape))", "contour", "''", _("Ce contour n’enferme aucune surface.")),
        ("insee IS NOT NULL AND commune_code IS NULL", "code_insee", "insee", _("Aucune commune actuelle ne porte ce code Insee.")),
        (
            "premises_id IS NULL AND point IS NULL AND commune_code IS NULL AND insee IS NULL AND commune_name IS NOT NULL", "commune", "commune_name",
            _("Cette commune n’a pas été trouvée : donnez son code Insee, ou le code postal."),
        ),
        (
            "premises_id IS NULL AND point IS NULL AND commune_code IS NULL AND insee IS NULL AND commune_name IS NULL", "adresse", "coalesce(address, postcode, '')",
            _("L’adresse seule ne dit pas la commune : ajoutez le code postal, la commune ou un point."),
        ),
        ("lot_id IS NULL AND area IS NULL", "surface", "''", _("La surface manque.")),
        (
            "area IS NOT NULL AND lot_id IS NOT NULL AND area < (SELECT max(upper(o.part)) / 100.0 FROM occupancies o WHERE o.lot_id = s.lot_id)",
            "surface", "area::text", _("Des occupations, passées ou en cours, prennent déjà plus que cette surface."),
        ),
        (
            "lot_id IS NOT NULL AND (avail_from IS NOT NULL OR avail_to IS NOT NULL) AND EXISTS (SELECT 1 FROM lots l WHERE l.id = s.lot_id "
            "AND coalesce(s.avail_from, lower(l.available)) >= coalesce(s.avail_to, upper(l.available)))",
            "disponible_jusqu_au", "coalesce(avail_to, avail_from)::text", _("La fin précède le début déjà connu du lot."),
        ),
        (
            "lot_id IS NULL AND avail_from IS NULL AND avail_to <= CAST(:first AS date)", "disponible_jusqu_au", "(avail_to - 1)::text",
            _("Cette fin est déjà passée : donnez aussi le jour où le lot devient utilisable."),
        ),
    ]  # fmt: skip


async def refuse(db: AsyncSession, options: Options, today: date) -> list[tuple[str, Refusal]]:
    """Rows that may not enter: (field, refusal) for each; they are marked, then the leading row of each premises is named."""
    first = options.available_from or today.isoformat()
    found: list[tuple[str, Refusal]] = []
    for condition, field, shown, sentence in _sentences():
        bound = {"first": first} if ":first" in condition else {}
        rows = await db.execute(
            text(f"UPDATE staged s SET refused = true WHERE {condition} RETURNING row, {shown} AS shown"),
            bound,
        )
        found += [(field, Refusal(r.row, "", str(r.shown or ""), sentence)) for r in rows]
    await db.execute(
        text(
            "UPDATE staged s SET lead = (s.row = f.first) FROM (SELECT external_id, min(row) AS first FROM staged WHERE NOT refused GROUP BY 1) f "
            "WHERE f.external_id = s.external_id AND NOT s.refused"
        )
    )
    return found


def _different(columns: dict[str, str], table: str) -> str:
    return " OR ".join(
        f"(s.{mine} IS NOT NULL AND s.{mine} IS DISTINCT FROM {table}.{theirs})" for mine, theirs in columns.items()
    )


PREMISES = {column: column for column in PREMISES_COLUMNS}
# A pin set by a person stays; a place that came from a file may be corrected by the next one.
MOVABLE = f"(p.point IS NULL OR p.position_precision IS NOT DISTINCT FROM '{FROM_FILE}')"
MOVED = (
    f"({MOVABLE} AND s.position_precision = '{FROM_FILE}' AND (s.point IS DISTINCT FROM p.point OR (s.insee IS NOT NULL AND s.commune_code IS DISTINCT FROM p.commune_code))) "
    "OR (s.shape IS NOT NULL AND s.shape IS DISTINCT FROM p.outline)"
)
PERIOD = "daterange(coalesce(s.avail_from, lower(l.available)), coalesce(s.avail_to, upper(l.available)))"


async def classify(db: AsyncSession) -> dict[str, int]:
    """How many rows would enter, change something, change nothing."""
    await db.execute(
        text(
            f"UPDATE staged s SET changed = ({_different(PREMISES, 'p')}), place_changed = ({MOVED}) FROM premises p "
            "WHERE p.id = s.premises_id AND s.lead AND NOT s.refused"
        )
    )
    await db.execute(
        text(
            f"UPDATE staged s SET lot_changed = ({_different(LOT_COLUMNS, 'l')} OR l.available <> {PERIOD}) FROM lots l "
            "WHERE l.id = s.lot_id AND NOT s.refused"
        )
    )
    row = await db.execute(
        text(
            "SELECT count(*) FILTER (WHERE lot_id IS NULL) AS enter, "
            "count(*) FILTER (WHERE lot_id IS NOT NULL AND (changed IS TRUE OR place_changed IS TRUE OR lot_changed IS TRUE)) AS change, "
            "count(*) FILTER (WHERE lot_id IS NOT NULL AND changed IS NOT TRUE AND place_changed IS NOT TRUE AND lot_changed IS NOT TRUE) AS same, "
            "count(*) FILTER (WHERE lead AND premises_id IS NULL) AS new_premises, "
            "count(*) FILTER (WHERE lead AND place_changed IS TRUE) AS moved, "
            "count(*) FILTER (WHERE point IS NULL) AS nowhere, count(*) FILTER (WHERE position_source = 'commune') AS commune_only, "
            "count(*) FILTER (WHERE qpv_code <> '') AS in_qpv, coalesce(sum(area) FILTER (WHERE lot_id IS NULL), 0)::float AS area "
            "FROM staged WHERE NOT refused"
        )
    )
    return dict(row.mappings().one())
