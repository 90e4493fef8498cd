"""The figures of a diagnosis, without a database: what they count, and that they add up."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from premises.diagnosis.figures import BANDS, Freed, LotFact, figures, members, next_quarters, quarter

ON = date(2026, 11, 22)
REASONS = {"departure": "Départ", "unfit": "État"}


def fact(number: int = 1, **more: Any) -> LotFact:
    values: dict[str, Any] = {
        "lot_id": number, "label": "A", "name": "boutique", "area": Decimal(100), "used": Decimal(0), "premises_id": number,
        "place": "Local", "kind": "ground_floor", "commune": "Rennes", "own": True, "state": "vacant", "since": date(2026, 1, 22),
    }  # fmt: skip
    return LotFact(**{**values, **more})


def test_the_rate_is_vacant_square_metres_over_the_stock() -> None:
    lots = [fact(1, area=Decimal(300), used=Decimal(75)), fact(2, state="occupied", used=Decimal(100), since=None)]
    found = figures(lots, [], ON, REASONS)
    assert (found.lots, found.area, found.vacant, found.free) == (2, Decimal(400), 1, Decimal(225))
    assert (found.rate, found.rate_of_lots) == (Fraction(225, 400), Fraction(1, 2))
    assert {line.code: (line.lots, line.area) for line in found.states} == {
        "vacants": (1, Decimal(225)), "attribues": (0, Decimal(0)), "occupes": (1, Decimal(175)), "travaux": (0, Decimal(0)),
    }  # fmt: skip


def test_emptiness_is_counted_in_whole_months() -> None:
    eve, day = fact(since=date(2026, 5, 23)), fact(since=date(2026, 5, 22))
    assert (eve.months_empty(ON), day.months_empty(ON), fact(since=ON).months_empty(ON)) == (5, 6, 0)
    lots = [fact(n, since=since) for n, since in enumerate([date(2026, 5, 23), date(2026, 5, 22), date(2024, 11, 22)])]
    assert [(line.code, line.lots) for line in figures(lots, [], ON, REASONS).lengths] == [
        ("duree-0", 1), ("duree-6", 1), ("duree-12", 0), ("duree-24", 1),
    ]  # fmt: skip
    assert figures(lots, [], ON, REASONS).median_days == 184


def test_the_cost_is_that_of_the_empty_part_since_it_is_empty() -> None:
    """1,200 € a month for the lot, a quarter of it in use: 900 € a month, ten months long."""
    lots = [
        fact(used=Decimal(25), cost_cents_month=Fraction(120_000)),
        fact(2),
        fact(3, state="occupied", cost_cents_month=Fraction(5)),
    ]
    found = figures(lots, [], ON, REASONS)
    assert (found.costed, found.cost_cents_month, found.cost_cents_so_far) == (1, 90_000, 900_000)


def test_a_lot_that_is_not_offered_counts_only_with_its_reason() -> None:
    lots = [fact(1, state="none"), fact(2, state="none", reason="unfit")]
    found = figures(lots, [], ON, REASONS)
    assert (found.lots, found.vacant, [(line.code, line.lots) for line in found.reasons]) == (
        1,
        1,
        [("raison-unfit", 1)],
    )


def test_quarters_begin_with_this_one() -> None:
    assert (quarter(date(2027, 3, 31)), quarter(date(2027, 4, 1))) == ("2027T1", "2027T2")
    assert next_quarters(ON)[:2] + next_quarters(ON)[-1:] == ["2026T4", "2027T1", "2028T3"]
    lots = [fact(1, state="occupied"), fact(2, state="occupied")]
    freed = [
        Freed(1, date(2027, 1, 1), Decimal(40)),
        Freed(1, date(2027, 3, 31), Decimal(60)),
        Freed(9, date(2027, 2, 1), Decimal(5)),
    ]
    line = figures(lots, freed, ON, REASONS).quarters[1]
    assert (line.lots, line.area) == (1, Decimal(100))
    assert [lot.lot_id for lot in members("trimestre-2027T1", lots, freed, ON) or []] == [1]


def test_a_list_that_means_nothing() -> None:
    assert [members(code, [], [], ON) for code in ("", "duree-7", "surface-31", "autre")] == [None] * 4


areas = st.decimals(min_value=Decimal("0.5"), max_value=5_000, places=2)
facts = st.lists(
    st.builds(
        lambda area, share, state, since, reason: fact(area=area, used=round(area * share / 100, 2), state=state, since=since, reason=reason),
        areas, st.integers(0, 99), st.sampled_from(["vacant", "call", "selection", "awarded", "occupied", "works", "none"]),
        st.dates(date(2015, 1, 1), ON), st.sampled_from([None, "departure", "unfit"]),
    ),
    max_size=30,
)  # fmt: skip


@given(facts)
def test_every_table_adds_up(lots: list[LotFact]) -> None:
    found = figures(lots, [], ON, REASONS)
    counted = [lot for lot in lots if lot.state != "none"]
    offered = figures(counted, [], ON, REASONS)
    assert sum(line.area for line in offered.states) == offered.area
    assert sum(line.lots for line in offered.states) == offered.lots
    assert sum(line.lots for line in found.lengths) == found.vacant
    assert sum(line.lots for line in found.reasons) + found.unknown_reasons == found.vacant
    assert (len(found.bands), sum(line.lots for line in found.bands)) == (len(BANDS), found.vacant)
    assert sum(line.area for line in found.bands) == sum(line.area for line in found.lengths) == found.free
