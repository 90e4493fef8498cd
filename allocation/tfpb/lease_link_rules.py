"""Which leases count in a TFPB programme: TFPB-20 to TFPB-28. Pure."""

from dataclasses import dataclass
from datetime import date

from allocation.leases.durations import Period, add_months, last_day, year_period
from intervalle import parameters
from intervalle.french import euros, long_date
from intervalle.verdicts import Rule, Source, Verdict, in_order

_METHOD = "Méthode de valorisation acceptée par les signataires"
TFPB_20 = Rule("TFPB-20", "Lot dans le quartier du programme", "CGI art. 1388 bis", Source.BOFIP)
TFPB_21 = Rule("TFPB-21", "Jours réellement occupables", _METHOD, Source.PRODUCT)
TFPB_22 = Rule("TFPB-22", "Valeur locative documentée", _METHOD, Source.PRODUCT)
TFPB_23 = Rule("TFPB-23", "Utilité pour les locataires", "CGI art. 1388 bis", Source.BOFIP)
TFPB_24 = Rule("TFPB-24", "Impayés exclus", _METHOD, Source.PRODUCT)
TFPB_25 = Rule("TFPB-25", "Vacance exclue", _METHOD, Source.PRODUCT)
TFPB_26 = Rule("TFPB-26", "Propriétaire signataire", "CGI art. 1388 bis", Source.BOFIP)
TFPB_27 = Rule("TFPB-27", "Loyer au niveau de la référence", _METHOD, Source.PRODUCT)
TFPB_28 = Rule("TFPB-28", "Subvention qui paie le loyer", _METHOD, Source.ESS_GUIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """A lease that would be counted in the programme of one QPV and year. `counted` are the days it claims."""

    year: int
    in_programme_qpv: bool | None
    serves_qpv_fr: str = ""  # why a lot outside still serves the quarter
    signatories_agree: bool = False
    title: Period
    keys_from: date | None
    counted: Period | None
    reference_document: str = ""
    reference_dated: date | None = None
    tenant_benefit_fr: str = ""
    indicators: int = 0
    billed_cents_year: int = 0
    reference_cents_year: int = 0
    unpaid_cents: int = 0  # claimed as an advantage, which they are not
    vacancy_cents: int = 0  # claimed for days before the lease
    subsidy_cents_year: int = 0
    subsidy_counted_as_rent: bool = False
    same_owner: bool


def inside_programme(facts: LinkFacts) -> Verdict | None:
    """TFPB-20: inside the QPV of the programme, or serving it with the signatories' agreement."""
    if facts.in_programme_qpv:
        return None
    if facts.serves_qpv_fr.strip() and facts.signatories_agree:
        return TFPB_20.warn(
            "Le lot est hors du quartier, ou sa situation est indéterminée : il compte parce qu’il dessert ses habitants.",
            "Joignez l’accord des signataires.",
        )
    return TFPB_20.block(
        "Le lot n’est pas dans le quartier du programme.",
        "Écrivez en quoi il dessert les habitants du quartier et obtenez l’accord des signataires.",
    )


def days_allowed(facts: LinkFacts) -> Period | None:
    """TFPB-21: title, year and keys together."""
    inside = facts.title.meets(year_period(facts.year))
    if inside is None or facts.keys_from is None or facts.keys_from >= inside.end:
        return None
    return Period(max(inside.start, facts.keys_from), inside.end)


def days_counted(facts: LinkFacts) -> Verdict | None:
    """TFPB-21: only days inside the title, the year and real availability."""
    allowed = days_allowed(facts)
    if facts.counted is None:
        return None
    if allowed is not None and allowed.start <= facts.counted.start and facts.counted.end <= allowed.end:
        return None
    if allowed is None:
        return TFPB_21.block(
            f"Aucun jour de {facts.year} n’est occupable.", "Retirez ce titre du programme de l’année."
        )
    return TFPB_21.block(
        "Des jours comptés sont hors du titre, de l’année ou de la remise des clés.",
        f"Ne comptez que du {long_date(allowed.start)} au {long_date(last_day(allowed.end))}.",
    )


def reference_documented(facts: LinkFacts) -> Verdict | None:
    """TFPB-22: the reference value rests on a dated document; older than 36 months it is questioned."""
    if not facts.reference_document.strip() or facts.reference_dated is None:
        return TFPB_22.block(
            "La valeur locative de référence n’est fondée sur aucun document daté.",
            "Joignez l’avis de valeur, la grille du bailleur ou le tarif retenu, avec sa date.",
        )
    months = parameters.whole("tfpb.reference_age_months", date(facts.year, 1, 1))
    until = add_months(facts.reference_dated, months)
    # Judged on the first day counted: the value has to be fresh when it starts to be used.
    used_on = facts.counted.start if facts.counted else date(facts.year, 1, 1)
    if used_on <= until:
        return None
    return TFPB_22.warn(
        f"Le document de référence date du {long_date(facts.reference_dated)} : plus de {months} mois.",
        "Faites actualiser la valeur, ou écrivez pourquoi elle reste juste.",
    )


def useful_to_tenants(facts: LinkFacts) -> Verdict | None:
    """TFPB-23: the benefit to tenants is described and has an indicator at least."""
    if facts.tenant_benefit_fr.strip() and facts.indicators >= 1:
        return None
    return TFPB_23.block(
        "L’utilité de l’activité pour les locataires du quartier n’est pas décrite, ou n’a aucun indicateur.",
        "Décrivez-la et ajoutez un indicateur.",
    )


def no_unpaid_rent(facts: LinkFacts) -> Verdict | None:
    """TFPB-24: rent billed and not collected is a debt, not an advantage."""
    if facts.unpaid_cents <= 0:
        return None
    return TFPB_24.block(
        f"{euros(facts.unpaid_cents)} d’impayés sont comptés : un loyer facturé et non encaissé n’est pas un avantage.",
        "Retirez les impayés du montant.",
    )


def no_vacancy(facts: LinkFacts) -> Verdict | None:
    """TFPB-25: days before the lease are worth nothing."""
    if facts.vacancy_cents <= 0:
        return None
    return TFPB_25.block(
        f"{euros(facts.vacancy_cents)} de vacance sont comptés : le temps avant le titre n’est pas valorisable.",
        "Retirez la vacance du montant.",
    )


def owner_signed(facts: LinkFacts) -> Verdict | None:
    """TFPB-26: the lot belongs to the signatory of the agreement."""
    if facts.same_owner:
        return None
    return TFPB_26.block(
        "Le lot n’appartient pas au bailleur signataire de la convention.",
        "Rattachez le titre au programme de son propriétaire.",
    )


def rent_below_reference(facts: LinkFacts) -> Verdict | None:
    """TFPB-27: at the reference rent or above, there is nothing to value."""
    received = facts.billed_cents_year + facts.subsidy_cents_year
    if facts.reference_cents_year == 0 or received < facts.reference_cents_year:
        return None
    return TFPB_27.info(
        f"Le loyer perçu ({euros(received)} par an) atteint la référence ({euros(facts.reference_cents_year)}) : "
        "le montant valorisable est nul."
    )


def subsidy_is_rent(facts: LinkFacts) -> Verdict | None:
    """TFPB-28: a public subsidy that pays the occupant's rent to the landlord is rent received."""
    if facts.subsidy_cents_year <= 0 or facts.subsidy_counted_as_rent:
        return None
    return TFPB_28.block(
        f"Une subvention de {euros(facts.subsidy_cents_year)} par an paie le loyer au bailleur : elle compte comme loyer.",
        "Ajoutez la subvention au loyer perçu dans la valorisation.",
    )


LINK_RULES = (
    inside_programme,
    days_counted,
    reference_documented,
    useful_to_tenants,
    no_unpaid_rent,
    no_vacancy,
    owner_signed,
    rent_below_reference,
    subsidy_is_rent,
)


def judge_lease_link(facts: LinkFacts) -> list[Verdict]:
    """TFPB-20 to TFPB-28 on one lease and year, gravest first."""
    return in_order(verdict for rule in LINK_RULES if (verdict := rule(facts)))
