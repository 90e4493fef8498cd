"""Where a need stands, in words: its label, and who acts next and by when, for the structure and for owners. Pure."""

from datetime import date
from typing import Protocol

from intervalle.i18n import N_, _, day

STATES = ("searching", "matched", "asked", "over", "closed")
LABELS = {
    "searching": N_("Recherche en cours"),
    "matched": N_("Des locaux attendent votre réponse"),
    "asked": N_("Un propriétaire attend votre réponse"),
    "over": N_("Date de fin passée"),
    "closed": N_("Clos"),
}


class NeedFacts(Protocol):
    wanted_until: date | None  # excluded


def state_of(need: NeedFacts, *, closed: bool, today: date, lots: int = 0, owners: int = 0) -> str:
    """`lots` and `owners` wait for an answer. A need past its last day is compared with nothing any more."""
    if closed:
        return "closed"
    if owners:
        return "asked"
    if need.wanted_until and need.wanted_until <= today:
        return "over"
    return "matched" if lots else "searching"


def structure_sentence(state: str, until: date | None = None) -> str:
    match state:
        case "matched":
            return _("À vous : dites pour chaque local s’il vous intéresse, ou pourquoi non.")
        case "asked":
            return _(
                "À vous : un propriétaire vous a écrit sans connaître votre nom. Acceptez, ou ne donnez pas suite."
            )
        case "over" if until:
            return _(
                "À vous : ce besoin allait jusqu’au %(day)s. Donnez une autre date, ou dites que vous ne cherchez plus.",
                day=day(until),
            )
        case "over":
            return _("À vous : la date de fin est passée. Donnez une autre date, ou dites que vous ne cherchez plus.")
        case "closed":
            return _("Clos : plus aucun local ne lui est proposé. Rien ne reste à faire.")
        case _:
            return _("Rien à faire de votre côté : chaque local publié est comparé à ce besoin, et vous êtes prévenu au plus tard le lendemain matin.")  # fmt: skip


def owner_sentence(state: str) -> str:
    match state:
        case "asked":
            return _("À la structure de répondre à votre message ; son nom reste caché jusque-là.")
        case "over":
            return _("À la structure de dire si elle cherche encore : sa date de fin est passée.")
        case "closed":
            return _("La structure ne cherche plus : choisissez un autre besoin.")
        case _:
            return _("À vous : écrivez à la structure si un de vos locaux lui convient. Son nom vous est montré si elle accepte.")  # fmt: skip
