"""Panel, seats, conflicts of interest, admissibility, score sheets."""

from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of

COLLEGES = ("city_ess", "urban_policy", "landlord", "residents", "expert")


class Panel(Base):
    __tablename__ = "panels"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)
    quorum: Mapped[int] = mapped_column(SmallInteger, server_default="3")  # voters whose sheets are in (AMI-07)
    readers_per_file: Mapped[int] = mapped_column(SmallInteger, server_default="2")
    meets_at: Mapped[Instant | None]
    created_at: Mapped[Created]


class Seat(Subject, Base):
    """A juror's seat, in a college; votes count by the college's weight."""

    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("panel_id", "user_id"), CheckConstraint("weight > 0", name="weight_positive"))

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    college: Mapped[str] = mapped_column(one_of("college", COLLEGES))
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="1")
    chair: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    voting: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[Created]
    declared_at: Mapped[Instant | None]  # conflicts declared: before that, no file is shown (AMI-04)
    left_at: Mapped[Instant | None]

    def people(self) -> dict[str, frozenset[int]]:
        return {"juror": frozenset({self.user_id})}


class Recusal(Base):
    """A juror does not see, score or discuss this file. Never removed; `lifted_at` by a named person if declared in error."""

    __tablename__ = "recusals"
    __table_args__ = (UniqueConstraint("seat_id", "application_id"),)

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    origin: Mapped[str] = mapped_column(one_of("origin", ("declared", "detected")))
    reason: Mapped[str]
    created_at: Mapped[Created]


class Admissibility(Base):
    """The decision that a file can be scored, by a named person, with its reason and the checklist's answers."""

    __tablename__ = "admissibilities"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    admissible: Mapped[bool]
    reason: Mapped[str] = mapped_column(server_default="")
    checklist: Mapped[Json]
    decided_at: Mapped[Instant]
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class ScoreSheet(Base):
    __tablename__ = "score_sheets"
    __table_args__ = (UniqueConstraint("seat_id", "application_id"),)

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    version: Mapped[int] = mapped_column(server_default="1")
    comment: Mapped[str] = mapped_column(server_default="")
    abstained: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]
    saved_at: Mapped[Instant | None]
    submitted_at: Mapped[Instant | None]


class Mark(Base):
    """0-5, or not assessed (value NULL): which is not zero."""

    __tablename__ = "marks"
    __table_args__ = (
        UniqueConstraint("sheet_id", "criterion_id"),
        CheckConstraint("value IS NULL OR value BETWEEN 0 AND 5", name="value_range"),
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("score_sheets.id"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criteria.id"))
    value: Mapped[int | None] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(server_default="")


class RankedScore(Base):
    """The ranking as frozen by staff: what the assignment reads and the letters quote."""

    __tablename__ = "ranked_scores"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rank: Mapped[int]
    detail: Mapped[Json]  # per criterion: combined mark, weight, spread; jurors counted, rule, version of the grid
    created_at: Mapped[Created]


explain_constraint("uq_seats_panel_id_user_id", "Cette personne siège déjà dans la commission.")
