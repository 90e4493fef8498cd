"""Rows of the outbox and of the file store (their verbs are in `mail.py` and `files.py`)."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle import notices
from intervalle.db import Base, Created, Instant, Key, one_of


class Message(Base):
    """A letter that leaves by e-mail after the commit, once (`dedupe` is unique); alone, in a digest, or not at all."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_to_user_id", "to_user_id", "id"),
        Index("ix_messages_about", "about", postgresql_where=text("about <> ''")),
        Index("ix_messages_waiting", "to_user_id", postgresql_where=text("channel = 'daily' AND digest_id IS NULL")),
    )

    id: Mapped[Key]
    dedupe: Mapped[str] = mapped_column(unique=True)
    to_email: Mapped[str]
    to_user_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str] = mapped_column(server_default="")
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    created_at: Mapped[Created]
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[Instant | None]
    channel: Mapped[str] = mapped_column(one_of("channel", notices.CHANNELS), server_default="now")
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))  # the message it left in
    about: Mapped[str] = mapped_column(server_default="")  # « application:12 »


class MailPreference(Base):
    """By which channel a person wants one kind of message; without a row, the table of `notices` says."""

    __tablename__ = "mail_preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(one_of("channel", notices.CHANNELS))


class StoredFile(Base):
    """A file kept under a random name; its own name is data. `scan` says honestly what was checked."""

    __tablename__ = "stored_files"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    # What may show it: public (a published photo) or the rows of one organisation / one call.
    audience: Mapped[str] = mapped_column(one_of("audience", ("public", "parties")))
    scan: Mapped[str] = mapped_column(one_of("scan", ("own", "not_scanned", "clean", "refused")))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
