"""The checker must reject every falsified proposal: one field of a valid result changed, anywhere."""

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import allocation.assignment
from allocation.assignment.check import check
from allocation.assignment.generate import generate
from allocation.assignment.problem import InvalidProblem, parse
from allocation.assignment.solver import solve
from tests.allocation.assignment.instances import calls

Path_ = tuple[Any, ...]
# A changed figure in these is a different claim, not a false one: their truth is the engine's re-solving.
UNVERIFIABLE = {"counterfactuals", "engine", "because"}


def falsified(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every (place, other value) that differs from the document in exactly one spot."""
    if path and path[-1] in UNVERIFIABLE:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from falsified(inner, (*path, key))
            yield (*path, key), "__removed__"
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from falsified(inner, (*path, position))
            yield path, value[:position] + value[position + 1 :]
        yield path, [*value, *value[:1]] if value else ["intrus"]
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int | float):
        yield path, value + 1
    else:
        yield path, "inconnu"


def changed(document: Any, path: Path_, value: Any) -> Any:
    other = copy.deepcopy(document)
    spot = other
    for step in path[:-1]:
        spot = spot[step]
    if value == "__removed__":
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    return other


@pytest.mark.parametrize("method", ["fair", "merit", "total"])
@given(document=calls(most=4))
@settings(max_examples=12, deadline=None)
def test_every_falsification_is_seen(method: str, document: dict[str, Any]) -> None:
    try:
        result = solve(parse(document), method)
    except InvalidProblem:
        return
    assert check(document, result) == []
    for path, value in falsified(result):
        if path in (("status",), ("gap",), ("unproven",)):
            continue  # checked together below
        if path[-1] == "counterfactuals" and value == "__removed__":
            continue  # saying less is not saying something false
        assert check(document, changed(result, path, value)), f"{path} = {value!r} passed unseen"


def test_a_swap_of_two_placements_is_seen() -> None:
    document = generate(40, 8)
    result = solve(parse(document), changes=False)
    one, other = (
        result["placements"][0],
        next(p for p in result["placements"] if p["lot"] != result["placements"][0]["lot"]),
    )
    one["lot"], other["lot"] = other["lot"], one["lot"]
    assert check(document, result)


@pytest.mark.parametrize(
    "claim",
    [
        {"status": "feasible"},
        {"gap": 0.5},
        {"unproven": "score"},
        {"status": "prouvé"},
        {"method": "autre"},
        {"engine": "ailleurs"},
        {"input_sha256": "0" * 64},
    ],
)
def test_a_false_claim_about_the_proof_is_seen(claim: dict[str, Any]) -> None:
    document = generate(12, 3, wishes=3)
    assert check(document, solve(parse(document), changes=False) | claim)


def test_another_problem_is_seen() -> None:
    result = solve(parse(generate(12, 3, wishes=3)), changes=False)
    assert check(generate(12, 3, seed=2, wishes=3), result)


@pytest.mark.parametrize("broken", [{}, {"placements": 3}, None, []])
def test_a_document_out_of_shape_is_a_sentence_not_a_crash(broken: Any) -> None:
    [sentence] = check(generate(12, 3, wishes=3), broken)
    assert sentence.endswith(".")


def test_the_checker_shares_no_code_with_the_engine() -> None:
    folder = Path(allocation.assignment.__file__).parent
    for file in [folder / "check.py", *(folder / "checking").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(("allocation", "intervalle", "highspy")) or name.startswith(
                    "allocation.assignment.checking"
                ), f"{file.name} imports {name}"
