"""Guesses are counted before they are checked, in their own transaction: a failed sign-in cannot un-count itself."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert

from intervalle import clock
from intervalle.accounts.models import Throttle
from intervalle.errors import TooMany
from intervalle.settings import settings
from intervalle.web import Request


@dataclass(frozen=True)
class Limit:
    count: int
    window: timedelta


PER_ACCOUNT_AND_PLACE = Limit(10, timedelta(hours=1))
# What a stranger may try on one account from anywhere; the owner's known browser is not counted here.
PER_ACCOUNT = Limit(30, timedelta(hours=1))
PER_PLACE = Limit(150, timedelta(hours=1))
MAILS_PER_ADDRESS = Limit(5, timedelta(hours=1))


def place_of(request: Request) -> str:
    """The caller's address; a proxy's word is taken only when it is one of ours."""
    direct = request.client.host if request.client else "?"
    forwarded = request.headers.get("x-forwarded-for", "")
    if direct in settings().trusted_proxies and forwarded:
        return forwarded.split(",")[-1].strip()
    return direct


async def count(request: Request, key: str, limit: Limit) -> None:
    """One more try under `key`; TooMany when the window is full."""
    now = clock.now()
    row = insert(Throttle).values(key=key[:300], window_start=now, count=1)
    fresh = Throttle.window_start <= now - limit.window
    row = row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((fresh, 1), else_=Throttle.count + 1),
            "window_start": case((fresh, now), else_=Throttle.window_start),
        },
    ).returning(Throttle.count)
    async with request.app.state.sessions() as own, own.begin():
        tried = (await own.execute(row)).scalar_one()
    if tried > limit.count:
        minutes = int(limit.window.total_seconds() // 60)
        raise TooMany(
            "Trop de tentatives.", f"Attendez un peu (au plus {minutes} minutes), ou redéfinissez votre mot de passe."
        )


async def forgive(request: Request, key: str) -> None:
    async with request.app.state.sessions() as own, own.begin():
        await own.execute(Throttle.__table__.delete().where(func.starts_with(Throttle.key, key)))  # type: ignore[attr-defined]
