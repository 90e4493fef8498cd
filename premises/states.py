"""The SQL twin of `timeline.state_on`: the state of a lot on a day, and the one that stands for its premises."""

from datetime import date

from sqlalchemy import ColumnElement, Select, case, exists, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import array

from premises import hooks
from premises.models import Lot, Occupancy, Premises
from premises.timeline import FIRST, FROM_KIND

# For premises with several lots: what a seeker wants to know first.
MOST_TELLING = ("call", "selection", "awarded", "vacant", "occupied", "works", "none")


def _kinds(state: str) -> list[str]:
    return [kind for kind, shown in FROM_KIND.items() if shown == state]


def lot_is(state: str, on: date) -> ColumnElement[bool]:
    """Something in `state` stands on the lot that day, whatever else does."""
    if kinds := _kinds(state):
        return exists().where(
            Occupancy.lot_id == Lot.id, Occupancy.kind.in_(kinds), Occupancy.during.contains(literal(on))
        )
    return or_(false(), *[Lot.id.in_(lots()) for lots in hooks.LOTS_IN.get(state, [])])


def lot_state(on: date) -> ColumnElement[str]:
    available = Lot.available.contains(literal(on))
    return case(
        *[(lot_is(state, on), literal(state)) for state in FIRST], (available, literal("vacant")), else_=literal("none")
    )


def premises_state(on: date) -> ColumnElement[str]:
    """The first of MOST_TELLING among the lots of the premises."""
    order = array([literal(state) for state in MOST_TELLING])
    first = select(func.min(func.array_position(order, lot_state(on)))).where(Lot.premises_id == Premises.id)
    return func.coalesce(order[first.correlate(Premises).scalar_subquery()], literal("none"))


def of_lots(on: date) -> Select[int, str]:
    return select(Lot.id, lot_state(on))
