"""How long the clock of silence stops while a structure completes its file. Pure. CRPA art. L114-5.

The two months after which silence refuses (CRPA L231-4) do not run during the delay given for missing pieces; sending them
before its end starts the clock again. A request taken back stops nothing any longer.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Protocol


class Asked(Protocol):
    """The dated facts of a request for missing pieces; one at a time, so that they do not overlap."""

    asked_at: datetime
    until: datetime
    answered_at: datetime | None
    withdrawn_at: datetime | None


def suspended_days(requests: Iterable[Asked], zone: tzinfo) -> int:
    """Civil days of suspension, in all; a request still waiting counts up to the end of its delay."""
    return sum((_end(one).astimezone(zone).date() - one.asked_at.astimezone(zone).date()).days for one in requests)


def _end(one: Asked) -> datetime:
    return min(moment for moment in (one.until, one.answered_at, one.withdrawn_at) if moment)
