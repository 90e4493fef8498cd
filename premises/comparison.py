"""Up to four lots side by side: one line per criterion, the same for every lot, empty where nobody said."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from intervalle import i18n
from intervalle.i18n import N_, _
from premises.forms import CONDITIONS
from premises.models import Lot
from premises.views import LotView, PremisesView, money_m2

MOST = 4


@dataclass(frozen=True)
class Column:
    """One lot with the place it is in."""

    view: PremisesView
    lot_view: LotView

    @property
    def lot(self) -> Lot:
        return self.lot_view.lot

    @property
    def name(self) -> str:
        return _("%(place)s, lot %(label)s", place=self.view.premises.name, label=self.lot.label)


def columns(views: Sequence[PremisesView], chosen: Sequence[int]) -> list[Column]:
    """In the order of the address."""
    known = {v.lot.id: Column(view, v) for view in views for v in view.lots}
    return [known[lot_id] for lot_id in chosen if lot_id in known]


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("oui") if value else _("non")


def _qpv(c: Column) -> str:
    code = c.view.premises.qpv_code
    return _("indéterminé") if code is None else c.view.qpv_name or code or _("non")


def _divisible(c: Column) -> str:
    if not c.lot.divisible:
        return _("non")
    return _("dès %(area)s", area=i18n.area(c.lot.min_area)) if c.lot.min_area else _("oui")


def _year_cost(c: Column) -> str:
    """Rent and charges for the whole lot over a year, when both are known."""
    rent, charges = c.lot.rent_cents_m2_year, c.lot.charges_cents_m2_year
    return "" if rent is None or charges is None else i18n.money(round((rent + charges) * c.lot.area))


def _available(c: Column) -> str:
    return i18n.span(c.lot.available.lower, c.lot.available.upper)


def _floor(c: Column) -> str:
    return "" if c.lot.floor is None else _("rez-de-chaussée") if c.lot.floor == 0 else str(c.lot.floor)


CRITERIA: list[tuple[str, Callable[[Column], str]]] = [
    (N_("État"), lambda c: c.lot_view.label),
    (N_("Adresse"), lambda c: c.view.address),
    (N_("Quartier prioritaire"), _qpv),
    (N_("Surface"), lambda c: i18n.area(c.lot.area)),
    (N_("Divisible"), _divisible),
    (N_("Partage par demi-journées"), lambda c: _yes_no(c.lot.shareable)),
    (N_("Utilisable"), _available),
    (N_("Loyer"), lambda c: money_m2([c.lot.rent_cents_m2_year]) or _("à proposer")),
    (N_("Charges"), lambda c: money_m2([c.lot.charges_cents_m2_year])),
    (N_("Loyer et charges, par an"), _year_cost),
    (N_("Titre"), lambda c: c.lot_view.titles),
    (N_("ERP"), lambda c: ", ".join(c.lot.erp_types) + (f" ({c.lot.erp_category})" if c.lot.erp_category else "")),
    (N_("Étage"), _floor),
    (N_("Plain-pied"), lambda c: _yes_no(c.lot.step_free)),
    (N_("Point d’eau"), lambda c: _yes_no(c.lot.water)),
    (N_("Équipements"), lambda c: c.lot_view.utilities),
    (N_("État du local"), lambda c: _(dict(CONDITIONS).get(c.lot.condition or "", "")) if c.lot.condition else ""),
    (N_("Travaux"), lambda c: c.lot.works_needed),
    (N_("Énergie"), lambda c: c.lot.energy_label or ""),
]


@dataclass(frozen=True)
class Line:
    """A criterion and its value for each lot; `same` when they do not differ."""

    label: str
    values: list[str]

    @property
    def same(self) -> bool:
        return len(set(self.values)) == 1


def lines(chosen: Sequence[Column]) -> list[Line]:
    """The criteria that at least one of the lots answers."""
    found = [Line(_(label), [value(c) for c in chosen]) for label, value in CRITERIA]
    return [line for line in found if any(line.values)]


def address(lot_ids: Iterable[int]) -> str:
    """The page that shows these lots side by side."""
    query = "&".join(f"lot={lot_id}" for lot_id in lot_ids)
    return f"/locaux/comparer?{query}" if query else "/locaux/comparer"
