"""bin/intervalle: one command of the application, on the private database of this checkout or on the one named."""

import os
import subprocess

from intervalle.setup import cluster, environment, places, python_packages, system
from intervalle.setup.console import guarded
from intervalle.setup.serve import PORT


def main(arguments: list[str]) -> int:
    """`INTERVALLE_DATABASE_URL` in the environment means a real installation: its settings are used as they are."""
    if os.environ.get("INTERVALLE_DATABASE_URL") or not needs_database(arguments):
        python_packages.ensure("run.txt")
        paths = {"PYTHONPATH": f"{places.ROOT / 'src'}:{places.ROOT}"}
        return application(arguments, os.environ | paths)
    system.ensure(system.TO_SERVE)
    python_packages.ensure("run.txt")
    database = cluster.cluster_for_serving()
    started = cluster.ensure_running(database)
    try:
        cluster.ensure_database(database, environment.DATABASE)
        return application(arguments, environment.for_application(database, PORT))
    finally:
        if started:
            cluster.stop(database)


def needs_database(arguments: list[str]) -> bool:
    """The assignment engine and the help run alone: nobody waits for a database, or installs one, for them."""
    return arguments[:1] != ["assign"] and arguments != [] and not {"-h", "--help"} & set(arguments)


def application(arguments: list[str], settings: dict[str, str]) -> int:
    command = [str(places.PYTHON), "-m", "intervalle.cli", *arguments]
    return subprocess.run(command, env=settings, check=False).returncode  # noqa: S603 - the person's own command


if __name__ == "__main__":
    guarded(main)
