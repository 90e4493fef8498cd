"""The days that run on an appeal, and what follows its answer. Pure.

Under public law, two months of silence refuse a gracious appeal (CRPA L231-4), and its answer or that silence starts the
time limit for the court again (CRPA L411-2). A private owner owes its answer in the same time, by the rules it published:
its silence refuses nothing, and no administrative court is waited for.
"""

from dataclasses import dataclass
from datetime import date

from allocation.remedies import after_gracious_appeal, appeal_deadline, silence_is_refusal_on
from intervalle.french import long_date


@dataclass(frozen=True)
class Clock:
    """`answer_by`: the day the answer is due, None before a judge. `silence_on` and `court_until`: public law only.
    `late`: received after the last day counted from the day the letter left (it may have been received later)."""

    answer_by: date | None
    silence_on: date | None
    court_until: date | None
    late: bool


def clock(
    *, gracious: bool, public: bool, decided_on: date, received_on: date, answered_on: date | None = None
) -> Clock:
    last = appeal_deadline(decided_on)
    late = last is not None and received_on > last
    if not gracious:
        return Clock(None, None, None, late)
    due = silence_is_refusal_on(received_on)
    if not public:
        return Clock(due, None, None, late)
    return Clock(due, due, after_gracious_appeal(answered_on or due), late)


def sequel(runs: Clock, *, granted: bool, court: str) -> str:
    """What an answer says of what comes next, in French, for its letter and its message alike."""
    said = (
        ["Une nouvelle décision, notifiée par une autre lettre, remplacera celle que vous contestiez."]
        if granted
        else []
    )
    if runs.court_until is None:
        return " ".join([*said, "Les voies de droit commun vous restent ouvertes devant le juge judiciaire."])
    said.append(
        f"Un nouveau délai commence à la réception de cette réponse pour saisir {court or 'le juge compétent'} : si vous la "
        f"recevez ce jour, il court jusqu’au {long_date(runs.court_until)} inclus (CRPA, art. L411-2)."
    )
    if runs.late:
        said.append(
            "Votre recours est arrivé plus de deux mois après l’envoi de la décision : ce nouveau délai ne vous est ouvert que "
            "si vous l’avez formé dans les deux mois qui ont suivi la réception de cette décision."
        )
    return " ".join(said)
