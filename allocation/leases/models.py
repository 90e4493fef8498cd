"""Titles of occupation, their conditions and documents."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from intervalle import clock
from intervalle.accounts.subject import Subject
from intervalle.db import Area, Base, Created, During, Instant, Json, Key, explain_constraint, one_of


class Lease(Subject, Base):
    """Any title of `titles.py` between a landlord and a tenant, on part or all of a lot. `during` is [start, end)."""

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        CheckConstraint("rent_cents_year >= 0 AND charges_cents_year >= 0", name="amounts_positive"),
        CheckConstraint("(signed_at IS NULL) = (occupancy_id IS NULL)", name="signed_occupies"),
        CheckConstraint("(signed_at IS NULL) = (document_id IS NULL)", name="signed_with_document"),
        CheckConstraint("keys_handed_on IS NULL OR signed_at IS NOT NULL", name="keys_after_signature"),
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
    insurance: Mapped[str] = mapped_column(server_default="")  # insurer and policy number
    insured_until: Mapped[date | None]  # last day covered
    inspected_in_on: Mapped[date | None]  # « état des lieux d’entrée »
    # Written answers to warnings: identifier of the rule -> the landlord's text. Kept with the signed title.
    justifications: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    # What a legal rule asks of some titles only (council act, deed, convention…), read by `reading.py`.
    legal_facts: Mapped[Json] = mapped_column(server_default="{}")
    # Clauses the model text does not have for this title, as the landlord wrote them: code -> text.
    extra_clauses: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    landlord_signatory: Mapped[str] = mapped_column(server_default="")  # name and quality
    tenant_signatory: Mapped[str] = mapped_column(server_default="")
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
            # Its agent stands here through a mandate, for as long as it is in force (Actor.organisations).
            "landlord": frozenset({self.landlord_id}),
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
    __table_args__ = (CheckConstraint("done_at IS NULL OR evidence <> ''", name="done_with_evidence"),)

    id: Mapped[Key]
    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), index=True)
    label: Mapped[str]
    due: Mapped[date | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    unit: Mapped[str] = mapped_column(server_default="")
    proof: Mapped[str] = mapped_column(server_default="")  # what will show that it was done
    evidence: Mapped[str] = mapped_column(server_default="")  # what was shown, when it was done
    done_at: Mapped[Instant | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(one_of("kind", ("counterpart", "clause", "works")), server_default="counterpart")


class LeaseValuation(Base):
    """The help in kind of a lease, as valued on a day: never rewritten, a new reference rent makes a new row.

    Amounts in cents; `year_cents` is a full year, `term_cents` the whole term (None when the term is open).
    """

    __tablename__ = "lease_valuations"

    id: Mapped[Key]
    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), index=True)
    reference_cents_m2_year: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str]  # the document the reference rests on
    dated: Mapped[date]  # of that document
    year_cents: Mapped[int] = mapped_column(BigInteger)
    term_cents: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[Instant]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


explain_constraint("uq_leases_award_id", "Un titre existe déjà pour cette attribution : ouvrez-le.")
