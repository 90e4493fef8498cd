"""People, organisations, and how they belong together."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Base, Created, During, Instant, Key, explain_constraint, one_of

# City, intermunicipal body, developer, social landlord, solidarity land trust, private owner, ESS structure, support body.
OWNER_KINDS = ("city", "epci", "developer", "social_landlord", "land_trust", "private_owner")
KINDS = (*OWNER_KINDS, "ess_structure", "support_body")
# rules.md §6.2; `to_check` is a state, not a refusal.
ESS_STATUSES = ("association", "foundation", "cooperative", "mutual", "ess_company", "not_ess", "to_check")
ROLES = ("admin", "editor", "viewer")
# What a structure is asked for again and again: kept once, with the day it stops being valid.
DOCUMENT_KINDS = (
    "statutes", "registration", "ess_proof", "board", "accounts", "budget", "activity_report", "insurance", "tax", "bank", "other",
)  # fmt: skip


class User(Base):
    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email_lower", func.lower(text("email")), unique=True),)

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="fr")
    totp_secret: Mapped[str | None]
    totp_confirmed_at: Mapped[Instant | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    platform: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]
    email_confirmed_at: Mapped[Instant | None]
    disabled_at: Mapped[Instant | None]


class Organisation(Subject, Base):
    __tablename__ = "organisations"

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(one_of("kind", KINDS))
    name: Mapped[str]
    siren: Mapped[str | None] = mapped_column(unique=True)
    siret: Mapped[str | None]
    rna: Mapped[str | None]
    legal_form: Mapped[str | None]
    ess_status: Mapped[str | None] = mapped_column(one_of("ess_status", ESS_STATUSES))
    email: Mapped[str | None]
    phone: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("communes.code"))
    in_qpv: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    successor_of_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    succeeded_on: Mapped[date | None]  # the day it took over from `successor_of_id`
    # Nothing of its calls is published before a second person has agreed.
    calls_need_approval: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.id})}


class StructureDocument(Subject, Base):
    """A paper of a structure, kept once and joined to any application. Never deleted: taken out, or replaced."""

    __tablename__ = "structure_documents"

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str] = mapped_column(one_of("kind", DOCUMENT_KINDS))
    title: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    valid_until: Mapped[date | None]  # the last day it can be relied on; None: no end
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[Instant | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("structure_documents.id"))

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.organisation_id})}


class JoinRequest(Subject, Base):
    """A person asks to act for an organisation that is written down already; `reviewer` answers while nobody runs it."""

    __tablename__ = "join_requests"
    __table_args__ = (
        Index(
            "uq_join_requests_waiting", "organisation_id", "user_id", unique=True,
            postgresql_where=text("answered_at IS NULL"),
        ),
        CheckConstraint("(answered_at IS NULL) = (accepted IS NULL)", name="answered_with_outcome"),
        CheckConstraint("accepted IS NOT FALSE OR reason <> ''", name="refused_with_reason"),
    )  # fmt: skip

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    message: Mapped[str]  # who they are in it
    asked_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(server_default="")

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.reviewer_id or self.organisation_id})}

    def stage(self) -> str:
        return "waiting" if self.answered_at is None else "answered"


class Sameness(Base):
    """Two records that look like one structure: what a person decided about them. Neither is deleted."""

    __tablename__ = "organisation_sameness"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
        CheckConstraint("kept_id IS NULL OR kept_id IN (first_id, second_id)", name="keeps_one"),
    )

    id: Mapped[Key]
    first_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    second_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    kept_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # None: two structures
    motive: Mapped[str]
    decided_at: Mapped[Instant]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))  # the authority that decided


class EssClaim(Subject, Base):
    """A structure says which ESS status it has, with its proof; the authority it chose checks it, and says why."""

    __tablename__ = "ess_claims"
    __table_args__ = (
        Index("uq_ess_claims_waiting", "organisation_id", unique=True, postgresql_where=text("reviewed_at IS NULL")),
        CheckConstraint("(reviewed_at IS NULL) = (accepted IS NULL)", name="reviewed_with_outcome"),
        CheckConstraint("reviewed_at IS NULL OR reviewed_at >= claimed_at", name="reviewed_after_claim"),
        CheckConstraint("accepted IS NOT FALSE OR reason <> ''", name="refused_with_reason"),
    )

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    status: Mapped[str] = mapped_column(
        one_of("status", tuple(s for s in ESS_STATUSES if s not in ("to_check", "not_ess")))
    )
    document_id: Mapped[int | None] = mapped_column(ForeignKey("structure_documents.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    claimed_at: Mapped[Instant]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[Instant | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(server_default="")

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.organisation_id}), "reviewer": frozenset({self.reviewer_id})}

    def stage(self) -> str:
        return "waiting" if self.reviewed_at is None else "reviewed"


class Membership(Base):
    """A person in an organisation, with a role, from a day; never deleted, ended."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index(
            "uq_memberships_active",
            "user_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_memberships_organisation_id", "organisation_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[str] = mapped_column(one_of("role", ROLES))
    created_at: Mapped[Created]
    ended_at: Mapped[Instant | None]


class Invitation(Subject, Base):
    __tablename__ = "invitations"

    id: Mapped[Key]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    email: Mapped[str]
    role: Mapped[str] = mapped_column(one_of("role", ROLES))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Created]
    expires_at: Mapped[Instant]
    accepted_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.organisation_id})}


class Mandate(Subject, Base):
    """`grantor` lets `agent` act for it: a city for a private owner, a support body for the organiser of a call."""

    __tablename__ = "mandates"
    __table_args__ = (CheckConstraint("grantor_id <> agent_id", name="two_parties"),)

    id: Mapped[Key]
    grantor_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    scope: Mapped[str] = mapped_column(one_of("scope", ("premises", "calls", "everything")))
    during: Mapped[During]
    created_at: Mapped[Created]
    revoked_at: Mapped[Instant | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"self": frozenset({self.grantor_id, self.agent_id})}


class Session(Base):
    """A signed-in browser. Only the hash of the cookie is kept; rotated at sign-in and at the second factor."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    second_factor_at: Mapped[Instant | None]
    user_agent: Mapped[str] = mapped_column(server_default="")


class PasswordReset(Base):
    __tablename__ = "password_resets"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class Throttle(Base):
    """Counts attempts per key (account, address) in a window; rows are cheap and swept by age."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[Instant]
    count: Mapped[int]


class LegalParameterOverride(Base):
    """A platform's dated value for a legal parameter that the rules mark as unsure, with its source."""

    __tablename__ = "legal_parameter_overrides"
    __table_args__ = (UniqueConstraint("key", "valid_from"),)

    id: Mapped[Key]
    key: Mapped[str]
    value: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str]


explain_constraint(
    "uq_organisations_siren",
    "Une organisation porte déjà ce SIREN : demandez à la rejoindre plutôt que d’en créer une seconde.",
)
explain_constraint("uq_memberships_active", "Cette personne est déjà membre de l’organisation.")
explain_constraint(
    "uq_users_email_lower", "Un compte existe déjà avec cette adresse : connectez-vous, ou redemandez un mot de passe."
)
