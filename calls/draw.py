"""The one draw of the product, which anyone can replay. Pure.

The seed is committed by its hash when the call opens, before any score is known, and revealed with the decisions. Ranking
(equal totals) and assignment (equal scores) both use this order, with the file's label (« C-07 ») as identifier. With any SHA-256 tool: the commitment is sha256(seed); the order is that of sha256(seed + "\\n" + identifier),
smallest hexadecimal first. Nobody who committed to a seed can choose the order afterwards.
"""

from collections.abc import Iterable
from hashlib import sha256


def commit(seed: str) -> str:
    """What is published before the scores: the hexadecimal SHA-256 of the seed (UTF-8)."""
    return sha256(seed.encode()).hexdigest()


def ticket(seed: str, id: str) -> str:
    """The number drawn by one application."""
    return sha256(f"{seed}\n{id}".encode()).hexdigest()


def order(seed: str, ids: Iterable[str]) -> list[str]:
    """Applications in the order of the draw, first first."""
    return sorted(set(ids), key=lambda id: (ticket(seed, id), id))
