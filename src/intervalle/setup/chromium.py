"""A real browser for the browser tests. Debian packages one; Ubuntu only points at a snap, which needs snapd."""

import os
import shutil
from pathlib import Path

from intervalle.setup import places, system
from intervalle.setup.console import SetupError, say
from intervalle.setup.processes import run

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
NONE_FOUND = (
    "Aucun navigateur Chromium utilisable : les tests de navigation échoueront. Sur Ubuntu, installez Chrome ou "
    "« snap install chromium », ou donnez le chemin d’un Chromium dans INTERVALLE_CHROMIUM, puis relancez."
)


def ensure() -> Path:
    """The browser's program: the one named, the machine's, Debian's, else the one Playwright brings."""
    if named := os.environ.get("INTERVALLE_CHROMIUM"):
        return Path(named)
    if found := installed():
        return found
    if run("apt-cache", "policy", "chromium").stdout and not is_ubuntu():
        system.ensure([system.Need("navigateur Chromium", lambda: bool(installed()), lambda: ["chromium"])])
    else:
        say("      pas de Chromium dans les dépôts : celui de Playwright")
        become_root = system.root_command()
        playwright = places.VENV / "bin" / "playwright"
        run(*become_root, playwright, "install-deps", "chromium")
        run(playwright, "install", "chromium")
    if found := installed():
        return found
    raise SetupError(NONE_FOUND)


def is_ubuntu() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=ubuntu" in release.read_text().splitlines()


def installed() -> Path | None:
    """A Chromium that starts: Ubuntu's `chromium-browser` is a script that only tells to install the snap."""
    on_path = [Path(found) for name in NAMES if (found := shutil.which(name))]
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    for program in [*on_path, *sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)]:
        if run(program, "--version").returncode == 0:
            return program
    return None
