"""Does this lot fit this need, and if not, why not. Pure; `match_queries.py` holds the same rules in SQL.

A need names what it cannot do without; what it leaves out is no obstacle. A fact the owner left unknown is an
obstacle when the need asks for it (a step-free access nobody confirmed is not one), never for the price: an amount
still to be proposed can still fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from intervalle.i18n import N_

OBSTACLES = {
    "place": N_("ailleurs"),
    "qpv": N_("hors quartier prioritaire"),
    "small": N_("trop petit"),
    "large": N_("trop grand"),
    "ground_floor": N_("pas au rez-de-chaussée"),
    "step_free": N_("accès de plain-pied non confirmé"),
    "erp": N_("public non autorisé"),
    "budget": N_("au-dessus du budget"),
    "dates": N_("pas aux bonnes dates"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A need. Areas in m², budget in cents a month (rent and charges), dates as [from, until)."""

    area_min: Decimal
    area_max: Decimal
    communes: Sequence[str] = ()
    must_stay_in_qpv: bool = False
    ground_floor: bool = False
    step_free: bool = False
    erp_types: Sequence[str] = ()
    budget: int | None = None
    wanted_from: date | None = None
    wanted_until: date | None = None
    sharing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A lot and its premises. Amounts in cents per m² and year; `available` as [from, until)."""

    area: Decimal
    min_area: Decimal | None = None
    divisible: bool = False
    shareable: bool = False
    commune: str | None = None
    qpv: str | None = None
    floor: int | None = None
    step_free: bool | None = None
    erp_types: Sequence[str] = ()
    charges: int | None = None
    rent: int | None = None
    available_from: date | None = None
    available_until: date | None = None


def least_area(lot: Offered) -> Decimal:
    """The smallest part of the lot that can be taken."""
    return (lot.min_area or Decimal()) if lot.divisible else lot.area


def taken(need: Wanted, lot: Offered) -> Decimal:
    """The part the need would take: what suffices, when the lot can be divided; the whole lot otherwise."""
    return min(max(need.area_min, least_area(lot)), lot.area) if lot.divisible else lot.area


def month_cost(need: Wanted, lot: Offered) -> Decimal | None:
    """Rent and charges of that part, in cents a month; None while neither is known."""
    if lot.charges is None and lot.rent is None:
        return None
    return Decimal((lot.charges or 0) + (lot.rent or 0)) * taken(need, lot) / 12


def obstacles(need: Wanted, lot: Offered) -> list[str]:
    """Codes of OBSTACLES, in their order. Empty: the lot fits."""
    shared = need.sharing and lot.shareable
    cost = month_cost(need, lot)
    found = {
        "place": bool(need.communes) and lot.commune not in need.communes,
        "qpv": need.must_stay_in_qpv and not lot.qpv,
        "small": lot.area < need.area_min,
        "large": not shared and least_area(lot) > need.area_max,
        "ground_floor": need.ground_floor and lot.floor != 0,
        "step_free": need.step_free and lot.step_free is not True,
        "erp": not set(need.erp_types) <= set(lot.erp_types),
        # A place shared by half-days costs each a part that is agreed later.
        "budget": not shared and need.budget is not None and cost is not None and cost > need.budget,
        "dates": _apart(need, lot),
    }
    return [code for code in OBSTACLES if found[code]]


def _apart(need: Wanted, lot: Offered) -> bool:
    """The two intervals share no day."""
    ends_before = (
        need.wanted_from is not None and lot.available_until is not None and lot.available_until <= need.wanted_from
    )
    starts_after = (
        need.wanted_until is not None and lot.available_from is not None and lot.available_from >= need.wanted_until
    )
    return ends_before or starts_after
