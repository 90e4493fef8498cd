"""What happens next to an occupant: dated steps from the end of the title, and what counts as an offer. Pure.

REL-01 to REL-03, REL-05 and REL-06; REL-04 (notice) is in `allocation.leases.deadlines`. The law gives a right to be
relocated only to commercial tenants and expropriated occupants: for others it is a promise of the contract, tracked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median

from allocation.leases.durations import add_months, last_day, shorter_than
from allocation.leases.entry_rules import latest_notice_day
from intervalle import parameters
from intervalle.french import euros, long_date, percent, square_metres
from intervalle.labelled import Labelled
from intervalle.rounding import half_up_decimal
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import Erp

_PROMISE = "Engagement du titre, règle d’Intervalle"
REL_01 = Rule("REL-01", "Entretien sur les besoins", _PROMISE, Source.PRODUCT)
REL_02 = Rule("REL-02", "Recherche et propositions", _PROMISE, Source.PRODUCT)
REL_05 = Rule("REL-05", "Sortie complète", "C. civ. art. 1731, règle d’Intervalle", Source.PRODUCT)


class Step(Labelled):
    """Steps of a path, in order."""

    INTERVIEW = "interview", "Entretien sur les besoins"
    MATCHING = "matching", "Recherche parmi les locaux de la plateforme"
    FIRST_OFFER = "first_offer", "Première proposition"
    ESCALATION = "escalation", "Alerte au propriétaire et à l’intercommunalité"
    NOTICE = "notice", "Dernier jour pour donner congé"
    EXIT = "exit", "Sortie : état des lieux, clés, compteurs"
    FOLLOW_UP_6 = "follow_up_6", "Suivi six mois après la sortie"
    FOLLOW_UP_12 = "follow_up_12", "Suivi un an après la sortie"


class Outcome(Labelled):
    """Where the occupant went."""

    RELOCATED_QPV = "relocated_qpv", "Relogé dans le quartier"
    RELOCATED_COMMUNE = "relocated_commune", "Relogé dans la commune"
    RELOCATED_ELSEWHERE = "relocated_elsewhere", "Relogé ailleurs"
    LEFT_BY_CHOICE = "left_by_choice", "Départ volontaire"
    CLOSED = "closed", "Activité cessée"
    NO_SOLUTION = "no_solution", "Sans solution"


RELOCATED = frozenset({Outcome.RELOCATED_QPV, Outcome.RELOCATED_COMMUNE, Outcome.RELOCATED_ELSEWHERE})


@dataclass(frozen=True, slots=True)
class DatedStep:
    """One step and the day it has to be done by."""

    step: Step
    due: date


def schedule(start: date, end: date, notice_months: int | None = None) -> list[DatedStep]:
    """Steps of a title [start, end). None falls before the first day; short titles start with the interview."""
    last = last_day(end)

    def before(key: str) -> date:
        return max(start, add_months(last, -parameters.whole(key, start)))

    short = shorter_than(start, end, parameters.whole("relocation.short_title_months", start))
    six, twelve = parameters.several("relocation.follow_up_months", start)
    steps = [
        DatedStep(Step.INTERVIEW, start if short else before("relocation.interview_months")),
        DatedStep(Step.MATCHING, before("relocation.match_months")),
        DatedStep(Step.FIRST_OFFER, before("relocation.offer_months")),
        DatedStep(Step.ESCALATION, before("relocation.escalation_months")),
        DatedStep(Step.EXIT, last),
        DatedStep(Step.FOLLOW_UP_6, add_months(last, six)),
        DatedStep(Step.FOLLOW_UP_12, add_months(last, twelve)),
    ]
    if notice_months:
        steps.append(DatedStep(Step.NOTICE, max(start, latest_notice_day(last, notice_months))))
    order = list(Step)
    return sorted(steps, key=lambda item: (item.due, order.index(item.step)))


def overdue(steps: Sequence[DatedStep], done: Collection[Step], today: date) -> list[Verdict]:
    """REL-01 and REL-02: one alarm per step that should have been done by now."""
    return [
        (REL_01 if item.step is Step.INTERVIEW else REL_02).alarm(
            f"« {item.step.label} » était prévu au plus tard le {long_date(item.due)}.",
            "Faites cette étape et datez-la, ou écrivez pourquoi elle n’a plus lieu d’être.",
            item.due,
        )
        for item in steps
        if item.step not in done and item.due < today
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What the occupant needs next, from the interview. `budget_cents_month` covers rent and charges."""

    area_m2: Decimal
    budget_cents_month: int
    erp: Erp | None = None
    exit_on: date  # first day out


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A lot offered: monthly rent and charges, authorised types, and the day it can be entered."""

    area_m2: Decimal
    monthly_cents: int
    erp_types: Collection[Erp] = ()
    available_on: date


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether an offer counts, and every reason it does not."""

    counts: bool
    reasons_fr: tuple[str, ...]


def counts_as_offer(offer: Offered, need: Needed) -> Counted:
    """REL-03: 80-120 % of the area, within budget, compatible public, available at most 30 days after the exit."""
    reasons = tuple(
        reason
        for reason in (
            _area_reason(offer, need),
            _budget_reason(offer, need),
            _public_reason(offer, need),
            _date_reason(offer, need),
        )
        if reason
    )
    return Counted(not reasons, reasons)


def _area_reason(offer: Offered, need: Needed) -> str | None:
    least = parameters.ratio("relocation.area_min", need.exit_on)
    most = parameters.ratio("relocation.area_max", need.exit_on)
    if least * need.area_m2 <= offer.area_m2 <= most * need.area_m2:
        return None
    return (
        f"{square_metres(offer.area_m2)} pour {square_metres(need.area_m2)} demandés : il faut de "
        f"{percent(least * 100)} à {percent(most * 100)}."
    )


def _budget_reason(offer: Offered, need: Needed) -> str | None:
    if offer.monthly_cents <= need.budget_cents_month:
        return None
    return f"{euros(offer.monthly_cents)} par mois pour un budget de {euros(need.budget_cents_month)}."


def _public_reason(offer: Offered, need: Needed) -> str | None:
    if need.erp is None or need.erp in offer.erp_types:
        return None
    return f"Le lot n’est pas autorisé pour le type {need.erp.value}."


def _date_reason(offer: Offered, need: Needed) -> str | None:
    latest = need.exit_on + timedelta(days=parameters.whole("relocation.available_days", need.exit_on))
    if offer.available_on <= latest:
        return None
    return f"Libre le {long_date(offer.available_on)}, après le {long_date(latest)}."


def exit_complete(*, inspection_out: bool, keys_returned: bool, meters_read: bool) -> Verdict | None:
    """REL-05: an exit is closed with its inspection, the keys and the meter readings."""
    lacking = [
        words
        for words, done in (
            ("l’état des lieux de sortie", inspection_out),
            ("la remise des clés", keys_returned),
            ("les relevés de compteurs", meters_read),
        )
        if not done
    ]
    if not lacking:
        return None
    return REL_05.block(f"La sortie ne peut pas être close : il manque {', '.join(lacking)}.", "Complétez la sortie.")


@dataclass(frozen=True, slots=True)
class Exit:
    """One exit: the outcome, and the days between leaving and entering the next place (None when unknown)."""

    outcome: Outcome
    gap_days: int | None = None


@dataclass(frozen=True, slots=True)
class Indicators:
    """REL-06. Shares are fractions of one with four decimals; None when there is nothing to count."""

    exits: int
    relocated: int
    relocated_share: Decimal | None
    staying_in_qpv_share: Decimal | None
    median_gap_days: Decimal | None


def indicators(exits: Sequence[Exit]) -> Indicators:
    """REL-06: relocated over exits, share staying in the quarter over exits, median gap of the relocated."""
    relocated = [item for item in exits if item.outcome in RELOCATED]
    staying = sum(item.outcome is Outcome.RELOCATED_QPV for item in exits)
    gaps = [Fraction(item.gap_days) for item in relocated if item.gap_days is not None]
    return Indicators(
        exits=len(exits),
        relocated=len(relocated),
        relocated_share=half_up_decimal(Fraction(len(relocated), len(exits)), 4) if exits else None,
        staying_in_qpv_share=half_up_decimal(Fraction(staying, len(exits)), 4) if exits else None,
        median_gap_days=half_up_decimal(median(gaps), 1) if gaps else None,
    )
