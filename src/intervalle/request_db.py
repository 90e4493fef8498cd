"""The `db` dependency: opens the transaction, finds the actor, admits them by the route's policy, commits."""

from collections.abc import AsyncGenerator

from litestar.datastructures import State
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import i18n, submissions
from intervalle.accounts import sessions
from intervalle.accounts.policy_table import POLICY
from intervalle.accounts.sign_in_page import sign_in_page
from intervalle.db import refusal
from intervalle.errors import Answered, SignInNeeded
from intervalle.web import Request

SAFE = frozenset({"GET", "HEAD"})


async def provide_db(request: Request, state: State) -> AsyncGenerator[AsyncSession, None]:
    action = request.route_handler.opt["policy"]
    cookie = request.cookies.get(sessions.cookie_name())
    # Read whole first: a slow sender holds no database connection.
    once = request.method not in SAFE and not request.route_handler.opt.get("twins")
    arrival = await submissions.arrive(request, (cookie or "").encode()) if once else None
    async with submissions.turn(arrival), state.sessions() as db:
        try:
            async with db.begin():
                actor, stale = await sessions.load_actor(db, cookie)
                request.state.actor = actor
                i18n.set_locale(request.cookies.get("langue") or (actor.locale if actor.signed_in else "fr"))
                if stale:
                    await sessions.touch(db, actor.session_hash)
                if request.method in SAFE and state.read_only_gets:
                    await db.execute(text("SET TRANSACTION READ ONLY"))
                POLICY.admit(actor, action)
                if arrival and (told := await submissions.told_before(db, request, arrival)):
                    raise Answered(told)
                yield db
                if arrival:
                    await submissions.remember(db, request, arrival)
        except SignInNeeded as needed:
            raise Answered(await sign_in_page(request, needed)) from needed
        except DBAPIError as error:
            if said := refusal(error):
                raise said from error
            raise
