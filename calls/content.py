"""What is frozen: a call's version when it opens, an application when it is submitted. Pure.

Both are JSON documents written canonically (RFC 8785) and hashed with SHA-256, so that anybody can check later that
not a comma has changed. No floating-point number: money in cents, areas and weights as text or whole numbers.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import rfc8785


def plain(value: Any) -> Any:
    """A value as JSON holds it: dates and instants as ISO text, decimals as text without an exponent."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def canonical(document: Mapping[str, Any]) -> bytes:
    """RFC 8785 bytes of the document."""
    return rfc8785.dumps(plain(document))


def sha256_of(document: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(document)).hexdigest()
