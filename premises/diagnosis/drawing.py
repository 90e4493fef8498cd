"""The map of a diagnosis: contours and one dot per place, as SVG. It needs no script and prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle.accounts.actor import Actor
from premises.diagnosis import queries
from premises.diagnosis.figures import LotFact
from premises.diagnosis.scopes import Scope
from premises.states import MOST_TELLING

MARGIN = 0.06
SMALLEST, LARGEST = 0.008, 0.028  # radius of a dot, in widths of the map


@dataclass(frozen=True)
class Dot:
    premises_id: int
    name: str
    state: str
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Map:
    """`box` is the viewBox, in metres of EPSG:3857 with y downwards; `unit` a thousandth of its width."""

    box: str
    unit: float
    outline: str
    quarter: str
    dots: list[Dot]


async def of(db: AsyncSession, scope: Scope, actor: Actor, lots: Sequence[LotFact]) -> Map | None:
    """None when nothing has a position."""
    drawn = await queries.outlines(db, scope)
    at = {row[0]: (row[1], -row[2]) for row in await db.execute(queries.points(scope, actor))}
    shown = {lot.premises_id for lot in lots if lot.counted} & set(at)
    xs, ys = [at[i][0] for i in shown], [at[i][1] for i in shown]
    if drawn.west is not None:
        xs, ys = [*xs, drawn.west, drawn.east], [*ys, -drawn.north, -drawn.south]
    if not xs or not all(map(isfinite, [*xs, *ys])):
        return None
    width, height = max(max(xs) - min(xs), 400.0), max(max(ys) - min(ys), 300.0)
    left, top = (min(xs) + max(xs) - width) / 2, (min(ys) + max(ys) - height) / 2
    edge = MARGIN * max(width, height)
    box = f"{left - edge:.0f} {top - edge:.0f} {width + 2 * edge:.0f} {height + 2 * edge:.0f}"
    across = max(width, height) + 2 * edge
    return Map(box, across / 1000, drawn.outline or "", drawn.quarter or "", _dots(lots, at, across))


def _dots(lots: Sequence[LotFact], at: dict[int, tuple[float, float]], across: float) -> list[Dot]:
    """One per place, larger where more m² stand; what a reader looks for first is drawn last, on top."""
    by_place: dict[int, list[LotFact]] = {}
    for lot in lots:
        if lot.counted and lot.premises_id in at:
            by_place.setdefault(lot.premises_id, []).append(lot)
    areas = {place: float(sum(lot.area for lot in here)) for place, here in by_place.items()}
    most = max(areas.values(), default=1.0)

    def state(here: Sequence[LotFact]) -> str:
        states = {"vacant" if lot.vacant and lot.state == "none" else lot.state for lot in here}
        return next((s for s in MOST_TELLING if s in states), "none")

    dots = [
        Dot(place, here[0].place, state(here), *at[place], across * (SMALLEST + (LARGEST - SMALLEST) * sqrt(areas[place] / most)))
        for place, here in by_place.items()
    ]  # fmt: skip
    return sorted(dots, key=lambda dot: (-MOST_TELLING.index(dot.state) if dot.state in MOST_TELLING else -99, -dot.r))
