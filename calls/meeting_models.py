"""Around a call: a second person's agreement, visits, questions, files that came late."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint


class CallApproval(Base):
    """The agreement of a second person before publication, on exactly the text that was read (version and save)."""

    __tablename__ = "call_approvals"
    __table_args__ = (
        CheckConstraint("answered_by_id IS NULL OR answered_by_id <> asked_by_id", name="second_person"),
        CheckConstraint("(answered_at IS NULL) = (approved IS NULL)", name="answer_dated"),
        CheckConstraint("approved IS NOT FALSE OR note <> ''", name="refusal_with_words"),
        Index("uq_call_approvals_waiting", "version_id", unique=True, postgresql_where=text("answered_at IS NULL")),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("call_versions.id"))
    save: Mapped[int]  # value of `CallVersion.version` that was read
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[Instant]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[Instant | None]
    approved: Mapped[bool | None]
    note: Mapped[str] = mapped_column(server_default="")


class LateRequest(Base):
    """A complete file that came after the closing: kept as it was, taken in only by an explicit decision."""

    __tablename__ = "late_requests"
    __table_args__ = (
        CheckConstraint("(decided_at IS NULL) = (accepted IS NULL)", name="decision_dated"),
        CheckConstraint("decided_at IS NULL OR motive <> ''", name="decision_with_words"),
    )

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), unique=True)
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    content: Mapped[Json]
    content_sha256: Mapped[str]
    decided_at: Mapped[Instant | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None]
    motive: Mapped[str] = mapped_column(server_default="")


class VisitSlot(Base):
    """An hour at which the place can be visited; `premises_id` None: all the places of the call."""

    __tablename__ = "visit_slots"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="hours_order"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity_range"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    premises_id: Mapped[int | None] = mapped_column(ForeignKey("premises.id"))
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    capacity: Mapped[int] = mapped_column(SmallInteger)  # people
    meeting_point: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[Instant | None]


class VisitBooking(Base):
    """A structure comes to a visit. `attended` None: nobody has said yet."""

    __tablename__ = "visit_bookings"
    __table_args__ = (
        UniqueConstraint("slot_id", "organisation_id"),
        CheckConstraint("people BETWEEN 1 AND 20", name="people_range"),
        CheckConstraint("(attended IS NULL) = (marked_at IS NULL)", name="attendance_dated"),
    )

    id: Mapped[Key]
    slot_id: Mapped[int] = mapped_column(ForeignKey("visit_slots.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    people: Mapped[int] = mapped_column(SmallInteger)
    booked_at: Mapped[Instant]
    cancelled_at: Mapped[Instant | None]
    attended: Mapped[bool | None]
    marked_at: Mapped[Instant | None]


class Question(Base):
    """Asked by a structure; its own and the organiser's until it is answered, then everybody's, without its author."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("answered_at IS NULL OR answer <> ''", name="answered_with_words"),
        CheckConstraint("declined_at IS NULL OR answered_at IS NULL", name="answered_or_declined"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[Instant]
    text: Mapped[str]
    published_text: Mapped[str] = mapped_column(server_default="")  # reworded, so that nobody is recognised
    answer: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    declined_at: Mapped[Instant | None]
    decline_reason: Mapped[str] = mapped_column(server_default="")


class DuplicateDecision(Base):
    """Two files of a call, judged one and the same (`kept_id` stays) or two. Kept for good: the pair is not asked again."""

    __tablename__ = "duplicate_decisions"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="pair_in_order"),
        CheckConstraint("kept_id IS NULL OR kept_id IN (first_id, second_id)", name="kept_is_of_the_pair"),
        CheckConstraint("motive <> ''", name="decided_with_words"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    kept_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))  # None: two files
    motive: Mapped[str]
    decided_at: Mapped[Instant]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


explain_constraint("ck_visit_slots_hours_order", "La visite finirait avant d’avoir commencé : corrigez ses heures.")
explain_constraint("ck_call_approvals_second_person", "L’accord vient d’une autre personne que celle qui l’a demandé.")
explain_constraint("uq_call_approvals_waiting", "Un accord est déjà demandé pour ce texte.")
