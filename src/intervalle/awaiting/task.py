"""One line of what awaits a person: who acts next, by when, and where."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.accounts.actor import Actor

SOON = timedelta(days=30)  # counterparts and steps of relocation are announced a month ahead
REMEMBERED = timedelta(days=60)  # a decision received stays on the home page as long as an appeal may be lodged
MOST = 50  # rows per source: beyond, the room's own list is the place


@dataclass(frozen=True)
class Task:
    """`mine`: this person acts next; otherwise somebody else does, and the sentence says who."""

    what: str
    sentence: str
    url: str
    mine: bool
    due: date | None = None
    late: bool = False


Source = Callable[[AsyncSession, Actor], Awaitable[list[Task]]]


def paris_day(value: datetime | None) -> date | None:
    """The civil day of an instant, as its readers count it."""
    return value.astimezone(clock.PARIS).date() if value else None
