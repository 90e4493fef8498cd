"""The receipt: a page, and a tagged PDF to keep. Instant in words, hash of the content (CRPA L112-3, R112-5)."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calls import content
from calls.applications import whole
from calls.models import Application, Call
from calls.reading import file_of
from intervalle import clock
from intervalle.accounts.models import Organisation
from intervalle.errors import NotFound
from intervalle.months import add_months

# Bodies whose silence means refusal after two months (CRPA L231-4); private owners apply the call's own rules.
PUBLIC_KINDS = frozenset({"city", "epci"})


# Days the clock of silence stood still (CRPA L114-5): the room above knows what it asked of the structure.
SUSPENSIONS: list[Callable[[AsyncSession, Application], Awaitable[int]]] = []


async def receipt(db: AsyncSession, application: Application) -> dict[str, Any]:
    """What the receipt shows. Absent (404) while the file is a draft."""
    if application.submitted_at is None or application.content is None:
        raise NotFound
    file = await whole(db, application)
    organiser = await _organiser(db, file.call)
    stood = sum([await days(db, application) for days in SUSPENSIONS])
    return {
        "application": application, "call": file.call, "version": file.version, "structure": file.structure,
        "organiser": organiser, "file": await file_of(db, application),
        "sound": content.sha256_of(application.content) == application.content_sha256,
        "silence_on": silence_on(application.submitted_at, stood) if organiser.kind in PUBLIC_KINDS else None,
        "stood": stood,
    }  # fmt: skip


async def _organiser(db: AsyncSession, call: Call) -> Organisation:
    return (await db.execute(select(Organisation).where(Organisation.id == call.organiser_id))).scalar_one()


def silence_on(submitted: datetime, stood: int = 0) -> date:
    """The day silence refuses: two months after the deposit, and the days the clock stood still."""
    return add_months(submitted.astimezone(clock.PARIS).date(), 2) + timedelta(days=stood)
