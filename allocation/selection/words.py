"""The French of this room: labels of codes, and sentences whose values are dates and counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from intervalle.i18n import N_, _, day, hour, number

COLLEGES = {
    "city_ess": N_("ESS de la ville"),
    "urban_policy": N_("Politique de la ville"),
    "landlord": N_("Bailleur"),
    "residents": N_("Habitants"),
    "expert": N_("Expertise"),
}
PLACES = {
    "chair": N_("Présidence"),
    "member": N_("Membre"),
    "expert": N_("Expert, pour certaines candidatures"),
    "alternate": N_("Suppléance"),
    "secretary": N_("Secrétariat"),
    "observer": N_("Observation"),
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


def place_code(seat: Any) -> str:
    """Which of PLACES a seat, or the offer of one, is."""
    if seat.chair:
        return "chair"
    if seat.secretary:
        return "secretary"
    if not seat.voting:
        return "observer"
    if seat.alternate_of_id:
        return "alternate"
    return "expert" if getattr(seat, "reads", "all") == "only" else "member"


def place_of(seat: Any, files: Sequence[str] = ()) -> str:
    """The place in words; `files`: labels of what an expert was called for, as far as the reader may see them."""
    code = place_code(seat)
    if code == "expert" and files:
        return _("Expert, pour les candidatures %(files)s", files=", ".join(files))
    return _(PLACES[code])


def say(sentence: str, values: Mapping[str, object]) -> str:
    """A marked sentence in the reader's language, its counts and instants shown the reader's way."""
    return _(sentence, **{name: _shown(value) for name, value in values.items()}) if values else _(sentence)


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return f"{day(value)}, {hour(value)}"
    return number(value) if isinstance(value, int) else value
