"""Up to four lots side by side: one line per criterion, the same for every lot, empty where nobody said."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from intervalle.i18n import N_, _
from premises import lot_facts
from premises.models import Lot
from premises.views import LotView, PremisesView

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


def _qpv(c: Column) -> str:
    code = c.view.premises.qpv_code
    return _("indéterminé") if code is None else c.view.qpv_name or code or _("non")


def _of_lot(value: Callable[[LotView], str]) -> Callable[[Column], str]:
    return lambda c: value(c.lot_view)


CRITERIA: list[tuple[str, Callable[[Column], str]]] = [
    (N_("État"), lambda c: c.lot_view.label),
    (N_("Adresse"), lambda c: c.view.address),
    (N_("Quartier prioritaire"), _qpv),
    *[(label, _of_lot(value)) for label, value in lot_facts.FACTS],
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
