"""States of calls and applications, computed from dated facts. Pure: the instant is given."""

from datetime import datetime
from typing import Protocol

CALL_STATES = ("draft", "open", "closed", "ranked", "released", "cancelled")
APPLICATION_STATES = ("draft", "submitted", "withdrawn")


class CallFacts(Protocol):
    opened_at: datetime | None
    closes_at: datetime | None
    cancelled_at: datetime | None
    ranked_at: datetime | None
    released_at: datetime | None


class ApplicationFacts(Protocol):
    submitted_at: datetime | None
    withdrawn_at: datetime | None


def call_state(call: CallFacts, now: datetime) -> str:
    """draft → open → closed (selection runs) → ranked → released; cancelled from anywhere before release.

    A call closes at the very instant written: a deposit at that second is late. An opening in the future is a draft
    still, because its text can still be corrected.
    """
    if call.cancelled_at:
        return "cancelled"
    if call.released_at:
        return "released"
    if not call.opened_at or call.opened_at > now:
        return "draft"
    if call.closes_at and now < call.closes_at:
        return "open"
    return "ranked" if call.ranked_at else "closed"


def application_state(application: ApplicationFacts) -> str:
    if application.withdrawn_at:
        return "withdrawn"
    return "submitted" if application.submitted_at else "draft"


def too_late(call: CallFacts, now: datetime) -> bool:
    """Whether the closing instant has passed: a deposit at that very second is late (AMI-03)."""
    return call.closes_at is not None and now >= call.closes_at
