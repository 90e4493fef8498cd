"""Where a title stands, in words: its label, and who acts next and by when, per reader. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from intervalle.i18n import N_, _, day

STATES = ("draft", "signed", "running", "ended")
# State of the title -> label, and the hatch of the look that carries it.
LABELS = {
    "draft": N_("Brouillon"),
    "signed": N_("Signé, à venir"),
    "running": N_("En cours"),
    "ended": N_("Terminé"),
}
HATCHES = {"draft": "selection", "signed": "awarded", "running": "occupied", "ended": "works"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the next sentence is computed from. `end` is the first day out; None for an open term."""

    stage: str
    start: date | None
    end: date | None
    blocks: int | None = 0  # None on lists, where the rules are not run
    warnings: int = 0
    keys_handed_on: date | None = None
    insured_until: date | None = None
    conditions_late: int = 0


def next_step(standing: Standing, *, landlord: bool, today: date) -> str:
    """One sentence: who acts next, and by when."""
    if standing.stage == "draft":
        return _draft(standing, landlord)
    if standing.stage == "ended":
        return _("Le titre a pris fin. Le parcours de relogement dit ce qu’est devenu l’occupant.")
    if standing.keys_handed_on is None:
        return _keys(standing, landlord, today)
    if standing.conditions_late:
        return (
            _("Une contrepartie au moins est en retard : constatez-la, ou convenez d’une nouvelle date.")
            if landlord
            else _("Une contrepartie au moins est en retard : montrez ce qui a été fait au bailleur.")
        )
    if standing.end:
        return _(
            "L’occupation se poursuit jusqu’au %(day)s inclus ; le relogement se prépare dans son parcours.",
            day=day(standing.end - timedelta(days=1)),
        )
    return _("L’occupation se poursuit, sans terme fixé.")


def _draft(standing: Standing, landlord: bool) -> str:
    if not landlord:
        return _("Le bailleur prépare ce titre. Vous serez prévenu par courriel à la signature.")
    if standing.blocks is None:
        return _("À vous de compléter ce brouillon, puis de le signer.")
    if standing.blocks:
        return (
            _("À vous de compléter : %(n)s règles empêchent la signature.", n=standing.blocks)
            if (standing.blocks > 1)
            else _("À vous de compléter : une règle empêche la signature.")
        )
    if standing.warnings:
        return _("À vous de justifier par écrit les points signalés, puis de signer.")
    return _("Tout est en règle : à vous de signer.")


def _keys(standing: Standing, landlord: bool, today: date) -> str:
    insured = standing.insured_until is not None and standing.insured_until >= max(today, standing.start or today)
    if not insured:
        return (
            _("Avant de remettre les clés, demandez à l’occupant son attestation d’assurance.")
            if landlord
            else _("Remettez votre attestation d’assurance au bailleur : sans elle, pas de clés.")
        )
    if standing.start and today < standing.start:
        return _("Les clés se remettent à partir du %(day)s.", day=day(standing.start))
    return _("Remettez les clés et notez la date.") if landlord else _("Le bailleur doit vous remettre les clés.")
