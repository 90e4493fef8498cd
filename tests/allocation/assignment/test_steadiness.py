"""Would the assignment change with a weight moved or a juror less: the sentence of the page, and its computation."""

from decimal import Decimal
from typing import Any

from allocation.assignment.generate import generate
from allocation.assignment.steadiness import Move, Variant, places, rescored, tried

DOCUMENT: dict[str, Any] = {
    "lots": [{"id": "A", "area": 50}],
    "applications": [
        {"id": "C-01", "wishes": [["A"]], "area": {"A": 40}, "scores": {"A": 80}},
        {"id": "C-02", "wishes": [["A"]], "area": {"A": 40}, "scores": {"A": 75}},
    ],
}


def variant(what: str, **totals: int) -> Variant:
    named = {f"C-{id[1:]}": Decimal(total) for id, total in totals.items()}
    return Variant(what, named, sorted(named, key=lambda id: -named[id]))


def test_a_place_that_would_change_hands_is_told_and_one_that_holds_is_not() -> None:
    found = tried(DOCUMENT, [variant("même ordre", c01=82, c02=70), variant("Sans Ana", c01=70, c02=78)])
    assert [one.moves for one in found] == [(), (Move("C-01", "A", None), Move("C-02", None, "A"))]


def test_a_file_without_a_score_in_the_variant_keeps_its_own() -> None:
    assert [one.moves for one in tried(DOCUMENT, [variant("Sans Bob", c02=79)])] == [()]


def test_equal_scores_follow_the_order_of_the_variant() -> None:
    equal = Variant("à égalité", {"C-01": Decimal(77), "C-02": Decimal(77)}, ["C-02", "C-01"])
    assert places(rescored(DOCUMENT, equal)) == {"C-02": "A"}


def test_the_same_scores_change_nothing() -> None:
    document = generate(40, 8)
    totals = {row["id"]: Decimal(str(min(row["scores"].values()))) for row in document["applications"]}
    order = sorted(totals, key=lambda id: (-totals[id], id))
    assert [one.moves for one in tried(document, [Variant("rien", totals, order)])] == [()]
