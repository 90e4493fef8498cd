"""bin/test runs everything, fails when one thing fails, and closes on pytest's own last line."""

import sys

import pytest

from intervalle.setup import checks
from intervalle.setup.checks import Check


def saying(text: str, status: int) -> list[str]:
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.exit({status})"]


def test_everything_runs_although_one_fails(capsys: pytest.CaptureFixture[str]) -> None:
    plan = [
        Check("premier", saying("le premier se plaint", 1)),
        Check("deuxième", saying("dit pour rien", 0)),
        Check("tests", saying("....\n\ndétail\n\n4 passed in 1.20s\n\n", 0), shown=True),
    ]
    assert checks.run_all(plan, {}) == 1
    shown = capsys.readouterr().out
    assert "le premier se plaint" in shown
    assert "dit pour rien" not in shown
    assert "....\n\ndétail\n" in shown
    assert shown.rstrip().splitlines()[-1] == "4 passed in 1.20s"
    assert shown.index("Bilan") < shown.index("4 passed")


def test_all_good_is_zero() -> None:
    assert checks.run_all([Check("tests", saying("1 passed", 0), shown=True)], {}) == 0


def test_arguments_mean_pytest_alone() -> None:
    (only,) = checks.planned(["tests/calls", "-k", "offre"])
    assert only.command[-3:] == ["tests/calls", "-k", "offre"]


def test_the_whole_covers_every_mark() -> None:
    """Each test belongs to exactly one run: browser, drill, or the rest."""
    marks = [check.command[check.command.index("-m") + 1] for check in checks.planned(["--drills"]) if check.shown]
    assert marks == ["browser and not drill", "drill", "not browser and not drill"]
    assert [check.name for check in checks.planned([])][-1] == "tests"


def test_what_is_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LIMIT", 0.3)
    assert checks.follow([sys.executable, "-c", "import time; time.sleep(60)"], {}, print) != 0
