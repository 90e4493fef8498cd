"""What may be taken back, until when, and how full a lot may become."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.assignment.act_rules import Change, cited, objections, overfull, takes_back, withdraw_until

GIVEN = date(2026, 1, 31)
PLACE: dict[str, Any] = {"before": "awarded", "before_lot": "A", "before_area": Decimal(70), "given_on": GIVEN}
WHOLE: dict[str, Any] = {
    "name": "SEED", **PLACE, "after": "refused", "ground": "unlawful", "motive": "Le dossier était irrecevable.",
    "heard": "Invitée le 3 mars, la structure n’a pas répondu.",
}  # fmt: skip


def said(today: date = GIVEN, judged: bool = False, **more: Any) -> list[str]:
    return objections(Change(**(WHOLE | more)), today, granted_judgment=judged)


@pytest.mark.parametrize(
    ("given_on", "until"),
    [
        (date(2026, 1, 31), date(2026, 5, 31)),
        (date(2026, 10, 31), date(2027, 2, 28)),
        (date(2026, 3, 2), date(2026, 7, 2)),
    ],
)
def test_four_months_to_take_back_an_unlawful_decision(given_on: date, until: date) -> None:
    assert withdraw_until(given_on) == until
    assert said(until, given_on=given_on) == []
    late = said(until + timedelta(days=1), given_on=given_on)
    assert (len(late), "L242-1" in late[0], "reste acquise" in late[0]) == (1, True, True)


@pytest.mark.parametrize("ground", ["fraud", "condition", "beneficiary"])
def test_other_grounds_know_no_time_limit(ground: str) -> None:
    assert said(date(2029, 1, 1), ground=ground) == []


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"ground": None}, "pour quelle raison"),
        ({"heard": ""}, "L121-1"),
        ({"ground": "judgment"}, "issue favorable"),
        ({"motive": "bref"}, "motif"),
        ({"titled": True}, "titre d’occupation"),
        ({"after": "awarded", "lot": "A", "area": Decimal(70), "ground": None, "heard": ""}, "ne change rien"),
    ],
)
def test_each_lack_is_told_once(more: dict[str, Any], word: str) -> None:
    found = said(**more)
    assert (len(found), word in found[0]) == (1, True)


def test_asked_for_or_judged_needs_no_hearing() -> None:
    assert said(ground="beneficiary", heard="") == []
    assert said(ground="judgment", heard="", judged=True) == []


@pytest.mark.parametrize(
    ("after", "lot", "area", "back"),
    [
        ("refused", None, None, True), ("awarded", "A", 69, True), ("awarded", "B", 90, True),
        ("awarded", "A", 80, False),
    ],
)  # fmt: skip
def test_what_takes_a_place_back(after: str, lot: str | None, area: int | None, back: bool) -> None:
    change = Change(name="x", **PLACE, after=after, lot=lot, area=Decimal(area) if area else None)
    assert takes_back(change) is back


def test_a_refusal_is_replaced_at_any_time() -> None:
    change = Change(
        name="x", before="refused", after="awarded", lot="A", area=Decimal(40), motive="La note est corrigée."
    )
    assert objections(change, date(2030, 1, 1)) == []


held = st.lists(
    st.tuples(st.sampled_from("AB"), st.integers(1, 200).map(Decimal), st.lists(st.integers(0, 13), unique=True)),
    max_size=8,
)


@given(held)
def test_a_lot_is_too_full_exactly_when_a_half_day_is(rows: list[tuple[str, Decimal, list[int]]]) -> None:
    room = {"A": Decimal(120), "B": Decimal(172)}
    worst = {
        lot: max(
            sum((area for at, area, slots in rows if at == lot and (not slots or slot in slots)), Decimal(0))
            for slot in range(14)
        )
        for lot in room
    }
    assert [line.split(" : ")[0] for line in overfull(room, rows)] == [
        f"Lot {lot}" for lot in sorted(room) if worst[lot] > room[lot]
    ]


def test_articles_are_cited_to_whom_they_bind() -> None:
    said = "La décision est illégale (CRPA L242-1, dans les quatre mois) ; invitez la structure (art. L121-1)."
    assert cited(said, public=True) == said
    assert cited(said, public=False) == "La décision est illégale ; invitez la structure."
