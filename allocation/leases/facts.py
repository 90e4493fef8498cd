"""What the lease rules look at. Pure: whoever calls them reads the database and fills this in.

Every field that defaults to nothing means « not known or not done », which is what the rules refuse. Dates are
[start, end), money is in integer cents, rents are per year.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from allocation.leases.durations import Period
from calls.legality import Exemption, Procedure, Publicity
from intervalle.labelled import Labelled
from premises.facts import Authorised, Domain, OwnerKind, PublicUse, TitleCode


class Step(IntEnum):
    """How far the title has come; a rule bites from its own step on (`rules.RULES`)."""

    DRAFT = 0
    SIGNATURE = 1
    KEYS = 2
    RUNNING = 3


class Occupant(Labelled):
    """Legal kind of the occupant, as far as the rules care."""

    ASSOCIATION = "association", "Association loi 1901"
    COOPERATIVE = "cooperative", "Coopérative"
    COMPANY = "company", "Société"
    PERSON = "person", "Personne physique"
    PUBLIC = "public", "Personne publique"


class FreeGround(Labelled):
    """Grounds that let public domain be occupied free of charge."""

    GENERAL_INTEREST = "L2125-1", "Association à but non lucratif concourant à l’intérêt général"
    COUNCIL_DECISION = "L2125-1-2", "Décision du conseil municipal pour une association loi 1901"
    GREENING = "L2125-1-1", "Végétalisation"


class ActKind(Labelled):
    """Who decided, for a local authority."""

    DELIBERATION = "deliberation", "Délibération"
    MAYOR = "mayor", "Décision du maire par délégation"


class NoticeForm(Labelled):
    """How a notice was served."""

    REGISTERED = "registered", "Lettre recommandée avec avis de réception"
    DEED = "deed", "Acte extrajudiciaire (commissaire de justice)"
    OTHER = "other", "Autre forme"


@dataclass(frozen=True, slots=True)
class Act:
    """The authority's decision. `sent_on` is the day it was sent to the prefect."""

    kind: ActKind
    reference: str
    taken_on: date
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A congé under a commercial lease. `last_day` is the last day it lets the tenant stay."""

    by_landlord: bool
    given_on: date
    last_day: date
    form: NoticeForm
    reasons: str = ""
    mentions_two_years: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier title of the same tenant in the same premises."""

    title: TitleCode
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTitle:
    """The title a sub-letting rests on. `direct_tenant` is false for a BRSA operator, who may let."""

    title: TitleCode
    end: date | None
    direct_tenant: bool = True
    landlord_consent: bool = False
    landlord_called_on: date | None = None
    landlord_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aid:
    """Public help to the occupant, for State-aid and subsidy rules."""

    received_cents: int = 0  # de minimis aid of the last three years, as declared
    sgei: bool = False  # service of general economic interest: the higher ceiling
    other_basis: str = ""
    convention_reference: str = ""
    open_data_published: bool = False
    republican_commitment: bool = False  # « contrat d’engagement républicain »


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One title, as known today."""

    title: TitleCode
    base: TitleCode | None = None  # under a BCUS
    step: Step = Step.SIGNATURE
    today: date
    start: date
    end: date | None
    domain: Domain
    owner: OwnerKind
    occupant: Occupant
    economic: bool
    registered: bool = False  # at the RCS or the trades register
    staff: int | None = None
    # Money, per year
    rent_cents: int = 0
    reference_rent_cents: int | None = None
    free_ground: FreeGround | None = None
    free_decision: str = ""
    advance_paid_for: Period | None = None
    withdrawn_on: date | None = None
    withdrawn_for_breach: bool = False
    aid: Aid = Aid()
    # Publicity
    procedure: Procedure = Procedure.NONE
    exemption: Exemption | None = None
    statement_url: str = ""
    statement_published_on: date | None = None
    short_or_unlimited: bool = False
    spontaneous: bool = False
    interest_checked_on: date | None = None
    publicity: Period | None = None
    incorporation_by: date | None = None  # when the property is to enter public domain
    # Reasons and clauses
    circumstance: str = ""
    evidence: bool = False
    new_circumstance: bool = False
    end_event_on: date | None = None
    voluntary_submission: bool = False
    tacit_renewal: bool = False
    deed_reference: str = ""
    act: Act | None = None
    delegation_reference: str = ""
    earlier: tuple[Earlier, ...] = ()
    head: HeadTitle | None = None
    notice: Notice | None = None
    # Entry and life
    signed_on: date | None = None
    keys_on: date | None = None
    left_on: date | None = None
    inspection_in_on: date | None = None
    insured_until: date | None = None  # last day covered
    terrace: bool = False
    use: PublicUse | None = None
    authorised: Authorised | None = None

    @property
    def ruling(self) -> TitleCode:
        """The title whose rules apply: the base of an overlay, otherwise the title itself."""
        return self.base if self.title is TitleCode.BCUS and self.base else self.title

    @property
    def still_in(self) -> bool:
        """Whether the occupant has the place today."""
        return self.keys_on is not None and self.left_on is None

    @property
    def as_publicity(self) -> Publicity:
        """The same facts, for the rules shared with calls."""
        return Publicity(
            domain=self.domain,
            title=self.ruling,
            economic=self.economic,
            start=self.start,
            end=self.end,
            procedure=self.procedure,
            exemption=self.exemption,
            statement_url=self.statement_url,
            statement_published_on=self.statement_published_on,
            short_or_unlimited=self.short_or_unlimited,
            spontaneous=self.spontaneous,
            interest_checked_on=self.interest_checked_on,
        )
