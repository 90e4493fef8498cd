"""Dates generated when a title is signed: preparing the exit, giving notice, the term, its legal consequences. Pure.

A date that would fall before the title starts is brought to its first day: a short title prepares its exit at entry.
"""

from dataclasses import dataclass
from datetime import date

from allocation.leases.durations import add_months, last_day
from allocation.leases.entry_rules import latest_notice_day, triennial_last_days
from allocation.leases.short_rules import commercial_status_on, derogatory_alarm_days
from allocation.leases.titles import title
from intervalle import parameters
from intervalle.french import long_date
from intervalle.labelled import Labelled
from intervalle.verdicts import Rule, Source, Verdict
from premises.facts import TitleCode

REL_04 = Rule("REL-04", "Préavis du titre respecté", "Préavis du titre", Source.PRODUCT)


class Kind(Labelled):
    """What a date is about. Codes are stored with reminders."""

    EXIT = "exit", "Préparation de la sortie"
    NOTICE = "notice", "Dernier jour pour donner congé"
    TRIENNIAL = "triennial", "Dernier jour du congé triennal"
    TERM = "term", "Dernier jour du titre"
    COMMERCIAL = "commercial", "Rappel du bail dérogatoire"
    BORN = "born", "Naissance d’un bail commercial"


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """One date to keep, with the sentence to show beside it."""

    due: date
    kind: Kind
    label_fr: str


STEP_LABELS = {
    12: "Ouvrir l’entretien sur les besoins : la sortie est dans douze mois",
    9: "Chercher des lieux possibles parmi les lots de la plateforme",
    6: "Faire au moins une proposition de lieu et confirmer la date de sortie",
    3: "Alerter le propriétaire et l’intercommunalité si aucune suite n’est trouvée ; fixer l’état des lieux",
}


def schedule(code: TitleCode, start: date, end: date | None, notice_months: int | None = None) -> list[Deadline]:
    """Every date of the title, in order. `notice_months` is what the contract says, when it differs from usage."""
    found = [*_triennial(code, start, end)]
    if end is not None:
        found += [*exit_steps(start, end), *_term(code, start, end, notice_months), *_derogatory(code, end)]
    return sorted(set(found))


def exit_steps(start: date, end: date) -> list[Deadline]:
    """T-12, T-9, T-6 and T-3 months before the last day, never before the first day of the title."""
    return [
        Deadline(max(start, add_months(last_day(end), -months)), Kind.EXIT, STEP_LABELS[months])
        for months in parameters.several("exit.steps_months", start)
    ]


def _term(code: TitleCode, start: date, end: date, agreed: int | None) -> list[Deadline]:
    months = agreed if agreed is not None else title(code).notice_months(start)
    found = [Deadline(last_day(end), Kind.TERM, "Dernier jour : état des lieux de sortie, clés, relevés de compteurs")]
    if months:
        due = max(start, latest_notice_day(last_day(end), months))
        found.append(Deadline(due, Kind.NOTICE, f"Dernier jour pour donner congé, avec {months} mois de préavis"))
    return found


def _triennial(code: TitleCode, start: date, end: date | None) -> list[Deadline]:
    """A commercial tenant may leave every three years, with six months' notice (OCC-36)."""
    if code is not TitleCode.BAIL_COM:
        return []
    months = parameters.whole("com.notice_months", start)
    return [
        Deadline(
            latest_notice_day(day, months),
            Kind.TRIENNIAL,
            f"Dernier jour du congé du preneur pour partir le {long_date(day)}",
        )
        for day in triennial_last_days(start, end)
        if end is None or day < last_day(end)
    ]


def _derogatory(code: TitleCode, end: date) -> list[Deadline]:
    """OCC-14: reminders around the term, and the day a commercial lease would be born."""
    if code is not TitleCode.BAIL_DEROG:
        return []
    born = commercial_status_on(end)
    label = f"L’occupant encore là le {long_date(born)} aurait un bail commercial"
    reminders = [Deadline(day, Kind.COMMERCIAL, label) for day in derogatory_alarm_days(end) if day < born]
    return [*reminders, Deadline(born, Kind.BORN, "Un bail commercial naît si l’occupant est encore dans les lieux")]


def notice_respected(code: TitleCode, given_on: date, leaves_on: date, agreed: int | None = None) -> Verdict | None:
    """REL-04: between the notice and the last day there is the notice of the contract, or of the title."""
    months = agreed if agreed is not None else title(code).notice_months(given_on)
    if not months or given_on <= latest_notice_day(leaves_on, months):
        return None
    earliest = add_months(given_on, months)
    return REL_04.block(
        f"Un congé donné le {long_date(given_on)} ne peut pas faire partir le {long_date(leaves_on)} : "
        f"le préavis est de {months} mois.",
        f"Fixez le départ au {long_date(earliest)} ou plus tard.",
        earliest,
    )
