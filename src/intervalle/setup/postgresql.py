"""The PostgreSQL programs of the machine: which versions, run as which user, and what their complaints mean."""

import os
import pwd
import subprocess
from pathlib import Path

from intervalle.setup import failures
from intervalle.setup.console import SetupError

OLDEST = 15
PROGRAMS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")


def installed_versions() -> list[int]:
    """Major versions present with PostGIS, newest first."""
    versions = [int(path.name) for path in PROGRAMS.glob("[0-9]*") if path.name.isdigit()]
    complete = [version for version in versions if version >= OLDEST and is_complete(version)]
    return sorted(complete, reverse=True)


def is_complete(version: int) -> bool:
    initdb = PROGRAMS / str(version) / "bin" / "initdb"
    postgis = EXTENSIONS / str(version) / "extension" / "postgis.control"
    return initdb.exists() and postgis.exists()


def programs(made_by: int | None) -> Path:
    """The folder of the programs that open a cluster made by this version, or of the newest ones for a new cluster."""
    versions = installed_versions()
    if made_by is not None and made_by not in versions:
        raise SetupError(
            f"La base locale a été créée par PostgreSQL {made_by}, qui n’est plus installé : installez "
            f"postgresql-{made_by}-postgis-3, ou repartez d’une base neuve avec « bin/serve --reset »."
        )
    if not versions:
        raise SetupError(
            "PostgreSQL avec PostGIS n’est pas installé : lancez « bin/serve » ou « bin/test », qui l’installent."
        )
    return PROGRAMS / str(made_by or versions[0]) / "bin"


def unprivileged_user() -> str | None:
    """The user that may run the database: None means the present one."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise SetupError(
        "PostgreSQL refuse de tourner sous root et aucun compte « postgres » n’existe : "
        "lancez la commande sous un compte ordinaire."
    )


def run_as(owner: str | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command as the database's user, in English (its words are read), from a folder it can enter."""
    user = pwd.getpwnam(owner) if owner else None
    return subprocess.run(  # noqa: S603 - every command is written in this package
        command,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def reachable(folder: Path, owner: str | None) -> bool:
    """Whether this user can walk down to the folder, or to the part of it that exists."""
    while not folder.exists():
        folder = folder.parent
    return run_as(owner, ["/usr/bin/test", "-x", str(folder)]).returncode == 0


def sentence(what: str, journal: str) -> str:
    """One sentence out of what PostgreSQL wrote."""
    way_out = "Corrigez ce point, ou repartez d’une base neuve avec « bin/serve --reset »."
    return failures.explain(journal, failures.POSTGRESQL, f"{what}. PostgreSQL dit : « {{}} ». {way_out}")
