"""The same answers as `applies`, for a table of places at once: an import of thousands asks each question one time.

`table` is a temporary table of the caller's own making with the columns point, insee, commune_name, postcode, commune_code,
qpv_code and qpv_vintage; its name never comes from outside.
"""

# ruff: noqa: S608 - statements are put together from our own column names only

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# « SAINT-BRIEUC », « St Brieuc Cedex 1 », « Paris 12e »: the same commune.
PLAIN_NAME = (
    "btrim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(plain_text({0}), '[^a-z0-9]+', ' ', 'g'), "
    "'( cedex.*| \\d+ ?(e|er|eme)?)$', ''), '\\mste\\M', 'sainte', 'g'), '\\mst\\M', 'saint', 'g'))"
)


async def communes(db: AsyncSession, table: str) -> None:
    """Each row's commune: by its INSEE code, else where its point stands, else by the only one of that name or post code."""
    await db.execute(text(f"UPDATE {table} s SET commune_code = c.code FROM communes c WHERE c.code = s.insee"))
    await db.execute(
        text(
            f"UPDATE {table} s SET commune_code = (SELECT c.code FROM communes c WHERE ST_Covers(c.outline, s.point) LIMIT 1) "
            "WHERE s.commune_code IS NULL AND s.point IS NOT NULL"
        )
    )
    unknown = f"FROM {table} WHERE commune_code IS NULL AND insee IS NULL"
    name = PLAIN_NAME.format
    await db.execute(
        text(
            f"WITH wanted AS (SELECT DISTINCT commune_name, coalesce(postcode, '') AS postcode {unknown} AND commune_name IS NOT NULL), "
            f"named AS (SELECT code, postcodes, {name('name')} AS name FROM communes), "
            f"found AS (SELECT w.commune_name, w.postcode, min(n.code) AS code FROM wanted w JOIN named n ON n.name = {name('w.commune_name')} "
            "  AND (w.postcode = '' OR n.postcodes LIKE '%' || w.postcode || '%') GROUP BY 1, 2 HAVING count(*) = 1) "
            f"UPDATE {table} s SET commune_code = f.code FROM found f "
            "WHERE s.commune_code IS NULL AND s.insee IS NULL AND s.commune_name = f.commune_name AND coalesce(s.postcode, '') = f.postcode"
        )
    )
    await db.execute(
        text(
            f"WITH wanted AS (SELECT DISTINCT postcode {unknown} AND commune_name IS NULL AND postcode IS NOT NULL), "
            "found AS (SELECT w.postcode, min(c.code) AS code FROM wanted w JOIN communes c ON c.postcodes LIKE '%' || w.postcode || '%' "
            "  GROUP BY 1 HAVING count(*) = 1) "
            f"UPDATE {table} s SET commune_code = f.code FROM found f "
            "WHERE s.commune_code IS NULL AND s.insee IS NULL AND s.commune_name IS NULL AND s.postcode = f.postcode"
        )
    )


async def qpv(db: AsyncSession, table: str, on: date) -> None:
    """Each point's perimeter in force on a day: a code, '' where we may say there is none, NULL where we do not know."""
    await db.execute(
        text(
            f"UPDATE {table} s SET (qpv_code, qpv_vintage) = (SELECT q.code, q.vintage FROM qpv_perimeters q "
            "  WHERE q.during @> CAST(:on AS date) AND ST_Covers(q.outline, s.point) ORDER BY q.official DESC, q.vintage DESC, q.code LIMIT 1) "
            "WHERE s.point IS NOT NULL"
        ),
        {"on": on},
    )
    await db.execute(
        text(
            "WITH known AS (SELECT d.code AS department, max(q.vintage) AS vintage FROM qpv_perimeters q "
            "  CROSS JOIN LATERAL unnest(string_to_array(q.communes, ' ')) AS c(code) JOIN departments d ON c.code LIKE d.code || '%' "
            "  WHERE q.during @> CAST(:on AS date) AND q.official GROUP BY 1) "
            f"UPDATE {table} s SET qpv_code = '', qpv_vintage = k.vintage FROM known k JOIN communes c ON c.department_code = k.department "
            "WHERE s.point IS NOT NULL AND s.qpv_code IS NULL AND c.code = s.commune_code"
        ),
        {"on": on},
    )
