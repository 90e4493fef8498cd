"""A private PostgreSQL with PostGIS: made once, found again at each start, stopped with the application.

PostgreSQL refuses to run as root, so under root its processes and files belong to `postgres` (or `nobody`). It
listens on a Unix socket only, in a folder closed to everybody else: that is why its connections need no password.
"""

import fcntl
import os
import pwd
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from intervalle.setup import places, postgresql
from intervalle.setup.console import SetupError

ROLE = "intervalle"
# sun_path holds 108 bytes; the server adds "/.s.PGSQL.5432.lock" to the folder.
LONGEST_SOCKET_FOLDER = 85
SERVING = {"max_connections": "100", "timezone": "UTC"}
# The test cluster holds nothing worth keeping: no wait for the disk.
TESTING = {
    "max_connections": "300",
    "timezone": "UTC",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
    "log_min_messages": "fatal",
    "log_min_error_statement": "fatal",
}

# Open file descriptors whose locks tell other processes which clusters this one uses, until this one ends.
held: dict[str, int] = {}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL instance: its folder, the Unix user it runs as (None: ourselves), and its settings."""

    name: str
    folder: Path
    owner: str | None
    settings: dict[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        return socket_folder(self.folder)

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def program(self, name: str) -> str:
        made_by = int((self.data / "PG_VERSION").read_text()) if self.exists else None
        return str(postgresql.programs(made_by) / name)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self.socket), safe='/')}"


def socket_folder(folder: Path) -> Path:
    """Beside the data when that path is short and plain, else under /tmp: a Unix socket's path is limited."""
    beside = folder / "socket"
    if len(str(beside)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w/.-]+", str(beside), re.ASCII):
        return beside
    # Safe in a shared /tmp: make_private_folder refuses a link and somebody else's folder.
    return Path("/tmp") / f"intervalle-{places.checkout_digest()}-{folder.name}"  # noqa: S108


def locate(name: str, settings: dict[str, str]) -> Cluster:
    """Find the cluster made earlier, else choose its place: in the checkout when its user can get there."""
    owner = postgresql.unprivileged_user()
    folders = [places.STATE / name, places.outside_state() / name]
    made = [folder for folder in folders if (folder / "data" / "PG_VERSION").exists()]
    for folder in made + folders:
        if postgresql.reachable(folder.parent, owner):
            return Cluster(name, folder, owner, settings)
    raise SetupError(
        f"Le compte « {owner} » ne peut atteindre ni {folders[0]} ni {folders[1]} : "
        "placez le projet dans un dossier lisible par tous."
    )


def postmaster(cluster: Cluster) -> int | None:
    """The process that serves this cluster now; a pid file left by a crash or a reboot is not believed."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
        served = Path(f"/proc/{pid}/cwd").resolve(strict=True)
    except (OSError, ValueError, IndexError):
        return None
    return pid if served == cluster.data.resolve() else None


def create(cluster: Cluster) -> None:
    """Make an empty cluster. It gets its name only once complete: an interrupted start leaves nothing behind."""
    make_private_folder(cluster.folder, cluster.owner)
    fresh = cluster.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
    command = [
        cluster.program("initdb"),
        "--pgdata",
        str(fresh),
        *options,
        "--data-checksums",
        "--no-instructions",
    ]
    made = postgresql.run_as(cluster.owner, command)
    if made.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise SetupError(postgresql.sentence("La création de la base locale a échoué", made.stderr))
    fresh.rename(cluster.data)


def make_private_folder(folder: Path, owner: str | None) -> None:
    """A folder that only the database's user enters: its socket asks for no password."""
    folder.mkdir(parents=True, exist_ok=True)
    user = pwd.getpwnam(owner).pw_uid if owner else os.geteuid()
    if folder.is_symlink() or folder.stat().st_uid not in (user, os.geteuid()):
        raise SetupError(
            f"{folder} appartient à un autre compte : relancez avec le compte (ou le sudo) de la première fois, "
            "ou supprimez ce dossier."
        )
    if owner:
        shutil.chown(folder, owner, pwd.getpwnam(owner).pw_gid)
    folder.chmod(0o700)


def start(cluster: Cluster) -> bool:
    """Start the cluster unless it runs already; tell whether this call started it."""
    if postmaster(cluster) is not None:
        return False
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    make_private_folder(cluster.folder, cluster.owner)
    make_private_folder(cluster.socket, cluster.owner)
    for leftover in cluster.socket.glob(".s.PGSQL.*"):
        leftover.unlink()
    cluster.log.unlink(missing_ok=True)
    launch(cluster)
    return True


def launch(cluster: Cluster) -> None:
    own = {"listen_addresses": "", "port": "5432", "unix_socket_directories": str(cluster.socket)}
    settings = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in (cluster.settings | own).items())
    command = [cluster.program("pg_ctl"), "start", "--wait", "--silent", "--timeout", "60"]
    command += ["--pgdata", str(cluster.data), "--log", str(cluster.log), "--options", settings]
    # After a kill -9 of the postmaster its last processes hold the shared memory for a moment.
    for patience in (0.5, 1, 2, 4, 0):
        started = postgresql.run_as(cluster.owner, command)
        if started.returncode == 0:
            return
        journal = cluster.log.read_text(errors="replace") if cluster.log.exists() else started.stderr
        if not patience or "shared memory block" not in journal:
            raise SetupError(postgresql.sentence("La base locale ne démarre pas", journal))
        time.sleep(patience)


def stop(cluster: Cluster) -> None:
    """Stop the cluster, cutting its connections; nothing to do when it does not run."""
    if postmaster(cluster) is None:
        return
    command = [cluster.program("pg_ctl"), "stop", "--wait", "--silent", "--mode", "fast"]
    postgresql.run_as(cluster.owner, [*command, "--pgdata", str(cluster.data)])


def remove(cluster: Cluster) -> None:
    """Stop the cluster and delete its data (`bin/serve --reset`)."""
    if cluster.exists:
        stop(cluster)
    shutil.rmtree(cluster.folder, ignore_errors=True)
    shutil.rmtree(cluster.socket, ignore_errors=True)


def ensure_running(cluster: Cluster) -> bool:
    """Make the cluster if there is none, start it if it is stopped; two callers at once wait for each other."""
    with exclusive(places.STATE / f"{cluster.name}.lock"):
        if not cluster.exists:
            create(cluster)
        return start(cluster)


def ensure_database(cluster: Cluster, name: str) -> None:
    """Create the database unless it is there. The name is ours, never a person's."""
    psql = [cluster.program("psql"), "-h", str(cluster.socket), "-U", ROLE, "-d", "postgres", "-AtXq", "-c"]
    there = postgresql.run_as(cluster.owner, [*psql, "SELECT datname FROM pg_database"])
    if name in there.stdout.split():
        return
    made = postgresql.run_as(cluster.owner, [*psql, f'CREATE DATABASE "{name}"'])
    if made.returncode:
        raise SetupError(postgresql.sentence("La base locale n’a pas pu être créée", made.stderr))


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock that the system frees by itself when we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def hold(cluster: Cluster) -> None:
    """Say, until this process ends, that it uses the cluster."""
    if cluster.name not in held:
        held[cluster.name] = os.open(users_file(cluster), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(held[cluster.name], fcntl.LOCK_SH)


def stop_unless_used(cluster: Cluster) -> None:
    """Stop the cluster unless another process holds it."""
    if cluster.name in held:
        os.close(held.pop(cluster.name))
    with users_file(cluster).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop(cluster)


def users_file(cluster: Cluster) -> Path:
    return places.STATE / f"{cluster.name}.users"


def cluster_for_tests() -> Cluster:
    return locate("pg-test", TESTING)


def cluster_for_serving() -> Cluster:
    return locate("pg", SERVING)


def ensure_test_cluster() -> str:
    """Start the test cluster if needed and return its URL, as a superuser (CREATE DATABASE, CREATE EXTENSION).

    `INTERVALLE_TEST_DATABASE_URL`, when set, wins: CI or a developer may bring a server of their own. The cluster
    is left running, so that the next run starts at once; `bin/test --stop` ends it.
    """
    given = os.environ.get("INTERVALLE_TEST_DATABASE_URL")
    if given:
        return given
    cluster = cluster_for_tests()
    ensure_running(cluster)
    hold(cluster)
    return cluster.url("postgres")
