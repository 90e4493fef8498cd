"""What this room adds to a lot's bar: the days a call offers, in the state of the call."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calls import workflow
from calls.models import Call, CallLot, CallVersion
from calls.queries import call_state_sql, was_published
from intervalle import clock
from intervalle.clock import PARIS
from intervalle.db import NOW
from intervalle.i18n import _
from premises import hooks
from premises.timeline import Span

# Made once: these conditions stand in each list, count and tile.
_LATER = aliased(CallVersion)
SHOWN = {"open": "call", "closed": "selection", "ranked": "selection"}


async def call_spans(db: AsyncSession, lot_ids: Sequence[int]) -> Mapping[int, Sequence[Span]]:
    """Calls under way on these lots: until closing (or until the decision), then the days offered. One query."""
    superseded = exists().where(
        _LATER.call_id == CallVersion.call_id, _LATER.frozen_at.is_not(None), _LATER.number > CallVersion.number
    )
    rows = await db.execute(
        select(CallLot.lot_id, Call, CallVersion)
        .join(CallVersion, CallVersion.id == CallLot.version_id)
        .join(Call, Call.id == CallVersion.call_id)
        .where(
            CallLot.lot_id.in_(list(lot_ids)), CallVersion.frozen_at.is_not(None), ~superseded,
            was_published(clock.now()), Call.cancelled_at.is_(None), Call.released_at.is_(None),
        )
        .order_by(CallLot.lot_id, Call.id)
    )  # fmt: skip
    found: dict[int, list[Span]] = {}
    for lot_id, call, version in rows:
        found.setdefault(lot_id, []).extend(_of_call(call, version))
    return found


def _of_call(call: Call, version: CallVersion) -> list[Span]:
    state = SHOWN[workflow.call_state(call, clock.now())]
    opened, closing = _day(call.opened_at), _day(call.closes_at)
    entry = version.occupation_from
    began = opened if state == "call" else closing
    # A selection lasts until its decision goes out, whatever day was announced for it.
    last = closing if state == "call" else max(version.decision_on or entry or began, clock.today())
    until = last + timedelta(days=1)
    spans = [Span(state, began, min(until, entry) if entry else until, _("Appel « %(title)s »", title=call.title))]
    if entry:
        spans.append(
            Span(
                state,
                entry,
                version.occupation_until,
                _("Période proposée par l’appel « %(title)s »", title=call.title),
            )
        )
    return [span for span in spans if span.end is None or span.start < span.end]


def _day(instant: object) -> date:
    return instant.astimezone(PARIS).date()  # type: ignore[attr-defined,no-any-return]


def _lots_in(*states: str) -> Select[int]:
    """Lots of calls now in one of these states: the SQL side of `call_spans`."""
    superseded = exists().where(
        _LATER.call_id == CallVersion.call_id, _LATER.frozen_at.is_not(None), _LATER.number > CallVersion.number
    )
    return (
        select(CallLot.lot_id)
        .join(CallVersion, CallVersion.id == CallLot.version_id)
        .join(Call, Call.id == CallVersion.call_id)
        .where(CallVersion.frozen_at.is_not(None), ~superseded, call_state_sql(NOW).in_(states))
    )


hooks.SPANS.append(call_spans)
hooks.LOTS_IN.setdefault("call", []).append(lambda: _lots_in("open"))
hooks.LOTS_IN.setdefault("selection", []).append(lambda: _lots_in("closed", "ranked"))
