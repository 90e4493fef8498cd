"""Where an award and an appeal stand, in words, for the structure and for the organiser: who acts next, by when. Pure."""

from datetime import date

from intervalle.i18n import N_, _, day

AWARD_LABELS = {
    "prepared": N_("Décision non envoyée"),
    "offered": N_("Place proposée"),
    "accepted": N_("Place acceptée"),
    "declined": N_("Place déclinée"),
    "expired": N_("Sans réponse à temps"),
    "withdrawn": N_("Reprise par un acte rectificatif"),
}
APPEAL_STATES = ("waiting", "overdue", "silent", "court", "granted", "rejected")
APPEAL_LABELS = {
    "waiting": N_("Recours à l’examen"),
    "overdue": N_("Réponse en retard (propriétaire privé)"),
    "silent": N_("Recours rejeté, faute de réponse"),
    "court": N_("Devant le juge"),
    "granted": N_("Recours accueilli"),
    "rejected": N_("Recours rejeté"),
}


def appeal_state(outcome: str | None, answer_by: date | None, today: date, *, silence_refuses: bool = True) -> str:
    """`answer_by`: the day the answer is due, None before the judge. Unanswered by then it is refused (CRPA L231-4), but by a
    private owner, who still owes it (`silence_refuses` false)."""
    if outcome:
        return outcome
    if answer_by is None:
        return "court"
    if today < answer_by:
        return "waiting"
    return "silent" if silence_refuses else "overdue"


def award_for_structure(state: str, until: date | None = None) -> str:
    """`until`: the last day, included, to answer an offer."""
    match state:
        case "prepared":
            return _("À l’organisateur d’envoyer les décisions ; rien à faire de votre côté.")
        case "offered" if until:
            return _("À vous : acceptez ou déclinez, au plus tard le %(day)s.", day=day(until))
        case "offered":
            return _("À vous : acceptez ou déclinez cette place.")
        case "accepted":
            return _("Au propriétaire de préparer le titre d’occupation ; vous serez prévenu à la signature.")
        case "declined":
            return _("Vous avez rendu cette place : elle est proposée à la structure suivante de la réserve, s’il y en a une.")  # fmt: skip
        case "expired":
            return _("Le délai est passé sans votre réponse : la place est proposée à la structure suivante de la réserve, s’il y en a une.")  # fmt: skip
        case _:
            return _("La nouvelle décision dit pourquoi cette place est reprise, et comment la contester.")


def award_for_organiser(state: str, until: date | None = None) -> str:
    match state:
        case "prepared":
            return _("À vous : relisez la lettre, puis envoyez toutes les décisions ensemble.")
        case "offered" if until:
            return _("À la structure de répondre au plus tard le %(day)s ; sans réponse, la suivante de la réserve est appelée.", day=day(until))  # fmt: skip
        case "offered":
            return _("À la structure de répondre.")
        case "accepted":
            return _("À vous : préparez le titre d’occupation et faites-le signer.")
        case "declined" | "expired":
            return _("La place est proposée d’elle-même à la structure suivante de la réserve, s’il y en a une.")
        case _:
            return _("Reprise par un acte rectificatif : rien à faire ici.")


def appeal_for_structure(state: str, answer_by: date | None = None, court_until: date | None = None) -> str:
    """`court_until`: None where no administrative court is waited for (a private owner)."""
    match state:
        case "waiting" if court_until:
            return _("À l’organisateur de répondre avant le %(day)s ; sans réponse ce jour-là, le recours est rejeté.", day=day(answer_by))  # fmt: skip
        case "waiting":
            return _("À l’organisateur de vous répondre par écrit, au plus tard le %(day)s.", day=day(answer_by))
        case "overdue":
            return _("À l’organisateur de vous répondre : la réponse était due le %(day)s.", day=day(answer_by))
        case "silent" | "rejected" if court_until:
            return _("À vous, si vous le voulez : saisissez le juge jusqu’au %(day)s.", day=day(court_until))
        case "silent" | "rejected":
            return _("À vous, si vous le voulez : saisissez le juge dans le délai que dit la lettre.")
        case "granted":
            return _("À l’organisateur de prendre l’acte qui change la décision ; vous en recevrez la lettre.")
        case _:
            return _("Le juge est saisi : l’organisateur suivra ce qu’il décide.")


def appeal_for_organiser(state: str, answer_by: date | None = None, court_until: date | None = None) -> str:
    match state:
        case "waiting" if court_until:
            return _("À vous : répondez avant le %(day)s. Sans réponse ce jour-là, le recours est rejeté.", day=day(answer_by))  # fmt: skip
        case "waiting":
            return _("À vous : répondez par écrit, au plus tard le %(day)s.", day=day(answer_by))
        case "overdue":
            return _("À vous : la réponse était due le %(day)s. La structure l’attend toujours.", day=day(answer_by))
        case "silent" if court_until:
            return _("Le délai pour répondre est passé. La structure peut saisir le juge jusqu’au %(day)s ; vous pouvez encore lui donner vos motifs.", day=day(court_until))  # fmt: skip
        case "silent":
            return _("Le délai pour répondre est passé ; vous pouvez encore donner vos motifs.")
        case "granted":
            return _("À vous : préparez l’acte qui change la décision.")
        case "rejected" if court_until:
            return _("Rien à faire de votre côté ; la structure peut saisir le juge jusqu’au %(day)s.", day=day(court_until))  # fmt: skip
        case "rejected":
            return _("Rien à faire de votre côté ; la structure peut saisir le juge.")
        case _:
            return _("Le juge est saisi : à vous de noter l’issue quand elle est rendue.")
