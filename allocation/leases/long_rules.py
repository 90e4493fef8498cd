"""Rules of long titles: commercial, professional, emphyteutic, construction, BRSA. OCC-21 to OCC-28. Pure."""

from collections.abc import Callable

from allocation.leases.durations import add_months, length_in_words, longer_than, shorter_than
from allocation.leases.facts import Facts, Occupant
from intervalle import parameters
from intervalle.french import long_date, span
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import OwnerKind, TitleCode

OCC_21 = Rule("OCC-21", "Bail commercial : neuf ans", "C. com. art. L145-4", Source.LAW_OLD)
OCC_22 = Rule("OCC-22", "Association et statut commercial", "C. com. art. L145-1", Source.OWN_HIGH)
OCC_23 = Rule("OCC-23", "Emphytéose : plus de 18 ans", "C. rural art. L451-1", Source.LAW_OLD)
OCC_24 = Rule("OCC-24", "Bail à construction : 18 à 99 ans", "CCH art. L251-1", Source.OWN_HIGH)
OCC_25 = Rule("OCC-25", "Pas de reconduction tacite", "C. rural art. L451-1", Source.LAW_OLD)
OCC_26 = Rule("OCC-26", "Bail réel solidaire d’activité", "CCH art. L256-1 s., décret 2024-838",
              Source.BRSA_TEXTS)  # fmt: skip
OCC_27 = Rule("OCC-27", "Bail professionnel : six ans", "Loi 86-1290 art. 57 A", Source.OWN_HIGH)
OCC_28 = Rule("OCC-28", "Acte authentique au-delà de 12 ans", "Décret 55-22 du 4 janvier 1955 art. 28",
              Source.OWN_HIGH)  # fmt: skip
OCC_BASE = Rule("OCC-21", "Le BCUS s’ajoute à un titre", "Pratique du BCUS, c. com. art. L145-4", Source.ESS_GUIDE)

EMPHYTEUTIC = frozenset({TitleCode.BAIL_EMPH, TitleCode.BEA})
NEVER_TACIT = EMPHYTEUTIC | {TitleCode.BAIL_CONSTR}
DEED_TITLES = NEVER_TACIT | {
    TitleCode.AOT_DR, TitleCode.BRSA, TitleCode.BAIL_COM, TitleCode.BAIL_PRO, TitleCode.BAIL_CIVIL,
    TitleCode.SOUS_LOC,
}  # fmt: skip


def _lasts(facts: Facts) -> str:
    return f"Durée : {length_in_words(facts.start, facts.end)}."


def overlay_has_base(facts: Facts) -> Verdict | None:
    """OCC-21: a social-utility lease is not a title of its own; it is added to one."""
    if facts.title is not TitleCode.BCUS or (facts.base and facts.base is not TitleCode.BCUS):
        return None
    return OCC_BASE.block(
        "Le bail d’utilité sociale n’est pas un titre à lui seul : il s’ajoute à un titre de base.",
        "Choisissez le titre de base (bail commercial, bail civil, convention…).",
    )


def commercial_length(facts: Facts) -> Verdict | None:
    """OCC-21: a commercial lease lasts nine years at least."""
    months = parameters.whole("com.min_months", facts.start)
    if facts.ruling is not TitleCode.BAIL_COM or not shorter_than(facts.start, facts.end, months):
        return None
    return OCC_21.block(
        f"{_lasts(facts)} Un bail commercial dure {span(months)} au moins.",
        "Allongez la durée (le preneur peut partir tous les trois ans), ou choisissez un autre titre.",
    )


def association_in_commercial(facts: Facts) -> Verdict | None:
    """OCC-22: an association that is not registered has the commercial status only if the parties choose it."""
    if facts.ruling is not TitleCode.BAIL_COM or facts.occupant is not Occupant.ASSOCIATION:
        return None
    if facts.registered or facts.voluntary_submission:
        return None
    return OCC_22.warn(
        "L’association n’est pas immatriculée : le statut commercial ne s’applique que si les parties le choisissent.",
        "Ajoutez une clause de soumission volontaire au statut, ou choisissez un bail civil.",
    )


def emphyteutic_length(facts: Facts) -> Verdict | None:
    """OCC-23: more than 18 years (exactly 18 is refused), 99 at most."""
    if facts.ruling not in EMPHYTEUTIC:
        return None
    least = parameters.whole("emph.min_months", facts.start)
    most = parameters.whole("emph.max_months", facts.start)
    if longer_than(facts.start, facts.end, least) and not longer_than(facts.start, facts.end, most):
        return None
    return OCC_23.block(
        f"{_lasts(facts)} Un bail emphytéotique dure plus de {span(least)} et {span(most)} au plus.",
        f"Pour un bail de {span(least)}, écrivez {span(least)} et un jour.",
    )


def construction_length(facts: Facts) -> Verdict | None:
    """OCC-24: 18 to 99 years, both included."""
    if facts.ruling is not TitleCode.BAIL_CONSTR:
        return None
    least = parameters.whole("constr.min_months", facts.start)
    most = parameters.whole("constr.max_months", facts.start)
    if not shorter_than(facts.start, facts.end, least) and not longer_than(facts.start, facts.end, most):
        return None
    return OCC_24.block(
        f"{_lasts(facts)} Un bail à construction dure de {span(least)} à {span(most)}.", "Corrigez la durée."
    )


def never_tacit(facts: Facts) -> Verdict | None:
    """OCC-25: long real-right leases are never renewed tacitly."""
    if facts.ruling not in NEVER_TACIT or not facts.tacit_renewal:
        return None
    return OCC_25.block(
        f"« {facts.ruling.label} » ne peut pas se reconduire tacitement.", "Retirez la clause de reconduction."
    )


def brsa_length(facts: Facts) -> Verdict | None:
    """OCC-26: 12 to 99 years, both included."""
    if facts.ruling is not TitleCode.BRSA:
        return None
    least = parameters.whole("brsa.min_months", facts.start)
    most = parameters.whole("brsa.max_months", facts.start)
    if not shorter_than(facts.start, facts.end, least) and not longer_than(facts.start, facts.end, most):
        return None
    return OCC_26.block(f"{_lasts(facts)} Un BRSA dure de {span(least)} à {span(most)}.", "Corrigez la durée.")


def brsa_lessor(facts: Facts) -> Verdict | None:
    """OCC-26: the lessor is an « organisme de foncier solidaire »."""
    if facts.ruling is not TitleCode.BRSA or facts.owner is OwnerKind.OFS:
        return None
    return OCC_26.block("Seul un organisme de foncier solidaire peut consentir un BRSA.", "Choisissez un autre titre.")


def brsa_tenant(facts: Facts) -> Verdict | None:
    """OCC-26: the tenant is a micro-enterprise; an unknown head count is asked for."""
    if facts.ruling is not TitleCode.BRSA:
        return None
    below = parameters.whole("brsa.staff_below", facts.start)
    if facts.staff is not None and facts.staff < below:
        return None
    known = f"elle a {facts.staff} salariés" if facts.staff is not None else "son effectif n’est pas indiqué"
    return OCC_26.block(
        f"Le preneur d’un BRSA est une entreprise de moins de {below} salariés : {known}.",
        "Vérifiez l’effectif, ou passez par un opérateur.",
    )


def brsa_publicity(facts: Facts) -> Verdict | None:
    """OCC-26: two months of publicity at least."""
    if facts.ruling is not TitleCode.BRSA:
        return None
    months = parameters.whole("brsa.publicity_months", facts.start)
    shown = facts.publicity
    if shown is not None and not shorter_than(shown.start, shown.end, months):
        return None
    end = f", jusqu’au {long_date(add_months(shown.start, months))}" if shown else ""
    return OCC_26.block(
        f"Un BRSA demande {months} mois de publicité au moins dans un support d’annonces légales.",
        f"Prolongez la publicité{end}, ou enregistrez ses dates.",
    )


def professional_length(facts: Facts) -> Verdict | None:
    """OCC-27: a professional lease lasts six years at least."""
    months = parameters.whole("pro.min_months", facts.start)
    if facts.ruling is not TitleCode.BAIL_PRO or not shorter_than(facts.start, facts.end, months):
        return None
    return OCC_27.block(
        f"{_lasts(facts)} Un bail professionnel dure {span(months)} au moins.",
        "Allongez la durée : le preneur peut partir à tout moment avec six mois de préavis.",
    )


def authentic_deed(facts: Facts) -> Verdict | None:
    """OCC-28: a lease of more than twelve years is a notary's deed, published in the land registry."""
    months = parameters.whole("deed.above_months", facts.start)
    if facts.ruling not in DEED_TITLES or facts.end is None or not longer_than(facts.start, facts.end, months):
        return None
    if facts.deed_reference.strip():
        return None
    return OCC_28.block(
        f"{_lasts(facts)} Au-delà de {span(months)}, le bail est un acte authentique publié au fichier immobilier.",
        "Indiquez la référence de l’acte du notaire.",
    )


LONG_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    overlay_has_base,
    commercial_length,
    association_in_commercial,
    emphyteutic_length,
    construction_length,
    never_tacit,
    brsa_length,
    brsa_lessor,
    brsa_tenant,
    brsa_publicity,
    professional_length,
)
