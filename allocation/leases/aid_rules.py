"""Sub-letting and public help: OCC-31 to OCC-35. Pure. Amounts are integer cents."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

from allocation.leases.durations import add_months, last_day, whole_months
from allocation.leases.facts import Facts, Occupant
from intervalle import parameters
from intervalle.french import euros, long_date, round_euros
from intervalle.rounding import half_up
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import LOCAL_AUTHORITIES, PUBLIC_BODIES, TitleCode

OCC_31 = Rule("OCC-31", "Fin de la sous-location", "C. civ. art. 1717", Source.OWN_HIGH)
OCC_32 = Rule("OCC-32", "Accord du bailleur commercial", "C. com. art. L145-31", Source.LAW_OLD)
OCC_33 = Rule("OCC-33", "Pas de sous-location d’un BRSA", "CCH art. L256-1 s.", Source.BRSA_TEXTS)
OCC_34 = Rule("OCC-34", "Aide à une entreprise", "CGCT art. L1511-3, règlements (UE) 2023/2831 et 2023/2832",
              Source.LAW_OLD)  # fmt: skip
OCC_35 = Rule("OCC-35", "Aide en nature à une association", "Loi 2000-321 art. 9-1 et 10, décret 2017-779",
              Source.OWN_HIGH)  # fmt: skip


def sublet_end(facts: Facts) -> Verdict | None:
    """OCC-31: a sub-letting ends with the head title at the latest."""
    if facts.title is not TitleCode.SOUS_LOC or facts.head is None or facts.head.end is None:
        return None
    if facts.end is not None and facts.end <= facts.head.end:
        return None
    return OCC_31.block(
        f"La sous-location dépasse le titre principal, qui finit le {long_date(last_day(facts.head.end))}.",
        "Ramenez le terme à celui du titre principal, ou faites prolonger ce dernier d’abord.",
    )


def sublet_consent(facts: Facts) -> Verdict | None:
    """OCC-32: under a commercial lease the landlord consents in writing, is called, and has fifteen days."""
    head = facts.head
    if facts.title is not TitleCode.SOUS_LOC or head is None or head.title is not TitleCode.BAIL_COM:
        return None
    if not head.landlord_consent:
        return OCC_32.block(
            "La sous-location d’un bail commercial est interdite sans l’accord écrit du bailleur.",
            "Obtenez cet accord par écrit.",
        )
    if head.landlord_called_on is None:
        return OCC_32.block(
            "Le bailleur doit être appelé à concourir à l’acte de sous-location.",
            "Prévenez-le par lettre recommandée ou par acte, et notez la date.",
        )
    return _waited_for_landlord(facts, head.landlord_called_on, head.landlord_answered)


def _waited_for_landlord(facts: Facts, called_on: date, answered: bool) -> Verdict | None:
    limit = called_on + timedelta(days=parameters.whole("sublet.answer_days", called_on))
    signed = facts.signed_on or facts.today
    if answered or signed > limit:
        return None
    return OCC_32.block(
        f"Le bailleur a jusqu’au {long_date(limit)} pour dire s’il concourt à l’acte.",
        "Attendez sa réponse ou la fin de ce délai avant de signer.",
        limit,
    )


def sublet_brsa(facts: Facts) -> Verdict | None:
    """OCC-33: the direct tenant of a BRSA may not sub-let."""
    head = facts.head
    if facts.title is not TitleCode.SOUS_LOC or head is None or head.title is not TitleCode.BRSA:
        return None
    if not head.direct_tenant:
        return None
    return OCC_33.block(
        "L’occupant direct d’un BRSA ne peut pas sous-louer.",
        "Faites signer l’occupant avec l’organisme de foncier solidaire.",
    )


def yearly_advantage_cents(facts: Facts) -> int:
    """Reference rent minus rent asked, per year; zero when the reference is unknown or lower."""
    return max(0, (facts.reference_rent_cents or 0) - facts.rent_cents)


def aid_cents(yearly_cents: int, start: date, end: date | None) -> int:
    """Advantage over the whole title, pro rata of months and days; three years when it has no term."""
    until = end if end is not None else add_months(start, parameters.whole("aid.period_months", start))
    months, days = whole_months(start, until)
    return half_up(yearly_cents * (Fraction(months, 12) + Fraction(days, 365)))


def enterprise_aid(facts: Facts) -> Verdict | None:
    """OCC-34: a rebate to an economic activity is a State aid, counted against the three-year ceiling."""
    if facts.owner not in PUBLIC_BODIES or not facts.economic:
        return None
    aid = aid_cents(yearly_advantage_cents(facts), facts.start, facts.end)
    if aid == 0:
        return None
    cap = parameters.whole("aid.cap_sgei_cents" if facts.aid.sgei else "aid.cap_cents", facts.start)
    total = aid + facts.aid.received_cents
    counter = (
        f"Rabais de loyer : {euros(aid)} d’aide, {euros(total)} avec les aides déjà reçues, "
        f"pour un plafond de {round_euros(cap)} sur trois ans."
    )
    return _against_ceiling(facts, total, cap, counter)


def _against_ceiling(facts: Facts, total: int, cap: int, counter: str) -> Verdict:
    if total >= cap and not facts.aid.other_basis.strip():
        return OCC_34.block(
            f"{counter} Le plafond est atteint.",
            "Relevez le loyer, réduisez la durée, ou indiquez un autre fondement (régime exempté, notification).",
        )
    if total >= cap * parameters.ratio("aid.warn_at", facts.start):
        return OCC_34.warn(f"{counter} Le plafond est proche.", "Vérifiez les aides déjà reçues et écrivez le calcul.")
    return OCC_34.info(counter, "Rappelez l’aide et son montant dans la convention.")


def enterprise_aid_convention(facts: Facts) -> Verdict | None:
    """OCC-34: the rebate granted by a local authority rests on a convention with the enterprise."""
    if facts.owner not in LOCAL_AUTHORITIES or not facts.economic or yearly_advantage_cents(facts) == 0:
        return None
    if facts.aid.convention_reference.strip():
        return None
    return OCC_34.warn(
        "Un rabais de loyer consenti à une entreprise demande une convention.",
        "Indiquez la référence de la convention d’aide.",
    )


def _large_help(facts: Facts) -> bool:
    threshold = parameters.whole("in_kind.convention_cents", facts.start)
    return _helped_association(facts) and yearly_advantage_cents(facts) >= threshold


def _helped_association(facts: Facts) -> bool:
    return facts.owner in PUBLIC_BODIES and facts.occupant is Occupant.ASSOCIATION and yearly_advantage_cents(facts) > 0


def subsidy_convention(facts: Facts) -> Verdict | None:
    """OCC-35: help in kind from 23 000 € a year needs a written subsidy convention."""
    if not _large_help(facts) or facts.aid.convention_reference.strip():
        return None
    threshold = parameters.whole("in_kind.convention_cents", facts.start)
    return OCC_35.block(
        f"L’avantage en nature vaut {euros(yearly_advantage_cents(facts))} par an : à partir de "
        f"{round_euros(threshold)}, une convention de subvention est obligatoire.",
        "Signez la convention et indiquez sa référence.",
    )


def subsidy_open_data(facts: Facts) -> Verdict | None:
    """OCC-35: the convention's essential data are published."""
    if not _large_help(facts) or facts.aid.open_data_published:
        return None
    return OCC_35.warn(
        "Les données essentielles de la convention de subvention doivent être publiées.",
        "Publiez-les au format SCDL Subventions, nature « aide en nature ».",
    )


def republican_commitment(facts: Facts) -> Verdict | None:
    """OCC-35: an association that a public body helps signs the « contrat d’engagement républicain »."""
    if not _helped_association(facts) or facts.aid.republican_commitment:
        return None
    return OCC_35.warn(
        "L’association aidée doit avoir souscrit le contrat d’engagement républicain.",
        "Demandez-lui l’attestation signée.",
    )


AID_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    sublet_end,
    sublet_consent,
    sublet_brsa,
    enterprise_aid,
    enterprise_aid_convention,
    subsidy_convention,
    subsidy_open_data,
    republican_commitment,
)
