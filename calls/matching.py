"""Does this lot fit this need, and if not, why not. Pure; `match_queries.py` holds the same rules in SQL.

A need names what it cannot do without; what it leaves out is no obstacle. A fact the owner left unknown is an
obstacle when the need asks for it (a step-free access nobody confirmed is not one), never for the price: an amount
still to be proposed can still fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
    "busy": N_("déjà pris à ces jours ou demi-journées"),
}
WEEK = frozenset(range(14))  # half-days, 0 = Monday morning
HORIZON = timedelta(days=365)  # how far one looks for a free day when a need names no end


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
    qpvs: Sequence[str] = ()
    sector: bool = False  # something is drawn, or an address named
    slots: Sequence[int] = ()  # half-days that suffice; none: the whole week


@dataclass(frozen=True, slots=True)
class Busy:
    """Days [start, end) and half-days during which a lot is taken; None: without bound."""

    start: date | None
    end: date | None
    slots: frozenset[int] = WEEK


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
    busy: Sequence[Busy] = ()


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


def in_turns(need: Wanted, lot: Offered) -> bool:
    """The need takes its half-days and leaves the others to others: neither the area nor the price is all its own."""
    return lot.shareable and (need.sharing or bool(need.slots))


def obstacles(need: Wanted, lot: Offered, *, today: date, in_sector: bool = False) -> list[str]:
    """Codes of OBSTACLES, in their order. Empty: the lot fits. `in_sector`: the lot stands in what the need drew."""
    shared = in_turns(need, lot)
    cost = month_cost(need, lot)
    found = {
        "place": _elsewhere(need, lot, in_sector),
        "qpv": need.must_stay_in_qpv and not lot.qpv,
        "small": lot.area < need.area_min,
        "large": not shared and least_area(lot) > need.area_max,
        "ground_floor": need.ground_floor and lot.floor != 0,
        "step_free": need.step_free and lot.step_free is not True,
        "erp": not set(need.erp_types) <= set(lot.erp_types),
        # A place shared by half-days costs each a part that is agreed later.
        "budget": not shared and need.budget is not None and cost is not None and cost > need.budget,
        "dates": _apart(need, lot, today),
        "busy": _taken(need, lot, today),
    }
    return [code for code in OBSTACLES if found[code]]


def _elsewhere(need: Wanted, lot: Offered, in_sector: bool) -> bool:
    """Outside all that the need named: communes, priority neighbourhoods, what was drawn. Nothing named: anywhere."""
    if not (need.communes or need.qpvs or need.sector):
        return False
    return not (lot.commune in need.communes or lot.qpv in need.qpvs or (need.sector and in_sector))


def asked_days(need: Wanted, today: date) -> tuple[date, date]:
    """[from, until) the need looks at: from today at the earliest, a year on when it names no end."""
    start = max(need.wanted_from or today, today)
    return start, need.wanted_until or start + HORIZON


def _taken(need: Wanted, lot: Offered, today: date) -> bool:
    """No day the two share has all the half-days asked for free. A lot not shared by half-days is taken whole."""
    first, last = asked_days(need, today)
    start, end = max(first, lot.available_from or first), min(last, lot.available_until or last)
    asked = frozenset(need.slots) or WEEK
    for stretch in free_times(lot):
        if (stretch.start is None or stretch.start < end) and (stretch.end is None or stretch.end > start) and asked <= stretch.slots:  # fmt: skip
            return False
    return start < end


def free_times(lot: Offered) -> list[Busy]:
    """Stretches of days with the half-days left free during each, from one change to the next."""
    taken = [one if lot.shareable else Busy(one.start, one.end) for one in lot.busy]
    edges = sorted({day for one in taken for day in (one.start, one.end) if day is not None})
    found = []
    for start, end in zip([None, *edges], [*edges, None], strict=True):
        over = [one for one in taken if _covers(one, start, end)]
        left = WEEK.difference(*(one.slots for one in over))
        if left:
            found.append(Busy(start, end, left))
    return found


def _covers(one: Busy, start: date | None, end: date | None) -> bool:
    begun = one.start is None or (start is not None and one.start <= start)
    return begun and (one.end is None or (end is not None and one.end >= end))


def _apart(need: Wanted, lot: Offered, today: date) -> bool:
    """From today on, the two intervals share no day."""
    starts = [day for day in (need.wanted_from, lot.available_from) if day is not None]
    ends = [day for day in (need.wanted_until, lot.available_until) if day is not None]
    return bool(ends) and min(ends) <= max([today, *starts])
