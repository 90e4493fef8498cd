"""Shares of a group: area, hours of presence in a week, part of the rent and charges. Pure.

The lead gives each partner a share; what is left is the lead's own. A partner that leaves gives its share back to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from intervalle.i18n import _, area, number

WEEK = Decimal(168)
WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Share:
    """m², hours a week, percent of the rent and charges; None where nothing was agreed."""

    area: Decimal | None = None
    hours: Decimal | None = None
    rent: Decimal | None = None

    @property
    def line(self) -> str:
        """« 25 m² · 12 h par semaine · 30 % du loyer et des charges »; empty when nothing was agreed."""
        parts = (
            area(self.area) if self.area else "",
            _("%(n)s h par semaine", n=number(self.hours.normalize())) if self.hours else "",
            _("%(n)s %% du loyer et des charges", n=number(self.rent.normalize())) if self.rent is not None else "",
        )
        return " · ".join(part for part in parts if part)


def left_to_lead(asked: Decimal | None, partners: Sequence[Share]) -> Share:
    """The lead's own share: the area asked for and the whole rent, less what partners take. Hours are not summed."""
    taken = [share.area for share in partners if share.area]
    rents = [share.rent for share in partners if share.rent is not None]
    remaining = None if asked is None or not taken else max(asked - sum(taken), Decimal(0))
    return Share(remaining, None, max(WHOLE - sum(rents), Decimal(0)) if rents else None)


def objections(asked: Decimal | None, partners: Iterable[Share]) -> list[str]:
    """Why the shares cannot stand together, in words. `asked`: the largest area asked for, m²."""
    shares = list(partners)
    found = []
    taken = sum((share.area for share in shares if share.area), Decimal(0))
    if asked is not None and taken > asked:
        found.append(
            _(
                "Les parts de surface font %(taken)s pour %(asked)s demandés : ajustez-les.",
                taken=area(taken),
                asked=area(asked),
            )
        )
    rents = sum((share.rent for share in shares if share.rent is not None), Decimal(0))
    if rents > WHOLE:
        found.append(
            _("Les parts de loyer font %(taken)s %% : ajustez-les à 100 %% au plus.", taken=number(rents.normalize()))
        )
    return found
