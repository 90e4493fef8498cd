"""Event → who is told → by which channel. The one table of what Intervalle writes to people. Pure.

« now »: a message of its own, at once. « daily »: with the others of the day, at seven in the morning. « site »: not
mailed, kept in the history of the person's account. What opens or closes a right always leaves at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from intervalle.i18n import N_

CHANNELS = ("now", "daily", "site")
PARIS = ZoneInfo("Europe/Paris")
HOUR = 7


@dataclass(frozen=True, slots=True)
class Notice:
    """`to`: who receives it. `channel`: unless the person chose otherwise. `fixed`: nobody may choose otherwise."""

    what: str
    to: str
    channel: str = "daily"
    fixed: bool = False


def _always(what: str, to: str) -> Notice:
    return Notice(what, to, "now", fixed=True)


MEMBERS = N_("les membres qui agissent pour la structure")
NOTICES = {
    # accounts
    "account.confirm": _always(N_("Confirmation de votre adresse"), N_("vous")),
    "account.exists": _always(N_("Compte déjà ouvert"), N_("vous")),
    "account.reset": _always(N_("Nouveau mot de passe"), N_("vous")),
    "organisation.invite": _always(N_("Invitation dans une organisation"), N_("la personne invitée")),
    "membership.asked": Notice(N_("Personne qui demande à rejoindre une organisation"), N_("qui peut répondre"), "now"),
    "membership.answered": _always(N_("Réponse à votre demande de rejoindre une organisation"), N_("vous")),
    "ess.reviewed": Notice(N_("Vérification de votre statut ESS"), MEMBERS),
    "searches.digest": Notice(N_("Lieux parus qui répondent à vos recherches"), N_("vous"), "now"),
    # needs
    "needs.matched": Notice(N_("Locaux qui répondent à vos besoins"), MEMBERS),
    "needs.interested": Notice(N_("Structure intéressée par un de vos locaux"), N_("les membres qui agissent pour le propriétaire")),
    "needs.contact_asked": Notice(N_("Propriétaire qui voudrait vous parler"), MEMBERS),
    "needs.contact_answered": Notice(N_("Réponse d’une structure à votre message"), N_("les membres qui agissent pour le propriétaire")),
    # calls and applications
    "calls.extended": Notice(N_("Date limite reportée"), N_("les structures qui ont un dossier"), "now"),
    "calls.cancelled": Notice(N_("Appel annulé"), N_("les structures qui ont un dossier"), "now"),
    "calls.gathered": Notice(N_("Dossier relevé"), N_("les structures dont le dossier est relevé"), "now"),
    "calls.changed": Notice(N_("Appel modifié"), N_("les structures qui ont un dossier"), "now"),
    "visits.added": Notice(N_("Nouvelle visite"), N_("qui s’intéresse à l’appel")),
    "visits.cancelled": Notice(N_("Visite annulée"), N_("les structures inscrites"), "now"),
    "visits.booked": Notice(N_("Visite réservée"), MEMBERS, "now"),
    "questions.asked": Notice(N_("Question posée sur un appel"), N_("l’organisateur")),
    "questions.answered": Notice(N_("Réponse publiée à une question"), N_("qui s’intéresse à l’appel")),
    "questions.declined": Notice(N_("Question sans réponse publiée"), N_("la structure qui l’a posée")),
    "applications.received": _always(N_("Récépissé de dépôt"), MEMBERS),
    "applications.merged": _always(N_("Dossier retiré comme doublon"), MEMBERS),
    "applications.invited": Notice(N_("Invitation à candidater ensemble"), N_("les membres de la structure invitée"), "now"),
    "applications.answered": Notice(N_("Réponse d’un partenaire"), N_("les membres de la structure mandataire")),
    # selection
    "panel.seated": Notice(N_("Vous siégez à une commission"), N_("la personne qui siège"), "now"),
    "panel.invited": _always(N_("Siège proposé dans une commission"), N_("la personne invitée")),
    "panel.declined": Notice(N_("Siège décliné"), N_("la personne qui a invité"), "now"),
    "panel.opened": Notice(N_("Dossiers ouverts : liens à déclarer"), N_("les jurés"), "now"),
    "panel.correction": _always(N_("Complément demandé, avec sa date"), N_("la personne qui a déposé")),
    "panel.correction_answered": Notice(N_("Complément reçu"), N_("la personne qui l’a demandé")),
    "panel.hearing": _always(N_("Audition : heure, ou annulation"), N_("la personne qui a déposé")),
    # decisions and what follows
    "decision": _always(N_("Décision sur votre candidature"), N_("la structure candidate")),
    "offer": _always(N_("Place proposée, avec son délai"), N_("la structure appelée")),
    "appeal": _always(N_("Recours : réception et réponse"), N_("la structure candidate")),
    "lease_signed": _always(N_("Titre signé"), N_("les deux parties")),
    "relocation_offer": Notice(N_("Local proposé pour votre relogement"), MEMBERS, "now"),
    "relocation_answer": Notice(N_("Réponse à un local proposé pour un relogement"), N_("les membres qui agissent pour le propriétaire"), "now"),
    "digest": _always(N_("Les nouvelles du jour, réunies"), N_("vous")),
}  # fmt: skip

CHOSEN = tuple(kind for kind, notice in NOTICES.items() if not notice.fixed)


def channel_of(kind: str, preference: str | None) -> str:
    """The channel of a message; an event the table does not name leaves at once."""
    notice = NOTICES.get(kind)
    if notice is None or notice.fixed:
        return "now"
    return preference if preference in CHANNELS else notice.channel


def cut(now: datetime) -> datetime:
    """The last seven o'clock in Paris: what was written before it is due in a digest."""
    local = now.astimezone(PARIS)
    seven = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return (
        seven if local >= seven else (local - timedelta(days=1)).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    )
