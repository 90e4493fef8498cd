"""The machine's own limits: disk, port, packages of the distribution."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from intervalle.setup import system
from intervalle.setup.console import SetupError
from intervalle.setup.places import ROOT


def test_port_taken_names_a_free_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert not system.port_is_free(taken)
        with pytest.raises(SetupError, match=rf"Le port {taken} est déjà pris.*bin/serve --port \d+"):
            system.require_port(taken)
    assert system.port_is_free(taken)


def test_disk_nearly_full_is_refused_early(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(system.shutil, "disk_usage", lambda _: SimpleNamespace(free=system.GIB // 2))
    with pytest.raises(SetupError, match=r"0,5 Go libres.* il en faut 2,0 Go"):
        system.require_space(tmp_path, 2 * system.GIB)
    system.require_space(tmp_path, system.GIB // 4)


def test_newest_postgis_of_the_sources() -> None:
    names = ["postgresql-13-postgis-3", "postgresql-15-postgis-3", "postgresql-17-postgis-3-scripts", "postgresql-9"]
    assert system.newest_postgis(names) == 15
    with pytest.raises(SetupError, match="Debian 12"):
        system.newest_postgis(["postgresql-13-postgis-3"])


def test_nothing_is_installed_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*words: str, **_: object) -> None:
        raise AssertionError(words)

    monkeypatch.setattr(system, "run", forbidden)
    system.ensure([system.Need("un outil", lambda: True, lambda: ["outil"])])


def test_without_apt_the_person_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "has_program", lambda _: False)
    with pytest.raises(SetupError, match=r"Il manque un outil.*n’a pas apt"):
        system.ensure([system.Need("un outil", lambda: False, lambda: ["outil"])])


def test_without_rights_the_person_is_told_to_become_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system, "has_program", lambda name: name == "apt-get")
    with pytest.raises(SetupError, match="relancez sous root"):
        system.ensure([system.Need("un outil", lambda: False, lambda: ["outil"])])


def python_folder(tmp_path: Path, version: str, accepted: bool) -> Path:
    """A folder whose python3 answers like an interpreter of this version, and where nothing else is found."""
    program = tmp_path / "python3"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\nexit {0 if accepted else 1}\n'
    )
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", ["serve", "intervalle", "test"])
def test_old_python_is_one_sentence(tmp_path: Path, command: str) -> None:
    """The search looks at fixed names too: they are shadowed by the same old interpreter."""
    folder = python_folder(tmp_path, "3.9.2", accepted=False)
    script = (ROOT / "bin" / "_python.sh").read_text().replace("/usr/bin/python3;", ";")
    (tmp_path / "_python.sh").write_text(script.replace(":/usr/local/sbin:/usr/sbin:/sbin", ""))
    copy = tmp_path / command
    copy.write_text((ROOT / "bin" / command).read_text())
    for newer in ("python3.11", "python3.12", "python3.13"):
        (tmp_path / newer).symlink_to(folder / "python3")
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", str(copy)], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "il faut Python 3.11" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_absent_python_is_one_sentence(tmp_path: Path) -> None:
    script = (ROOT / "bin" / "_python.sh").read_text().replace("/usr/bin/python3;", ";")
    (tmp_path / "_python.sh").write_text(script.replace(":/usr/local/sbin:/usr/sbin:/sbin", ""))
    (tmp_path / "serve").write_text((ROOT / "bin" / "serve").read_text())
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "serve")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Python est absent" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_command_fails_in_one_sentence(tmp_path: Path) -> None:
    """The whole path from the shell: a bad port ends in a sentence and a status, never a traceback."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "intervalle.setup.serve", "--port", "70000"],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().startswith("Échec : Le port doit être un nombre")
    assert "Traceback" not in done.stderr
