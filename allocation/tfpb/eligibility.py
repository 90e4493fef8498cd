"""Who has the abatement, for which dwellings and which years: TFPB-01 to TFPB-09. Pure.

`programme_rules.py` judges actions and yearly accounts (TFPB-10 to TFPB-16), `lease_link_rules.py` the leases that
are counted in them (TFPB-20 to TFPB-28).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from intervalle import parameters
from intervalle.french import long_date
from intervalle.verdicts import Rule, Source, Verdict, in_order
from premises.facts import HLM_BODIES, OwnerKind

_CGI = "CGI art. 1388 bis"
TFPB_01 = Rule("TFPB-01", "Logements seulement", _CGI, Source.BOFIP)
TFPB_02 = Rule("TFPB-02", "Logement en QPV au 1ᵉʳ janvier", _CGI, Source.BOFIP)
TFPB_03 = Rule("TFPB-03", "Organisme d’HLM ou SEM", _CGI, Source.LAW_OLD)
TFPB_04 = Rule("TFPB-04", "Fin de l’exonération de longue durée", "CGI art. 1384, 1384 A, 1388 bis", Source.LAW_OLD)
TFPB_05 = Rule("TFPB-05", "Contrat de ville et convention signés", f"{_CGI}, loi 2023-1322 art. 73", Source.BOFIP)
TFPB_06 = Rule("TFPB-06", "Dérogation 2025", "Loi 2025-127 art. 47 et 114", Source.FINANCE_ACTS)
TFPB_07 = Rule("TFPB-07", "Impositions 2025 à 2030", _CGI, Source.BOFIP)
TFPB_08 = Rule("TFPB-08", "Déclaration au service des impôts", _CGI, Source.BOFIP)
TFPB_09 = Rule("TFPB-09", "Bilan annuel aux signataires", _CGI, Source.LAW_OLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbatementFacts:
    """One dwelling, or one group alike, for one tax year. None means not known."""

    year: int
    dwelling: bool = True
    in_qpv: bool | None
    owner: OwnerKind
    contract_signed_on: date | None  # contrat de ville
    agreement_signed_on: date | None  # convention d'utilisation
    overseas: bool = False
    agreement_renewed: bool = False  # overseas agreement in force in 2024, renewed by law for 2025
    exemption_ended_on: date | None = None  # first day without the long exemption
    acquired_on: date | None = None
    acquired_with_state_aid: bool = False
    declared_on: date | None = None
    today: date


def is_dwelling(facts: AbatementFacts) -> Verdict | None:
    """TFPB-01: activity premises have no abatement; they can only be where its counterpart is spent."""
    if facts.dwelling:
        return None
    return TFPB_01.block(
        "Un local d’activité n’entre pas dans la base de l’abattement, réservé aux logements.",
        "Retirez-le du décompte ; sa mise à disposition peut être une action du programme (axe 7).",
    )


def in_priority_area(facts: AbatementFacts) -> Verdict | None:
    """TFPB-02: inside a QPV of the geography in force on 1 January of the tax year."""
    if facts.in_qpv:
        return None
    if facts.in_qpv is None:
        return TFPB_02.block(
            f"La situation du logement au 1ᵉʳ janvier {facts.year} est indéterminée.",
            "Placez-le sur la carte, ou importez les périmètres des quartiers prioritaires.",
        )
    return TFPB_02.block(
        f"Le logement n’est pas dans un quartier prioritaire au 1ᵉʳ janvier {facts.year}.", "Retirez-le du décompte."
    )


def eligible_owner(facts: AbatementFacts) -> Verdict | None:
    """TFPB-03: an HLM body or a SEM."""
    if facts.owner in HLM_BODIES or facts.owner is OwnerKind.SEM:
        return None
    return TFPB_03.block(
        f"« {facts.owner.label} » n’ouvre pas droit à l’abattement, réservé aux organismes d’HLM et aux SEM.",
        "Retirez ce propriétaire de la convention.",
    )


def exemption_over(facts: AbatementFacts) -> Verdict | None:
    """TFPB-04: nothing to abate while a long exemption runs; old acquisitions with State aid are accepted."""
    new_year = date(facts.year, 1, 1)
    if facts.exemption_ended_on is not None and facts.exemption_ended_on <= new_year:
        return None
    limit = parameters.day_of("tfpb.state_aid_before", new_year)
    if facts.acquired_with_state_aid and facts.acquired_on is not None and facts.acquired_on < limit:
        return None
    return TFPB_04.warn(
        "Rien n’indique que l’exonération de longue durée est terminée, ni que le logement a été acquis avec une "
        f"aide de l’État avant le {long_date(limit)}.",
        "Joignez la déclaration du bailleur.",
    )


def signature_limit(year: int) -> date:
    """Last day to sign for a tax year: 1 January, read as included, or the date of a derogation (TFPB-06)."""
    new_year = date(year, 1, 1)
    if parameters.exists("tfpb.signature_until", new_year):
        return parameters.day_of("tfpb.signature_until", new_year)
    return new_year


def signed_in_time(facts: AbatementFacts) -> Verdict | None:
    """TFPB-05 and TFPB-06: contract and agreement signed at 1 January, or at 31 March 2025 for 2025."""
    limit = signature_limit(facts.year)
    renewed = facts.overseas and facts.agreement_renewed
    if renewed and parameters.exists("tfpb.overseas_renewal", date(facts.year, 1, 1)):
        return None
    lacking = [
        words
        for words, day in (
            ("le contrat de ville", facts.contract_signed_on),
            ("la convention d’utilisation", facts.agreement_signed_on),
        )
        if day is None or day > limit
    ]
    if not lacking:
        return None
    rule = TFPB_06 if limit != date(facts.year, 1, 1) else TFPB_05
    return rule.block(
        f"{' et '.join(lacking).capitalize()} devaient être signés au plus tard le {long_date(limit)}."
        if len(lacking) > 1
        else f"Pour {facts.year}, {lacking[0]} doit être signé au plus tard le {long_date(limit)}.",
        f"L’abattement ne commence qu’avec l’imposition {facts.year + 1}, si la signature a lieu avant.",
    )


def covered_year(facts: AbatementFacts) -> Verdict | None:
    """TFPB-07: tax years 2025 to 2030."""
    if parameters.exists("tfpb.regime_year", date(facts.year, 1, 1)):
        return None
    return TFPB_07.block(
        f"L’imposition {facts.year} n’est pas dans la période de l’abattement (2025 à 2030).",
        "Choisissez une année de la période.",
    )


def declared(facts: AbatementFacts) -> Verdict | None:
    """TFPB-08: declared before 1 January of the first year (31 March in 2025); late, only later years count."""
    limit = declaration_limit(facts.year)
    if facts.declared_on is not None:
        if facts.declared_on <= limit:
            return None
        return TFPB_08.warn(
            f"La déclaration du {long_date(facts.declared_on)} est tardive pour {facts.year} : elle ne vaut que "
            "pour les années suivantes.",
            "Retirez cette année, ou joignez la réponse du service des impôts.",
        )
    first = parameters.several("tfpb.declaration_alarm_days", facts.today)[0]
    if facts.today < limit - timedelta(days=first):
        return None
    return TFPB_08.warn(
        f"La déclaration pour {facts.year} est à déposer au plus tard le {long_date(limit)}.",
        "Déposez-la avec l’identification des biens, le contrat de ville et la convention.",
        limit,
    )


def declaration_limit(year: int) -> date:
    """Last day to declare: 31 December of the year before, or the date of a derogation."""
    limit = signature_limit(year)
    return limit if limit != date(year, 1, 1) else date(year - 1, 12, 31)


def declaration_alarms(year: int) -> list[date]:
    """TFPB-08: days to remind, 90 and 30 days before the limit."""
    limit = declaration_limit(year)
    return [limit - timedelta(days=days) for days in parameters.several("tfpb.declaration_alarm_days", limit)]


def account_due(year: int, agreed: date | None = None) -> date:
    """TFPB-09: the day the account of `year` is sent; the local agreement fixes it, 31 March N+1 by default."""
    if agreed is not None:
        return agreed
    usual = parameters.day_of("tfpb.account_due", date(year, 1, 1))
    return usual.replace(year=year + 1)


def account_sent(year: int, sent_on: date | None, today: date, agreed: date | None = None) -> Verdict | None:
    """TFPB-09: the yearly account goes to the signatories of the contrat de ville."""
    if sent_on is not None:
        return None
    due = account_due(year, agreed)
    todo = "Adressez aux signataires le montant de l’abattement et le suivi des actions."
    if today > due:
        return TFPB_09.alarm(f"Le bilan {year} devait être transmis le {long_date(due)}.", todo, due)
    return TFPB_09.info(f"Le bilan {year} est à transmettre au plus tard le {long_date(due)}.", todo, due)


ABATEMENT_RULES = (
    is_dwelling,
    in_priority_area,
    eligible_owner,
    exemption_over,
    signed_in_time,
    covered_year,
    declared,
)


def judge_abatement(facts: AbatementFacts) -> list[Verdict]:
    """TFPB-01 to TFPB-08 on one dwelling and year, gravest first."""
    return in_order(verdict for rule in ABATEMENT_RULES if (verdict := rule(facts)))
