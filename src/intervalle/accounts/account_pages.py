"""/compte, /langue, /organisation/choisir."""

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import delete, select, update

from intervalle.accounts import people
from intervalle.accounts.models import Session
from intervalle.errors import Forbidden
from intervalle.i18n import LOCALES
from intervalle.settings import settings
from intervalle.web import Db, Request, actor_of, form_data, local_path, page, redirect


@get("/compte", policy="account.show")
async def show_account(request: Request, db: Db) -> Response[str]:
    actor = actor_of(request)
    rows = await db.execute(select(Session).where(Session.user_id == actor.user_id).order_by(Session.seen_at.desc()))
    return page(request, "accounts/show.html", open_sessions=list(rows.scalars()))


@post("/organisation/choisir", policy="account.switch")
async def switch(request: Request, db: Db) -> Response[None]:
    """Which of one's organisations the header shows and new things belong to."""
    actor = actor_of(request)
    form = await form_data(request)
    chosen = next((b for b in actor.belongings if str(b.organisation_id) == str(form.get("organisation"))), None)
    if chosen is None:
        raise Forbidden("Vous n’êtes pas membre de cette organisation.")
    await db.execute(
        update(Session).where(Session.token_hash == actor.session_hash).values(organisation_id=chosen.organisation_id)
    )
    return redirect(local_path(form.get("suite"), "/compte"))


@post("/compte/sessions/fermer", policy="account.show")
async def close_others(request: Request, db: Db) -> Response[None]:
    actor = actor_of(request)
    await db.execute(delete(Session).where(Session.user_id == actor.user_id, Session.token_hash != actor.session_hash))
    return redirect("/compte")


@post("/langue", policy="account.set_language")
async def set_language(request: Request, db: Db) -> Response[None]:
    form = await form_data(request)
    chosen = form.get("langue") if form.get("langue") in LOCALES else "fr"
    if user_id := actor_of(request).user_id:
        await people.set_locale(db, user_id, str(chosen))
    response = redirect(local_path(form.get("suite")))
    response.set_cookie(
        Cookie(
            key="langue",
            value=str(chosen),
            path="/",
            max_age=31536000,
            secure=settings().secure,
            samesite="lax",
            httponly=True,
        )
    )
    return response


ROUTES: list[HTTPRouteHandler] = [show_account, switch, close_others, set_language]
