"""One request, one straight line. Handlers use: `page`, `redirect`, `form_data`, `invalid`, `Id`, `Db`.

    @get("/locaux/{premises_id:int}", policy="premises.show")
    async def show(request: Request, db: Db, premises_id: Id) -> Response: ...

`db` opens the transaction, finds out who is asking (`request.state.actor`) and admits them by the route's policy; the
transaction is committed before the response leaves, and a GET runs read-only: the database itself refuses a write.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Request as LitestarRequest
from litestar import Response
from litestar.datastructures import Cookie, FormMultiDict, State, UploadFile
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from markupsafe import Markup
from sqlalchemy import Result
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock, i18n, security
from intervalle.accounts.actor import NOBODY, Actor
from intervalle.errors import BadRequest, Invalid, NotFound, Problem
from intervalle.forms import Form
from intervalle.french import bound
from intervalle.i18n import _
from intervalle.outbox import StoredFile
from intervalle.settings import ROOT, settings

T = TypeVar("T")

Request = LitestarRequest[Any, Any, State]
Db = NamedDependency[AsyncSession]
BIGGEST = 2**63 - 1
Id = Annotated[int, PathParameter(ge=1, le=BIGGEST)]
Slug = Annotated[str, PathParameter(max_length=80)]
Text = Annotated[str, QueryParameter(max_length=200)]
Page = Annotated[int, QueryParameter(ge=1, le=10_000)]

environment = Environment(
    loader=FileSystemLoader(ROOT / "templates"),
    autoescape=select_autoescape(("html", "xml", "svg")),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
)
environment.filters.update(i18n.FILTERS)
environment.globals.update(
    _=i18n._, ngettext=i18n.ngettext, span=i18n.span, now=clock.now, today=clock.today, get_locale=i18n.get_locale
)


def actor_of(request: Request) -> Actor:
    return getattr(request.state, "actor", NOBODY)


def nonce_of(request: Request) -> str:
    nonce: str | None = getattr(request.state, "nonce", None)
    if nonce is None:
        nonce = request.state.nonce = secrets.token_urlsafe(16)
    return nonce


def is_fragment(request: Request) -> bool:
    """htmx 4 says what it wants: a part of the page, or the whole of it."""
    return request.headers.get("HX-Request-Type") == "partial"


def draw(request: Request, template: str, **context: Any) -> str:
    """Render a template with what every page needs."""
    from intervalle.accounts.policy_table import POLICY

    actor = actor_of(request)
    html = environment.get_template(template).render(
        request=request,
        actor=actor,
        can=lambda action, subject=None: POLICY.can(actor, action, subject),
        nonce=nonce_of(request),
        hx=lambda: Markup('hx-nonce="{}"').format(nonce_of(request)),
        flash=security.unsign("flash", request.cookies.get("flash", "")),
        path=request.url.path,
        demo=settings().demo,
        **context,
    )
    return bound(html) if i18n.get_locale() == "fr" else html


def page(
    request: Request, template: str, *, fragment: str | None = None, status: int = 200, **context: Any
) -> Response[str]:
    """A page, or its `fragment` when htmx asks for a part. The fragment is a template the page itself includes."""
    chosen = fragment if fragment and is_fragment(request) else template
    html = draw(request, chosen, **context)
    response = Response(html, media_type="text/html", status_code=status, headers={"Vary": "HX-Request-Type, Cookie"})
    if request.cookies.get("flash") and chosen == template:
        response.delete_cookie("flash", path="/")
    return response


def invalid(request: Request, template: str, *, fragment: str | None = None, **context: Any) -> Invalid:
    """`raise invalid(...)`: the page again with what was typed and the sentences, as a 422; nothing is kept."""
    return Invalid(draw(request, fragment if fragment and is_fragment(request) else template, **context))


def flash_cookie(signed: str) -> Cookie:
    """A sentence shown once on arrival, signed."""
    return Cookie(
        key="flash", value=signed, path="/", max_age=60, httponly=True, secure=settings().secure, samesite="lax"
    )


def redirect(path: str, flash: str | None = None) -> Response[None]:
    """303 to our own `path`, with a sentence shown once on arrival."""
    response: Response[None] = Response(None, status_code=303, headers={"Location": quote(path, safe="/?&=#:%,;+@")})
    if flash:
        response.set_cookie(flash_cookie(security.sign("flash", flash)))
    return response


def local_path(value: str | None, default: str = "/") -> str:
    """A path on this site to go on to; anything else is dropped (no open redirect)."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or re.search(r"[\x00-\x1f]", value):
        return default
    parts = urlsplit(value)
    return default if parts.scheme or parts.netloc else value


async def form_data(request: Request) -> FormMultiDict:
    """The typed form. A NUL character, which PostgreSQL cannot hold, is refused here in words."""
    try:
        form = await request.form()
    except (LookupError, ValueError) as error:  # a character set that does not exist, or bytes that are not in it
        raise BadRequest(
            "Cette demande n’a pas la forme attendue.", "Revenez à la page précédente et recommencez."
        ) from error
    for _name, value in form.multi_items():
        if isinstance(value, str) and "\x00" in value:
            raise BadRequest(
                "Le texte contient un caractère invisible que nous ne savons pas garder.",
                "Retapez-le plutôt que de le coller.",
            )
    return form


def one_or_404(result: Result[T]) -> T:
    """The one row a visible query found; what it left out is a 404."""
    found = result.scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def typed(form: FormMultiDict) -> list[tuple[str, str]]:
    """The text fields only, to keep them over a sign-in; a field with several values (check boxes) keeps each."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def upload_in(form: FormMultiDict, name: str) -> UploadFile | None:
    """The file in a field; None when the field was left empty (browsers send an empty, nameless part)."""
    value = form.get(name)
    return value if isinstance(value, UploadFile) and value.filename else None


async def received(
    form: Form, data: FormMultiDict, field: str, keep: Callable[[str, bytes], Awaitable[T]], *, ask: str
) -> tuple[T | None, str]:
    """(what `keep(name, content)` made of the file in a field, "") or (None, the sentence to show beside that field).

    A browser never sends a chosen file twice: when something else is wrong, the sentence says which one to choose again.
    """
    upload, good = upload_in(data, field), form.validate()
    if upload is None:
        return None, ask
    again = _("Choisissez de nouveau « %(name)s » : un navigateur ne garde pas les fichiers.", name=upload.filename)
    if not good:
        return None, again
    try:
        return await keep(upload.filename, await upload.read()), ""
    except Problem as bad:
        if bad.status != 422:
            raise
        return None, f"{_(bad.sentence)} {_(bad.way_out)}".strip()


def stored_file_response(stored: StoredFile, content: bytes, *, inline: bool = False) -> Response[bytes]:
    """A stored file under a sandbox: shown only when we wrote it ourselves, downloaded otherwise."""
    manner = "inline" if inline else "attachment"
    return Response(
        content,
        media_type=stored.content_type,
        headers={
            "Content-Disposition": f"{manner}; filename*=UTF-8''{quote(stored.name)}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "public, max-age=86400" if stored.audience == "public" else "private, no-store",
        },
    )
