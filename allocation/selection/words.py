"""The French of this room: labels of codes, and sentences whose values are dates and counts."""

from collections.abc import Mapping
from datetime import datetime

from intervalle.i18n import N_, _, day, hour, number

COLLEGES = {
    "city_ess": N_("ESS de la ville"),
    "urban_policy": N_("Politique de la ville"),
    "landlord": N_("Bailleur"),
    "residents": N_("Habitants"),
    "expert": N_("Expertise"),
}
SHORT_ANCHORS = (N_("Absent"), N_("Très insuffisant"), N_("Insuffisant"), N_("Correct"), N_("Bon"), N_("Excellent"))
SCORE_RULES = {
    "mean": N_("moyenne des membres"),
    "median": N_("médiane des membres"),
    "trimmed_mean": N_("moyenne sans la note la plus haute ni la plus basse"),
}
TIE_BREAKS = {
    "first_criterion": N_("meilleure note au premier critère"),
    "earliest": N_("dépôt complet le plus ancien"),
    "draw": N_("tirage au sort, à rejouer avec la graine publiée"),
}


def say(sentence: str, values: Mapping[str, object]) -> str:
    """A marked sentence in the reader's language, its counts and instants shown the reader's way."""
    return _(sentence, **{name: _shown(value) for name, value in values.items()}) if values else _(sentence)


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return f"{day(value)}, {hour(value)}"
    return number(value) if isinstance(value, int) else value
