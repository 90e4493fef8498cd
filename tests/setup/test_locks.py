"""The locks: everything pinned and hashed, nothing that names an address, and stamps that believe nothing else."""

import json
import re
from pathlib import Path

import pytest

from intervalle.setup import places, python_packages

LOCKS = ["run.txt", "dev.txt", "node.txt"]


def pins(lock: str) -> set[str]:
    text = (places.REQUIREMENTS / lock).read_text()
    return {line.removesuffix("\\").strip() for line in text.splitlines() if "==" in line}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_its_hash(lock: str) -> None:
    text = (places.REQUIREMENTS / lock).read_text()
    for line in text.splitlines():
        assert re.fullmatch(r"[\w.\[\]-]+==[\w.]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
    assert pins(lock)


def test_tests_run_on_what_is_served() -> None:
    """dev.txt contains run.txt at the same versions: installing the first is installing the second."""
    assert pins("run.txt") <= pins("dev.txt")


def test_browser_lock_names_no_address() -> None:
    lock = json.loads((places.ROOT / "package-lock.json").read_text())
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert packages
    assert [name for name, facts in packages.items() if "resolved" in facts] == []
    assert [name for name, facts in packages.items() if not facts["integrity"].startswith("sha512-")] == []


def test_stamp_is_for_this_lock_this_python_and_this_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("a==1\n")
    monkeypatch.setattr(places, "REQUIREMENTS", tmp_path)
    good = {"python": python_packages.python_version(), "run.txt": python_packages.digest(tmp_path / "run.txt")}
    assert python_packages.installed(good, "run.txt")
    assert not python_packages.installed({}, "run.txt")
    assert not python_packages.installed(good | {"python": "3.10 /elsewhere"}, "run.txt")
    (tmp_path / "run.txt").write_text("a==2\n")
    assert not python_packages.installed(good, "run.txt")


def test_a_torn_stamp_is_no_stamp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torn = tmp_path / "stamp.json"
    torn.write_text('{"python": "3.1')
    monkeypatch.setattr(python_packages, "STAMP", torn)
    assert python_packages.read_stamp() == {}
