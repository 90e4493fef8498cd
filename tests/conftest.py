"""Real PostGIS for every test, each in a transaction that is rolled back.

`db` is that transaction; `client(actor)` drives the application over HTTP on the same connection, so that what a
request commits is seen by the test and undone after it.
"""

import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings

from intervalle.french import LOOSE, NO_BREAK
from intervalle.setup.cluster import ensure_test_cluster

# A slow machine is no defect of a rule: time is measured in bench/.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

os.environ.setdefault("INTERVALLE_BASE_URL", "http://testserver.local")
os.environ.setdefault("INTERVALLE_SECRET", "secret-de-test")
os.environ.setdefault("INTERVALLE_GEOCODER_URL", "")  # no test waits for the network
os.environ.setdefault("INTERVALLE_COMPANIES_URL", "")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--drills", action="store_true", help="run the long drills too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drills break things or take minutes: they run only when asked for."""
    if not config.getoption("--drills"):
        left_out = pytest.mark.skip(reason="a drill: run it with --drills")
        for item in items:
            if item.get_closest_marker("drill"):
                item.add_marker(left_out)


def _conninfo(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _named(url: str, name: str) -> str:
    head, _, tail = url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{tail}" if tail else "")


@contextmanager
def a_database(*, migrated: bool = True) -> Iterator[str]:
    """The URL of a fresh database, dropped at the end."""
    server = ensure_test_cluster()
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_conninfo(server), autocommit=True) as admin:
        model = migrated_model(admin, server) if migrated else "template0"
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
    try:
        yield _named(server, name)
    finally:
        with psycopg.connect(_conninfo(server), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def migrated_model(admin: psycopg.Connection[Any], server: str) -> str:
    """The name of a migrated database to copy; made by the real migrations once for each content they have."""
    from intervalle import guards, jobs, migrate

    sources = [*sorted((migrate.MIGRATIONS / "versions").glob("*.py")), Path(guards.__file__), Path(jobs.__file__)]
    name = "model_" + hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    admin.execute("SELECT pg_advisory_lock(hashtext('models of tests'))")  # released with the connection
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        admin.execute(f'DROP DATABASE IF EXISTS "{name}_making" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}_making" TEMPLATE template0')
        migrate.upgrade(_named(server, f"{name}_making"))
        admin.execute(f'ALTER DATABASE "{name}_making" RENAME TO "{name}"')
        older = "SELECT datname FROM pg_database WHERE datname LIKE 'model_%' ORDER BY oid DESC OFFSET 8"
        for (gone,) in admin.execute(older).fetchall():
            admin.execute(f'DROP DATABASE IF EXISTS "{gone}"')
    return name


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The database of the tests that roll back."""
    import intervalle.models  # noqa: F401  # a test may need one room's tables and their keys lead to another's

    with a_database() as url:
        os.environ["INTERVALLE_DATABASE_URL"] = url
        yield url


@pytest.fixture(scope="session")
async def committing() -> AsyncIterator[Any]:
    """Sessions on another database, where commits are real: for what only shows between connections.

    What a test leaves there stays (the journal keeps everything): each test names its own chain, address or key.
    """
    from intervalle.db import make_engine, make_sessions
    from intervalle.settings import Settings

    with a_database() as url:
        engine = make_engine(Settings(database_url=url), pool_size=6)
        yield make_sessions(engine)
        await engine.dispose()


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[Any]:
    from intervalle.db import make_engine
    from intervalle.settings import Settings

    made = make_engine(Settings(database_url=database_url), pool_size=3)
    yield made
    await made.dispose()


@pytest.fixture(autouse=True)
def a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests each submission comes after the last answer was read, unless a test says otherwise."""
    from intervalle import submissions

    monkeypatch.setattr(submissions, "GRACE", timedelta(0))


@pytest.fixture
async def connection(engine: Any) -> AsyncIterator[Any]:
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        if transaction.is_active:
            await transaction.rollback()


@pytest.fixture
def sessions(connection: Any) -> Any:
    from sqlalchemy.ext.asyncio import async_sessionmaker

    return async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")


@pytest.fixture
async def db(sessions: Any) -> AsyncIterator[Any]:
    async with sessions() as session:
        yield session


@pytest.fixture
def asked(engine: Any) -> Iterator[list[str]]:
    """What was read of the database since the last `asked.clear()`, a statement each; savepoints are the tests' own."""
    from sqlalchemy import event

    heard: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            heard.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield heard
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def app(database_url: str) -> Any:
    from intervalle.app import create_app

    return create_app()


async def read_as_people_do(response: Any) -> None:
    """A space that does not break reads as any other before « : » and inside guillemets (`intervalle.french.bound`)."""
    if response.headers.get("content-type", "").startswith("text/html"):
        content = (await response.aread()).decode()
        for sign in LOOSE:
            content = content.replace(sign.replace(" ", NO_BREAK), sign)
        response._content = content.encode()


@pytest.fixture
async def client(app: Any, sessions: Any) -> AsyncIterator[Callable[..., Any]]:
    """`client()` is anonymous; `client(user)` is signed in as that user (a `User` row), second factor done."""
    import httpx

    from tests.signing import sign_in_as

    app.state.sessions = app.state.asked_often = sessions
    app.state.read_only_gets = False  # it would make the whole outer transaction read-only
    opened: list[httpx.AsyncClient] = []

    async def make(
        user: Any = None, *, organisation_id: int | None = None, second_factor: bool = True
    ) -> httpx.AsyncClient:
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=True),
            base_url="http://testserver.local",
            headers={"Sec-Fetch-Site": "same-origin"},
            event_hooks={"response": [read_as_people_do]},
        )
        if user is not None:
            await sign_in_as(sessions, made, user, organisation_id=organisation_id, second_factor=second_factor)
        opened.append(made)
        return made

    yield make
    for one in opened:
        await one.aclose()
