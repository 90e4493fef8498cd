"""The files that browsers need (htmx, map, fonts, axe), in node_modules: exactly those of package-lock.json."""

import os
import shutil

from intervalle.setup import failures, places, python_packages
from intervalle.setup.console import SetupError, say
from intervalle.setup.processes import run

STAMP = places.NODE_MODULES / ".intervalle"
DECIDING = ("package.json", "package-lock.json", ".npmrc")
OTHERWISE = "Les fichiers du navigateur n’ont pas pu être installés : « {} ». Corrigez ce point, puis relancez."


def ensure() -> None:
    """Run `npm ci` unless the stamp says that this very lock is installed. No package may run a script."""
    wanted = "\n".join(python_packages.digest(places.ROOT / name) for name in DECIDING)
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    environment = os.environ | {"PATH": path_with_node()}
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    done = run("npm", "ci", *options, environment=environment, cwd=places.ROOT)
    if done.returncode:
        raise SetupError(failures.explain(done.stdout, failures.NPM, OTHERWISE))
    STAMP.write_text(wanted)


def path_with_node() -> str:
    """PATH with node and npm: the machine's own, else those of a hashed wheel put in `.venv`."""
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("npm", path=path) and shutil.which("node", path=path):
        return path
    say("      npm absent de la machine : installé dans .venv")
    python_packages.ensure("node.txt")
    return f"{places.VENV / 'bin'}:{path}"
