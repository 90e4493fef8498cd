"""Proposals of the engine, what the panel did with them, and the awards that came out."""

from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Key, explain_constraint, one_of

METHODS = ("fair", "merit", "total")


class Proposal(Base):
    """One run of the engine: exactly the two documents of the exchange format, and their hashes."""

    __tablename__ = "proposals"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        Index("uq_proposals_retained", "call_id", unique=True, postgresql_where=text("retained_at IS NOT NULL")),
        CheckConstraint("retained_at IS NULL OR findings = ''", name="retained_only_when_checked"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    number: Mapped[int]
    method: Mapped[str] = mapped_column(one_of("method", METHODS))
    input: Mapped[str]  # canonical JSON, byte for byte
    input_sha256: Mapped[str]
    result: Mapped[str]  # canonical JSON, byte for byte
    result_sha256: Mapped[str]
    engine: Mapped[str]
    status: Mapped[str]
    seconds: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    findings: Mapped[str] = mapped_column(server_default="")  # the independent checker's; empty = it agrees
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    retained_at: Mapped[Instant | None]
    retained_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Lock(Base):
    """A person's hand on the assignment: this application on that lot, or never there, with a motive."""

    __tablename__ = "assignment_locks"
    __table_args__ = (CheckConstraint("length(btrim(motive)) >= 10", name="motive_given"),)

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    kind: Mapped[str] = mapped_column(one_of("kind", ("must", "never")))
    motive: Mapped[str]
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[Instant | None]


class Decision(Subject, Base):
    """One application's outcome, prepared from the retained proposal, released with all others in one act."""

    __tablename__ = "decisions"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    outcome: Mapped[str] = mapped_column(one_of("outcome", ("awarded", "reserve", "refused", "inadmissible")))
    motive: Mapped[str]
    remedies: Mapped[str]
    signatory: Mapped[str]
    released_at: Mapped[Instant | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    letter_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    created_at: Mapped[Created]


class Award(Subject, Base):
    """A place given: application × lot × area (× half-days). Becomes a lease."""

    __tablename__ = "awards"
    __table_args__ = (UniqueConstraint("application_id", "lot_id"),)

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    area: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    slots: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")  # empty = all week
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    reference_value_cents: Mapped[int | None] = mapped_column(BigInteger)  # help in kind over the whole term
    created_at: Mapped[Created]
    released_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]


explain_constraint("uq_proposals_retained", "Une proposition est déjà retenue pour cet appel.")
