"""The SQL twin of `timeline.state_on`: the state of a lot on a day, and the one that stands for its premises."""

from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import array

from intervalle import clock
from premises import hooks
from premises.models import Lot, Occupancy, Premises
from premises.timeline import FIRST, FROM_KIND

# For premises with several lots: what a seeker wants to know first.
MOST_TELLING = ("call", "selection", "awarded", "vacant", "occupied", "works", "none")


def _kinds(state: str) -> list[str]:
    return [kind for kind, shown in FROM_KIND.items() if shown == state]


def units_used(when: ColumnElement[bool]) -> ColumnElement[int]:
    """Half-days × hundredths of m² in use on the lot, for the uses where `when` holds."""
    week = func.unnest(Occupancy.slots).column_valued("week")
    days = select(func.sum(func.upper(week) - func.lower(week))).scalar_subquery()
    part = func.upper(Occupancy.part) - func.lower(Occupancy.part)
    used = select(func.sum(days * part)).where(Occupancy.lot_id == Lot.id, Occupancy.kind.in_(_kinds("occupied")), when)
    return func.coalesce(used.correlate(Lot).scalar_subquery(), 0)


def units_used_on(on: date) -> ColumnElement[int]:
    return units_used(Occupancy.during.contains(literal(on)))


def lot_is(state: str, on: date) -> ColumnElement[bool]:
    """Something in `state` stands on the lot that day, whatever else does. The days of works and of full use stand on
    the lot's row, kept by triggers from its history."""
    if state == "occupied":
        return Lot.taken.op("@>", is_comparison=True)(literal(on))
    if state == "works":
        return Lot.works.op("@>", is_comparison=True)(literal(on))
    # Calls and awards are known as they stand now: another day is told by the uses alone.
    known = [lots().subquery() for lots in hooks.LOTS_IN.get(state, [])] if on == clock.today() else []
    return or_(false(), *[exists().where(rows.c[0] == Lot.id).correlate(Lot) for rows in known])


def lot_state(on: date) -> ColumnElement[str]:
    available = Lot.available.contains(literal(on))
    return case(
        *[(lot_is(state, on), literal(state)) for state in FIRST], (available, literal("vacant")), else_=literal("none")
    )


def state_is(state: str, on: date) -> ColumnElement[bool]:
    """`lot_state(on) == state`, as plain conditions: nothing that tells more holds."""
    none = [~lot_is(other, on) for other in (FIRST[: FIRST.index(state)] if state in FIRST else FIRST)]
    if state in FIRST:
        return and_(lot_is(state, on), *none)
    available = Lot.available.contains(literal(on))
    return and_(available if state == "vacant" else ~available, *none)


def free(on: date) -> ColumnElement[bool]:
    """Vacant, or in a call: what can be asked for on that day."""
    open_call = lot_is("call", on)
    return and_(
        or_(Lot.available.contains(literal(on)), open_call), *[~lot_is(s, on) for s in FIRST[: FIRST.index("call")]]
    )


def premises_state(on: date) -> ColumnElement[str]:
    """The first of MOST_TELLING among the lots of the premises."""
    order = array([literal(state) for state in MOST_TELLING])
    first = select(func.min(func.array_position(order, lot_state(on)))).where(Lot.premises_id == Premises.id)
    return func.coalesce(order[first.correlate(Premises).scalar_subquery()], literal("none"))


def of_lots(on: date) -> Select[int, str]:
    return select(Lot.id, lot_state(on))
