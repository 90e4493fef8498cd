"""What a corrective act may do once decisions are notified. Pure.

A decision that gives a place creates rights: its author takes it back only if it is unlawful, and within four months of
having taken it (CRPA L242-1), or without a time limit when it was got by fraud (L241-2), when a condition it was given on
is no longer met (L242-2), when its holder asks (L242-4), or when a court has annulled it. The holder is first invited to
speak (L121-1, L122-1). A refusal creates no rights: it may be replaced at any time.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from intervalle import parameters
from intervalle.french import long_date, square_metres
from intervalle.i18n import N_, _
from intervalle.months import add_months

# What an act may write, and what it may find: `given_up` is a place declined or left to expire.
OUTCOMES = ("awarded", "reserve", "refused", "inadmissible")
FOUND = (*OUTCOMES, "given_up")
GROUNDS = {
    "unlawful": N_("La décision est illégale (CRPA L242-1, dans les quatre mois)"),
    "fraud": N_("Elle a été obtenue par fraude (CRPA L241-2)"),
    "condition": N_("Une condition à laquelle elle était soumise n’est plus remplie (CRPA L242-2)"),
    "beneficiary": N_("La structure le demande (CRPA L242-4)"),
    "judgment": N_("Un jugement l’a annulée"),
}
_ARTICLES = re.compile(r" \((?:CRPA|art\.)[^)]*\)")
UNHEARD = ("beneficiary", "judgment")  # the holder asked for it, or was heard by the court
ALL_WEEK = range(14)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of an act: what stands, what it writes instead, and why."""

    name: str
    before: str
    before_lot: str | None = None
    before_area: Decimal | None = None
    given_on: date | None = None  # the day the place was given
    titled: bool = False  # a title is signed or being drawn up on it
    after: str
    lot: str | None = None
    area: Decimal | None = None
    ground: str | None = None
    heard: str = ""
    motive: str = ""


def cited(sentence: str, *, public: bool) -> str:
    """The sentence with its articles for whoever they bind; a private owner follows the same rules by its own consultation."""
    return sentence if public else _ARTICLES.sub("", sentence)


def takes_back(change: Change) -> bool:
    """Whether a place given is withdrawn or made smaller; a larger area on the same lot takes nothing back."""
    if change.before != "awarded":
        return False
    same = change.after == "awarded" and change.lot == change.before_lot
    return not (same and (change.area or 0) >= (change.before_area or 0))


def changes_nothing(change: Change) -> bool:
    return (change.before, change.before_lot, change.before_area) == (change.after, change.lot, change.area)


def withdraw_until(given_on: date) -> date:
    """Last day to take back an unlawful decision that creates rights."""
    return add_months(given_on, parameters.whole("withdrawal.months", given_on))


def objections(change: Change, today: date, *, granted_judgment: bool = False) -> list[str]:
    """Why this line cannot leave, in sentences for the page; empty when it can."""
    found = []
    if changes_nothing(change):
        found.append(_("%(name)s : cette ligne ne change rien, retirez-la.", name=change.name))
    if len(change.motive.strip()) < 10:
        found.append(_("%(name)s : écrivez le motif de la nouvelle décision.", name=change.name))
    if takes_back(change):
        found += _withdrawal(change, today, granted_judgment)
    return found


def _withdrawal(change: Change, today: date, granted_judgment: bool) -> list[str]:
    if change.titled:
        return [
            _(
                "%(name)s : un titre d’occupation est signé ou se prépare sur cette place. Mettez-y fin d’abord, depuis les occupations.",
                name=change.name,
            )
        ]
    if change.ground not in GROUNDS:
        return [_("%(name)s : dites pour quelle raison la place est reprise.", name=change.name)]
    found = []
    if change.ground == "unlawful" and change.given_on and today > (last := withdraw_until(change.given_on)):
        found.append(
            _(
                "%(name)s : la place a été donnée le %(day)s, le délai de quatre mois pour la retirer est passé depuis le %(last)s (CRPA L242-1). Elle reste acquise.",
                name=change.name,
                day=long_date(change.given_on),
                last=long_date(last),
            )
        )
    if change.ground == "judgment" and not granted_judgment:
        found.append(
            _("%(name)s : enregistrez d’abord le recours contentieux et son issue favorable.", name=change.name)
        )
    if change.ground not in UNHEARD and len(change.heard.strip()) < 10:
        found.append(
            _(
                "%(name)s : invitez la structure à présenter ses observations, puis notez la date et ce qu’elle a dit (CRPA L121-1).",
                name=change.name,
            )
        )
    return found


def overfull(rooms: Mapping[str, Decimal], held: Iterable[tuple[str, Decimal, Iterable[int]]]) -> list[str]:
    """Lots where the areas held exceed the room on some half-day. `held`: (lot, m², half-days; none = all week)."""
    used: dict[str, list[Decimal]] = {}
    for lot, area, slots in held:
        week = used.setdefault(lot, [Decimal(0)] * len(ALL_WEEK))
        for slot in tuple(slots) or ALL_WEEK:
            week[slot] += area
    return [
        _(
            "Lot %(lot)s : %(used)s seraient occupés pour %(room)s disponibles.",
            lot=lot,
            used=square_metres(max(week)),
            room=square_metres(rooms[lot]),
        )
        for lot, week in sorted(used.items())
        if max(week) > rooms.get(lot, Decimal(0))
    ]
