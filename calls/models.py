"""Meeting: calls with their frozen versions, applications and their ranked lots. Needs have a file of their own."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calls import paper, workflow
from calls.group_shares import Share
from intervalle import clock
from intervalle.accounts.models import DOCUMENT_KINDS
from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, Instant, Json, Key, explain_constraint, one_of

CALL_KINDS = ("dated", "rolling", "recurring", "direct")
SCORE_RULES = ("mean", "median", "trimmed_mean")
COMMITMENTS = ("signed", "not_concerned")


class Call(Subject, Base):
    """A call for temporary occupation. Its content is in its versions; its life is in dated columns."""

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint("opened_at IS NULL OR opened_at < closes_at", name="opens_before_closing"),
        CheckConstraint("released_at IS NULL OR released_at >= closes_at", name="released_after_closing"),
    )

    id: Mapped[Key]
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    delegate_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"), index=True
    )  # runs it for the organiser
    # Organisers beside the first: each adds its own lots, all of them run the call.
    co_organiser_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    kind: Mapped[str] = mapped_column(one_of("kind", CALL_KINDS), server_default="dated")
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), unique=True)  # the session before
    # A batch of files taken from a rolling call while it stays open (calls.batches).
    batch_of_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    title: Mapped[str]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Created]
    closes_at: Mapped[Instant | None]
    opened_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    cancel_reason: Mapped[str] = mapped_column(server_default="")
    # Written by the rooms above (selection, assignment), read here to compute the state.
    ranked_at: Mapped[Instant | None]
    released_at: Mapped[Instant | None]
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    def parties(self) -> dict[str, frozenset[int]]:
        return {
            "organiser": frozenset(
                i for i in (self.organiser_id, self.delegate_id, *(self.co_organiser_ids or ())) if i
            )
        }

    def stage(self) -> str:
        return workflow.call_state(self, clock.now())

    @property
    def scheduled(self) -> bool:
        """Frozen, with its opening still to come."""
        return bool(self.opened_at and self.opened_at > clock.now() and not self.cancelled_at)

    @property
    def chain(self) -> str:
        """The call's journal chain."""
        return f"call:{self.id}"


class CallVersion(Base):
    """Text, lots, calendar and grid. Frozen (by trigger) once `frozen_at` is set; a change makes the next number."""

    __tablename__ = "call_versions"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        CheckConstraint("max_lots IS NULL OR max_lots BETWEEN 1 AND 50", name="max_lots_range"),
        # A draft may be in any disorder; what is published is in order, whoever wrote it.
        CheckConstraint(
            "frozen_at IS NULL OR occupation_from < occupation_until OR occupation_until IS NULL",
            name="occupation_order",
        ),
        CheckConstraint(
            "frozen_at IS NULL OR closes_at IS NULL OR ("
            "COALESCE((closes_at AT TIME ZONE 'Europe/Paris')::date <= decision_on, true) AND "
            "COALESCE((closes_at AT TIME ZONE 'Europe/Paris')::date < occupation_from, true))",
            name="closing_order",
        ),
        CheckConstraint(
            "frozen_at IS NULL OR (COALESCE(questions_until <= answers_until, true) AND "
            "COALESCE(questions_until < closes_at, true) AND COALESCE(answers_until < closes_at, true))",
            name="questions_order",
        ),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    number: Mapped[int]
    frozen_at: Mapped[Instant | None]
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock while it is a draft
    body: Mapped[str] = mapped_column(server_default="")  # Markdown
    visits: Mapped[str] = mapped_column(server_default="")
    visit_duty: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # no deposit without a visit
    questions_until: Mapped[Instant | None]  # questions are taken before
    answers_until: Mapped[Instant | None]  # an answer after it gives everybody more time
    closes_at: Mapped[Instant | None]  # the closing this version announced when it was frozen
    title_code: Mapped[str] = mapped_column(server_default="COP")  # rules.md §2.2
    titles_excluded: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    documents: Mapped[str] = mapped_column(server_default="")  # one asked-for document per line
    # Direct award: to whom, on which ground, and where the considerations of law and fact were published.
    beneficiary_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    direct_ground: Mapped[str] = mapped_column(server_default="")
    exemption: Mapped[str | None]  # calls.legality.Exemption
    statement_url: Mapped[str] = mapped_column(server_default="")
    statement_on: Mapped[date | None]
    # CG3P L2122-1-1 al. 2 (publicity is enough) and L2122-1-4 (a proposal nobody asked for needs publicity first).
    short_or_unlimited: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    spontaneous: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    interest_checked_on: Mapped[date | None]  # the day publicity had shown no other interest
    circumstances: Mapped[str] = mapped_column(server_default="")  # what makes it temporary, with its evidence
    charges_only: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    counterparts: Mapped[str] = mapped_column(
        server_default=""
    )  # one per line: « 12 h d’ouverture au quartier par mois »
    eliminatory: Mapped[str] = mapped_column(server_default="")  # one condition per line
    required_documents: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # kinds, in their order
    asked: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}"
    )  # calls.sections.ASKED: no longer optional
    # Staff read submitted files as they come; sealed until the closing otherwise. Never changed once published.
    read_on_arrival: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    occupation_from: Mapped[date | None]
    occupation_until: Mapped[date | None]
    decision_on: Mapped[date | None]
    economic: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    score_rule: Mapped[str] = mapped_column(one_of("score_rule", SCORE_RULES), server_default="mean")
    tie_break: Mapped[str] = mapped_column(
        one_of("tie_break", ("first_criterion", "earliest", "draw")), server_default="first_criterion"
    )
    neighbourhood_share: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))  # quota of area for the neighbourhood
    max_lots: Mapped[int | None] = mapped_column(SmallInteger)  # awards per organisation at most
    # Pairs of uses that do not share a lot: [["workshop", "office"]].
    incompatible_uses: Mapped[list[list[str]]] = mapped_column(JSONB, server_default="[]")
    draw_seed: Mapped[str | None]  # secret until release; its SHA-256 is published at opening
    draw_commitment: Mapped[str | None]  # that SHA-256
    justifications: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # rule -> why we go on
    # What the hash covers, kept as it was published: later extensions move the call's closing, not what this version said.
    content: Mapped[Json | None]
    content_sha256: Mapped[str | None]
    change_reason: Mapped[str] = mapped_column(server_default="")  # why this version replaced the one before


class CallLot(Base):
    __tablename__ = "call_lots"
    __table_args__ = (
        UniqueConstraint("version_id", "lot_id"),
        CheckConstraint("area_min IS NULL OR area_max IS NULL OR area_min <= area_max", name="area_order"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("call_versions.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    # Terms of this lot (calls.lot_terms); empty: as the call says for all.
    conditions: Mapped[str] = mapped_column(server_default="")
    title_code: Mapped[str | None]
    area_min: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    area_max: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    uses_out: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    visit_duty: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class Criterion(Base):
    __tablename__ = "criteria"
    __table_args__ = (
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_range"),
        CheckConstraint("floor IS NULL OR floor BETWEEN 0 AND 5", name="floor_range"),
        Index("ix_criteria_version_id", "version_id"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("call_versions.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    label: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    weight: Mapped[int] = mapped_column(SmallInteger)
    floor: Mapped[int | None] = mapped_column(SmallInteger)


class Extension(Base):
    """A later closing instant, for everybody, with its reason."""

    __tablename__ = "call_extensions"

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    from_instant: Mapped[Instant]
    to_instant: Mapped[Instant]
    reason: Mapped[str]
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def label_of(number: int) -> str:
    """How an application is named in its call, everywhere: « C-07 »."""
    return f"C-{number:02d}"


class Application(Subject, Base):
    """One per structure (or group, under its lead) and call. Draft until `submitted_at`."""

    __tablename__ = "applications"
    __table_args__ = (
        UniqueConstraint("call_id", "organisation_id"),
        UniqueConstraint("call_id", "number"),
        CheckConstraint(
            "withdrawn_at IS NULL OR submitted_at IS NULL OR withdrawn_at >= submitted_at",
            name="withdrawn_after_submitted",
        ),
        CheckConstraint("(submitted_at IS NULL) = (content_sha256 IS NULL)", name="submitted_with_hash"),
        CheckConstraint(
            "(typed_by_id IS NULL) = (received_at IS NULL) AND (typed_by_id IS NULL) = (received_by IS NULL)",
            name="typed_with_its_reception",
        ),
    )

    id: Mapped[Key]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    call_version_id: Mapped[int] = mapped_column(ForeignKey("call_versions.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    number: Mapped[int]  # in its call: C-07
    version: Mapped[int] = mapped_column(server_default="1")  # optimistic lock of the draft
    project_name: Mapped[str] = mapped_column(server_default="")
    uses: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    erp_type: Mapped[str | None]
    public_count: Mapped[int | None]  # people received at once, staff apart (ERP category)
    staff_count: Mapped[int | None]
    needs_ground_floor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    needs_water: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    needs_step_free: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    wished_from: Mapped[date | None]
    wished_months: Mapped[int | None] = mapped_column(SmallInteger)
    # Contract of republican commitment (loi 2000-321 art. 10-1): associations and foundations that ask for help.
    republican_commitment: Mapped[str | None] = mapped_column(one_of("republican_commitment", COMMITMENTS))
    insured: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # is, or will be on the day of entry
    neighbourhood: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # rooted in the QPV
    jobs_fte: Mapped[Decimal | None] = mapped_column(Numeric(6, 1))
    budget_cents: Mapped[int | None] = mapped_column(BigInteger)
    max_charges_cents_m2_year: Mapped[int | None] = mapped_column(BigInteger)
    slots: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default="{}"
    )  # half-days 0-13; empty = all week
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")  # section -> text
    # The project over a year, line by line (calls.project_budget).
    budget_lines: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    # Key of an eliminatory condition -> answer and comment (calls.conditions).
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    # Field -> what was typed and cannot be read yet: a draft keeps it as it is.
    typed: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    # Section -> value of `version` when it last changed: two people on two sections do not meet.
    section_versions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[Instant | None]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[Instant | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    content_sha256: Mapped[str | None]
    content: Mapped[Json | None]  # what the hash covers: the application as submitted
    withdrawn_at: Mapped[Instant | None]
    withdrawn_reason: Mapped[str] = mapped_column(server_default="")  # when the organiser withdrew it, as a duplicate
    # A file received on paper or by e-mail, typed in by those who run the call (calls.paper_files).
    typed_by_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    received_at: Mapped[Instant | None]  # the deadline is applied to this instant
    received_by: Mapped[str | None] = mapped_column(one_of("received_by", paper.MEANS))
    unidentified: Mapped[str] = mapped_column(server_default="")  # why the structure has no SIREN here

    def parties(self) -> dict[str, frozenset[int]]:
        """While it is typed in, the file is its typist's to write; once recorded, its structure's, who may take it back."""
        typist = frozenset({self.typed_by_id} if self.typed_by_id else ())
        writing = typist if typist and self.submitted_at is None else frozenset({self.organisation_id})
        return {"applicant": writing, "typist": typist}

    def stage(self) -> str:
        return workflow.application_state(self)

    @property
    def label(self) -> str:
        return label_of(self.number)


class ApplicationMember(Subject, Base):
    """A partner in a group application; the lead is `Application.organisation_id`."""

    __tablename__ = "application_members"
    __table_args__ = (
        UniqueConstraint("application_id", "organisation_id"),
        CheckConstraint("hours_week BETWEEN 0.1 AND 168", name="hours_of_a_week"),
        CheckConstraint("rent_percent BETWEEN 0 AND 100", name="rent_is_a_part"),
    )

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    hours_week: Mapped[Decimal | None] = mapped_column(Numeric(4, 1))
    rent_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  # of the rent and charges
    invited_at: Mapped[Created]
    accepted_at: Mapped[Instant | None]
    left_at: Mapped[Instant | None]  # declined, left or removed

    @property
    def share(self) -> Share:
        return Share(self.area, self.hours_week, self.rent_percent)

    def parties(self) -> dict[str, frozenset[int]]:
        return {"partner": frozenset({self.organisation_id})}


class ApplicationDocument(Base):
    """A document joined to an application: sent for it, or taken from the structure's kept papers."""

    __tablename__ = "application_documents"
    __table_args__ = (UniqueConstraint("application_id", "structure_document_id"),)

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), index=True)
    kind: Mapped[str] = mapped_column(one_of("kind", DOCUMENT_KINDS))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    sent_sha256: Mapped[bytes] = mapped_column(LargeBinary)  # of the bytes sent; a photo is kept as a clean copy
    structure_document_id: Mapped[int | None] = mapped_column(ForeignKey("structure_documents.id"))
    added_at: Mapped[Instant]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class LotWish(Base):
    """The pivot: application × lot. `rank` orders the wishes (equal ranks = equally liked); None = not acceptable."""

    __tablename__ = "lot_wishes"
    __table_args__ = (
        UniqueConstraint("application_id", "lot_id"),
        CheckConstraint("rank IS NULL OR rank >= 1", name="rank_positive"),
        CheckConstraint("area_min IS NULL OR area_max IS NULL OR area_min <= area_max", name="area_order"),
    )

    id: Mapped[Key]
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    rank: Mapped[int | None] = mapped_column(SmallInteger)
    area_min: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    area_max: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))


explain_constraint(
    "uq_applications_call_id_organisation_id",
    "Votre structure a déjà une candidature à cet appel : ouvrez-la plutôt que d’en créer une seconde.",
)
explain_constraint(
    "ck_call_versions_occupation_order", "L’occupation finirait avant d’avoir commencé : corrigez ses dates."
)
explain_constraint(
    "ck_call_versions_closing_order",
    "La clôture viendrait après la décision ou après l’entrée dans les lieux : remettez les dates dans l’ordre.",
)
explain_constraint(
    "ck_call_versions_questions_order",
    "Les questions, puis les réponses, viennent avant la clôture : remettez les dates dans l’ordre.",
)
