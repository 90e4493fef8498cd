"""The duty to visit: whether the places a structure asks for have been seen. Pure: the instant is given.

Equal treatment: a visit that the organiser has not marked yet counts as made, a visit marked « absent » does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from intervalle.i18n import _, instant


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit booked by the structure (or a partner); `premises_id` None: every place of the call."""

    premises_id: int | None
    starts_at: datetime
    attended: bool | None


def visit_gaps(places: Mapping[int, str], visits: Sequence[Visit], now: datetime) -> list[str]:
    """One sentence per place asked for (premises id -> name) that has not been visited; empty when all have."""
    found = []
    for premises_id, name in places.items():
        here = [v for v in visits if v.premises_id in (None, premises_id)]
        if any(v.attended or (v.attended is None and v.starts_at <= now) for v in here):
            continue
        coming = [v.starts_at for v in here if v.attended is None and v.starts_at > now]
        found.append(_sentence(name, min(coming, default=None), absent=any(v.attended is False for v in here)))
    return found


def _sentence(name: str, coming: datetime | None, *, absent: bool) -> str:
    if coming:
        return _(
            "%(place)s : la visite est obligatoire, la vôtre est le %(at)s. Vous pourrez déposer ensuite.",
            place=name, at=instant(coming),
        )  # fmt: skip
    if absent:
        return _(
            "%(place)s : la visite est obligatoire et votre absence a été notée. Inscrivez-vous à un autre créneau, ou "
            "écrivez à l’organisateur si c’est une erreur.",
            place=name,
        )
    return _(
        "%(place)s : la visite est obligatoire. Inscrivez-vous à un créneau depuis la page de l’appel.", place=name
    )
