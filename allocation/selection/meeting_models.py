"""The panel in session: meetings, who is there, what is discussed, changed, voted, shortlisted and heard."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.db import Base, Created, Instant, Key, explain_constraint, one_of

CHOICES = ("for", "against", "abstain")
OUTCOMES = ("adopted", "rejected", "withdrawn")  # withdrawn: before anybody voted


class Meeting(Base):
    """A session of the panel; one is open at a time. `version` grows with each act, so that screens know to look again."""

    __tablename__ = "meetings"
    __table_args__ = (
        Index("uq_meetings_open", "panel_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name="closed_after_opened"),
    )

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"), index=True)
    opened_at: Mapped[Instant]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[Instant | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(server_default="1")


class Presence(Base):
    """A member in the room, from when to when. Coming back is a new row."""

    __tablename__ = "presences"
    __table_args__ = (
        Index("uq_presences_here", "meeting_id", "seat_id", unique=True, postgresql_where=text("left_at IS NULL")),
        Index("ix_presences_seat_id", "seat_id"),
        CheckConstraint("left_at IS NULL OR left_at >= arrived_at", name="left_after_arrived"),
    )

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    arrived_at: Mapped[Instant]
    left_at: Mapped[Instant | None]


class AgendaItem(Base):
    """A point of the agenda: one that is not a file (`title`, and what was said of it), or the place given to a file.
    `position` is empty until somebody orders the agenda."""

    __tablename__ = "agenda_items"
    __table_args__ = (
        CheckConstraint("(application_id IS NULL) = (title <> '')", name="file_or_title"),
        Index(
            "uq_agenda_items_file", "panel_id", "application_id", unique=True,
            postgresql_where=text("application_id IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    title: Mapped[str] = mapped_column(server_default="")
    position: Mapped[int | None] = mapped_column(SmallInteger)
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[Instant | None]


class Discussion(Base):
    """A file or another point before the panel, from when to when; the one without an end is under discussion."""

    __tablename__ = "discussions"
    __table_args__ = (
        Index("uq_discussions_current", "meeting_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ended_after_started"),
        CheckConstraint("(application_id IS NULL) <> (item_id IS NULL)", name="one_point"),
    )

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"), index=True)
    started_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class MarkChange(Base):
    """A mark changed in session by its author, with the reason. The mark before is kept here, for good."""

    __tablename__ = "mark_changes"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("before IS DISTINCT FROM after", name="really_changed"),
    )

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("score_sheets.id"), index=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criteria.id"))
    before: Mapped[int | None] = mapped_column(SmallInteger)
    after: Mapped[int | None] = mapped_column(SmallInteger)
    reason: Mapped[str]
    created_at: Mapped[Created]


class Motion(Base):
    """A question put to the vote, on a file or in general. Ballots count one each; a tie goes as the chair voted."""

    __tablename__ = "motions"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_outcome"),
        CheckConstraint("NOT shortlists OR application_id IS NOT NULL", name="shortlists_a_file"),
    )

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), index=True)
    application_id: Mapped[int | None] = mapped_column(ForeignKey("applications.id"))
    question: Mapped[str]
    shortlists: Mapped[bool] = mapped_column(server_default=text("false"))  # adopted: the file is shortlisted
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    outcome: Mapped[str | None] = mapped_column(one_of("outcome", OUTCOMES))


class Ballot(Base):
    __tablename__ = "ballots"
    __table_args__ = (UniqueConstraint("motion_id", "seat_id"),)

    id: Mapped[Key]
    motion_id: Mapped[int] = mapped_column(ForeignKey("motions.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    choice: Mapped[str] = mapped_column(one_of("choice", CHOICES))
    created_at: Mapped[Created]


class Shortlisting(Base):
    """Whether a file is among the finalists, by a vote or by an act with its reason; the last row holds."""

    __tablename__ = "shortlistings"

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    kept: Mapped[bool]
    reason: Mapped[str]
    motion_id: Mapped[int | None] = mapped_column(ForeignKey("motions.id"))
    created_at: Mapped[Created]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Hearing(Base):
    """A finalist heard by the panel, at an hour of its own."""

    __tablename__ = "hearings"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 240", name="minutes_range"),
        Index("uq_hearings_standing", "application_id", unique=True, postgresql_where=text("cancelled_at IS NULL")),
    )

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    starts_at: Mapped[Instant]
    minutes: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    cancelled_at: Mapped[Instant | None]


explain_constraint("uq_meetings_open", "Une séance est déjà ouverte pour cette commission.")
explain_constraint("uq_presences_here", "Cette personne est déjà notée présente.")
explain_constraint("uq_hearings_standing", "Cette structure a déjà son audition : annulez-la pour en changer.")
