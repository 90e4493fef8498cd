"""Where the occupant goes next: a path opened at signature, its dated steps, the offers made, the outcome."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Key, explain_constraint, one_of

OUTCOMES = ("relocated_qpv", "relocated_commune", "relocated_elsewhere", "left_by_choice", "closed", "no_solution")
STEPS = ("interview", "matching", "first_offer", "escalation", "notice", "exit", "follow_up_6", "follow_up_12")


class RelocationPath(Subject, Base):
    __tablename__ = "relocation_paths"
    __table_args__ = (
        CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="outcome_dated"),
        # REL-05: nobody is out without an exit inspection, the keys and the meters.
        CheckConstraint(
            "closed_at IS NULL OR (inspected_on IS NOT NULL AND keys_returned_on IS NOT NULL AND meters_read_on IS NOT NULL)",
            name="closed_when_out",
        ),
        CheckConstraint(
            "(left_on IS NOT NULL) = (closed_at IS NOT NULL) AND (entered_on IS NULL OR closed_at IS NOT NULL)",
            name="left_when_closed",
        ),
    )

    id: Mapped[Key]
    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    landlord_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"))
    exit_on: Mapped[date]  # first day out: the lease's exclusive end
    opened_at: Mapped[Created]
    outcome: Mapped[str | None] = mapped_column(one_of("outcome", OUTCOMES))
    outcome_note: Mapped[str] = mapped_column(server_default="")
    inspected_on: Mapped[date | None]
    keys_returned_on: Mapped[date | None]
    meters_read_on: Mapped[date | None]
    left_on: Mapped[date | None]  # last day in the place
    entered_on: Mapped[date | None]  # first day in the next one: the days between are the gap
    new_place: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[Instant | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {
            # Its agent stands here through a mandate, for as long as it is in force (Actor.organisations).
            "landlord": frozenset({self.landlord_id}),
            "tenant": frozenset({self.organisation_id}),
        }

    def stage(self) -> str:
        return "closed" if self.closed_at else "open"


class RelocationStep(Base):
    __tablename__ = "relocation_steps"
    __table_args__ = (UniqueConstraint("path_id", "kind"),)

    id: Mapped[Key]
    path_id: Mapped[int] = mapped_column(ForeignKey("relocation_paths.id"))
    kind: Mapped[str] = mapped_column(one_of("kind", STEPS))
    due: Mapped[date]
    done_at: Mapped[Instant | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(server_default="")


class RelocationOffer(Base):
    __tablename__ = "relocation_offers"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer_dated"),
        # The same lot is offered once while no answer came: a double click is one offer.
        Index(
            "uq_relocation_offers_pending", "path_id", "lot_id", unique=True, postgresql_where=text("answer IS NULL")
        ),
    )

    id: Mapped[Key]
    path_id: Mapped[int] = mapped_column(ForeignKey("relocation_paths.id"), index=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    offered_at: Mapped[Instant]
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    area: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    monthly_cents: Mapped[int | None] = mapped_column(BigInteger)
    available_on: Mapped[date | None]
    distance_m: Mapped[int | None]
    counts: Mapped[bool]  # REL-03
    why_not: Mapped[str] = mapped_column(server_default="")  # the REL-03 conditions it misses
    terms: Mapped[str] = mapped_column(server_default="")
    answer: Mapped[str | None] = mapped_column(one_of("answer", ("accepted", "declined")))
    answer_reason: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[Instant | None]


explain_constraint("uq_relocation_offers_pending", "Ce lot est déjà proposé et attend une réponse.")
