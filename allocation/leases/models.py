"""Titles of occupation, their conditions and documents."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from intervalle import clock
from intervalle.accounts.subject import Subject
from intervalle.db import Area, Base, Created, During, Instant, Key, one_of


class Lease(Subject, Base):
    """Any title of `titles.py` between a landlord and a tenant, on part or all of a lot. `during` is [start, end)."""

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        CheckConstraint("rent_cents_year >= 0 AND charges_cents_year >= 0", name="amounts_positive"),
    )

    id: Mapped[Key]
    title: Mapped[str]  # code of the catalogue: COP, BAIL_DEROG…
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    award_id: Mapped[int | None] = mapped_column(ForeignKey("awards.id"), unique=True)
    landlord_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    during: Mapped[During]
    area: Mapped[Area]
    slots: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")
    rent_cents_year: Mapped[int] = mapped_column(BigInteger, server_default="0")
    charges_cents_year: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reference_rent_cents_m2_year: Mapped[int | None] = mapped_column(BigInteger)
    reference_basis: Mapped[str | None]  # the document the reference rests on
    reference_dated: Mapped[date | None]
    circumstances: Mapped[str] = mapped_column(server_default="")  # COP: c. com. L145-5-1
    circumstances_proof: Mapped[str] = mapped_column(server_default="")
    end_event: Mapped[str] = mapped_column(server_default="")
    use: Mapped[str] = mapped_column(server_default="")
    economic: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    notice_months: Mapped[int] = mapped_column(SmallInteger, server_default="3")
    relocation_promise: Mapped[str] = mapped_column(server_default="")
    insured_until: Mapped[date | None]
    justifications: Mapped[str] = mapped_column(server_default="")  # written answers to warnings
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    signed_at: Mapped[Instant | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    occupancy_id: Mapped[int | None] = mapped_column(ForeignKey("occupancies.id"))
    keys_handed_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {
            "landlord": frozenset(i for i in (self.landlord_id, self.manager_id) if i),
            "tenant": frozenset({self.tenant_id}),
        }

    def stage(self) -> str:
        """draft → signed → running → ended, from its dates."""
        if not self.signed_at:
            return "draft"
        today = clock.today()
        if self.ended_on and today >= self.ended_on:
            return "ended"
        if self.during.upper and today >= self.during.upper:
            return "ended"
        return "running" if self.during.lower and today >= self.during.lower else "signed"


class Condition(Base):
    """A counterpart or a clause with a due date and its proof: hours given, open days, works, insurance."""

    __tablename__ = "lease_conditions"

    id: Mapped[Key]
    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), index=True)
    label: Mapped[str]
    due: Mapped[date | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str] = mapped_column(server_default="")
    proof: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[Instant | None]
    kind: Mapped[str] = mapped_column(one_of("kind", ("counterpart", "clause", "works")), server_default="counterpart")
