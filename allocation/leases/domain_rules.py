"""Rules of public domain and of local authorities: OCC-02 to OCC-11, OCC-29, OCC-30, OCC-38. Pure."""

from datetime import date, timedelta
from fractions import Fraction

from allocation.leases.clauses import LEASES
from allocation.leases.durations import add_months, length_in_words, longer_than
from allocation.leases.facts import ActKind, Facts, FreeGround, Occupant
from allocation.leases.titles import title
from calls import legality
from intervalle import parameters
from intervalle.french import long_date, span
from intervalle.rounding import half_up
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import LOCAL_AUTHORITIES, Domain, OwnerKind, TitleCode

OCC_02 = Rule("OCC-02", "Titre de droit privé sur le domaine public", "CG3P art. L2122-1 s. et L3111-1",
              Source.OWN_HIGH)  # fmt: skip
OCC_03 = Rule("OCC-03", "AOT hors du domaine public", "CG3P art. L2122-1 al. 2", Source.LAW_2026)
OCC_09 = Rule("OCC-09", "Gratuité sur le domaine public", "CG3P art. L2125-1 à L2125-1-2", Source.LAW_2026)
OCC_10 = Rule("OCC-10", "Redevance remboursée au prorata", "CG3P art. L2125-6", Source.LAW_2026)
OCC_11 = Rule("OCC-11", "Droits réels : 70 ans au plus", "CG3P art. L2122-6, CGCT art. L1311-5", Source.LAW_2026)
INT_02 = Rule("INT-02", "Occupation temporaire du domaine public", "CG3P art. L2122-2", Source.LAW_2026)
OCC_29 = Rule("OCC-29", "Décision de la commune", "CGCT art. L2122-22 5°", Source.LAW_OLD)
OCC_30 = Rule("OCC-30", "Transmission au préfet", "CGCT art. L2131-1, L2131-2 et L2241-1", Source.LAW_OLD)
OCC_38 = Rule("OCC-38", "Terrasse sans chauffage", "CG3P art. L2122-1-1 A", Source.LAW_2026)

PRIVATE_LAW_TITLES = frozenset(
    {
        TitleCode.BAIL_COM, TitleCode.BAIL_DEROG, TitleCode.BAIL_PRO, TitleCode.BAIL_CIVIL,
        TitleCode.BAIL_EMPH, TitleCode.BRSA, TitleCode.PRET_USAGE,
    }
)  # fmt: skip
LETTING = LEASES | {TitleCode.COP}  # « louage de choses »


def title_on_public_domain(facts: Facts) -> Verdict | None:
    """OCC-02: public domain is inalienable, private-law titles cannot be granted on it; others are unusual."""
    if facts.domain is not Domain.PUBLIC:
        return None
    code = facts.ruling
    if code in PRIVATE_LAW_TITLES:
        return OCC_02.block(
            f"« {code.label} » ne peut pas être consenti sur le domaine public, inaliénable et précaire.",
            "Choisissez une convention d’occupation temporaire (AOT), ou constatez le déclassement du bien.",
        )
    if Domain.PUBLIC in title(code).domains:
        return None
    return OCC_02.warn(
        f"« {code.label} » n’est pas prévu pour le domaine public : il serait lu comme une AOT.",
        "Préférez une convention d’occupation temporaire (AOT), ou écrivez ce qui justifie ce titre.",
    )


def public_title_elsewhere(facts: Facts) -> Verdict | None:
    """OCC-03: an AOT stands on public domain, or on property that joins it within six months."""
    if facts.ruling not in legality.PUBLIC_TITLES or facts.domain is Domain.PUBLIC:
        return None
    months = parameters.whole("aot.incorporation_months", facts.start)
    limit = add_months(facts.start, months)
    soon = facts.incorporation_by is not None and facts.incorporation_by <= limit
    if facts.domain is Domain.PRIVATE_OF_PUBLIC and soon:
        return None
    return OCC_03.block(
        "Une AOT n’est possible que sur le domaine public.",
        f"Choisissez un titre de droit privé, ou datez l’incorporation du bien au plus tard le {long_date(limit)}.",
    )


def selection_due(facts: Facts) -> Verdict | None:
    """OCC-04."""
    return legality.selection_due(facts.as_publicity)


def exemption_justified(facts: Facts) -> Verdict | None:
    """OCC-05."""
    return legality.exemption_justified(facts.as_publicity)


def publicity_only(facts: Facts) -> Verdict | None:
    """OCC-06."""
    return legality.publicity_only(facts.as_publicity)


def spontaneous_proposal(facts: Facts) -> Verdict | None:
    """OCC-07."""
    return legality.spontaneous_proposal(facts.as_publicity)


def no_competition_due(facts: Facts) -> Verdict | None:
    """OCC-08."""
    return legality.no_competition_due(facts.as_publicity)


def free_of_charge(facts: Facts) -> Verdict | None:
    """OCC-09: public domain is paid for, unless a ground of law applies, with its decision where one is needed."""
    if facts.domain is not Domain.PUBLIC or facts.rent_cents > 0:
        return None
    if facts.occupant is Occupant.COMPANY:
        return OCC_09.block("Une société ne peut pas occuper le domaine public gratuitement.", "Fixez une redevance.")
    if facts.free_ground is None:
        return OCC_09.block(
            "La gratuité du domaine public demande un motif prévu par la loi.",
            "Indiquez le motif (intérêt général, décision du conseil, végétalisation), ou fixez une redevance.",
        )
    return _free_ground_holds(facts)


def _free_ground_holds(facts: Facts) -> Verdict | None:
    if facts.free_ground is FreeGround.GREENING:
        return None
    if facts.occupant is not Occupant.ASSOCIATION:
        return OCC_09.block("Ce motif de gratuité ne vaut que pour une association.", "Fixez une redevance.")
    council = facts.free_ground is FreeGround.COUNCIL_DECISION
    if council and (facts.owner is not OwnerKind.COMMUNE or not facts.free_decision.strip()):
        return OCC_09.block(
            "La gratuité pour toute association loi 1901 demande une décision du conseil municipal.",
            "Indiquez le numéro et la date de la délibération.",
        )
    return None


def withdrawal_refund(facts: Facts) -> Verdict | None:
    """OCC-10: a withdrawal that does not punish a breach gives the unused advance back."""
    if facts.domain is not Domain.PUBLIC or facts.withdrawn_on is None or facts.withdrawn_for_breach:
        return None
    paid = facts.advance_paid_for
    if paid is None or facts.withdrawn_on >= paid.end:
        return None
    return OCC_10.info(
        "Le retrait avant terme, sans manquement, rembourse la redevance payée d’avance au prorata des jours.",
        f"Remboursez les jours du {long_date(facts.withdrawn_on)} au {long_date(paid.end - timedelta(days=1))}.",
    )


def refund_cents(advance_cents: int, paid_start: date, paid_end: date, withdrawn_on: date) -> int:
    """OCC-10: part of an advance fee to give back, in cents. `withdrawn_on` is the first day no longer occupied."""
    first_unused = min(max(withdrawn_on, paid_start), paid_end)
    return half_up(Fraction(advance_cents * (paid_end - first_unused).days, (paid_end - paid_start).days))


def real_rights_length(facts: Facts) -> Verdict | None:
    """OCC-11: an AOT with real rights lasts 70 years at most."""
    if facts.ruling is not TitleCode.AOT_DR:
        return None
    months = parameters.whole("aot_dr.max_months", facts.start)
    if not longer_than(facts.start, facts.end, months):
        return None
    return OCC_11.block(
        f"Durée : {length_in_words(facts.start, facts.end)}. Une AOT avec droits réels dure {span(months)} au plus.",
        "Réduisez la durée.",
    )


def temporary_on_public_domain(facts: Facts) -> Verdict | None:
    """INT-02: an occupation of public domain has an end."""
    if facts.domain is not Domain.PUBLIC or facts.end is not None:
        return None
    return INT_02.warn(
        "Le domaine public ne s’occupe que temporairement : le titre n’a pas de terme.",
        "Fixez un terme, ou écrivez pourquoi il n’y en a pas.",
    )


def commune_decision(facts: Facts) -> Verdict | None:
    """OCC-29: above twelve years the council decides; below, the mayor may if the council delegated it."""
    if facts.owner is not OwnerKind.COMMUNE or facts.ruling not in LETTING:
        return None
    act = facts.act
    if act is None or not act.reference.strip():
        return OCC_29.block(
            "La commune ne peut louer qu’après une délibération, ou une décision du maire qui en a reçu délégation.",
            "Indiquez le numéro et la date de l’acte.",
        )
    months = parameters.whole("commune.mayor_up_to_months", facts.start)
    if act.kind is ActKind.MAYOR and longer_than(facts.start, facts.end, months):
        return OCC_29.block(
            f"Au-delà de {span(months)}, la location doit être décidée par le conseil municipal.",
            "Faites délibérer le conseil, ou réduisez la durée.",
        )
    if act.kind is ActKind.MAYOR and not facts.delegation_reference.strip():
        return OCC_29.block(
            "Le maire ne peut décider seul d’une location que si le conseil le lui a délégué.",
            "Indiquez la délibération de délégation.",
        )
    return None


def sent_to_prefect(facts: Facts) -> Verdict | None:
    """OCC-30: an individual act of a local authority goes to the prefect within fifteen days."""
    act = facts.act
    if facts.owner not in LOCAL_AUTHORITIES or act is None or act.sent_on is not None:
        return None
    due = act.taken_on + timedelta(days=parameters.whole("prefect.days", act.taken_on))
    todo = "Transmettez l’acte au contrôle de légalité et notez la date d’envoi."
    if facts.today > due:
        return OCC_30.alarm(f"L’acte devait être transmis au préfet avant le {long_date(due)}.", todo, due)
    return OCC_30.info(f"L’acte est à transmettre au préfet avant le {long_date(due)}.", todo, due)


def outdoor_terrace(facts: Facts) -> Verdict | None:
    """OCC-38: no heating or air conditioning outdoors on public domain."""
    if facts.domain is not Domain.PUBLIC or not facts.terrace:
        return None
    return OCC_38.info(
        "Une terrasse sur le domaine public ne peut être ni chauffée ni climatisée en extérieur.",
        "Rappelez-le dans la convention.",
    )
