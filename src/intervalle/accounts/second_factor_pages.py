"""/connexion/code: the six digits, and their set-up the first time."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from intervalle.accounts import people, sessions, throttle
from intervalle.accounts.forms import CodeForm
from intervalle.accounts.models import User
from intervalle.accounts.sign_in_pages import arrive
from intervalle.errors import SignInNeeded
from intervalle.i18n import _
from intervalle.web import Db, Request, actor_of, form_data, invalid, local_path, page, redirect


async def _person(request: Request, db: Db) -> User:
    actor = actor_of(request)
    if not actor.signed_in:
        raise SignInNeeded
    return await db.get_one(User, actor.user_id)


def _picture(address: str) -> Markup:
    import segno

    return Markup(segno.make(address, error="m").svg_inline(scale=4, dark="#14201b", light="#ffffff"))  # noqa: S704 - drawn by us


def _context(user: User, suite: str) -> dict[str, Any]:
    return {
        "suite": suite,
        "enrolled": user.totp_confirmed_at is not None,
        "secret": user.totp_secret or "",
        "picture": "",
    }


@get("/connexion/code", policy="account.second_factor")
async def show_code(request: Request, db: Db) -> Response[str] | Response[None]:
    user = await _person(request, db)
    context = _context(user, local_path(request.query_params.get("suite")))
    if not context["enrolled"] and user.totp_secret:
        context["picture"] = _picture(await people.start_second_factor(db, user))
    return page(request, "accounts/code.html", form=CodeForm(), **context)


@post("/connexion/code/preparer", policy="account.second_factor")
async def prepare(request: Request, db: Db) -> Response[None]:
    """Make the secret (a POST: reading a page never changes anything), then show it."""
    user = await _person(request, db)
    if user.totp_confirmed_at is None:
        await people.start_second_factor(db, user)
    suite = local_path((await form_data(request)).get("suite"))
    return redirect(f"/connexion/code?suite={suite}")


@post("/connexion/code", policy="account.second_factor", twins=True)
async def enter_code(request: Request, db: Db) -> Response[None]:
    user = await _person(request, db)
    typed_form = await form_data(request)
    form, suite = CodeForm(typed_form), local_path(typed_form.get("suite"))
    await throttle.count(request, f"code:{user.id}", throttle.PER_ACCOUNT)
    if not form.validate() or not await people.check_code(db, user.id, form.code.data):
        context = _context(user, suite)
        if not context["enrolled"] and user.totp_secret:
            context["picture"] = _picture(await people.start_second_factor(db, user))
        form.add_error("code", _("Ce code ne convient pas, ou a déjà servi : attendez le suivant."))
        raise invalid(request, "accounts/code.html", form=form, **context)
    await throttle.forgive(request, f"code:{user.id}")
    await sessions.close_session(db, actor_of(request).session_hash)
    return await arrive(request, db, user, suite=suite, second_factor=True)


ROUTES: list[HTTPRouteHandler] = [show_code, prepare, enter_code]
