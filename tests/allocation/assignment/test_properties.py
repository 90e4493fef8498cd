"""What every answer of the engine must have, in plain arithmetic on the two documents: neither the engine's own reading of
the rule nor the checker's is used here."""

from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.assignment.deferred import deferred_acceptance
from allocation.assignment.instance import compile_problem
from allocation.assignment.problem import parse
from allocation.assignment.solver import solve
from tests.allocation.assignment.instances import LOTS, SCORES, calls

WEEK = [f"{day}-{half}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") for half in ("am", "pm")]
# The kinds of reason a published rule allows: score lower than retained, no capacity, requirement, choice of the panel, …
KINDS = {"outranked", "requirement", "lock", "slots", "area", "together", "organisation", "incompatible", "exception", "no_wish"}  # fmt: skip


def answered(document: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return solve(parse(document), changes=False)
    except ValueError:
        return None


@given(document=calls(most=7))
@settings(max_examples=80, deadline=None)
def test_no_lot_is_over_its_area_on_any_half_day(document: dict[str, Any]) -> None:
    result = answered(document)
    slots = {row["id"]: row["slots"] or WEEK for row in document["applications"]}
    for lot in document["lots"] if result else ():
        here = [line for line in result["placements"] if line["lot"] == lot["id"]] if result else []
        for slot in WEEK:
            held = sum(Fraction(str(line["area"])) for line in here if slot in slots[line["application"]])
            assert held <= Fraction(str(lot["area"]))


@given(document=calls(most=7))
@settings(max_examples=80, deadline=None)
def test_nobody_is_where_they_may_not_be_or_did_not_ask(document: dict[str, Any]) -> None:
    result = answered(document)
    closed = {(row["application"], row["lot"]) for row in document.get("ineligible", [])}
    closed |= {(row["application"], row["lot"]) for row in document.get("locks", []) if row["kind"] == "never"}
    wished = {(row["id"], lot) for row in document["applications"] for tier in row["wishes"] for lot in tier}
    for line in result["placements"] if result else ():
        pair = line["application"], line["lot"]
        assert pair in wished
        assert pair not in closed


@given(document=calls(most=7, rules=False))
@settings(max_examples=80, deadline=None)
def test_no_pair_would_rather_be_together_but_those_declared(document: dict[str, Any]) -> None:
    """A blocking pair: an application that prefers a lot, where those ranked above it leave room enough."""
    result = answered(document)
    assert result is not None
    held = {line["application"]: line["lot"] for line in result["placements"]}
    rows = {row["id"]: row for row in document["applications"]}
    place = {id: n for n, id in enumerate(_order(document))}
    blocking = set()
    for id, row in rows.items():
        for lot in (lot for (lot,) in row["wishes"]):
            if held.get(id) == lot:
                break
            above = [o for o in held if held[o] == lot and _key(rows[o], lot, place) <= _key(row, lot, place)]
            taken = sum(Fraction(str(rows[other]["area"][lot])) for other in above)
            area = next(Fraction(str(one["area"])) for one in document["lots"] if one["id"] == lot)
            if taken + Fraction(str(row["area"][lot])) <= area:
                blocking.add((id, lot))
    assert {(row["application"], row["lot"]) for row in result["exceptions"]} == blocking


@given(document=calls(most=7))
@settings(max_examples=80, deadline=None)
def test_every_refusal_has_a_computed_reason_for_each_lot_asked_for(document: dict[str, Any]) -> None:
    result = answered(document)
    wishes = {row["id"]: {lot for tier in row["wishes"] for lot in tier} for row in document["applications"]}
    for line in result["unplaced"] if result else ():
        assert {reason["kind"] for reason in line["reasons"]} <= KINDS
        assert {reason["lot"] for reason in line["reasons"]} == (wishes[line["application"]] or {None})


def _order(document: dict[str, Any]) -> list[str]:
    from calls import draw

    ids = [row["id"] for row in document["applications"]]
    rule = document.get("tie_break")
    if rule is None:
        return []
    return draw.order(rule["seed"], ids) if rule["rule"] == "draw" else list(rule["order"])


def _key(row: dict[str, Any], lot: str, place: dict[str, int]) -> tuple[float, int]:
    return -row["scores"][lot], place.get(row["id"], 0)


@st.composite
def whole_lots(draw: st.DrawFn, one_score: bool) -> dict[str, Any]:
    """A call of indivisible lots: each application takes the whole of the one it gets, and no two rank equal."""
    ids = [f"C-{n}" for n in range(1, draw(st.integers(2, 6)) + 1)]
    rows = []
    for id in ids:
        chosen = draw(st.permutations(LOTS))[: draw(st.integers(1, 3))]
        own = draw(st.sampled_from(SCORES))
        scores = {lot: own if one_score else draw(st.sampled_from(SCORES)) for lot in chosen}
        rows.append({"id": id, "wishes": [[lot] for lot in chosen], "area": 40, "scores": scores})
    lots = [{"id": lot, "area": 40} for lot in LOTS]
    return {"lots": lots, "applications": rows, "tie_break": {"rule": "draw", "seed": draw(st.sampled_from("abc"))}}


def without(document: dict[str, Any], id: str) -> dict[str, Any]:
    """The same draw order for those who stay: a ticket depends on nobody else."""
    return document | {"applications": [row for row in document["applications"] if row["id"] != id]}


def wish_of(document: dict[str, Any], held: dict[str, str], id: str) -> int:
    """Rank of the wish held; one more than the last without a place."""
    row = next(row for row in document["applications"] if row["id"] == id)
    ranks = {lot: rank for rank, (lot,) in enumerate(row["wishes"], start=1)}
    return ranks[held[id]] if id in held else len(ranks) + 1


def by_deferred_acceptance(document: dict[str, Any]) -> dict[str, str]:
    instance = compile_problem(parse(document))
    return {
        id: instance.lots[lot].id
        for unit, lot in deferred_acceptance(instance).items()
        for id in instance.units[unit].members
    }


@given(document=whole_lots(one_score=False))
@settings(max_examples=120, deadline=None)
def test_one_candidate_less_makes_nobody_worse_off_under_deferred_acceptance(document: dict[str, Any]) -> None:
    before = by_deferred_acceptance(document)
    ids = [row["id"] for row in document["applications"]]
    for gone, other in product(ids, ids):
        if gone != other:
            less = without(document, gone)
            assert wish_of(less, by_deferred_acceptance(less), other) <= wish_of(document, before, other)


@given(document=whole_lots(one_score=True))
@settings(max_examples=40, deadline=None)
def test_one_candidate_less_makes_nobody_worse_off_in_the_proposal(document: dict[str, Any]) -> None:
    """With one score for all lots (no points of fit), the proposal is that of deferred acceptance: only one is free of
    envy."""
    before = _held(document)
    assert before == by_deferred_acceptance(document)
    for gone in [row["id"] for row in document["applications"]]:
        less = without(document, gone)
        after = _held(less)
        for row in less["applications"]:
            assert wish_of(less, after, row["id"]) <= wish_of(document, before, row["id"])


def _held(document: dict[str, Any]) -> dict[str, str]:
    return {line["application"]: line["lot"] for line in solve(parse(document), changes=False)["placements"]}
