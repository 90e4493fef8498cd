"""Jobs in Postgres. A job is deferred inside the caller's transaction: no commit, no job."""

from typing import Any

import procrastinate
from procrastinate.schema import SchemaManager
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.settings import settings

RETRY = procrastinate.RetryStrategy(max_attempts=12, exponential_wait=3)


def _connection_string() -> str:
    return settings().database_url.replace("postgresql+psycopg://", "postgresql://", 1)


app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=_connection_string(), min_size=1, max_size=4),
    import_paths=[
        "intervalle.mail",
        "intervalle.digests",
        "intervalle.tasks",
        "premises.imports.tasks",
        "premises.tasks",
        "calls.spans",
        "calls.tasks",
        "allocation.leases.spans",
        "allocation.assignment.tasks",
    ],
)


def schema_sql() -> str:
    """The library's own tables and functions, for the migration."""
    return str(SchemaManager.get_schema())


async def defer(
    db: AsyncSession,
    task: procrastinate.tasks.Task[Any, Any, Any],
    /,
    *,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> None:
    """Queue `task` with JSON arguments in this transaction."""
    connection = await db.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    await task.configure(queueing_lock=queueing_lock, connection=raw).defer_async(**arguments)


def drop_sql() -> str:
    """Remove the library's tables, functions and types (they all carry its prefix)."""
    return """
DO $$
DECLARE thing record;
BEGIN
  FOR thing IN SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'procrastinate%' LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', thing.name);
  END LOOP;
  FOR thing IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.proname LIKE 'procrastinate%' LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name);
  END LOOP;
  FOR thing IN SELECT typname AS name FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c') LOOP
    EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', thing.name);
  END LOOP;
END $$
"""
