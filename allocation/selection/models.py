"""Panel, seats, conflicts of interest, admissibility, score sheets."""

from decimal import Decimal

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of

COLLEGES = ("city_ess", "urban_policy", "landlord", "residents", "expert")


# What a seat reads: every file; the share handed out to it; or only the files it was called for (an outside expert).
READS = ("all", "share", "only")
# Kinds of links a juror may declare; their labels are in `conflicts`.
LINKS = ("employment", "mandate", "board", "family", "money", "subsidy", "rival", "other")


class Panel(Base):
    """One per call. `opened_at` is the opening act (AMI-06); `scoring_closed_at` ends the blind phase."""

    __tablename__ = "panels"
    __table_args__ = (
        CheckConstraint("quorum >= 1 AND readers_per_file >= 1", name="counts_positive"),
        CheckConstraint("reason_below BETWEEN 0 AND 5 AND reason_above BETWEEN 0 AND 5", name="reason_bounds"),
        CheckConstraint(
            "scoring_closed_at IS NULL OR (opened_at IS NOT NULL AND scoring_closed_at >= opened_at)",
            name="closed_after_opened",
        ),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)
    quorum: Mapped[int] = mapped_column(SmallInteger, server_default="3")  # voters whose sheets are in (AMI-07)
    readers_per_file: Mapped[int] = mapped_column(SmallInteger, server_default="2")
    # A mark below or above these needs a sentence; rules.md §4.3.
    reason_below: Mapped[int] = mapped_column(SmallInteger, server_default="2")
    reason_above: Mapped[int] = mapped_column(SmallInteger, server_default="4")
    # College -> weight in the combined mark; empty = one person, one voice. Published with the rules, then fixed.
    college_weights: Mapped[Json] = mapped_column(server_default="{}")
    college_quorums: Mapped[Json] = mapped_column(server_default="{}")  # college -> voters it must have, at least one
    anonymous: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # names hidden while scoring
    meets_at: Mapped[Instant | None]
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[Instant | None]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    scoring_closed_at: Mapped[Instant | None]
    scoring_closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Seat(Subject, Base):
    """A juror's seat, in a college. An observer has no vote; an alternate scores only once its principal has left."""

    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("panel_id", "user_id"),
        CheckConstraint("alternate_of_id IS NULL OR NOT chair", name="alternate_is_not_chair"),
        Index("uq_seats_chair", "panel_id", unique=True, postgresql_where=text("chair AND left_at IS NULL")),
    )

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    college: Mapped[str] = mapped_column(one_of("college", COLLEGES))
    chair: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    secretary: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    voting: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    reads: Mapped[str] = mapped_column(one_of("reads", READS), server_default="all")
    alternate_of_id: Mapped[int | None] = mapped_column(ForeignKey("seats.id"))
    created_at: Mapped[Created]
    declared_at: Mapped[Instant | None]  # conflicts declared: before that, no file is shown (AMI-04)
    left_at: Mapped[Instant | None]

    def people(self) -> dict[str, frozenset[int]]:
        held = frozenset() if self.left_at else frozenset({self.user_id})
        return {"juror": held, "leader": held if self.chair or self.secretary else frozenset()}


class SeatInvitation(Base):
    """A seat offered to a person, known by an account or by an address alone. It becomes a seat when they accept."""

    __tablename__ = "seat_invitations"
    __table_args__ = (
        CheckConstraint("num_nonnulls(accepted_at, declined_at, revoked_at) <= 1", name="ended_once"),
        CheckConstraint("declined_at IS NOT NULL OR decline_reason = ''", name="reason_when_declined"),
        CheckConstraint("alternate_of_id IS NULL OR NOT chair", name="alternate_is_not_chair"),
        Index(
            "uq_seat_invitations_pending",
            "panel_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND declined_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"))
    email: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)  # None: no account at that address
    college: Mapped[str] = mapped_column(one_of("college", COLLEGES))
    chair: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    secretary: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    voting: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    alternate_of_id: Mapped[int | None] = mapped_column(ForeignKey("seats.id"))
    created_at: Mapped[Created]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reminded_at: Mapped[Instant | None]
    expires_at: Mapped[Instant]
    accepted_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
    decline_reason: Mapped[str] = mapped_column(server_default="")
    revoked_at: Mapped[Instant | None]


class Reading(Base):
    """A file handed out to a seat that does not read them all (`Seat.reads`)."""

    __tablename__ = "readings"
    __table_args__ = (UniqueConstraint("seat_id", "application_id"),)

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    created_at: Mapped[Created]


class Recusal(Base):
    """A juror does not see, score or discuss this file. Never removed; `lifted_at` by a named person if declared in error."""

    __tablename__ = "recusals"
    __table_args__ = (
        UniqueConstraint("seat_id", "application_id"),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("(lifted_at IS NULL) = (lift_reason = '')", name="lifted_with_reason"),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    origin: Mapped[str] = mapped_column(one_of("origin", ("declared", "detected")))
    link: Mapped[str | None] = mapped_column(one_of("link", LINKS))  # declared: which kind
    reason: Mapped[str]
    created_at: Mapped[Created]
    lifted_at: Mapped[Instant | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lift_reason: Mapped[str] = mapped_column(server_default="")


class Admissibility(Base):
    """The checklist of a file and, once made, the decision of a named person. `admissible` NULL = not decided yet."""

    __tablename__ = "admissibilities"
    __table_args__ = (
        CheckConstraint("(admissible IS NULL) = (decided_at IS NULL)", name="decided_with_date"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("admissible IS DISTINCT FROM false OR reason <> ''", name="refused_with_reason"),
    )

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock
    admissible: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(server_default="")
    checklist: Mapped[Json]  # item -> {"answer": "yes" | "no" | "unknown", "reason": "…"}
    saved_at: Mapped[Instant | None]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[Instant | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Correction(Subject, Base):
    """Missing pieces asked of an applicant, with a date, and the answer. The submitted file itself never changes."""

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("until > asked_at", name="until_after_asked"),
        CheckConstraint("(answered_at IS NULL) = (answer = '')", name="answered_with_text"),
        Index(
            "uq_corrections_pending", "application_id", unique=True,
            postgresql_where=text("answered_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))  # the applicant, for the policy
    items: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # keys of the checklist
    request: Mapped[str]
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    until: Mapped[Instant]
    answer: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[Instant | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"applicant": frozenset({self.organisation_id})}


class CorrectionFile(Base):
    """A file joined to the answer to a request for missing pieces; checked like any document of an application."""

    __tablename__ = "correction_files"

    id: Mapped[Key]
    correction_id: Mapped[int] = mapped_column(ForeignKey("corrections.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    sent_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[Instant]


class ScoreSheet(Base):
    """One juror's reading of one file. A draft until `submitted_at`; after that only a dated change in session."""

    __tablename__ = "score_sheets"
    __table_args__ = (
        UniqueConstraint("seat_id", "application_id"),
        CheckConstraint("NOT abstained OR submitted_at IS NOT NULL", name="abstained_is_submitted"),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    version: Mapped[int] = mapped_column(server_default="1")
    writer: Mapped[str] = mapped_column(server_default="")  # the open page that saved last: it may save again
    comment: Mapped[str] = mapped_column(server_default="")
    notes: Mapped[str] = mapped_column(server_default="")  # the juror's alone: in no export and no minutes
    abstained: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]
    saved_at: Mapped[Instant | None]
    submitted_at: Mapped[Instant | None]


class Mark(Base):
    """0-5, or not assessed (value NULL): which is not zero. No row = not answered yet."""

    __tablename__ = "marks"
    __table_args__ = (
        UniqueConstraint("sheet_id", "criterion_id"),
        CheckConstraint("value IS NULL OR value BETWEEN 0 AND 5", name="value_range"),
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("score_sheets.id"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criteria.id"))
    value: Mapped[int | None] = mapped_column(SmallInteger)
    answered: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))  # false: only a reason was typed
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
explain_constraint("uq_seats_chair", "La commission a déjà une présidence : retirez-la d’abord.")
explain_constraint("uq_panels_call_id", "Cet appel a déjà sa commission.")
explain_constraint(
    "uq_seat_invitations_pending", "Cette personne est déjà invitée : relancez-la, ou retirez l’invitation."
)
explain_constraint(
    "uq_corrections_pending", "Un complément est déjà demandé sur ce dossier : attendez sa réponse, ou retirez-le."
)
