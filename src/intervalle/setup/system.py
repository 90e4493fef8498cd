"""What the machine itself must offer: disk, a free port, and packages of the distribution."""

import ctypes
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from intervalle.setup import failures, postgresql
from intervalle.setup.console import SetupError, say
from intervalle.setup.processes import run

GIB = 1024**3
APT_OPTIONS = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=2"]
# A machine that has this folder has PostgreSQL already: its habits are left alone.
POSTGRESQL_COMMON = Path("/etc/postgresql-common")
NO_SYSTEM_CLUSTER = POSTGRESQL_COMMON / "createcluster.d" / "intervalle.conf"


@dataclass(frozen=True)
class Need:
    """Something the distribution provides: how to see that it is there, and the packages that bring it."""

    what: str
    present: Callable[[], bool]
    packages: Callable[[], list[str]]


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_program(name: str) -> bool:
    return shutil.which(name) is not None


def has_venv() -> bool:
    """Debian ships Python without what makes an environment; `ensurepip` tells whether it was added."""
    return run(sys.executable, "-c", "import ensurepip, venv; ensurepip.version()").returncode == 0


def venv_packages() -> list[str]:
    return [f"python3.{sys.version_info.minor}-venv"]


def postgis_packages() -> list[str]:
    """The newest PostGIS offered by the machine's own sources; it brings its PostgreSQL."""
    listed = run("apt-cache", "pkgnames", "postgresql-").stdout.split()
    return [f"postgresql-{newest_postgis(listed)}-postgis-3"]


def newest_postgis(packages: Iterable[str]) -> int:
    """Highest PostgreSQL version with PostGIS 3 among package names."""
    found = [int(match[1]) for name in packages if (match := re.fullmatch(r"postgresql-(\d+)-postgis-3", name))]
    usable = [version for version in found if version >= postgresql.OLDEST]
    if not usable:
        raise SetupError(
            f"Les dépôts de cette machine n’offrent pas PostgreSQL {postgresql.OLDEST} ou plus avec PostGIS 3 : "
            "vérifiez la connexion au réseau, et utilisez Debian 12, Debian 13 ou Ubuntu 24.04."
        )
    return max(usable)


PYTHON_ENVIRONMENT = Need("environnement Python", has_venv, venv_packages)
DATABASE = Need("PostgreSQL et PostGIS", lambda: bool(postgresql.installed_versions()), postgis_packages)
PDF_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
PDF = Need(
    "mise en page PDF",
    lambda: all(has_library(name) for name in PDF_LIBRARIES),
    lambda: ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"],
)
PDF_READER = Need("lecture de PDF", lambda: has_program("pdftotext"), lambda: ["poppler-utils"])
QR_READER = Need("lecture de QR codes", lambda: has_program("zbarimg"), lambda: ["zbar-tools"])

TO_SERVE = [PYTHON_ENVIRONMENT, DATABASE, PDF]
TO_TEST = [*TO_SERVE, PDF_READER, QR_READER]


def ensure(needs: Iterable[Need]) -> None:
    """Install what is missing, and nothing when all is there."""
    missing = [need for need in needs if not need.present()]
    if not missing:
        return
    names = ", ".join(need.what for need in missing)
    say(f"      manque : {names}")
    if not has_program("apt-get"):
        raise SetupError(
            f"Il manque {names}, et cette machine n’a pas apt : installez-les avec l’outil de votre système "
            "(PostgreSQL ≥ 15, PostGIS ≥ 3.3), puis relancez."
        )
    install(missing, root_command())
    still = ", ".join(need.what for need in missing if not need.present())
    if still:
        raise SetupError(f"apt a fini mais il manque encore : {still}. Vérifiez « sudo apt-get install -f ».")


def install(missing: list[Need], become_root: list[str]) -> None:
    """A failed `update` is not told: `install` fails too when it mattered."""
    apt(become_root, "update")
    if DATABASE in missing and not POSTGRESQL_COMMON.exists():
        leave_system_cluster_out(become_root)
    packages = [package for need in missing for package in need.packages()]
    say(f"      apt-get install {' '.join(packages)}")
    done = apt(become_root, "install", *APT_OPTIONS, *packages)
    if done.returncode:
        otherwise = "apt-get n’a pas pu installer les paquets. Il dit : « {} ». Corrigez ce point, puis relancez."
        raise SetupError(failures.explain(done.stdout, failures.APT, otherwise))


def apt(become_root: list[str], *arguments: str) -> CompletedProcess[str]:
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get", "-q")
    return run(*become_root, *quiet, *arguments, may_ask=become_root == ["sudo"])


def root_command() -> list[str]:
    """How to become root: nothing when we are, else sudo, which may ask for a password at a terminal."""
    if os.geteuid() == 0:
        return []
    if not has_program("sudo"):
        raise SetupError("Installer les paquets demande les droits d’administration : relancez sous root.")
    if run("sudo", "-n", "true").returncode == 0:
        return ["sudo", "-n"]
    if not sys.stdin.isatty():
        raise SetupError(
            "Installer les paquets demande sudo, qui réclame un mot de passe : relancez depuis un terminal, "
            "ou sous root."
        )
    return ["sudo"]


def leave_system_cluster_out(become_root: list[str]) -> None:
    """Ask Debian not to make and start its own `main` server beside ours."""
    script = f"mkdir -p {NO_SYSTEM_CLUSTER.parent} && echo 'create_main_cluster = false' > {NO_SYSTEM_CLUSTER}"
    run(*become_root, "sh", "-c", script, may_ask=become_root == ["sudo"])


def require_space(folder: Path, needed: int) -> None:
    """Refuse early rather than half-way when the disk is nearly full. `needed` is in bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SetupError(
            f"Il reste {gigabytes(free)} libres sur le disque de {folder} et il en faut {gigabytes(needed)} : "
            "libérez de l’espace, puis relancez."
        )


def gigabytes(size: int) -> str:
    return f"{size / GIB:.1f} Go".replace(".", ",")


def port_is_free(port: int) -> bool:
    """Whether nobody listens on this loopback port. A port just closed counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise SetupError(
                f"Le port {port} est réservé au système : choisissez-en un autre avec « --port 8000 »."
            ) from None
        except OSError:
            return False
    return True


def require_port(port: int) -> None:
    if port_is_free(port):
        return
    other = next(
        (candidate for candidate in range(port + 1, port + 50) if candidate < 65536 and port_is_free(candidate)),
        None,
    )
    way_out = f"« bin/serve --port {other} »" if other else "« bin/serve --port … » avec un port libre"
    raise SetupError(f"Le port {port} est déjà pris par un autre programme : arrêtez-le, ou lancez {way_out}.")
