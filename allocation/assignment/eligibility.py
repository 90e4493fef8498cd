"""Whether an application can hold a lot at all, and if not, why. Pure.

Only facts both sides stated can close a lot: an unknown fact (nobody said whether there is water) never excludes
anyone; it is a *doubt*, shown to the panel. The price is never an obstacle here: it is the applicant's to weigh.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from intervalle.french import long_date, square_metres

HALF_DAYS = 14
CODES = ("area", "uses", "erp", "ground_floor", "water", "step_free", "dates")


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot as the call offers it. `area` is what is free over the call's period; ranges are [start, end)."""

    area: Decimal
    divisible: bool = False
    min_area: Decimal | None = None
    shareable: bool = False
    floor: int | None = None
    water: bool | None = None
    step_free: bool | None = None
    erp_types: tuple[str, ...] = ()
    available_from: date | None = None
    available_until: date | None = None
    # What the call says of this lot: bounds of what one application gets, and uses it does not admit.
    offered_min: Decimal | None = None
    offered_max: Decimal | None = None
    uses_out: frozenset[str] = frozenset()
    taken: bool = False  # other occupations leave nothing of it over the call's days


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an application needs at one lot; areas are None when it takes the lot as it is."""

    area_min: Decimal | None = None
    area_max: Decimal | None = None
    erp_type: str | None = None
    ground_floor: bool = False
    water: bool = False
    step_free: bool = False
    slots: frozenset[int] = frozenset()
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Period:
    """The days of occupation the call offers, [start, end); an open side is None."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A requirement that is not met (`code` is in CODES), said in one French sentence."""

    code: str
    sentence: str


def needed_area(wanted: Wanted, lot: LotFacts) -> tuple[Decimal, Decimal]:
    """Least and most area the application would hold there: the whole lot unless the lot can be divided."""
    if not lot.divisible:
        return lot.area, lot.area
    most = min(wanted.area_max or lot.area, lot.offered_max or lot.area, lot.area)
    least = max(min(wanted.area_min or most, most), lot.min_area or Decimal(0), lot.offered_min or Decimal(0))
    return least, max(least, most)


def obstacles(wanted: Wanted, lot: LotFacts, period: Period) -> tuple[Obstacle, ...]:
    """Every requirement the lot fails, in the order of CODES; empty when the application could hold it."""
    found = (
        _area(wanted, lot) or _offered(wanted, lot),
        _uses(wanted, lot),
        _erp(wanted, lot),
        *_comfort(wanted, lot),
        _dates(lot, period),
    )
    return tuple(obstacle for obstacle in found if obstacle)


def doubts(wanted: Wanted, lot: LotFacts) -> tuple[str, ...]:
    """What nobody has said and somebody should check before the keys are handed over."""
    unknown = [
        (
            bool(wanted.uses & lot.uses_out) and not wanted.uses <= lot.uses_out,
            "L’appel n’admet pas dans ce lot une partie des usages demandés.",
        ),
        (wanted.ground_floor and lot.floor is None, "L’étage du lot n’est pas renseigné."),
        (wanted.water and lot.water is None, "L’arrivée d’eau du lot n’est pas renseignée."),
        (wanted.step_free and lot.step_free is None, "L’accès de plain-pied du lot n’est pas renseigné."),
        (
            wanted.erp_type is not None and not lot.erp_types,
            "L’accueil du public n’est pas renseigné pour ce lot.",
        ),
        (
            not lot.divisible and wanted.area_max is not None and wanted.area_max < lot.area,
            f"Le lot ne se divise pas : {square_metres(lot.area)} pour {square_metres(wanted.area_max or 0)} demandés au plus.",
        ),
    ]
    return tuple(sentence for doubtful, sentence in unknown if doubtful)


def _area(wanted: Wanted, lot: LotFacts) -> Obstacle | None:
    if wanted.area_min is not None and wanted.area_min > lot.area:
        return Obstacle(
            "area",
            f"La surface demandée est d’au moins {square_metres(wanted.area_min)} et le lot en offre {square_metres(lot.area)}.",
        )
    smallest = lot.min_area if lot.divisible else None
    if smallest is not None and smallest > lot.area:
        return Obstacle(
            "area",
            f"Il reste {square_metres(lot.area)} et le lot se loue par {square_metres(smallest)} au moins.",
        )
    if smallest is not None and wanted.area_max is not None and wanted.area_max < smallest:
        return Obstacle(
            "area",
            f"La surface demandée est d’au plus {square_metres(wanted.area_max)} et le lot se loue par {square_metres(smallest)} au moins.",
        )
    return None


def _offered(wanted: Wanted, lot: LotFacts) -> Obstacle | None:
    """Bounds the call published for this lot, which are those of a part of it: a lot given whole has none."""
    if (
        lot.divisible
        and lot.offered_max is not None
        and wanted.area_min is not None
        and wanted.area_min > lot.offered_max
    ):
        return Obstacle(
            "area",
            f"La surface demandée est d’au moins {square_metres(wanted.area_min)} et l’appel donne {square_metres(lot.offered_max)} au plus de ce lot à une structure.",
        )
    if (
        lot.divisible
        and lot.offered_min is not None
        and wanted.area_max is not None
        and wanted.area_max < lot.offered_min
    ):
        return Obstacle(
            "area",
            f"La surface demandée est d’au plus {square_metres(wanted.area_max)} et l’appel donne {square_metres(lot.offered_min)} au moins de ce lot à une structure.",
        )
    return None


def _uses(wanted: Wanted, lot: LotFacts) -> Obstacle | None:
    """An application all of whose uses are left out cannot hold the lot; one that mixes them is for the panel to weigh."""
    if wanted.uses and wanted.uses <= lot.uses_out:
        return Obstacle("uses", "L’appel n’admet pas cet usage dans ce lot.")
    return None


def _erp(wanted: Wanted, lot: LotFacts) -> Obstacle | None:
    # A lot whose permit nobody has entered is a doubt, not an obstacle; the category is judged with the lease,
    # when the numbers of the public are known.
    if wanted.erp_type is None or not lot.erp_types or wanted.erp_type in lot.erp_types:
        return None
    allowed = ", ".join(sorted(lot.erp_types))
    return Obstacle("erp", f"L’usage relève du type d’ERP {wanted.erp_type} et le lot est autorisé pour : {allowed}.")


def _comfort(wanted: Wanted, lot: LotFacts) -> Iterable[Obstacle]:
    if wanted.ground_floor and lot.floor is not None and lot.floor != 0:
        yield Obstacle("ground_floor", "La candidature demande un rez-de-chaussée et le lot n’y est pas.")
    if wanted.water and lot.water is False:
        yield Obstacle("water", "La candidature demande une arrivée d’eau et le lot n’en a pas.")
    if wanted.step_free and lot.step_free is False:
        yield Obstacle("step_free", "La candidature demande un accès de plain-pied et le lot n’en a pas.")


def _dates(lot: LotFacts, period: Period) -> Obstacle | None:
    if lot.taken:
        return Obstacle("dates", "Le lot est déjà occupé sur la période de l’appel.")
    if lot.available_from and period.start and lot.available_from > period.start:
        return Obstacle(
            "dates",
            f"Le lot n’est libre qu’à partir du {long_date(lot.available_from)}, après le début de l’occupation.",
        )
    if lot.available_until and (period.end is None or lot.available_until < period.end):
        return Obstacle(
            "dates", f"Le lot doit être rendu le {long_date(lot.available_until)}, avant la fin de l’occupation."
        )
    return None


def free_room(area: Decimal, taken: Collection[tuple[frozenset[int], Decimal]]) -> tuple[Decimal, frozenset[int]]:
    """What other occupations leave of a lot: (area, half-days on which that area is free).

    `taken` is (half-days, m²) per occupation that meets the call's period. A half-day with less room than the best
    ones counts as closed, so that one area describes the lot; nothing free gives (0, no half-day).
    """
    free = {slot: area - sum((used for slots, used in taken if slot in slots), Decimal(0)) for slot in range(HALF_DAYS)}
    best = max(free.values())
    if best <= 0:
        return Decimal(0), frozenset()
    return best, frozenset(slot for slot, left in free.items() if left == best)
