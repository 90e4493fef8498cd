"""The catalogue that migrations make is the one that the models declare, down to each CHECK, EXCLUDE and index.

Alembic's own comparison does not look at changed CHECK and EXCLUDE clauses: PostgreSQL is asked for the text of each.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool, text

from intervalle import guards, jobs, journal, mail, migrate
from intervalle.db import make_engine, make_sessions
from intervalle.models import metadata
from intervalle.settings import Settings
from tests import make
from tests.conftest import _conninfo, a_database

MINE = """
  c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'procrastinate%'
  AND c.relname NOT IN ('spatial_ref_sys', 'alembic_version')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
QUERIES = {
    "columns": f"""
      SELECT c.relname || '.' || a.attname,
             format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
             || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || ' identity=' || a.attidentity::text
             || ' generated=' || a.attgenerated::text
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind = 'r' AND {MINE}""",
    "constraints": f"""
      SELECT c.relname || '.' || n.conname, n.contype::text || ' ' || pg_get_constraintdef(n.oid)
             || CASE WHEN n.convalidated THEN '' ELSE ' NOT VALID' END
      FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE {MINE}""",
    "indexes": f"""
      SELECT c.relname || '.' || i.relname, pg_get_indexdef(i.oid)
      FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid WHERE {MINE}""",
    "triggers": f"""
      SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' enabled=' || t.tgenabled::text
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND {MINE}""",
    "functions": """
      SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND p.proname NOT LIKE 'procrastinate%'
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
}  # fmt: skip

Catalogue = dict[str, dict[str, str]]


def catalogue(url: str) -> Catalogue:
    """Kind -> name -> what PostgreSQL itself says of it."""
    with psycopg.connect(_conninfo(url)) as connection:
        return {kind: dict(connection.execute(query).fetchall()) for kind, query in QUERIES.items()}  # type: ignore[arg-type]


def differences(one: Catalogue, other: Catalogue) -> list[str]:
    return [
        f"{kind} {name}: {one[kind].get(name)!r} / {other[kind].get(name)!r}"
        for kind in QUERIES
        for name in sorted({*one[kind], *other[kind]})
        if one[kind].get(name) != other[kind].get(name)
    ]


def declare(url: str) -> None:
    """The catalogue straight from the models, with no migration."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        for extension in guards.EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        for statement in (*guards.BEFORE_TABLES, *guards.BEFORE_COLUMNS):
            connection.execute(text(statement.replace(":", r"\:")))
        metadata.create_all(connection)
        for statement in guards.AFTER_TABLES:
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()


@pytest.fixture(scope="module")
def migrated() -> Iterator[str]:
    with a_database() as url:
        yield url


def test_the_migrated_catalogue_is_the_declared_one(migrated: str) -> None:
    with a_database(migrated=False) as url:
        declare(url)
        declared = catalogue(url)
    assert differences(catalogue(migrated), declared) == []
    counted = {kind: len(found) for kind, found in declared.items()}
    assert counted["columns"] > 300, counted
    assert counted["triggers"] >= 5, counted
    kinds = {definition[0] for definition in declared["constraints"].values()}
    assert kinds >= {"c", "u", "f", "p", "x"}, "CHECK, UNIQUE, FOREIGN KEY, PRIMARY KEY and EXCLUDE were all compared"


TOUCHED = [
    ("ALTER TABLE users ALTER name DROP NOT NULL", "columns users.name"),
    ("ALTER TABLE users ALTER locale SET DEFAULT 'en'", "columns users.locale"),
    ("ALTER TABLE mandates DROP CONSTRAINT ck_mandates_two_parties", "constraints mandates.ck_mandates_two_parties"),
    ("ALTER TABLE messages DROP CONSTRAINT uq_messages_dedupe", "constraints messages.uq_messages_dedupe"),
    ("DROP INDEX uq_memberships_active", "indexes memberships.uq_memberships_active"),
    ("ALTER TABLE journal_entries DISABLE TRIGGER journal_entries_append_only", "triggers journal_entries.journal_entries_append_only"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "found"), TOUCHED, ids=[found for _, found in TOUCHED])
def test_the_comparison_sees_what_it_is_for(migrated: str, statement: str, found: str) -> None:
    """Each change, made and rolled back, is told by the same queries."""
    before = catalogue(migrated)
    with psycopg.connect(_conninfo(migrated)) as connection:
        connection.execute(statement)  # type: ignore[arg-type]
        after = {kind: dict(connection.execute(query).fetchall()) for kind, query in QUERIES.items()}  # type: ignore[arg-type]
        connection.rollback()
    assert found in [line.split(":")[0] for line in differences(before, after)]
    assert differences(before, catalogue(migrated)) == []


def test_every_double_booking_is_refused_by_the_database_itself(migrated: str) -> None:
    """One EXCLUDE constraint, over lot, days, half-days and slice of the area."""
    excluded = {n: d for n, d in catalogue(migrated)["constraints"].items() if d.startswith("x ")}
    assert [name.split(".")[0] for name in excluded] == ["occupancies"]
    (definition,) = excluded.values()
    for part in ("lot_id WITH =", "during WITH &&"):
        assert part in definition


def test_migrations_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(migrate.config(""))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
    assert all(not isinstance(one.down_revision, tuple) for one in scripts.walk_revisions())


async def _fill(url: str) -> None:
    engine = make_engine(Settings(database_url=url), pool_size=1)
    async with make_sessions(engine)() as db, db.begin():
        person, organisation = await make.agent(db, "city")
        await journal.record(db, chain=f"organisation:{organisation.id}", action="organisation.edit", subject="x")
        await mail.post(db, to=person.email, subject="S", text="T", kind="k", dedupe="d", user_id=person.id)
    await engine.dispose()


def left_over(url: str) -> list[Any]:
    """What is neither an extension's nor Alembic's."""
    with psycopg.connect(_conninfo(url)) as connection:
        return connection.execute("""
            SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind <> 'c'
              AND c.relname NOT LIKE 'alembic_version%' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.deptype = 'e'
              AND (d.objid = c.oid OR d.objid = (SELECT indrelid FROM pg_index WHERE indexrelid = c.oid)))
            UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
            UNION ALL SELECT t.typname FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
              AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
        """).fetchall()


async def test_up_down_and_up_again_with_rows_inside() -> None:
    with a_database() as url:
        first = catalogue(url)
        await _fill(url)
        migrate.downgrade(url, "base")
        assert left_over(url) == []
        migrate.upgrade(url)
        assert differences(first, catalogue(url)) == []
        await _fill(url)
        migrate.upgrade(url)  # again: nothing to do, nothing lost
        with psycopg.connect(_conninfo(url)) as connection:
            assert connection.execute("SELECT count(*) FROM journal_entries").fetchone() == (1,)
            assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_the_queues_tables_come_and_go_whole() -> None:
    with a_database(migrated=False) as url, psycopg.connect(_conninfo(url)) as connection:
        connection.execute(jobs.schema_sql())  # type: ignore[arg-type]
        connection.execute(jobs.drop_sql())  # type: ignore[arg-type]
        connection.commit()
        assert left_over(url) == []


@pytest.mark.parametrize(("at", "said"), [(None, "zéro"), ("an_older_one", "an_older_one")], ids=["empty", "behind"])
def test_a_draft_from_a_database_that_is_not_at_the_head_is_refused(at: str | None, said: str) -> None:
    """It would hold other rooms' tables, or drop them."""
    before = sorted(migrate.MIGRATIONS.glob("versions/*.py"))
    with a_database(migrated=at is not None) as url:
        if at:
            with psycopg.connect(_conninfo(url)) as connection:
                connection.execute("UPDATE alembic_version SET version_num = %s", (at,))
        with pytest.raises(ValueError, match=f"à la migration {said}.*lancez d’abord « intervalle migrate »"):
            migrate.revise(url, "premises_favourites")
    assert sorted(migrate.MIGRATIONS.glob("versions/*.py")) == before
