"""Where the offer of a seat stands, in words: its label, and who acts next and by when. Pure."""

from datetime import datetime
from typing import Protocol

from intervalle.i18n import N_, _, day

STATES = ("pending", "expired", "accepted", "declined", "revoked")
LABELS = {
    "pending": N_("Siège proposé"),
    "expired": N_("Sans réponse"),
    "accepted": N_("Siège accepté"),
    "declined": N_("Siège décliné"),
    "revoked": N_("Invitation retirée"),
}


class Offered(Protocol):
    """The dated facts of an invitation."""

    expires_at: datetime
    accepted_at: datetime | None
    declined_at: datetime | None
    revoked_at: datetime | None


def state_of(offer: Offered, now: datetime) -> str:
    """One of STATES; the answer wins over the calendar."""
    if offer.accepted_at:
        return "accepted"
    if offer.declined_at:
        return "declined"
    if offer.revoked_at:
        return "revoked"
    return "pending" if now < offer.expires_at else "expired"


def for_invited(state: str, until: datetime) -> str:
    """What the person reads; `until`: the instant the offer ends."""
    match state:
        case "pending":
            return _("À vous : acceptez ou déclinez avant le %(end)s.", end=day(until))
        case "expired":
            return _("L’invitation a expiré le %(day)s. À vous : si le siège vous intéresse, demandez au service organisateur de vous relancer.", day=day(until))  # fmt: skip
        case "accepted":
            return _(
                "Vous siégez. À l’organisateur : il ouvre les dossiers après la clôture, puis vous déclarez vos liens."
            )
        case "declined":
            return _("Vous avez décliné ; le service organisateur est prévenu. Rien ne reste à faire.")
        case _:
            return _("Le service organisateur a retiré cette invitation. Rien ne reste à faire.")


def for_organiser(state: str, until: datetime) -> str:
    """What those who compose the panel read."""
    match state:
        case "pending":
            return _("À la personne invitée : elle répond avant le %(day)s. Elle ne compte pas dans le quorum d’ici là.", day=day(until))  # fmt: skip
        case "expired":
            return _("À vous : relancez la personne, ou retirez l’invitation et proposez le siège à quelqu’un d’autre.")
        case "accepted":
            return _(
                "Rien à faire : elle siège et compte dans le quorum ; elle déclarera ses liens à l’ouverture des dossiers."
            )
        case "declined":
            return _("À vous : proposez le siège à quelqu’un d’autre.")
        case _:
            return _("Retirée par vous. Rien ne reste à faire.")
