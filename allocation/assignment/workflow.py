"""States of an award and of a call's assignment, computed from dated facts. Pure: the instant is given."""

from datetime import datetime
from typing import Protocol

AWARD_STATES = ("prepared", "offered", "accepted", "declined", "expired", "withdrawn")


class AwardFacts(Protocol):
    released_at: datetime | None
    offer_expires_at: datetime | None
    accepted_at: datetime | None
    declined_at: datetime | None
    withdrawn_at: datetime | None


def award_state(award: AwardFacts, now: datetime) -> str:
    """prepared → offered → accepted or declined; an offer nobody answered expires at the very instant written.
    withdrawn: by a corrective act."""
    if award.withdrawn_at:
        return "withdrawn"
    if award.declined_at:
        return "declined"
    if award.accepted_at:
        return "accepted"
    if not award.released_at:
        return "prepared"
    return "expired" if award.offer_expires_at and now >= award.offer_expires_at else "offered"


STEPS = ("scoring", "to_run", "to_retain", "to_release", "released")


def step(*, ranked: bool, proposals: int, retained: bool, released: bool) -> str:
    """Where a closed call's assignment stands."""
    if released:
        return "released"
    if not ranked:
        return "scoring"
    if retained:
        return "to_release"
    return "to_retain" if proposals else "to_run"
