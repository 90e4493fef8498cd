"""bin/serve: what it refuses, what it asks once, and how its children live and die."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from intervalle.setup import children, environment, places, serve
from intervalle.setup.children import Child
from intervalle.setup.console import SetupError

SLEEP = [sys.executable, "-c", "import time; print('né', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('né', flush=True); time.sleep(600)",
]


def born(child: Child) -> int:
    child.start()
    while "né" not in child.log.read_text():
        time.sleep(0.02)
    assert child.process
    return child.process.pid


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or ") Z " in state.read_text():
            return True
        time.sleep(0.02)
    return False


def test_children_die_of_the_kill_of_their_parent(tmp_path: Path) -> None:
    """kill -9 leaves no time to say goodbye: otherwise the old application would keep the port."""
    program = f"""
import sys, time
from pathlib import Path
from intervalle.setup.children import Child
child = Child("enfant", {SLEEP!r}, {{}}, Path({str(tmp_path / "log")!r}))
child.start()
print(child.process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(places.ROOT / "src"), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert not gone(pid, within=0.2)
        parent.send_signal(signal.SIGKILL)
        assert gone(pid)


def test_a_dead_child_comes_back_but_not_for_ever(tmp_path: Path) -> None:
    child = Child("L’application", [sys.executable, "-c", "raise SystemExit('panne du jour')"], {}, tmp_path / "log")
    child.start()
    for _ in range(children.DEATHS_PER_MINUTE):
        assert child.process
        child.process.wait()
        child.revive()
    assert child.process
    child.process.wait()
    with pytest.raises(SetupError, match=r"L’application s’arrête sans cesse.*panne du jour"):
        child.revive()


def test_a_child_that_ignores_the_order_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(children, "GRACE", 0.3)
    child = Child("têtu", STUBBORN, {}, tmp_path / "log")
    pid = born(child)
    child.stop()
    assert gone(pid, within=0.1)


def test_a_failed_start_quotes_the_log(tmp_path: Path) -> None:
    child = Child("L’application", [sys.executable, "-c", "raise ValueError('la table manque')"], {}, tmp_path / "log")
    child.start()
    assert child.process
    child.process.wait()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SetupError, match="n’a pas démarré : « ValueError: la table manque »"):
        serve.wait_until_ready(child, port)


def test_second_instance_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "STATE", tmp_path)
    monkeypatch.setattr(serve, "LOCK", tmp_path / "serve.lock")
    first = serve.only_one()
    with pytest.raises(SetupError, match="tourne déjà"):
        serve.only_one()
    first.close()
    serve.only_one().close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The commands asked of the application, with migrations of our own."""
    asked: list[str] = []
    monkeypatch.setattr(serve, "application", lambda settings, command, what: asked.append(command))
    monkeypatch.setattr(serve, "MIGRATIONS", tmp_path / "migrations")
    (tmp_path / "migrations").mkdir()
    return asked


def test_a_filled_base_is_not_filled_again(asked: list[str], tmp_path: Path) -> None:
    database: Any = SimpleNamespace(folder=tmp_path)
    serve.fill(database, {})
    serve.fill(database, {})
    assert asked == ["migrate", "demo"]
    (tmp_path / "migrations" / "20270101_more.py").write_text("x = 1\n")
    serve.fill(database, {})
    assert asked == ["migrate", "demo"] * 2


def test_a_fill_that_failed_is_asked_again(asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(settings: dict[str, str], command: str, what: str) -> None:
        raise SetupError(what)

    database: Any = SimpleNamespace(folder=tmp_path)
    with monkeypatch.context() as once:
        once.setattr(serve, "application", fail)
        with pytest.raises(SetupError):
            serve.fill(database, {})
    serve.fill(database, {})
    assert asked == ["migrate", "demo"]


def test_secret_is_drawn_once_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "SECRET", tmp_path / "secret")
    drawn = environment.secret()
    assert len(drawn) >= 48
    assert environment.secret() == drawn
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_demonstration_never_runs_on_a_database_met_by_chance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INTERVALLE_DATABASE_URL", "postgresql+psycopg://real@production/intervalle")
    for name in ("FILES", "MAIL", "LOGS"):
        monkeypatch.setattr(environment, name, tmp_path / name)
    monkeypatch.setattr(environment, "SECRET", tmp_path / "secret")
    private: Any = SimpleNamespace(url=lambda name: f"private/{name}")
    assert environment.for_application(private, 8000)["INTERVALLE_DATABASE_URL"] == "private/intervalle"
