"""How a file that was not sent through the site came in, and how that is said. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from intervalle.i18n import N_, _, instant

MEANS = ("post", "desk", "mail")
MEANS_LABELS = {
    "post": N_("par la poste"),
    "desk": N_("remis en main propre"),
    "mail": N_("par courriel"),
}


def mark(name: str, means: str, at: datetime) -> str:
    """« Saisie par Ville de Rennes, d’après un dossier reçu par la poste le … »."""
    return _(
        "Saisie par %(name)s, d’après un dossier reçu %(means)s le %(at)s.",
        name=name, means=_(MEANS_LABELS[means]), at=instant(at),
    )  # fmt: skip


def mark_of(received: Mapping[str, Any] | None) -> str:
    """The mark, from the canonical document of a file; empty for a file sent by its structure."""
    if not received:
        return ""
    return mark(received["typed_by"], received["by"], datetime.fromisoformat(received["at"]))
