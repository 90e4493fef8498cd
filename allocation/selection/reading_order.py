"""Which file a juror reads next. Pure.

The least-read first, so that every file gets its readers; among equals an order of this juror's own, so that the
first file of the list is not everybody's first (tired readers mark lower).
"""

import hashlib
from collections.abc import Iterable, Mapping


def own_order(seat_id: int, application_ids: Iterable[int]) -> list[int]:
    """A stable order of the files, different for each seat."""
    return sorted(application_ids, key=lambda i: hashlib.sha256(f"{seat_id}:{i}".encode()).digest())


def next_file(seat_id: int, waiting: Iterable[int], reads: Mapping[int, int], *, but: int | None = None) -> int | None:
    """The file to read now; `but` only when nothing else waits."""
    order = own_order(seat_id, waiting)
    least = sorted(order, key=lambda i: (i == but, reads.get(i, 0)))
    return least[0] if least else None
