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
from sqlalchemy.dialects.postgresql import JSONB
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
    # Method of valuing leases, as the signatories accepted it in writing, and when.
    valuation_method: Mapped[str] = mapped_column(server_default="")
    method_accepted_on: Mapped[date | None]
    dwellings: Mapped[int | None]
    exemption_ended_on: Mapped[date | None]  # of the long exemption of the dwellings (TFPB-04)
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
    declared_on: Mapped[date | None]  # to the tax office (TFPB-08)
    account_sent_on: Mapped[date | None]  # to the signatories (TFPB-09)
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
    sub_action: Mapped[str] = mapped_column(server_default="")  # of the national referential, editable
    label: Mapped[str]
    places: Mapped[str] = mapped_column(server_default="")  # residences or addresses
    beyond_common: Mapped[str] = mapped_column(server_default="")  # what exceeds common-law management (TFPB-14)
    tenant_benefit: Mapped[str] = mapped_column(server_default="")  # TFPB-23
    indicators: Mapped[str] = mapped_column(server_default="")  # one per line, TFPB-23
    partners: Mapped[str] = mapped_column(server_default="")
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
        Index("uq_tfpb_lines_evidence", "evidence_key", unique=True, postgresql_where=text("superseded_at IS NULL")),
        CheckConstraint(
            "kind <> 'expense' OR (spent_cents IS NOT NULL AND evidence_key IS NOT NULL)", name="expense_proved"
        ),
        CheckConstraint(
            "spent_cents IS NULL OR amount_cents <= spent_cents - other_cents", name="valued_within_expense"
        ),
        CheckConstraint("share IS NULL OR (share > 0 AND share <= 1)", name="share_range"),
    )

    id: Mapped[Key]
    action_id: Mapped[int] = mapped_column(ForeignKey("tfpb_actions.id"), index=True)
    kind: Mapped[str] = mapped_column(one_of("kind", ("lease", "expense")))
    lease_id: Mapped[int | None] = mapped_column(ForeignKey("leases.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[str]
    amount_cents: Mapped[int] = mapped_column(BigInteger)  # valued
    # Of an expense: what was spent, what others paid, the share that is valued (TFPB-11 and 12).
    spent_cents: Mapped[int | None] = mapped_column(BigInteger)
    other_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    share: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    evidence: Mapped[str] = mapped_column(server_default="")  # invoice number, receipt…
    # "landlord:reference" in plain text: the same invoice is never counted twice (TFPB-15).
    evidence_key: Mapped[str | None]
    justifications: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    detail: Mapped[Json]  # the formula with its numbers
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    superseded_at: Mapped[Instant | None]


explain_constraint(
    "uq_tfpb_lines_lease_year", "Ce titre est déjà valorisé pour cette année : un même euro ne compte qu’une fois."
)
explain_constraint(
    "uq_tfpb_lines_evidence", "Cette pièce est déjà comptée dans une action : un même euro ne compte qu’une fois."
)
explain_constraint("uq_tfpb_programmes_agreement_id_year", "Le programme de cette année existe déjà : ouvrez-le.")
explain_constraint(
    "uq_tfpb_agreements_landlord_id_qpv_code_first_year",
    "Une convention existe déjà pour ce bailleur, ce quartier et cette année.",
)
