"""The engine against exhaustive search and against the published rule, on random small calls."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.assignment.check import check
from allocation.assignment.generate import generate
from allocation.assignment.instance import compile_problem
from allocation.assignment.optimum import METHODS
from allocation.assignment.problem import InvalidProblem, NoSolution, canonical, parse
from allocation.assignment.solver import solve
from tests.allocation.assignment.instances import calls, placements, value


def solved(document: dict[str, Any], method: str = "fair", changes: bool = False) -> dict[str, Any] | None:
    """The result, or None when the drawn rules exclude one another."""
    try:
        return solve(parse(document), method, changes=changes)
    except InvalidProblem:
        return None


@pytest.mark.parametrize("method", ["fair", "total"])
@given(document=calls())
@settings(max_examples=150, deadline=None)
def test_agrees_with_exhaustive_search(method: str, document: dict[str, Any]) -> None:
    try:
        instance = compile_problem(parse(document))
    except InvalidProblem:
        return
    best = min((value(instance, place, method) for place in placements(instance)), default=None)
    if best is None:
        with pytest.raises(NoSolution):
            METHODS[method](instance, 60)
    else:
        assert value(instance, METHODS[method](instance, 60).place, method) == best
