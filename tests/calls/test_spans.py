"""What calls add to a lot's bar, and the same said in SQL for filters and tiles."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from calls.spans import call_spans
from intervalle import clock
from premises import states
from premises.models import Lot
from premises.timeline import state_on
from tests.calls import make

MOMENTS = {
    "before": make.OPENING - timedelta(days=1),
    "open": make.OPENING + timedelta(days=1),
    "last day": make.CLOSING - timedelta(hours=1),
    "closed": make.CLOSING + timedelta(days=1),
    "decision overdue": make.CLOSING + timedelta(days=60),
}
EXPECTED = {
    "before": "vacant",
    "open": "call",
    "last day": "call",
    "closed": "selection",
    "decision overdue": "selection",
}


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_bar_and_the_filters_say_the_same(db: Any, moment: str) -> None:
    organiser = await make.side(db)
    (aside,) = await make.premises(db, organiser.org, lots=1)
    await make.open_call(db, organiser, lots=1)
    ids = list((await db.execute(select(Lot.id).order_by(Lot.id))).scalars())
    (offered,) = [i for i in ids if i != aside.id]
    with clock.at(MOMENTS[moment]):
        today = clock.today()
        spans = await call_spans(db, ids)
        told = {i: state_on(today, spans.get(i, []), (date(2026, 1, 1), date(2029, 12, 31))) for i in ids}
        rows = await db.execute(select(Lot.id, states.lot_state(today)))
        in_sql = {row[0]: row[1] for row in rows}
    assert told == {offered: EXPECTED[moment], aside.id: "vacant"}
    assert in_sql == told
