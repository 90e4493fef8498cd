"""Server time, in one place: deadlines, receipts and the journal all ask here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
_fixed: ContextVar[datetime | None] = ContextVar("fixed_time", default=None)


def now() -> datetime:
    """The instant, with its time zone (UTC inside; shown in Europe/Paris)."""
    return _fixed.get() or datetime.now(UTC)


def today() -> date:
    """The civil date in Paris: what a deadline written as a date means to its readers."""
    return now().astimezone(PARIS).date()


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Run a block as if it were `instant` (tests, and the demo's past)."""
    token = _fixed.set(instant)
    try:
        yield
    finally:
        _fixed.reset(token)
