"""What the rooms above tell this one, which cannot import them: spans of a lot's bar, and panels of a premises' page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from premises.timeline import Span

# lot ids -> spans per lot (call open, selection, awarded)
SpansOf = Callable[[AsyncSession, Sequence[int]], Awaitable[Mapping[int, Sequence[Span]]]]
SPANS: list[SpansOf] = []


async def extra_spans(db: AsyncSession, lot_ids: Sequence[int]) -> dict[int, list[Span]]:
    """Everything the rooms above know of these lots; one question per room, whatever the number of lots."""
    found: dict[int, list[Span]] = {lot_id: [] for lot_id in lot_ids}
    if lot_ids:
        for ask in SPANS:
            for lot_id, spans in (await ask(db, lot_ids)).items():
                found.setdefault(lot_id, []).extend(spans)
    return found


# State -> selects of the ids of the lots in that state today, from the rooms above (call, selection, awarded):
# the SQL side of SPANS, for filters, counts and tiles.
LOTS_IN: dict[str, list[Callable[[], Select[Any]]]] = {}
