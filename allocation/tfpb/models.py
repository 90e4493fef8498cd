"""TFPB abatement: agreement per landlord and QPV, yearly programme, actions, and the lines that value a lease or an expense."""

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
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of


class TfpbAgreement(Subject, Base):
    """« Convention d’utilisation » annexed to the contrat de ville (CGI 1388 bis): landlord × QPV × years."""

    __tablename__ = "tfpb_agreements"
    __table_args__ = (
        UniqueConstraint("landlord_id", "qpv_code", "first_year"),
        CheckConstraint("first_year <= last_year", name="years"),
    )

    id: Mapped[Key]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    qpv_code: Mapped[str]
    qpv_vintage: Mapped[int]
    first_year: Mapped[int] = mapped_column(SmallInteger)
    last_year: Mapped[int] = mapped_column(SmallInteger)
    contract_signed_on: Mapped[date | None]  # contrat de ville
    signed_on: Mapped[date | None]
    valuation_method: Mapped[str] = mapped_column(server_default="")  # as accepted by the signatories, with its date
    dwellings: Mapped[int | None]
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"landlord": frozenset({self.landlord_id})}


class TfpbProgramme(Base):
    """One year of one agreement. The amount on the tax notice replaces the estimate when known."""

    __tablename__ = "tfpb_programmes"
    __table_args__ = (UniqueConstraint("agreement_id", "year"),)

    id: Mapped[Key]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("tfpb_agreements.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    rental_value_cents: Mapped[int | None] = mapped_column(BigInteger)  # per dwelling
    tax_rate: Mapped[Decimal | None] = mapped_column(Numeric(6, 4))  # 0.4187
    notified_cents: Mapped[int | None] = mapped_column(BigInteger)
    comment: Mapped[str] = mapped_column(server_default="")


class TfpbAction(Base):
    __tablename__ = "tfpb_actions"
    __table_args__ = (
        CheckConstraint("axis BETWEEN 1 AND 8", name="axis"),
        Index("ix_tfpb_actions_programme_id", "programme_id"),
    )

    id: Mapped[Key]
    programme_id: Mapped[int] = mapped_column(ForeignKey("tfpb_programmes.id"))
    axis: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[str]
    tenant_benefit: Mapped[str] = mapped_column(server_default="")  # TFPB-23
    planned_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")


class TfpbLine(Base):
    """One euro, once: a lease-year or an expense in one action. A new valuation is a new line; the old one is superseded."""

    __tablename__ = "tfpb_lines"
    __table_args__ = (
        CheckConstraint("kind <> 'lease' OR lease_id IS NOT NULL", name="lease_named"),
        CheckConstraint("amount_cents >= 0", name="amount_positive"),
        Index(
            "uq_tfpb_lines_lease_year",
            "lease_id",
            "year",
            unique=True,
            postgresql_where=text("superseded_at IS NULL AND kind = 'lease'"),
        ),
    )

    id: Mapped[Key]
    action_id: Mapped[int] = mapped_column(ForeignKey("tfpb_actions.id"), index=True)
    kind: Mapped[str] = mapped_column(one_of("kind", ("lease", "expense")))
    lease_id: Mapped[int | None] = mapped_column(ForeignKey("leases.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[str]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    detail: Mapped[Json]  # the formula with its numbers
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    superseded_at: Mapped[Instant | None]


explain_constraint(
    "uq_tfpb_lines_lease_year", "Ce titre est déjà valorisé pour cette année : un même euro ne compte qu’une fois."
)
explain_constraint(
    "uq_tfpb_agreements_landlord_id_qpv_code_first_year",
    "Une convention existe déjà pour ce bailleur, ce quartier et cette année.",
)
