"""Standing needs, the lots that fit them, and the owners who ask to speak to whoever is behind one."""

from datetime import date
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Key


class Need(Subject, Base):
    """A structure's standing request for a place; it survives a refused application."""

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("area_min <= area_max", name="area_order"),
        CheckConstraint(
            "wanted_from IS NULL OR wanted_until IS NULL OR wanted_from < wanted_until", name="dates_order"
        ),
        CheckConstraint("(typed_by_id IS NULL) = (received_on IS NULL)", name="typed_with_its_day"),
        Index("ix_needs_commune_codes", "commune_codes", postgresql_using="gin"),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str]
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    area_min: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    area_max: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    commune_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    must_stay_in_qpv: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    ground_floor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    step_free: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    erp_types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    budget_cents_month: Mapped[int | None] = mapped_column(BigInteger)  # rent and charges together
    wanted_from: Mapped[date | None]
    wanted_until: Mapped[date | None]  # excluded
    slots: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")  # half-days; empty = all week
    sharing: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # would share a larger place
    notes: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    closed_at: Mapped[Instant | None]
    # A request received at the desk or by letter, typed by an authority for somebody without an account.
    typed_by_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    received_on: Mapped[date | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"applicant": frozenset(i for i in (self.organisation_id, self.typed_by_id) if i)}

    def place(self, names: dict[str, str]) -> str:
        """Communes wanted, by name where it is known."""
        return ", ".join(names.get(code, code) for code in self.commune_codes)


class NeedMatch(Subject, Base):
    """A lot that fits a need, and what came of it: dated facts, so that silence can be read too."""

    __tablename__ = "need_matches"
    __table_args__ = (
        UniqueConstraint("need_id", "lot_id"),
        CheckConstraint("interested_at IS NULL OR declined_at IS NULL", name="one_answer"),
    )

    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    found_at: Mapped[Instant]
    told_at: Mapped[Instant | None]
    seen_at: Mapped[Instant | None]
    interested_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
    reason: Mapped[str] = mapped_column(server_default="")  # why not


class NeedContact(Subject, Base):
    """An owner asks to speak to the structure behind a need; names are shown to each other once it accepts."""

    __tablename__ = "need_contacts"
    __table_args__ = (UniqueConstraint("need_id", "organisation_id"),)

    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # the owner who asks
    message: Mapped[str]
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
