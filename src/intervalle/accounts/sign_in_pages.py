"""/connexion, /deconnexion, /inscription, /mot-de-passe."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from intervalle import security
from intervalle.accounts import people, sessions, throttle
from intervalle.accounts.forms import EmailForm, NewPasswordForm, SignInForm, SignUpForm
from intervalle.accounts.models import User
from intervalle.accounts.sign_in_page import KEEP, kept_fields, personas
from intervalle.errors import Forbidden
from intervalle.i18n import _
from intervalle.settings import settings
from intervalle.web import Db, Request, actor_of, draw, form_data, invalid, local_path, page, redirect, typed

DEVICE = "appareil"


def set_session(response: Response[None], value: str) -> Response[None]:
    response.set_cookie(
        Cookie(
            key=sessions.cookie_name(),
            value=value,
            path="/",
            httponly=True,
            secure=settings().secure,
            samesite="lax",
            max_age=int(sessions.ABSOLUTE.total_seconds()),
        )
    )
    return response


def _known_device(request: Request, email: str) -> bool:
    known = security.unsign("device", request.cookies.get(DEVICE, ""))
    return bool(known) and known == security.token_hash(email).hex()


async def arrive(request: Request, db: Db, user: User, *, suite: str, second_factor: bool) -> Response[None]:
    """Open a fresh session (never the one the browser came with) and go on to where one was going."""
    if actor_of(request).session_hash:
        await sessions.close_session(db, actor_of(request).session_hash)
    value = await sessions.open_session(
        db, user_id=user.id, second_factor=second_factor, user_agent=request.headers.get("user-agent", "")
    )
    actor = await sessions.actor_for(db, user)
    if actor.needs_second_factor and not second_factor:
        suite = f"/connexion/code?suite={quote(suite)}"
    response = set_session(redirect(suite), value)
    device = Cookie(key=DEVICE, value=security.sign("device", security.token_hash(user.email).hex()), path="/", max_age=31536000, httponly=True,
                    secure=settings().secure, samesite="lax")  # fmt: skip
    response.set_cookie(device)
    return response


@get("/connexion", policy="account.sign_in")
async def show_sign_in(request: Request, db: Db) -> Response[str]:
    suite = local_path(request.query_params.get("suite"))
    return page(
        request,
        "accounts/sign_in.html",
        form=SignInForm(),
        suite=suite,
        kept=[],
        keep=KEEP,
        sentence="",
        personas=await personas(request),
    )


# Twins: each guess counts, and hashing a password must not hold a connection.
@post("/connexion", policy="account.sign_in", twins=True)
async def sign_in(request: Request, db: Db) -> Response[str] | Response[None]:
    typed_form = await form_data(request)
    form = SignInForm(typed_form)
    suite, kept = local_path(typed_form.get("suite")), kept_fields(typed(typed_form))
    context: dict[str, Any] = {
        "suite": suite,
        "kept": kept,
        "keep": KEEP,
        "sentence": "",
        "personas": await personas(request),
    }
    if not form.validate():
        raise invalid(request, "accounts/sign_in.html", form=form, **context)
    email, place = form.email.data.lower(), throttle.place_of(request)
    await throttle.count(request, f"sign_in:place:{place}", throttle.PER_PLACE)
    await throttle.count(request, f"sign_in:{email}:{place}", throttle.PER_ACCOUNT_AND_PLACE)
    if not _known_device(request, email):
        await throttle.count(request, f"sign_in:{email}:", throttle.PER_ACCOUNT)
    user = await people.by_email(db, email)
    good = await security.password_matches(user.password_hash if user else None, form.password.data)
    if not good or user is None or user.disabled_at:
        form.add_error("password", _("L’adresse ou le mot de passe ne correspond pas."))
        raise invalid(request, "accounts/sign_in.html", form=form, **context)
    if user.email_confirmed_at is None:
        form.add_error(
            "email", _("Cette adresse n’est pas encore confirmée : ouvrez le message que nous vous avons envoyé.")
        )
        raise invalid(request, "accounts/sign_in.html", form=form, **context)
    await throttle.forgive(request, f"sign_in:{email}:{place}")
    if kept:
        return await _resume(request, db, user, suite, kept)
    return await arrive(request, db, user, suite=suite, second_factor=False)


async def _resume(
    request: Request, db: Db, user: User, suite: str, kept: list[tuple[str, str]], second_factor: bool = False
) -> Response[str]:
    """Signed in with a form in hand: show one button that sends it, as it was typed."""
    gone = await arrive(request, db, user, suite=suite, second_factor=second_factor)
    actor = await sessions.actor_for(db, user)
    waiting = actor.needs_second_factor and not second_factor
    request.state.actor = actor
    html = draw(request, "accounts/resume.html", action=suite, kept=kept, second_factor=waiting)
    response = Response(html, media_type="text/html", status_code=200)
    response.cookies.extend(gone.cookies)
    return response


@post("/connexion/demo", policy="account.sign_in")
async def sign_in_as_persona(request: Request, db: Db) -> Response[str] | Response[None]:
    """Demonstration only: one press per role; it counts as the second factor too."""
    typed_form = await form_data(request)
    user = await people.by_email(db, str(typed_form.get("email", "")))
    if not settings().demo or user is None or not user.demo:
        raise Forbidden("Les comptes de démonstration n’existent que dans la démonstration.")
    kept, suite = kept_fields(typed(typed_form)), local_path(typed_form.get("suite"))
    if kept:
        return await _resume(request, db, user, suite, kept, second_factor=True)
    return await arrive(request, db, user, suite=suite, second_factor=True)


@post("/deconnexion", policy="account.sign_out")
async def sign_out(request: Request, db: Db) -> Response[None]:
    await sessions.close_session(db, actor_of(request).session_hash)
    response = redirect("/", flash=_("Vous êtes déconnecté."))
    response.delete_cookie(sessions.cookie_name(), path="/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@get("/inscription", policy="account.sign_up")
async def show_sign_up(request: Request, db: Db) -> Response[str]:
    return page(request, "accounts/sign_up.html", form=SignUpForm(), sent=False)


@post("/inscription", policy="account.sign_up")
async def sign_up(request: Request, db: Db) -> Response[str]:
    form = SignUpForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "accounts/sign_up.html", form=form, sent=False)
    await throttle.count(request, f"mail:{form.email.data}", throttle.MAILS_PER_ADDRESS)
    await people.sign_up(db, name=form.name.data, email=form.email.data, password=form.password.data)
    return page(request, "accounts/sign_up.html", form=form, sent=True)


@get("/inscription/confirmer", policy="account.sign_up")
async def show_confirm(request: Request, db: Db) -> Response[str]:
    """Opening the link changes nothing (mail readers open links): the button does."""
    return page(request, "accounts/confirm.html", token=request.query_params.get("jeton", ""))


@post("/inscription/confirmer", policy="account.sign_up")
async def confirm(request: Request, db: Db) -> Response[None]:
    user = await people.confirm(db, str((await form_data(request)).get("jeton", "")))
    return await arrive(request, db, user, suite="/compte", second_factor=False)


@get("/mot-de-passe", policy="account.reset_password")
async def show_reset(request: Request, db: Db) -> Response[str]:
    return page(request, "accounts/reset.html", form=EmailForm(), sent=False)


@post("/mot-de-passe", policy="account.reset_password")
async def ask_reset(request: Request, db: Db) -> Response[str]:
    form = EmailForm(await form_data(request))
    if not form.validate():
        raise invalid(request, "accounts/reset.html", form=form, sent=False)
    await throttle.count(request, f"mail:{form.email.data}", throttle.MAILS_PER_ADDRESS)
    await people.ask_reset(db, form.email.data)
    return page(request, "accounts/reset.html", form=form, sent=True)


@get("/mot-de-passe/nouveau", policy="account.reset_password")
async def show_new_password(request: Request, db: Db) -> Response[str]:
    token = request.query_params.get("jeton", "")
    found = await people.find_reset(db, token)
    return page(request, "accounts/new_password.html", form=NewPasswordForm(), token=token, valid=found is not None)


@post("/mot-de-passe/nouveau", policy="account.reset_password")
async def reset(request: Request, db: Db) -> Response[None]:
    typed_form = await form_data(request)
    form, token = NewPasswordForm(typed_form), str(typed_form.get("jeton", ""))
    if not form.validate():
        raise invalid(request, "accounts/new_password.html", form=form, token=token, valid=True)
    await people.reset(db, token, form.password.data)
    return redirect("/connexion", flash=_("Votre mot de passe est changé. Connectez-vous."))


ROUTES: list[HTTPRouteHandler] = [
    show_sign_in, sign_in, sign_in_as_persona, sign_out, show_sign_up, sign_up, show_confirm, confirm,
    show_reset, ask_reset, show_new_password, reset,
]  # fmt: skip
