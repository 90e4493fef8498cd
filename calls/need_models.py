"""Standing needs, the lots that fit them, and the owners who ask to speak to whoever is behind one."""

from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Key

# One bit per type of public, so that a lot rules out needs by one comparison of integers.
ERP_BITS = {
    code: 1 << place
    for place, code in enumerate(
        (
            "J",
            "L",
            "M",
            "N",
            "O",
            "P",
            "R",
            "S",
            "T",
            "U",
            "V",
            "W",
            "X",
            "Y",
            "PA",
            "CTS",
            "SG",
            "PS",
            "GA",
            "OA",
            "EF",
            "REF",
        )
    )
}
ERP_MASK = " + ".join(f"(erp_types @> '{{{code}}}'::text[])::integer * {bit}" for code, bit in ERP_BITS.items())
ANYWHERE = "cardinality(commune_codes) = 0 AND cardinality(qpv_codes) = 0 AND sector IS NULL"


class Need(Subject, Base):
    """A structure's standing request for a place; it survives a refused application."""

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("area_min <= area_max", name="area_order"),
        CheckConstraint(
            "wanted_from IS NULL OR wanted_until IS NULL OR wanted_from < wanted_until", name="dates_order"
        ),
        CheckConstraint("(typed_by_id IS NULL) = (received_on IS NULL)", name="typed_with_its_day"),
        CheckConstraint("(sector IS NULL) = (sector_m2 IS NULL)", name="sector_with_its_area"),
        CheckConstraint("(around_m IS NULL) = (around = '')", name="around_with_its_distance"),
        Index("ix_needs_commune_codes", "commune_codes", postgresql_using="gin"),
        Index("ix_needs_qpv_codes", "qpv_codes", postgresql_using="gin"),
        Index("ix_needs_anywhere", "id", postgresql_where=text("anywhere AND closed_at IS NULL")),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str]
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    area_min: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    area_max: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    commune_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    qpv_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    # What was drawn on the map, or a circle round an address: `around` and `around_m` say which.
    sector: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326), deferred=True)
    sector_m2: Mapped[int | None] = mapped_column(BigInteger)
    around: Mapped[str] = mapped_column(server_default="")
    around_m: Mapped[int | None]
    near_codes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}"
    )  # communes they touch: for statistics
    must_stay_in_qpv: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    ground_floor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    step_free: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    erp_types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    budget_cents_month: Mapped[int | None] = mapped_column(BigInteger)  # rent and charges together
    wanted_from: Mapped[date | None]
    wanted_until: Mapped[date | None]  # excluded
    slots: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default="{}")  # half-days; empty = all week
    sharing: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # would share a larger place
    notes: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    closed_at: Mapped[Instant | None]
    # A request received at the desk or by letter, typed by an authority for somebody without an account.
    typed_by_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    received_on: Mapped[date | None]
    # Worked out by the database: a lot is set against 100,000 needs by these.
    anywhere: Mapped[bool] = mapped_column(Boolean, Computed(ANYWHERE, persisted=True), deferred=True)
    erp_mask: Mapped[int] = mapped_column(Computed(ERP_MASK, persisted=True), deferred=True)

    def parties(self) -> dict[str, frozenset[int]]:
        return {"applicant": frozenset(i for i in (self.organisation_id, self.typed_by_id) if i)}


class NeedPlace(Base):
    """A place an open need names, with all that the rules compare beside it: what a lot is set against.

    Written by the database alone (`intervalle.guards_needs.PLACES` says what stands in each column).
    """

    __tablename__ = "need_places"

    place: Mapped[str] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True, index=True)
    area_min: Mapped[int] = mapped_column(BigInteger)  # hundredths of m²
    area_max: Mapped[int] = mapped_column(BigInteger)
    budget_cents_month: Mapped[int | None] = mapped_column(BigInteger)
    wanted_from: Mapped[date | None]
    wanted_until: Mapped[date | None]
    halves: Mapped[int]  # one bit per half-day; 0 = the whole week
    asks: Mapped[int] = mapped_column(BigInteger)


class MatchQueue(Base):
    """A lot or a need to be set against the others: it has changed, or will fit more from a day on. Written by triggers."""

    __tablename__ = "match_queue"
    __table_args__ = (CheckConstraint("num_nonnulls(lot_id, need_id) = 1", name="one_side"),)

    id: Mapped[Key]
    # No foreign key: what is gone when its turn comes is passed over.
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    need_id: Mapped[int | None] = mapped_column(BigInteger)
    due: Mapped[date] = mapped_column(server_default="2000-01-01", index=True)  # by default at once


class NeedMatch(Subject, Base):
    """A lot that fits a need, and what came of it: dated facts, so that silence can be read too."""

    __tablename__ = "need_matches"
    __table_args__ = (
        UniqueConstraint("need_id", "lot_id"),
        CheckConstraint("interested_at IS NULL OR declined_at IS NULL", name="one_answer"),
    )

    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    found_at: Mapped[Instant]
    told_at: Mapped[Instant | None]
    seen_at: Mapped[Instant | None]
    interested_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
    reason: Mapped[str] = mapped_column(server_default="")  # why not


class NeedContact(Subject, Base):
    """An owner asks to speak to the structure behind a need; names are shown to each other once it accepts."""

    __tablename__ = "need_contacts"
    __table_args__ = (UniqueConstraint("need_id", "organisation_id"),)

    id: Mapped[Key]
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # the owner who asks
    # Asked by another structure that would share a lot: for which of its needs, and where.
    from_need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    message: Mapped[str]
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[Instant | None]
    declined_at: Mapped[Instant | None]
