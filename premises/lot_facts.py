"""What is said of a lot, in one order and in the same words: on its page, on the printed sheet, side by side with others."""

from collections.abc import Callable

from intervalle import i18n
from intervalle.i18n import N_, _, ngettext
from premises.facts import EnergyLabel, Erp
from premises.forms import CONDITIONS, PAYERS
from premises.views import LotView, money_m2

Fact = tuple[str, Callable[[LotView], str]]


def yes_no(value: bool | None) -> str:
    return "" if value is None else _("oui") if value else _("non")


def _divisible(v: LotView) -> str:
    if not v.lot.divisible:
        return _("non")
    return _("dès %(area)s", area=i18n.area(v.lot.min_area)) if v.lot.min_area else _("oui")


def _year_cost(v: LotView) -> str:
    """Rent and charges for the whole lot over a year, when both are known."""
    rent, charges = v.lot.rent_cents_m2_year, v.lot.charges_cents_m2_year
    return "" if rent is None or charges is None else i18n.money(round((rent + charges) * v.lot.area))


def _floor(v: LotView) -> str:
    return "" if v.lot.floor is None else _("rez-de-chaussée") if v.lot.floor == 0 else str(v.lot.floor)


def _erp(v: LotView) -> str:
    known = set(Erp)
    types = " ; ".join(_(Erp(code).label) if code in known else code for code in v.lot.erp_types)
    return f"{types} {_('(catégorie %(n)s)', n=v.lot.erp_category)}" if types and v.lot.erp_category else types


def _energy(v: LotView) -> str:
    label = v.lot.energy_label
    return _(EnergyLabel(label).label) if label in set(EnergyLabel) else label or ""


def _people(v: LotView) -> str:
    return ngettext("%(n)s personne", "%(n)s personnes", v.lot.capacity) if v.lot.capacity else ""


FACTS: tuple[Fact, ...] = (
    (N_("Surface"), lambda v: i18n.area(v.lot.area)),
    (N_("Divisible"), _divisible),
    (N_("Partage par demi-journées"), lambda v: yes_no(v.lot.shareable)),
    (N_("Étage"), _floor),
    (N_("Utilisable"), lambda v: i18n.span(v.lot.available.lower, v.lot.available.upper)),
    (N_("Loyer"), lambda v: money_m2([v.lot.rent_cents_m2_year]) or _("à proposer")),
    (N_("Charges"), lambda v: money_m2([v.lot.charges_cents_m2_year])),
    (N_("Loyer et charges, par an"), _year_cost),
    (N_("Titre"), lambda v: v.titles),
    (N_("ERP"), _erp),
    (N_("Accueil"), _people),
    (N_("Plain-pied"), lambda v: yes_no(v.lot.step_free)),
    (N_("Point d’eau"), lambda v: yes_no(v.lot.water)),
    (N_("Équipements"), lambda v: v.utilities),
    (N_("Hauteur"), lambda v: _("%(n)s cm", n=v.lot.height_cm) if v.lot.height_cm else ""),
    (N_("Charge au sol"), lambda v: _("%(n)s kg/m²", n=i18n.number(v.lot.floor_load_kg_m2)) if v.lot.floor_load_kg_m2 else ""),
    (N_("Énergie"), _energy),
    (N_("État du local"), lambda v: _(dict(CONDITIONS)[v.lot.condition]) if v.lot.condition else ""),
    (N_("Travaux"), lambda v: v.lot.works_needed),
    (N_("Coût des travaux"), lambda v: i18n.money(v.lot.works_cost_cents) if v.lot.works_cost_cents else ""),
    (N_("Travaux à la charge de"), lambda v: _(dict(PAYERS)[v.lot.works_payer]).lower() if v.lot.works_payer else ""),
)  # fmt: skip
PLAIN = {"Divisible", "Partage par demi-journées"}  # « non » goes without saying on a page, not in a comparison


def facts_of(v: LotView, *, owner: bool = False) -> list[tuple[str, str]]:
    """(label, value) of what is known; the reference rent for the owner alone."""
    said = [(label, value(v)) for label, value in FACTS]
    shown = [(_(label), text) for label, text in said if text and not (label in PLAIN and text == _("non"))]
    if owner and v.lot.reference_rent_cents_m2_year is not None:
        shown.append((_("Loyer de référence (vu de vous seul)"), money_m2([v.lot.reference_rent_cents_m2_year])))
    return shown
