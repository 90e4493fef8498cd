"""The database: declarative base, engine, column helpers, and what PostgreSQL's refusals mean in French."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Enum, Identity, MetaData, Numeric, Text, bindparam, func
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, Range
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column

from intervalle import clock
from intervalle.errors import Refused
from intervalle.settings import Settings, settings

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Area = Annotated[Decimal, mapped_column(Numeric(12, 2))]  # m²
Cents = Annotated[int, mapped_column(BigInteger)]  # euro cents
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
During = Annotated[Range[date], mapped_column(DATERANGE)]  # [start, end)


# The instant a statement is run at, not the one it was made at: for those made once and kept.
NOW: Any = bindparam("now", callable_=clock.now, type_=DateTime(timezone=True))


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, dict[str, Any]: JSONB}  # noqa: RUF012 - SQLAlchemy's own idiom


def one_of(name: str, values: tuple[str, ...] | list[str]) -> Enum:
    """A text column that takes only these values, guarded by a named CHECK (no native enum: easy to extend)."""
    return Enum(*values, name=name, native_enum=False, create_constraint=True, length=48)


# Two letters swapped in a word of eight leave a likeness of 0.38: searches forgive that much.
# Compiling a question (jit) costs a second on the geographic ones, which then answer in a tenth of that.
OPTIONS = "-c lock_timeout=5000 -c timezone=UTC -c jit=off -c pg_trgm.strict_word_similarity_threshold=0.37"


WAIT = 45  # seconds a request waits for a connection before it is told that there are too many (503)


# For statements written once and asked many times, outside any transaction: one plan for all, and no helper processes,
# which take longer to start than the answer to be read.
ASKED_OFTEN = "-c default_transaction_read_only=on -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0"  # fmt: skip


def make_engine(
    on: Settings, *, pool_size: int = 8, statement_timeout: int = 20_000, asked_often: bool = False
) -> AsyncEngine:
    more: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if asked_often else {}
    return create_async_engine(
        on.database_url,
        **more,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=WAIT,
        pool_pre_ping=True,
        connect_args={
            "options": f"-c statement_timeout={statement_timeout} {OPTIONS} {ASKED_OFTEN if asked_often else ''}"
        },
    )


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def connected(
    *, pool_size: int = 1, statement_timeout: int = 20_000
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Sessions for work outside any request, on connections of its own, closed at the end."""
    engine = make_engine(settings(), pool_size=pool_size, statement_timeout=statement_timeout)
    try:
        yield make_sessions(engine)
    finally:
        await engine.dispose()


@asynccontextmanager
async def own_transaction() -> AsyncIterator[AsyncSession]:
    """One transaction outside any request: what runs by itself."""
    async with connected() as sessions, sessions() as db, db.begin():
        yield db


# Constraint name -> sentence. A room adds its own with `explain_constraint`.
SENTENCES: dict[str, str] = {}
SQLSTATES = {
    "23P01": "Ces dates sont déjà prises : une autre occupation couvre tout ou partie de la période.",
    "40P01": "Quelqu’un d’autre modifiait la même chose au même instant. Rien n’a été enregistré ; recommencez.",
    "40001": "Quelqu’un d’autre modifiait la même chose au même instant. Rien n’a été enregistré ; recommencez.",
    "55P03": "Quelqu’un d’autre modifie la même chose. Rien n’a été enregistré ; recommencez dans un instant.",
    "23505": "Cela existe déjà : rien n’a été enregistré une seconde fois.",
}


def explain_constraint(name: str, sentence: str) -> None:
    SENTENCES[name] = sentence


def refusal(error: DBAPIError) -> Refused | None:
    """The sentence for a constraint that said no, or None when the error is ours to mend (500)."""
    original = error.orig
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None) or ""
    state = getattr(original, "sqlstate", None) or ""
    sentence = SENTENCES.get(constraint) or SQLSTATES.get(state)
    return Refused(sentence) if sentence else None
