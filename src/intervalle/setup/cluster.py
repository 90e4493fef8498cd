"""A private PostgreSQL with PostGIS: made once, found again at each start, stopped with the application.

PostgreSQL refuses to run as root, so under root its processes and files belong to `postgres` (or `nobody`). It listens on
a Unix socket only, in a folder closed to everybody else: that is why its connections need no password.
"""

import fcntl
import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from intervalle.setup import places
from intervalle.setup.console import SetupError

ROLE = "intervalle"
OLDEST = 15
DEBIAN_BINARIES = Path("/usr/lib/postgresql")
DEBIAN_EXTENSIONS = Path("/usr/share/postgresql")
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

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self.socket), safe='/')}"


def socket_folder(folder: Path) -> Path:
    """Beside the data when the path is short and plain, else a short one under /tmp (a Unix socket path is limited)."""
    beside = folder / "socket"
    if len(str(beside)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w/.-]+", str(beside), re.ASCII):
        return beside
    return Path("/tmp") / f"intervalle-{places.checkout_digest()}-{folder.name}"  # noqa: S108 - made 0700, owner checked


def unprivileged_user() -> str | None:
    """The user that may run the database: None means the present one."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise SetupError(
        "PostgreSQL refuse de tourner sous root et aucun compte « postgres » n’existe : lancez la commande sous un compte ordinaire."
    )


def run_as(owner: str | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command as the database's user, in English (its messages are read below), from a folder it can enter."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if owner is None:
        return subprocess.run(command, cwd="/", env=environment, text=True, capture_output=True, check=False)  # noqa: S603
    user = pwd.getpwnam(owner)
    return subprocess.run(  # noqa: S603
        command, cwd="/", env=environment, text=True, capture_output=True, check=False,
        user=user.pw_uid, group=user.pw_gid, extra_groups=[],
    )  # fmt: skip


def reachable(folder: Path, owner: str | None) -> bool:
    """Whether the database's user can walk down to this folder, or to the part of it that exists."""
    while not folder.exists():
        folder = folder.parent
    return run_as(owner, ["/usr/bin/test", "-x", str(folder)]).returncode == 0


def locate(name: str, settings: dict[str, str]) -> Cluster:
    """Find the cluster made earlier, else choose where it will be made: in the checkout when its user can get there."""
    owner = unprivileged_user()
    folders = [places.STATE / name, places.outside_state() / name]
    made = [folder for folder in folders if (folder / "data" / "PG_VERSION").exists()]
    for folder in made + folders:
        if reachable(folder.parent, owner):
            return Cluster(name, folder, owner, settings)
    raise SetupError(
        f"Le compte « {owner} » ne peut atteindre ni {folders[0]} ni {folders[1]} : placez le projet dans un dossier lisible par tous."
    )


def installed_versions() -> list[int]:
    """Major versions present with PostGIS, newest first."""
    versions = [int(path.name) for path in DEBIAN_BINARIES.glob("[0-9]*") if path.name.isdigit()]
    complete = [
        version
        for version in versions
        if (DEBIAN_BINARIES / str(version) / "bin" / "initdb").exists()
        and (DEBIAN_EXTENSIONS / str(version) / "extension" / "postgis.control").exists()
    ]
    return sorted((version for version in complete if version >= OLDEST), reverse=True)


def binaries_for(cluster: Cluster) -> Path:
    """The programs that can open this cluster: the version that made it, or the newest for a new one."""
    versions = installed_versions()
    made_by = cluster.data / "PG_VERSION"
    if made_by.exists():
        wanted = int(made_by.read_text().strip())
        if wanted not in versions:
            raise SetupError(
                f"La base locale a été créée par PostgreSQL {wanted}, qui n’est plus installé : installez postgresql-{wanted}-postgis-3, "
                "ou repartez d’une base neuve avec « bin/serve --reset »."
            )
        return DEBIAN_BINARIES / str(wanted) / "bin"
    if not versions:
        raise SetupError(
            "PostgreSQL avec PostGIS n’est pas installé : lancez « bin/test » ou « bin/serve », qui l’installent."
        )
    return DEBIAN_BINARIES / str(versions[0]) / "bin"


def postmaster(cluster: Cluster) -> int | None:
    """The process that serves this cluster now; a pid file left by a crash or a reboot is not believed."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
        served = Path(f"/proc/{pid}/cwd").resolve(strict=True)
    except (OSError, ValueError, IndexError):
        return None
    return pid if served == cluster.data.resolve() else None


def create(cluster: Cluster) -> None:
    """Make an empty cluster. It appears under its name only once complete, so an interrupted start leaves nothing behind."""
    binaries = binaries_for(cluster)
    make_private_folder(cluster.folder, cluster.owner)
    fresh = cluster.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    made = run_as(
        cluster.owner,
        [str(binaries / "initdb"), "--pgdata", str(fresh), "--username", ROLE, "--auth", "trust", "--encoding", "UTF8",
         "--locale", "C.UTF-8", "--data-checksums", "--no-instructions"],
    )  # fmt: skip
    if made.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise SetupError(reason("La création de la base locale a échoué", made.stderr))
    fresh.rename(cluster.data)


def make_private_folder(folder: Path, owner: str | None) -> None:
    """A folder that only the database's user enters: its socket asks for no password."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise SetupError(f"{folder} est un lien symbolique : supprimez-le, puis relancez.")
    if owner is not None:
        user = pwd.getpwnam(owner)
        os.chown(folder, user.pw_uid, user.pw_gid)
    elif folder.stat().st_uid != os.geteuid():
        raise SetupError(
            f"{folder} appartient à un autre compte : relancez avec le compte (ou le sudo) de la première fois, ou supprimez ce dossier."
        )
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
    settings = cluster.settings | {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(cluster.socket),
    }
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    command = [str(binaries_for(cluster) / "pg_ctl"), "start", "--wait", "--silent", "--timeout", "60",
               "--pgdata", str(cluster.data), "--log", str(cluster.log), "--options", options]  # fmt: skip
    # After a kill -9 of the postmaster its last processes hold the shared memory for a moment.
    for patience in (0.5, 1, 2, 4, None):
        started = run_as(cluster.owner, command)
        if started.returncode == 0:
            return True
        journal = cluster.log.read_text(errors="replace") if cluster.log.exists() else started.stderr
        if patience is None or "shared memory block" not in journal:
            raise SetupError(reason("La base locale ne démarre pas", journal))
        time.sleep(patience)
    raise AssertionError("unreachable: the last turn returns or raises")


def stop(cluster: Cluster) -> None:
    """Stop the cluster, cutting its connections; nothing to do when it does not run."""
    if postmaster(cluster) is None:
        return
    command = [
        str(binaries_for(cluster) / "pg_ctl"),
        "stop",
        "--wait",
        "--silent",
        "--mode",
        "fast",
        "--pgdata",
        str(cluster.data),
    ]
    run_as(cluster.owner, command)


def remove(cluster: Cluster) -> None:
    """Stop the cluster and delete its data (the `--reset` of bin/serve)."""
    stop(cluster)
    shutil.rmtree(cluster.folder, ignore_errors=True)
    shutil.rmtree(cluster.socket, ignore_errors=True)


def ensure_running(cluster: Cluster) -> bool:
    """Make the cluster if there is none and start it if it is stopped; two callers at once wait for each other."""
    with exclusive(places.STATE / f"{cluster.name}.lock"):
        if not (cluster.data / "PG_VERSION").exists():
            create(cluster)
        return start(cluster)


def ensure_database(cluster: Cluster, name: str) -> None:
    """Create the database unless it is there."""
    psql = [
        str(binaries_for(cluster) / "psql"),
        "-h",
        str(cluster.socket),
        "-U",
        ROLE,
        "-d",
        "postgres",
        "-AtXq",
        "-c",
    ]
    there = run_as(cluster.owner, [*psql, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"])
    if there.stdout.strip() == "1":
        return
    made = run_as(cluster.owner, [*psql, f'CREATE DATABASE "{name}"'])
    if made.returncode:
        raise SetupError(reason("La base locale n’a pas pu être créée", made.stderr))


def reason(what: str, journal: str) -> str:
    """One sentence out of what PostgreSQL wrote."""
    if "No space left on device" in journal:
        return f"{what} : plus de place sur le disque. Libérez de l’espace, puis relancez."
    if "Cannot allocate memory" in journal or "out of memory" in journal:
        return f"{what} : la mémoire manque. Fermez d’autres programmes, puis relancez."
    lines = [line.strip() for line in journal.splitlines() if re.search(r"FATAL|PANIC|error:|ERROR", line)]
    said = lines[-1] if lines else (journal.strip().splitlines() or ["aucun message"])[-1]
    return f"{what}. PostgreSQL dit : « {said} ». Corrigez ce point, ou repartez d’une base neuve avec « bin/serve --reset »."


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock that the system frees by itself when we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def cluster_for_tests() -> Cluster:
    return locate("pg-test", TESTING)


def cluster_for_serving() -> Cluster:
    return locate("pg", SERVING)


def ensure_test_cluster() -> str:
    """Start the test cluster if needed and return its URL: a superuser, who may CREATE DATABASE and CREATE EXTENSION.

    `INTERVALLE_TEST_DATABASE_URL`, when set, wins: CI or a developer may bring a server of their own. The cluster is left
    running, so that the next run starts at once; `bin/test --stop` ends it.
    """
    given = os.environ.get("INTERVALLE_TEST_DATABASE_URL")
    if given:
        return given
    cluster = cluster_for_tests()
    ensure_running(cluster)
    return cluster.url("postgres")
