"""Sign a test client in without going through the form (which has its own tests)."""

from typing import Any

from intervalle.accounts import sessions as browser_sessions


async def sign_in_as(
    sessions: Any, client: Any, user: Any, *, organisation_id: int | None, second_factor: bool
) -> None:
    async with sessions() as db, db.begin():
        cookie = await browser_sessions.open_session(
            db, user_id=user.id, second_factor=second_factor, organisation_id=organisation_id
        )
    client.cookies.set(browser_sessions.cookie_name(), cookie)
