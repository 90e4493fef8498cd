"""create_app(): routers, middleware, the exception table, and the check that no route lacks a policy."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from inspect import signature
from typing import Any

import sqlalchemy.exc
from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.logging.config import LoggingConfig
from litestar.types import ControllerRouterHandler

from intervalle import errors, routes, security, submissions
from intervalle.accounts.policy import ANYONE
from intervalle.accounts.policy_table import POLICY
from intervalle.db import make_engine, make_sessions
from intervalle.i18n import N_, _
from intervalle.middleware import gate
from intervalle.request_db import provide_db
from intervalle.settings import settings
from intervalle.web import actor_of, draw, nonce_of

log = logging.getLogger("intervalle")

TITLES = {
    400: N_("Demande incomprise"),
    401: N_("Connexion nécessaire"),
    403: N_("Cela ne vous est pas ouvert"),
    404: N_("Page introuvable"),
    405: N_("Demande incomprise"),
    409: N_("Cela n’est pas possible maintenant"),
    413: N_("Envoi trop lourd"),
    422: N_("Saisie à corriger"),
    429: N_("Trop de tentatives"),
    500: N_("Une erreur de notre côté"),
    503: N_("Trop de monde à la fois"),
}


def _error_page(request: Request[Any, Any, Any], status: int, sentence: str, way_out: str = "") -> Response[str]:
    html = draw(
        request, "error.html", status=status, title=TITLES.get(status, TITLES[500]), sentence=sentence, way_out=way_out
    )
    return Response(html, media_type="text/html", status_code=status)


def on_problem(request: Request[Any, Any, Any], problem: errors.Problem) -> Response[str]:
    return _error_page(request, problem.status, problem.sentence, problem.way_out)


def on_invalid(request: Request[Any, Any, Any], problem: errors.Invalid) -> Response[str]:
    return Response(problem.html, media_type="text/html", status_code=422, headers={"Vary": "HX-Request-Type, Cookie"})


def on_answered(request: Request[Any, Any, Any], done: errors.Answered) -> Response[Any]:
    return done.response  # type: ignore[return-value]


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """The framework's own refusals. A path or query that does not parse is an address that does not exist."""
    if isinstance(error, NotFoundException | ValidationException) or error.status_code == 404:
        return _error_page(request, 404, errors.NotFound().sentence)
    if error.status_code == 413:
        return _error_page(
            request, 413, "Cet envoi dépasse la taille permise.", "Allégez les fichiers, ou déposez-les un par un."
        )
    if error.status_code >= 500:
        return on_crash(request, error)
    return _error_page(
        request,
        error.status_code,
        "Cette demande n’a pas la forme attendue.",
        "Revenez à la page précédente et recommencez.",
    )


def on_crowd(request: Request[Any, Any, Any], error: sqlalchemy.exc.TimeoutError) -> Response[str]:
    """More requests than database connections for longer than a person waits: nothing was begun, hence nothing is lost."""
    answer = _error_page(
        request, 503, _("Beaucoup de personnes travaillent en ce moment. Rien n’a été enregistré."),
        _("Gardez cette page ouverte et renvoyez-la dans une minute."),
    )  # fmt: skip
    answer.headers["Retry-After"] = "30"
    return answer


def on_crash(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    log.error("unhandled error on %s %s", request.method, request.url.path, exc_info=error)
    return _error_page(
        request, 500, "Quelque chose a cassé chez nous. Rien n’a été enregistré à moitié.",
        "Réessayez dans un instant ; si cela recommence, écrivez-nous avec l’heure et l’adresse de la page.",
    )  # fmt: skip


ANSWERS: dict[int | type[Exception], Any] = {
    errors.Answered: on_answered,
    errors.Invalid: on_invalid,
    errors.Problem: on_problem,
    HTTPException: on_http,
    sqlalchemy.exc.TimeoutError: on_crowd,
    Exception: on_crash,
}


def on_group(request: Request[Any, Any, Any], group: ExceptionGroup[Exception]) -> Response[Any]:
    """What the `db` dependency makes of an error raised in a handler (sign in first, a constraint's sentence) comes wrapped."""
    said = next((e for e in group.exceptions if isinstance(e, errors.Answered | errors.Problem)), group)
    answer = next(answer for kind, answer in ANSWERS.items() if isinstance(kind, type) and isinstance(said, kind))
    return answer(request, said)  # type: ignore[no-any-return]


async def add_headers(message: Any, scope: Any) -> None:
    """Security headers on every response, whatever made it."""
    if message["type"] != "http.response.start":
        return
    request: Request[Any, Any, Any] = Request(scope)
    names = {name.lower() for name, _ in message["headers"]}
    private = actor_of(request).signed_in and b"cache-control" not in names
    for name, value in security.headers(nonce_of(request), private=private).items():
        if name.lower().encode() not in names:
            message["headers"].append((name.lower().encode(), value.encode()))


def policies_missing(handlers: Sequence[ControllerRouterHandler]) -> list[str]:
    """Routes nobody watches, each with the reason; the start-up stops on any.

    The policy is applied by the `db` dependency: a handler that does not ask for it is open to all, and must say so.
    """
    missing = []
    for handler in handlers:
        if not isinstance(handler, HTTPRouteHandler):
            missing.append(f"{handler!r} : forme de route sans règle d’accès")
            continue
        action, paths = str(handler.opt.get("policy")), ", ".join(sorted(handler.paths))
        if action not in POLICY:
            missing.append(f"{paths} -> {action!r} : absente de la table")
        elif POLICY.table[action] != ANYONE and "db" not in signature(handler.fn).parameters:
            missing.append(f"{paths} -> {action!r} : ne demande pas « db », la règle ne serait pas appliquée")
    return missing


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    engine, often = make_engine(settings()), make_engine(settings(), pool_size=4, asked_often=True)
    app.state.sessions = make_sessions(engine)
    app.state.asked_often = make_sessions(often)
    app.state.engine = engine
    try:
        yield
    finally:
        await engine.dispose()
        await often.dispose()


def create_app() -> Litestar:
    """The whole product as one ASGI application."""
    settings().check()
    handlers = routes.ROUTES
    if missing := policies_missing(handlers):
        raise SystemExit("Routes sans règle d’accès, le démarrage s’arrête :\n  " + "\n  ".join(missing))
    app = Litestar(
        route_handlers=list(handlers),
        dependencies={"db": Provide(provide_db)},
        lifespan=[lifespan],
        before_send=[add_headers],
        after_request=submissions.note,
        exception_handlers={**ANSWERS, ExceptionGroup: on_group},
        request_max_body_size=64 * 1024 * 1024,
        compression_config=CompressionConfig(backend="gzip", minimum_size=800),
        # A refusal is an answer, not an incident: `on_crash` alone writes a trace (eight people racing for one lot
        # made seven traces, longer to write than the answer).
        logging_config=LoggingConfig(log_exceptions="never"),
        openapi_config=None,
        debug=False,
    )
    app.state.read_only_gets = True
    # Before routing: the framework's own middleware only runs for addresses that exist.
    app.asgi_handler = gate(app.asgi_handler)
    return app
