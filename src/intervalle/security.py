"""Secrets and headers: password hashes, random tokens, signed values, the content security policy."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from intervalle.settings import settings

# argon2id at 46 MiB; two at a time, or a burst of sign-ins would eat the memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_slots = asyncio.Semaphore(2)


@cache
def _dummy() -> str:
    """Made at the first use: a start does not wait for a hash."""
    return _hasher.hash("personne")


async def hash_password(password: str) -> str:
    async with _slots:
        return await asyncio.to_thread(_hasher.hash, password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def password_matches(stored: str | None, password: str) -> bool:
    """Takes the same time for an unknown account as for a wrong password."""
    async with _slots:
        good = await asyncio.to_thread(_verify, stored or _dummy(), password)
    return good and stored is not None


def token() -> str:
    """256 random bits, for cookies and links."""
    return secrets.token_urlsafe(32)


def token_hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def sign(purpose: str, value: Any) -> str:
    """A small value that a browser may carry but not change."""
    body = base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{body}.{_mac(purpose, body)}"


def unsign(purpose: str, signed: str) -> Any | None:
    body, _, mac = signed.rpartition(".")
    if not body or not hmac.compare_digest(mac, _mac(purpose, body)):
        return None
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def _mac(purpose: str, body: str) -> str:
    return hmac.new(settings().secret.encode(), f"{purpose}:{body}".encode(), hashlib.sha256).hexdigest()[:43]


def content_security_policy(nonce: str, *, framed: bool = False) -> str:
    """Nothing but our own files, plus the national map service for tiles; nothing inline.

    `framed`: a page made to be shown inside another site's. It carries no form that acts.
    """
    ign = "https://data.geopf.fr"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {ign}",
            f"connect-src 'self' {ign}",
            "font-src 'self'",
            "worker-src 'self'",
            "form-action 'self'",
            "frame-ancestors *" if framed else "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def headers(nonce: str, *, private: bool) -> dict[str, str]:
    kept = {
        "Content-Security-Policy": content_security_policy(nonce),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if private:
        kept["Cache-Control"] = "no-store"
    if settings().secure:
        kept["Strict-Transport-Security"] = "max-age=31536000"
    return kept
