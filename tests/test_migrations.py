"""Each migration goes down and up again on the demonstration's rows: nothing that the older catalogue holds is lost."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql

from intervalle import migrate
from intervalle.settings import ROOT
from tests.conftest import _conninfo, a_database
from tests.test_schema import catalogue, differences

# (table, column) -> how many values it holds, and a sum over them that no order changes.
Contents = dict[tuple[str, str], tuple[int, int]]
COLUMNS = """
  SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  GROUP BY c.relname"""
# What the older schema has no word for: a seat declined is, there, an invitation withdrawn; that points other than files
# were discussed goes with the table of the points.
SAID_OTHERWISE = {
    "selection_seats_offered": {("seat_invitations", "revoked_at")},
    "selection_agenda": {("discussions", name) for name in ("id", "meeting_id", "started_at", "ended_at")},
}
SUM = "count({column}), coalesce(sum(hashtextextended({column}::text, 0)::numeric), 0)"


def contents(url: str) -> Contents:
    found: Contents = {}
    with psycopg.connect(_conninfo(url)) as connection:
        for table, columns in connection.execute(COLUMNS).fetchall():
            sums = sql.SQL(", ").join(sql.SQL(SUM).format(column=sql.Identifier(one)) for one in columns)
            query = sql.SQL("SELECT {} FROM {}").format(sums, sql.Identifier(table))
            values = connection.execute(query).fetchall()[0]
            found |= {(table, one): (values[2 * n], values[2 * n + 1]) for n, one in enumerate(columns)}
    return found


def load_demonstration(url: str, folder: Path) -> None:
    environment = {
        **os.environ, "INTERVALLE_DATABASE_URL": url, "INTERVALLE_DEMO": "1", "INTERVALLE_FILES": f"file://{folder}",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "intervalle.cli", "demo"], env=environment, check=True, cwd=ROOT)


def test_each_revision_goes_down_and_up_again_without_losing_a_row(tmp_path: Path) -> None:
    revisions = [one.revision for one in ScriptDirectory.from_config(migrate.config("")).walk_revisions()]
    with a_database() as url:
        load_demonstration(url, tmp_path)
        for revision in revisions[:-1]:
            shape, held = catalogue(url), contents(url)
            migrate.downgrade(url, "-1")
            older = contents(url)
            kept = (older.keys() & held.keys()) - SAID_OTHERWISE.get(revision, set())
            assert {key: older[key] for key in kept} == {key: held[key] for key in kept}, f"down from {revision}"
            migrate.upgrade(url, "+1")
            assert differences(shape, catalogue(url)) == [], f"up to {revision}"
            newer = contents(url)
            assert {key: newer[key] for key in older if key in newer} == {
                key: older[key] for key in older if key in newer
            }, f"up to {revision}"
            migrate.downgrade(url, "-1")
        assert sum(count for (_table, column), (count, _) in contents(url).items() if column == "id") > 100
