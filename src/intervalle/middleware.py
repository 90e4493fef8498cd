"""What is refused before any handler: NUL in the address, and writes that come from another site."""

from urllib.parse import unquote_to_bytes, urlsplit

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def _has_nul(scope: Scope) -> bool:
    return b"\x00" in unquote_to_bytes(scope.get("raw_path") or b"") or b"\x00" in unquote_to_bytes(
        scope.get("query_string") or b""
    )


def from_elsewhere(headers: Headers) -> bool:
    """Sec-Fetch-Site when the browser says it, Origin otherwise (SameSite=Lax cookies are the other half)."""
    site = headers.get("sec-fetch-site")
    if site:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return bool(origin) and urlsplit(origin or "").netloc != headers.get("host")


def gate(app: ASGIApp) -> ASGIApp:
    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if _has_nul(scope):
                return await _refuse(send, 400, "Cette adresse contient un caractère interdit.")
            if scope["method"] in WRITES and from_elsewhere(Headers.from_scope(scope)):
                return await _refuse(
                    send, 403, "Cette demande vient d’un autre site : ouvrez la page sur Intervalle et recommencez."
                )
        return await app(scope, receive, send)

    return gated


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
