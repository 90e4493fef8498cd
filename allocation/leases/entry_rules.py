"""Keys, notices, inspections, safety, insurance: OCC-01, OCC-36, OCC-37, OCC-39, OCC-40. Pure."""

from collections.abc import Iterator
from datetime import date

from allocation.leases.durations import ONE_DAY, add_months, last_day
from allocation.leases.facts import Facts, NoticeForm, Step
from intervalle import parameters
from intervalle.french import long_date
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import TitleCode, erp_obstacle

OCC_01 = Rule("OCC-01", "Pas de clés sans titre", "CG3P art. L2122-1", Source.LAW_2026)
OCC_36 = Rule("OCC-36", "Congé d’un bail commercial", "C. com. art. L145-4 et L145-9", Source.LAW_OLD)
OCC_36_FORM = Rule("OCC-36", "Forme du congé", "C. com. art. L145-9 (loi 2015-990)", Source.OWN_HIGH)
OCC_37 = Rule("OCC-37", "État des lieux d’entrée", "C. civ. art. 1731, c. com. art. L145-5 et L145-40-1",
              Source.LAW_OLD)  # fmt: skip
OCC_39 = Rule("OCC-39", "Accueil du public", "CCH art. R143-2 et R143-19", Source.LAW_OLD)
OCC_40 = Rule("OCC-40", "Assurance de l’occupant", "C. civ. art. 1733", Source.OWN_HIGH)


def keys_without_title(facts: Facts) -> Verdict | None:
    """OCC-01: keys are handed under a signed title, from its first day on."""
    if facts.keys_on is None:
        return None
    signed = facts.signed_on is not None and facts.signed_on <= facts.keys_on
    current = facts.start <= facts.keys_on and (facts.end is None or facts.keys_on < facts.end)
    if signed and current:
        return None
    lacking = "le titre n’est pas signé à cette date" if not signed else "le titre ne couvre pas ce jour"
    return OCC_01.block(
        f"Les clés ne peuvent pas être remises le {long_date(facts.keys_on)} : {lacking}.",
        "Signez le titre, ou changez la date de remise des clés.",
    )


def triennial_last_days(start: date, end: date | None, count: int = 12) -> Iterator[date]:
    """Last days of the successive three-year periods of a commercial lease, the lease's last day included."""
    months = parameters.whole("com.triennial_months", start)
    for step in range(1, count + 1):
        stop = add_months(start, months * step)
        if end is not None and stop >= end:
            yield last_day(end)
            return
        yield last_day(stop)


def latest_notice_day(last: date, months: int) -> date:
    """Last day a notice of `months` months can be given for someone to leave on `last`.

    A notice runs from a day to the same day of the month, or to the end of a shorter month (CPC art. 641): six
    months given on 31 August are over on 28 February.
    """
    day = add_months(last, -months)
    while add_months(day + ONE_DAY, months) <= last:
        day += ONE_DAY
    return day


def _commercial_notice(facts: Facts) -> bool:
    return facts.ruling is TitleCode.BAIL_COM and facts.notice is not None


def notice_form(facts: Facts) -> Verdict | None:
    """OCC-36: the landlord by bailiff's deed; the tenant by registered letter or deed."""
    if facts.notice is None or not _commercial_notice(facts):
        return None
    deed_only = facts.notice.by_landlord and parameters.exists("com.landlord_deed_only", facts.notice.given_on)
    allowed = {NoticeForm.DEED} if deed_only else {NoticeForm.DEED, NoticeForm.REGISTERED}
    if facts.notice.form in allowed:
        return None
    wanted = "par acte extrajudiciaire" if deed_only else "par lettre recommandée ou par acte extrajudiciaire"
    return OCC_36_FORM.block(f"Le congé doit être donné {wanted}.", "Donnez à nouveau congé dans cette forme.")


def notice_content(facts: Facts) -> Verdict | None:
    """OCC-36: the landlord's notice gives its reasons and mentions the two years to act, or it is void."""
    notice = facts.notice
    if notice is None or not _commercial_notice(facts) or not notice.by_landlord:
        return None
    if notice.reasons.strip() and notice.mentions_two_years:
        return None
    lacking = "la mention du délai de deux ans pour saisir le tribunal" if notice.reasons.strip() else "ses motifs"
    return OCC_36.block(
        f"Le congé du bailleur est nul sans {lacking}.", "Complétez le congé et donnez-le à nouveau dans les délais."
    )


def notice_time(facts: Facts) -> Verdict | None:
    """OCC-36: six months before the end of a three-year period (tenant) or of the lease (landlord)."""
    notice = facts.notice
    if notice is None or not _commercial_notice(facts):
        return None
    ends = [last_day(facts.end)] if notice.by_landlord and facts.end else []
    possible = ends or list(triennial_last_days(facts.start, facts.end))
    months = parameters.whole("com.notice_months", notice.given_on)
    in_time = [day for day in possible if latest_notice_day(day, months) >= notice.given_on]
    if notice.last_day in in_time:
        return None
    hint = f"Le prochain départ possible est le {long_date(in_time[0])}." if in_time else "Il n’est plus temps."
    return OCC_36.block(
        f"Le congé pour le {long_date(notice.last_day)} n’est pas donné {months} mois avant la fin d’une période.", hint
    )


def inspection_done(facts: Facts) -> Verdict | None:
    """OCC-37: without an entry inspection the premises are presumed handed over in good state (1731)."""
    if facts.inspection_in_on is not None:
        return None
    message = "Aucun état des lieux d’entrée : les lieux sont présumés reçus en bon état."
    todo = "Faites l’état des lieux avec l’occupant et joignez-le au titre."
    if facts.ruling in {TitleCode.BAIL_DEROG, TitleCode.BAIL_COM}:
        return OCC_37.block(message, todo)
    return OCC_37.warn(message, todo)


def public_safety(facts: Facts) -> Verdict | None:
    """OCC-39: the use fits what the lot is authorised to receive."""
    if facts.use is None or facts.authorised is None:
        return None
    obstacle = erp_obstacle(facts.use, facts.authorised, facts.start)
    if obstacle is None:
        return None
    return OCC_39.block(obstacle, "Changez l’usage ou le lot, ou déposez une autorisation de travaux ERP.")


def insurance_valid(facts: Facts) -> Verdict | None:
    """OCC-40: no keys without insurance; an insurance that lapses during the occupation raises an alarm."""
    day = facts.keys_on if facts.step <= Step.KEYS and facts.keys_on else facts.today
    if facts.insured_until is not None and facts.insured_until >= day:
        return None
    said = (
        f"L’assurance de l’occupant a expiré le {long_date(facts.insured_until)}."
        if facts.insured_until
        else "L’attestation d’assurance de l’occupant manque."
    )
    if facts.step >= Step.RUNNING:
        return OCC_40.alarm(said, "Demandez l’attestation à jour.", facts.insured_until)
    return OCC_40.block(said, "Ne remettez pas les clés avant d’avoir reçu l’attestation.")
