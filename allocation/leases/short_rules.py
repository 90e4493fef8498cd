"""Rules of short titles: dérogatoire, précaire, commodat. OCC-12 to OCC-20. Pure."""

from collections.abc import Callable
from datetime import date, timedelta

from allocation.leases.durations import (
    Period,
    add_months,
    last_day,
    length_in_words,
    longer_than,
    together_at_least,
    together_longer_than,
)
from allocation.leases.facts import Facts
from intervalle import parameters
from intervalle.french import euros, long_date, percent, span
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import TitleCode

_L145_5 = "C. com. art. L145-5"
_L145_5_1 = "C. com. art. L145-5-1"
OCC_12 = Rule("OCC-12", "Bail dérogatoire : 36 mois au total", _L145_5, Source.LAW_OLD)
OCC_13 = Rule("OCC-13", "Bail dérogatoire signé avant l’entrée", _L145_5, Source.LAW_OLD)
OCC_14 = Rule("OCC-14", "Naissance d’un bail commercial", f"{_L145_5} al. 2", Source.LAW_OLD)
OCC_15 = Rule("OCC-15", "Pas de nouveau bail dérogatoire", f"{_L145_5} al. 1 et 3", Source.LAW_OLD)
OCC_16 = Rule("OCC-16", "Circonstances de la convention précaire", _L145_5_1, Source.LAW_OLD)
OCC_17 = Rule("OCC-17", "Convention précaire après un bail dérogatoire", _L145_5_1, Source.OWN_HIGH)
OCC_18 = Rule("OCC-18", "Événement de fin passé", _L145_5_1, Source.PRODUCT)
OCC_19 = Rule("OCC-19", "Loyer proche du marché", f"{_L145_5_1}, c. civ. art. 1876", Source.OWN_MEDIUM)
OCC_20 = Rule("OCC-20", "Prêt à usage gratuit", "C. civ. art. 1876", Source.LAW_2026)
INT_01 = Rule("INT-01", "Convention précaire de longue durée", _L145_5_1, Source.PRODUCT)


def commercial_status_on(end: date) -> date:
    """Day a commercial lease is born if the tenant is still in: one month after the last day (OCC-14)."""
    months = parameters.whole("derog.grace_months", end)
    return add_months(last_day(end), months)


def derogatory_alarm_days(end: date) -> list[date]:
    """Days to warn everyone, from J-180 to the day the commercial lease is born; none comes after it."""
    final = commercial_status_on(end)
    offsets = parameters.several("derog.alarm_days", end)
    days = {last_day(end) + timedelta(days=offset) for offset in offsets}
    return sorted({day for day in days if day < final} | {final})


def _derogatory(facts: Facts) -> tuple[Period, ...]:
    return tuple(item.period for item in facts.earlier if item.title is TitleCode.BAIL_DEROG)


def derogatory_total(facts: Facts) -> Verdict | None:
    """OCC-12: all derogatory leases of one tenant in the same premises last 36 months together at most."""
    if facts.ruling is not TitleCode.BAIL_DEROG:
        return None
    months = parameters.whole("derog.max_months", facts.start)
    if facts.end is None or together_longer_than((*_derogatory(facts), Period(facts.start, facts.end)), months):
        return OCC_12.block(
            f"Les baux dérogatoires de cet occupant dans ce lieu dépasseraient {span(months)} au total.",
            f"Réduisez la durée : le total ne peut pas dépasser {span(months)}, ou signez un bail commercial.",
        )
    return None


def signed_before_entry(facts: Facts) -> Verdict | None:
    """OCC-13: the derogation is agreed when the tenant comes in, not afterwards."""
    if facts.ruling is not TitleCode.BAIL_DEROG or facts.keys_on is None:
        return None
    if facts.signed_on is not None and facts.signed_on <= facts.keys_on:
        return None
    return OCC_13.block(
        "Le bail dérogatoire doit être signé au plus tard le jour de l’entrée dans les lieux.",
        "Faites examiner la situation par un juriste : l’occupant peut déjà avoir un bail commercial.",
    )


def commercial_lease_born(facts: Facts) -> Verdict | None:
    """OCC-14: from J-180, warn; one month after the term with the tenant still in, a commercial lease is born."""
    if facts.ruling is not TitleCode.BAIL_DEROG or facts.end is None or not facts.still_in:
        return None
    born, days = commercial_status_on(facts.end), derogatory_alarm_days(facts.end)
    if facts.today < days[0]:
        return None
    if facts.today >= born:
        return OCC_14.alarm(
            f"Le bail dérogatoire est fini depuis plus d’un mois : un bail commercial est né le {long_date(born)}.",
            "Faites examiner la situation par un juriste avant toute démarche.",
            born,
        )
    return OCC_14.alarm(
        f"Terme le {long_date(last_day(facts.end))}. Si l’occupant est encore là le {long_date(born)}, "
        "un bail commercial naît.",
        "Organisez la sortie et l’état des lieux, ou signez un bail commercial en connaissance de cause.",
        next(day for day in days if day >= facts.today),
    )


def derogatory_again(facts: Facts) -> Verdict | None:
    """OCC-15: once 36 months are used up, no new derogatory lease for the same business and premises."""
    earlier = _derogatory(facts)
    if facts.ruling is not TitleCode.BAIL_DEROG or not earlier:
        return None
    months = parameters.whole("derog.max_months", facts.start)
    if not together_at_least(earlier, months):
        return None
    return OCC_15.block(
        f"Les {span(months)} de bail dérogatoire sont épuisés pour ce fonds et ce lieu.",
        "Signez un bail commercial, ou attribuez le lieu à une autre activité.",
    )


def precarious_reason(facts: Facts) -> Verdict | None:
    """OCC-16: a precarious agreement rests on a circumstance outside the parties' will, with its evidence."""
    if facts.ruling is not TitleCode.COP or (facts.circumstance.strip() and facts.evidence):
        return None
    lacking = "la pièce qui la prouve" if facts.circumstance.strip() else "la circonstance particulière"
    return OCC_16.block(
        f"Une convention précaire repose sur une circonstance indépendante des parties : il manque {lacking}.",
        "Décrivez la circonstance (démolition, vente, projet urbain…) et joignez sa preuve.",
    )


def precarious_after_derogatory(facts: Facts) -> Verdict | None:
    """OCC-17: after a derogatory lease, the same circumstance cannot justify a precarious agreement."""
    if facts.ruling is not TitleCode.COP or facts.new_circumstance or not _derogatory(facts):
        return None
    return OCC_17.block(
        "Une convention précaire après un bail dérogatoire, sans circonstance nouvelle, risque la requalification.",
        "Décrivez la circonstance nouvelle et sa date, ou choisissez un autre titre.",
    )


def precarious_overdue(facts: Facts) -> Verdict | None:
    """OCC-18: the event that ends the agreement is more than three months past."""
    if facts.ruling is not TitleCode.COP or facts.end_event_on is None or facts.left_on is not None:
        return None
    limit = add_months(facts.end_event_on, parameters.whole("cop.grace_months", facts.end_event_on))
    if facts.today <= limit:
        return None
    return OCC_18.alarm(
        f"L’événement de fin, le {long_date(facts.end_event_on)}, est passé et l’occupation continue.",
        "Donnez congé, ou constatez par avenant la nouvelle circonstance et sa date.",
        limit,
    )


def near_market_rent(facts: Facts) -> Verdict | None:
    """OCC-19: a rent close to the market weakens a precarious agreement and contradicts a loan for use."""
    reference = facts.reference_rent_cents
    if facts.ruling not in {TitleCode.COP, TitleCode.PRET_USAGE} or not reference:
        return None
    share = parameters.ratio("rent.near_reference", facts.start)
    if facts.rent_cents < reference * share:
        return None
    return OCC_19.warn(
        f"Le loyer ({euros(facts.rent_cents)} par an) atteint {percent(share * 100)} de la référence "
        f"({euros(reference)}) : un juge pourrait y voir un bail.",
        "Baissez le loyer, ou écrivez ce qui le justifie.",
    )


def free_by_nature(facts: Facts) -> Verdict | None:
    """OCC-20: a loan for use is free; charges may be asked."""
    if facts.ruling is not TitleCode.PRET_USAGE or facts.rent_cents <= 0:
        return None
    return OCC_20.block(
        "Le prêt à usage est gratuit : aucun loyer ne peut être demandé.",
        "Ne demandez que les charges, ou choisissez un bail civil.",
    )


def long_precarious(facts: Facts) -> Verdict | None:
    """INT-01: the law sets no maximum, but a long precarious agreement is hard to call precarious."""
    if facts.ruling is not TitleCode.COP:
        return None
    months = parameters.whole("cop.long_months", facts.start)
    if not longer_than(facts.start, facts.end, months):
        return None
    return INT_01.warn(
        f"Durée : {length_in_words(facts.start, facts.end)}. Au-delà de {span(months)}, la précarité est difficile à "
        "soutenir, même si la loi ne fixe pas de maximum.",
        "Réduisez la durée, choisissez un autre titre, ou écrivez pourquoi la circonstance dure.",
    )


SHORT_RULES: tuple[Callable[[Facts], Verdict | None], ...] = (
    derogatory_total,
    derogatory_again,
    precarious_reason,
    precarious_after_derogatory,
    near_market_rent,
    free_by_nature,
    long_precarious,
)
