"""The receipt: a page, and a tagged PDF to keep. Instant in words, hash of the content (CRPA L112-3, R112-5)."""

from datetime import datetime
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


async def receipt(db: AsyncSession, application: Application) -> dict[str, Any]:
    """What the receipt shows. Absent (404) while the file is a draft."""
    if application.submitted_at is None or application.content is None:
        raise NotFound
    file = await whole(db, application)
    organiser = await _organiser(db, file.call)
    return {
        "application": application, "call": file.call, "version": file.version, "structure": file.structure,
        "organiser": organiser, "file": await file_of(db, application),
        "sound": content.sha256_of(application.content) == application.content_sha256,
        "silence_on": _silence(application.submitted_at) if organiser.kind in PUBLIC_KINDS else None,
    }  # fmt: skip


async def _organiser(db: AsyncSession, call: Call) -> Organisation:
    return (await db.execute(select(Organisation).where(Organisation.id == call.organiser_id))).scalar_one()


def _silence(submitted: datetime) -> Any:
    return add_months(submitted.astimezone(clock.PARIS).date(), 2)
