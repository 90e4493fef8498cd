"""Corrective acts: dated, motivated, the only way a notified decision changes."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from allocation.assignment.act_rules import FOUND, GROUNDS, OUTCOMES
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of


class CorrectiveAct(Base):
    """A draft until it is released or abandoned; one draft at a time in a call. `input` and `result` are the documents of
    the run on a copy it was prepared from, when it was; `keys` name the rows of their identifiers."""

    __tablename__ = "corrective_acts"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        Index(
            "uq_corrective_acts_open",
            "call_id",
            unique=True,
            postgresql_where=text("released_at IS NULL AND abandoned_at IS NULL"),
        ),
        CheckConstraint(
            "released_at IS NULL OR (btrim(motive) <> '' AND btrim(signatory) <> '' AND abandoned_at IS NULL)",
            name="released_whole",
        ),
        CheckConstraint("approved_by_id IS DISTINCT FROM created_by_id OR approved_at IS NULL", name="two_persons"),
        CheckConstraint("(input IS NULL) = (result IS NULL)", name="computed_whole"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    number: Mapped[int]
    appeal_id: Mapped[int | None] = mapped_column(ForeignKey("appeals.id"))
    motive: Mapped[str] = mapped_column(server_default="")
    signatory: Mapped[str] = mapped_column(server_default="")
    passed_over: Mapped[Json] = mapped_column(server_default="{}")  # published rule -> why the act does not keep it
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock of the draft
    input: Mapped[str | None]  # canonical JSON, byte for byte
    result: Mapped[str | None]
    keys: Mapped[Json] = mapped_column(server_default="{}")
    created_at: Mapped[Created]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[Instant | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_sha256: Mapped[str] = mapped_column(server_default="")  # of the letters agreed to
    released_at: Mapped[Instant | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    abandoned_at: Mapped[Instant | None]


class ActLine(Base):
    """One application's decision, before and after. `ground` says on what basis a place given is taken back."""

    __tablename__ = "corrective_act_lines"
    __table_args__ = (
        UniqueConstraint("act_id", "application_id"),
        CheckConstraint("(outcome = 'awarded') = (lot_id IS NOT NULL)", name="place_has_lot"),
        CheckConstraint("(lot_id IS NULL) = (area IS NULL)", name="lot_has_area"),
    )

    id: Mapped[Key]
    act_id: Mapped[int] = mapped_column(ForeignKey("corrective_acts.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    before: Mapped[str] = mapped_column(one_of("before", FOUND))
    before_award_id: Mapped[int | None] = mapped_column(ForeignKey("awards.id"))
    outcome: Mapped[str] = mapped_column(one_of("outcome", OUTCOMES))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    ground: Mapped[str | None] = mapped_column(one_of("ground", tuple(GROUNDS)))
    heard: Mapped[str] = mapped_column(server_default="")
    motive: Mapped[str] = mapped_column(server_default="")
    letter_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))


explain_constraint("uq_corrective_acts_open", "Un acte est déjà en préparation pour cet appel.")
explain_constraint(
    "ck_corrective_acts_two_persons", "L’accord revient à une autre personne que celle qui a préparé l’acte."
)
