"""A proposal is derived again elsewhere: another process, another folder, rows in another order. Same bytes, and every
refusal of every generated call carries a reason the independent checker finds true."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
import rfc8785

from allocation.assignment.check import check
from allocation.assignment.generate import generate, with_rules
from allocation.assignment.problem import canonical, parse
from allocation.assignment.solver import solve
from allocation.assignment.verification import disagreements
from intervalle.settings import ROOT

CALLS = {
    "plain": generate(40, 8),
    "plain, larger": generate(120, 25, seed=3),
    "every rule": with_rules(40, 8, rank=0.3),
    "every rule, larger": with_rules(80, 16, seed=2, rank=0.3),
}
EXPLAINED = {"plain", "every rule"}  # with counterfactuals, which solve each call again some fifty times


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return {name: solve(parse(document), changes=name in EXPLAINED) for name, document in CALLS.items()}


@pytest.mark.parametrize("name", CALLS)
def test_another_machine_gives_the_same_bytes(name: str, made: dict[str, Any], tmp_path: Path) -> None:
    shuffled = json.loads(json.dumps(CALLS[name]))
    for rows in shuffled.values():
        if isinstance(rows, list):
            Random(7).shuffle(rows)
    file = tmp_path / "appel.json"
    file.write_text(json.dumps(shuffled))
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-m", "intervalle.cli", "assign", str(file), "--check"]
    command += [] if name in EXPLAINED else ["--no-changes"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert rfc8785.dumps(json.loads(said.stdout)) == rfc8785.dumps(made[name])


@pytest.mark.parametrize("name", CALLS)
def test_what_is_stored_proves_itself(name: str, made: dict[str, Any]) -> None:
    spelled, result = canonical(CALLS[name]), rfc8785.dumps(made[name])
    hashes = [sha256(document).hexdigest() for document in (spelled, result)]
    stored = (spelled.decode(), hashes[0], result.decode(), hashes[1])
    assert disagreements("fair", *stored, made[name]["engine"]) == []


@pytest.mark.parametrize("name", CALLS)
def test_every_refusal_says_why_on_every_lot_and_truly(name: str, made: dict[str, Any]) -> None:
    result, wishes = made[name], {row["id"]: [lot for tier in row["wishes"] for lot in tier] for row in CALLS[name]["applications"]}  # fmt: skip
    assert result["status"] == "optimal"
    assert check(CALLS[name], result) == []
    assert result["unplaced"]
    for line in result["unplaced"]:
        assert [reason["lot"] for reason in line["reasons"]] == wishes[line["application"]]


@pytest.mark.parametrize("name", sorted(EXPLAINED))
def test_a_reason_that_is_not_true_is_found(name: str, made: dict[str, Any]) -> None:
    """Each refusal in turn, its first reason bent: the checker objects to all of them."""
    for n in range(len(made[name]["unplaced"])):
        bent = json.loads(json.dumps(made[name]))
        reason = bent["unplaced"][n]["reasons"][0]
        if reason.get("by"):
            reason["by"] = [bent["unplaced"][n]["application"]]
        else:
            reason["kind"] = "slots" if reason["kind"] != "slots" else "area"
        assert check(CALLS[name], bent) != [], bent["unplaced"][n]
