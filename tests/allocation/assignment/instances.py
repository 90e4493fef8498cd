"""Small random calls with every kind of rule, as hypothesis strategies, and the exhaustive answer to compare with."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from hypothesis import strategies as st

from allocation.assignment.fairness import broken, exceptions
from allocation.assignment.instance import Instance
from allocation.assignment.optimum import draw_number, longest_list

LOTS = ("A", "B", "C")
DAYS = (None, None, None, ["mon-am", "mon-pm"], ["mon-pm", "tue-am"], ["wed-am"])
AREAS = (10, 20, 25.5, 30, 40, 60)
SCORES = (40, 50.25, 60, 60, 70, 80)


@st.composite
def calls(draw: st.DrawFn, most: int = 5, rules: bool = True) -> dict[str, Any]:
    """A problem document of up to `most` applications and three lots, valid but possibly impossible to satisfy."""
    lots = LOTS[: draw(st.integers(1, 3))]
    ids = [f"C-{n}" for n in range(1, draw(st.integers(1, most)) + 1)]
    document: dict[str, Any] = {
        "lots": [{"id": lot, "area": draw(st.sampled_from((40, 60, 75.5, 100))), "rent": "50"} for lot in lots],
        "applications": [draw(applications(id, lots, rules)) for id in ids],
    }
    document["tie_break"] = draw(
        st.sampled_from((None, {"rule": "draw", "seed": "9f2c"}, {"rule": "order", "order": ids[::-1]}))
    )
    if rules:
        document |= draw(extra_rules(document, ids, lots))
    return document


@st.composite
def applications(draw: st.DrawFn, id: str, lots: tuple[str, ...], rules: bool) -> dict[str, Any]:
    ordered = draw(st.permutations(lots))[: draw(st.integers(0 if rules else 1, len(lots)))]
    wishes = [[lot] for lot in ordered]
    if rules and len(wishes) > 1 and draw(st.booleans()):
        wishes = [[*wishes[0], *wishes[1]], *wishes[2:]]
    return {
        "id": id,
        "organisation": draw(st.sampled_from((None, "O-1", "O-2"))) if rules else None,
        "neighbourhood": draw(st.booleans()),
        "wishes": wishes,
        "area": {lot: draw(st.sampled_from(AREAS)) for lot in ordered},
        "scores": {lot: draw(st.sampled_from(SCORES)) for lot in ordered},
        "slots": draw(st.sampled_from(DAYS)) if rules else None,
    }


@st.composite
def extra_rules(draw: st.DrawFn, document: Mapping[str, Any], ids: list[str], lots: tuple[str, ...]) -> dict[str, Any]:
    wished = [(a["id"], lot) for a in document["applications"] for tier in a["wishes"] for lot in tier]
    chosen = draw(st.lists(st.sampled_from(wished), max_size=2, unique=True)) if wished else []
    locks = [
        {"application": id, "lot": lot, "kind": draw(st.sampled_from(("must", "never"))), "motive": "vote du jury"}
        for id, lot in chosen
    ]
    pairs = st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True)
    quota = st.sampled_from(
        (
            {"name": "seuil quartier", "kind": "area_share", "group": "neighbourhood", "at_least": 0.5},
            {"name": "part quartier", "kind": "award_share", "group": "neighbourhood", "at_most": 0.5},
            {"name": "réserve", "kind": "area", "group": "neighbourhood", "at_least": "20", "lots": ["A"]},
            {"name": "nombre", "kind": "awards", "at_most": 2},
            {"name": "loyer", "kind": "minimum_rent", "at_least": 1000},
        )
    )
    return {
        "locks": locks,
        "ineligible": [
            {"application": id, "lot": lot, "reason": "erp"}
            for id, lot in (draw(st.lists(st.sampled_from(wished), max_size=1)) if wished else [])
            if (id, lot) not in chosen
        ],
        "incompatible": [draw(pairs)] if len(ids) > 2 and draw(st.booleans()) else [],
        "together": [draw(pairs)] if len(ids) > 2 and draw(st.integers(0, 3)) == 0 else [],
        "quotas": [draw(quota)] if draw(st.booleans()) else [],
        "max_awards_per_organisation": draw(st.sampled_from((None, 1, 2))),
    }


def placements(instance: Instance) -> Iterator[dict[int, int]]:
    """Every placement that keeps the hard rules."""
    choices = [[None, *unit.pairs] for unit in instance.units]
    for combination in product(*choices):
        place = {unit: lot for unit, lot in enumerate(combination) if lot is not None}
        if not broken(instance, place):
            yield place


def value(instance: Instance, place: Mapping[int, int], method: str) -> tuple[int, ...]:
    """The objective, smallest first, as the published rule words it."""
    units = instance.units
    points = -sum(units[u].pairs[lot].points for u, lot in place.items())
    if method == "total":
        return (points,)
    gain = sum((units[u].pairs[lot].tier - longest_list(instance)) * len(units[u].members) for u, lot in place.items())
    used = sum(units[u].pairs[lot].use for u, lot in place.items())
    draw = sum(draw_number(instance, pair) for pair in place.items())
    return (len(exceptions(instance, place)), points, gain, -used, draw)
