"""Append-only, hash-chained record of what happened.

One chain per call (`call:12`), one per organisation for what happens outside a call (`organisation:3`). Each entry's
hash covers its canonical JSON (RFC 8785) and the hash before it; the head row is locked while an entry is added, so
numbers have no gap. The database refuses UPDATE, DELETE and TRUNCATE on the table (trigger in the migration).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import BigInteger, ForeignKey, LargeBinary, UniqueConstraint, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from intervalle import clock
from intervalle.behalf import BEHALF
from intervalle.db import Base, Instant, Json, Key

START = bytes(32)


class JournalEntry(Base):
    __tablename__ = "journal_entries"
    __table_args__ = (UniqueConstraint("chain", "number"),)

    id: Mapped[Key]
    chain: Mapped[str] = mapped_column(ForeignKey("journal_heads.chain"))
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Instant]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[Json]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class JournalHead(Base):
    """The last number and hash of a chain: shows a truncated chain, and is what writers lock."""

    __tablename__ = "journal_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


def entry_hash(
    previous: bytes, *, chain: str, number: int, at: datetime, actor_id: int | None,
    organisation_id: int | None, action: str, subject: str, facts: dict[str, Any],
) -> bytes:  # fmt: skip
    """SHA-256 over the hash before and the entry's canonical JSON."""
    document: Any = {
        "chain": chain,
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": actor_id,
        "organisation": organisation_id,
        "action": action,
        "subject": subject,
        "facts": facts,
    }
    return hashlib.sha256(previous + rfc8785.dumps(document)).digest()


async def record(
    db: AsyncSession, *, chain: str, action: str, subject: str, facts: dict[str, Any] | None = None,
    actor_id: int | None = None, organisation_id: int | None = None,
) -> None:  # fmt: skip
    """Add one entry inside the caller's transaction. `facts` holds JSON values only (money in cents, dates as text).

    An act under a mandate names the organisation acted for, under `acting_for`.
    """
    if actor_id is not None and (principal := BEHALF.get()) is not None:
        facts = {**(facts or {}), "acting_for": principal}
    await db.execute(
        text("INSERT INTO journal_heads (chain, number, hash) VALUES (:chain, 0, :start) ON CONFLICT DO NOTHING"),
        {"chain": chain, "start": START},
    )
    head = (
        await db.execute(
            select(JournalHead)
            .where(JournalHead.chain == chain)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one()
    values: dict[str, Any] = {
        "chain": chain,
        "number": head.number + 1,
        "at": clock.now(),
        "actor_id": actor_id,
        "organisation_id": organisation_id,
        "action": action,
        "subject": subject,
        "facts": facts or {},
    }
    entry = JournalEntry(**values, previous=head.hash, hash=entry_hash(head.hash, **values))
    db.add(entry)
    head.number, head.hash = entry.number, entry.hash
    await db.flush()


@dataclass(frozen=True)
class Finding:
    """One place where a chain does not hold."""

    chain: str
    number: int
    sentence: str


def verify_chain(chain: str, entries: Iterable[JournalEntry], head: JournalHead | None) -> list[Finding]:
    """Walk a chain in order of number; find flips, gaps, reorderings and truncation."""
    findings: list[Finding] = []
    previous, expected = START, 1
    for entry in entries:
        if entry.number != expected:
            findings.append(Finding(chain, expected, f"entrée {expected} absente (trouvé {entry.number})"))
        computed = entry_hash(
            previous, chain=entry.chain, number=entry.number, at=entry.at, actor_id=entry.actor_id,
            organisation_id=entry.organisation_id, action=entry.action, subject=entry.subject, facts=entry.facts,
        )  # fmt: skip
        if entry.previous != previous or entry.hash != computed:
            findings.append(Finding(chain, entry.number, f"entrée {entry.number} modifiée"))
        previous, expected = entry.hash, entry.number + 1
    if head is None or (head.number, head.hash) != (expected - 1, previous):
        findings.append(Finding(chain, expected, "la fin de la chaîne ne correspond pas à sa tête"))
    return findings


async def verify(db: AsyncSession) -> tuple[int, list[Finding]]:
    """Check every chain; gives the number of entries read and the findings."""
    heads = {h.chain: h for h in (await db.execute(select(JournalHead))).scalars()}
    entries: dict[str, list[JournalEntry]] = {chain: [] for chain in heads}
    for entry in (await db.execute(select(JournalEntry).order_by(JournalEntry.chain, JournalEntry.number))).scalars():
        entries.setdefault(entry.chain, []).append(entry)
    findings = [f for chain, rows in entries.items() for f in verify_chain(chain, rows, heads.get(chain))]
    return sum(map(len, entries.values())), findings
