"""Proposals of the engine, what the panel did with them, and the awards that came out."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from allocation.assignment import workflow
from intervalle import clock
from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of

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
    keys: Mapped[Json]  # identifiers of the documents -> rows: {"applications": {"C-07": 5}, "lots": {"A": 12}}
    engine: Mapped[str]
    status: Mapped[str]
    seconds: Mapped[Decimal] = mapped_column(Numeric(9, 3))
    findings: Mapped[str] = mapped_column(server_default="")  # the independent checker's; empty = it agrees
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    explained_at: Mapped[Instant | None]  # when nobody was left to tell what would have been enough
    retained_at: Mapped[Instant | None]
    retained_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Lock(Base):
    """A person's hand on the assignment: this application on that lot, or never there, with a motive."""

    __tablename__ = "assignment_locks"
    __table_args__ = (
        CheckConstraint("length(btrim(motive)) >= 10", name="motive_given"),
        CheckConstraint("(lifted_at IS NULL) = (lift_motive IS NULL)", name="lifted_with_motive"),
        Index(
            "uq_assignment_locks_active",
            "application_id",
            "lot_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    kind: Mapped[str] = mapped_column(one_of("kind", ("must", "never")))
    motive: Mapped[str]
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[Instant | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lift_motive: Mapped[str | None]


OUTCOMES = ("awarded", "reserve", "refused", "inadmissible")


class Decision(Subject, Base):
    """One application's outcome, prepared from the retained proposal, released with all others in one act."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint(
            "released_at IS NULL OR (btrim(motive) <> '' AND btrim(remedies) <> '' AND btrim(signatory) <> '')",
            name="released_whole",
        ),
        CheckConstraint("(released_at IS NULL) = (letter_file_id IS NULL)", name="released_with_letter"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    outcome: Mapped[str] = mapped_column(one_of("outcome", OUTCOMES))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    motive: Mapped[str]  # blank lines part paragraphs
    remedies: Mapped[str]
    signatory: Mapped[str]  # name and quality of the person who signs
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock while the letter is reviewed
    edited_at: Mapped[Instant | None]
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[Instant | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    letter_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    created_at: Mapped[Created]


class Award(Subject, Base):
    """A place given: application × lot × area (× half-days). Becomes a lease."""

    __tablename__ = "awards"
    __table_args__ = (
        # A place given up or taken back may be given again, by a later act.
        Index(
            "uq_awards_standing",
            "application_id",
            "lot_id",
            unique=True,
            postgresql_where=text("declined_at IS NULL AND lapsed_at IS NULL"),
        ),
        CheckConstraint("accepted_at IS NULL OR declined_at IS NULL", name="one_answer"),
        CheckConstraint("withdrawn_at IS NULL OR lapsed_at IS NOT NULL", name="withdrawn_lapses"),
    )

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
    offer_expires_at: Mapped[Instant | None]  # answer awaited until then; the award lapses by itself after
    accepted_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lapsed_at: Mapped[Instant | None]  # declined, expired or withdrawn, and the next in line was looked for: once
    withdrawn_at: Mapped[Instant | None]  # by a corrective act, whose line names this award
    letter_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))  # of an offer from the reserve
    # The award this one takes over from, once: the reserve list moves by these links.
    succeeds_id: Mapped[int | None] = mapped_column(ForeignKey("awards.id"), unique=True)

    def parties(self) -> dict[str, frozenset[int]]:
        return {"beneficiary": frozenset({self.organisation_id})}

    def stage(self) -> str:
        return workflow.award_state(self, clock.now())


APPEAL_KINDS = ("gracious", "litigation")


class Appeal(Subject, Base):
    """A challenge to a decision, with its clock: asked of the organiser (gracious) or brought to court (litigation)."""

    __tablename__ = "appeals"
    __table_args__ = (
        CheckConstraint("btrim(grounds) <> ''", name="grounds_given"),
        CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered_with_outcome"),
        CheckConstraint(
            "answered_at IS NULL OR (btrim(answer) <> '' AND btrim(signatory) <> '')", name="answered_whole"
        ),
        Index(
            "uq_appeals_open",
            "application_id",
            "kind",
            unique=True,
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    kind: Mapped[str] = mapped_column(one_of("kind", APPEAL_KINDS))
    received_on: Mapped[date]
    grounds: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")  # the court's number
    created_at: Mapped[Created]
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str | None] = mapped_column(one_of("outcome", ("granted", "rejected")))
    answer: Mapped[str] = mapped_column(server_default="")
    signatory: Mapped[str] = mapped_column(server_default="")


explain_constraint("uq_appeals_open", "Un recours est déjà en cours d’examen pour cette candidature.")
explain_constraint("uq_proposals_retained", "Une proposition est déjà retenue pour cet appel.")
explain_constraint("uq_assignment_locks_active", "Cette ligne est déjà fixée : levez d’abord le choix en place.")
explain_constraint(
    "ck_decisions_released_whole", "Une lettre ne part pas sans motif, sans voies de recours ou sans signataire."
)
explain_constraint("uq_awards_succeeds_id", "La place a déjà été proposée à la structure suivante.")
explain_constraint("released_is_kept", "Ce qui a été notifié ne change plus : préparez un acte rectificatif.")
