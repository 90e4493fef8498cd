"""What a call says of one of its lots beyond the lot itself: its own title, areas, uses left out, visit. Pure.

Empty means: as the call says for all. Areas in m², both ends included.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from calls import uses
from intervalle.i18n import _, area
from premises.facts import TitleCode


@dataclass(frozen=True, slots=True)
class LotTerms:
    """`area_min` and `area_max` bound what one structure gets there; `uses_out` are not admitted in it."""

    conditions: str = ""
    title_code: str | None = None
    area_min: Decimal | None = None
    area_max: Decimal | None = None
    uses_out: tuple[str, ...] = ()
    visit_duty: bool = False

    @property
    def own(self) -> bool:
        """Whether anything but free words is said of this lot."""
        return bool(self.title_code or self.area_min or self.area_max or self.uses_out or self.visit_duty)

    @property
    def lines(self) -> list[str]:
        """Each term in a few words, the free ones last."""
        said = [
            _("Titre : %(title)s", title=_(TitleCode(self.title_code).label)) if self.title_code else "",
            self._areas(),
            _("Usages non admis : %(uses)s", uses=", ".join(uses.labels(self.uses_out))) if self.uses_out else "",
            _("Visite obligatoire") if self.visit_duty else "",
            self.conditions,
        ]  # fmt: skip
        return [line for line in said if line]

    def _areas(self) -> str:
        if self.area_min and self.area_max:
            return _("De %(low)s à %(high)s par structure", low=area(self.area_min), high=area(self.area_max))
        if self.area_max:
            return _("%(area)s au plus par structure", area=area(self.area_max))
        return _("%(area)s au moins par structure", area=area(self.area_min)) if self.area_min else ""


def terms_of(row: Any) -> LotTerms:
    """The terms of a `CallLot`."""
    return LotTerms(
        row.conditions, row.title_code, row.area_min, row.area_max, tuple(row.uses_out or ()), row.visit_duty
    )


def published(terms: LotTerms) -> dict[str, Any]:
    """What the frozen content of a call holds of them; nothing more than before when the lot has none of its own."""
    if not terms.own:
        return {}
    return {
        "terms": {
            "title_code": terms.title_code, "area_min": terms.area_min, "area_max": terms.area_max,
            "uses_out": list(terms.uses_out), "visit_duty": terms.visit_duty,
        }
    }  # fmt: skip


def in_content(lot: Mapping[str, Any]) -> LotTerms:
    """The terms of a lot as a published content holds them."""
    held = lot.get("terms") or {}
    low, high = (Decimal(held[name]) if held.get(name) else None for name in ("area_min", "area_max"))
    return LotTerms(
        str(lot.get("conditions") or ""), held.get("title_code"), low, high, tuple(held.get("uses_out") or ()),
        bool(held.get("visit_duty")),
    )  # fmt: skip


def objections(
    terms: LotTerms, label: str, area_min: Decimal | None, area_max: Decimal | None, wanted: Collection[str]
) -> list[str]:
    """Why a wish does not meet the terms of its lot, in words for the applicant; empty when it does."""
    said = []
    if terms.area_max and area_min and area_min > terms.area_max:
        said.append(
            _("Lot %(lot)s : l’appel y donne %(area)s au plus à une structure.", lot=label, area=area(terms.area_max))
        )
    if terms.area_min and area_max and area_max < terms.area_min:
        said.append(
            _("Lot %(lot)s : l’appel y donne %(area)s au moins à une structure.", lot=label, area=area(terms.area_min))
        )
    if wanted and set(wanted) <= set(terms.uses_out):
        out = ", ".join(uses.labels(terms.uses_out))
        said.append(_("Lot %(lot)s : l’appel n’y admet pas vos usages (%(uses)s).", lot=label, uses=out))
    return said
