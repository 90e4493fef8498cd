"""What stands between a prepared decision and its release: the minutes and their signatures, the second person's review,
and what each organisation wants of both, with its own words for the letters."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of

QUALITIES = ("chair", "secretary")


class Minutes(Base):
    """The minutes of a call as drawn up one day (AMI-09). A later set of facts is a new row: nothing is overwritten."""

    __tablename__ = "minutes"
    __table_args__ = (UniqueConstraint("call_id", "number"),)

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    number: Mapped[int]
    facts: Mapped[Json]  # everything the document says
    facts_sha256: Mapped[str]  # of their canonical JSON: tells whether the file has moved since
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))  # the document that is signed
    document_sha256: Mapped[str]
    created_at: Mapped[Created]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class MinutesSignature(Base):
    """A dated act on one document, named by its hash: whoever presided, and whoever kept the minutes."""

    __tablename__ = "minutes_signatures"
    __table_args__ = (UniqueConstraint("minutes_id", "quality"), UniqueConstraint("minutes_id", "signed_by_id"))

    id: Mapped[Key]
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    quality: Mapped[str] = mapped_column(one_of("quality", QUALITIES))
    name: Mapped[str]
    document_sha256: Mapped[str]
    signed_at: Mapped[Instant]
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Review(Base):
    """A second person's reading of every letter as it stands. A letter changed since makes it void (`letters_sha256`)."""

    __tablename__ = "release_reviews"
    __table_args__ = (
        CheckConstraint("answered_by_id IS DISTINCT FROM asked_by_id", name="two_persons"),
        CheckConstraint(
            "(answered_at IS NULL) = (approved IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name="answered_whole",
        ),
        CheckConstraint("approved IS DISTINCT FROM false OR btrim(remark) <> ''", name="sent_back_with_remark"),
        Index("uq_release_reviews_open", "call_id", unique=True, postgresql_where=text("answered_at IS NULL")),
        Index("ix_release_reviews_call_id", "call_id"),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    letters_sha256: Mapped[str]
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved: Mapped[bool | None]
    remark: Mapped[str] = mapped_column(server_default="")


class DecisionRules(Subject, Base):
    """How an organisation notifies: whether a second person reads before, and its own letters (Markdown, '' = ours)."""

    __tablename__ = "decision_rules"

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), unique=True)
    second_person: Mapped[bool] = mapped_column(server_default=text("false"))
    signatory: Mapped[str] = mapped_column(server_default="")
    letters: Mapped[Json] = mapped_column(server_default="{}")  # outcome -> Markdown
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock
    edited_at: Mapped[Instant | None]
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.organisation_id})}


class ResultsNotice(Base):
    """The results of a call made public, by a dated act after the release."""

    __tablename__ = "results_notices"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)
    published_at: Mapped[Instant]
    published_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


explain_constraint("uq_minutes_signatures_minutes_id_quality", "Ce procès-verbal est déjà signé à ce titre.")
explain_constraint("uq_minutes_signatures_minutes_id_signed_by_id", "Vous avez déjà signé ce procès-verbal.")
explain_constraint(
    "ck_release_reviews_two_persons", "La relecture revient à une autre personne que celle qui l’a demandée."
)
explain_constraint("uq_release_reviews_open", "Une relecture est déjà demandée pour cet appel.")
