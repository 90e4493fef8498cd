"""A private cluster made, found again, and started over the leftovers of a crash."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from intervalle.setup import cluster, places, postgresql
from intervalle.setup.console import SetupError


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[cluster.Cluster]:
    """A cluster of its own in a folder that any user reaches."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    monkeypatch.setattr(places, "STATE", tmp_path / "état avec espaces")
    made = cluster.locate("pg-essai", cluster.TESTING)
    yield made
    cluster.remove(made)


def count(made: cluster.Cluster) -> int:
    with psycopg.connect(made.url("postgres").replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    return row[0] if row else -1


def test_made_once_then_found_again_after_a_kill(fresh: cluster.Cluster) -> None:
    assert cluster.ensure_running(fresh)
    assert not cluster.ensure_running(fresh), "the second call found it running"
    with psycopg.connect(fresh.url("postgres").replace("+psycopg", "")) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        assert connection.execute("SHOW lc_collate").fetchone() == ("C.UTF-8",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    cluster.stop(fresh)
    assert cluster.postmaster(fresh) is None

    cluster.ensure_running(fresh)
    pid = cluster.postmaster(fresh)
    assert pid
    os.kill(pid, signal.SIGKILL)
    while cluster.postmaster(fresh):
        time.sleep(0.05)
    assert (fresh.data / "postmaster.pid").exists(), "the crash left its pid file"
    cluster.ensure_running(fresh)
    assert count(fresh) == 1


def test_pid_file_naming_a_stranger_is_not_believed(fresh: cluster.Cluster) -> None:
    """After a reboot the number in postmaster.pid belongs to anybody: here to this very test."""
    cluster.create(fresh)
    (fresh.data / "postmaster.pid").write_text(f"{os.getpid()}\n{fresh.data}\n")
    assert cluster.postmaster(fresh) is None
    assert cluster.start(fresh)


def test_only_its_user_may_enter(fresh: cluster.Cluster) -> None:
    cluster.ensure_running(fresh)
    assert fresh.folder.stat().st_mode & 0o777 == 0o700
    assert fresh.socket.stat().st_mode & 0o777 == 0o700


def test_an_interrupted_creation_leaves_no_cluster(fresh: cluster.Cluster) -> None:
    cluster.make_private_folder(fresh.folder, fresh.owner)
    (fresh.folder / "data.new").mkdir()
    (fresh.folder / "data.new" / "PG_VERSION").write_text("15\n")
    assert not fresh.exists
    assert cluster.ensure_running(fresh)


def test_data_of_a_version_no_longer_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "installed_versions", lambda: [17])
    with pytest.raises(SetupError, match=r"créée par PostgreSQL 15.*postgresql-15-postgis-3.*--reset"):
        postgresql.programs(made_by=15)
    assert postgresql.programs(made_by=None) == Path("/usr/lib/postgresql/17/bin")


def test_socket_folder_fits_the_kernel_limit() -> None:
    assert cluster.socket_folder(Path("/srv/app/.intervalle/pg")) == Path("/srv/app/.intervalle/pg/socket")
    for folder in (Path("/srv") / ("long" * 30) / "pg", Path("/srv/mes projets/pg"), Path("/srv/été/pg")):
        chosen = cluster.socket_folder(folder)
        assert chosen.parent == Path("/tmp")
        assert len(str(chosen)) <= cluster.LONGEST_SOCKET_FOLDER


def test_given_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERVALLE_TEST_DATABASE_URL", "postgresql+psycopg://u@h/d")
    assert cluster.ensure_test_cluster() == "postgresql+psycopg://u@h/d"
