"""A place given shows on the bar of its lot until its title begins, and the filters say the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from allocation.leases.spans import award_spans
from intervalle import clock
from premises import occupancies, queries, states
from premises.models import Lot
from premises.timeline import state_on
from tests.allocation.leases import make


async def told(db: Any, ids: list[int]) -> dict[int, str]:
    """The state of each lot today, by the spans and by SQL: they must agree."""
    today = clock.today()
    spans = await award_spans(db, ids)
    lots = {lot.id: lot for lot in (await db.execute(select(Lot).where(Lot.id.in_(ids)))).scalars()}
    uses: dict[int, list[Any]] = {}
    for use in (await db.execute(queries.occupancies_in(ids))).scalars():
        uses.setdefault(use.lot_id, []).append(occupancies.span_of(use, lots[use.lot_id], today))
    by_spans = {
        i: state_on(today, [*uses.get(i, []), *spans.get(i, [])], (lots[i].available.lower, lots[i].available.upper)) for i in ids
    }  # fmt: skip
    rows = await db.execute(select(Lot.id, states.lot_state(today)).where(Lot.id.in_(ids)))
    assert {row[0]: row[1] for row in rows} == by_spans
    return by_spans


async def test_from_the_decision_to_the_title(db: Any) -> None:
    w = await make.world(db)
    first, second = (lot.id for lot in w.lots)
    with make.moment():
        assert await told(db, [first, second]) == {first: "awarded", second: "awarded"}
    w.awards[1].declined_at = make.SIGNING
    await db.flush()
    lease = await make.signed(db, w)
    with make.moment():
        assert (await told(db, [first, second]))[second] == "vacant"
        (span,) = (await award_spans(db, [first]))[first]
        assert (span.start, span.end) == (make.DECIDED.date(), lease.during.lower)
    with make.moment(make.LIVING + timedelta(days=3)):
        assert (await told(db, [first]))[first] == "occupied"
        assert await award_spans(db, [first]) == {}


async def test_an_offer_that_ran_out_keeps_nothing(db: Any) -> None:
    w = await make.world(db)
    first = w.lots[0].id
    w.awards[0].offer_expires_at = make.SIGNING
    await db.flush()
    with make.moment(make.SIGNING - timedelta(minutes=1)):
        assert (await told(db, [first]))[first] == "awarded"
    with make.moment(make.SIGNING):
        assert (await told(db, [first]))[first] == "vacant"


async def test_a_place_that_leaves_room_does_not_close_the_lot(db: Any) -> None:
    w = await make.world(db, part=Decimal("0.5"))
    lot = w.lots[0]
    with make.moment():
        assert (await told(db, [lot.id]))[lot.id] == "vacant"
        (span,) = (await award_spans(db, [lot.id]))[lot.id]
        assert float(span.share) == 0.5
