"""The Python packages, in `.venv`, exactly those whose hashes are in requirements/."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from intervalle.setup import failures, places
from intervalle.setup.console import SetupError, say
from intervalle.setup.processes import run

STAMP = places.VENV / "intervalle.json"
# dev.txt holds everything that run.txt holds, at the same versions (a test says so).
INCLUDES = {"run.txt": ["run.txt"], "dev.txt": ["dev.txt", "run.txt"], "node.txt": ["node.txt"]}

SETTLED = ("Collecting ", "Requirement already satisfied", "Ignoring ")
PIP_OPTIONS = [
    "--require-hashes",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--no-input",
    "--progress-bar",
    "off",
]
OTHERWISE = "Les paquets Python n’ont pas pu être installés : « {} ». Corrigez ce point, puis relancez."


def ensure(lock: str) -> None:
    """Install one lock file of requirements/ unless the stamp says that this very content is installed."""
    if installed(read_stamp(), lock):
        return
    ensure_environment()
    install(lock)
    stamp = read_stamp() | {"python": python_version()}
    for name in INCLUDES[lock]:
        stamp[name] = digest(places.REQUIREMENTS / name)
    STAMP.write_text(json.dumps(stamp, indent=1))


def installed(stamp: dict[str, str], lock: str) -> bool:
    return stamp.get("python") == python_version() and stamp.get(lock) == digest(places.REQUIREMENTS / lock)


def read_stamp() -> dict[str, str]:
    """What is installed; empty when unknown. The stamp dies with the environment, whose folder it lies in."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and places.PYTHON.exists() else {}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def python_version() -> str:
    """The version and the place of the interpreter: an environment outlives neither an upgrade nor a move."""
    return f"{sys.version_info.major}.{sys.version_info.minor} {places.VENV}"


def ensure_environment() -> None:
    """Make `.venv`, or make it anew when its Python is gone, was upgraded, or has no pip."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    if places.PYTHON.exists():
        seen = run(places.PYTHON, "-c", "import sys, pip; print('%d.%d' % sys.version_info[:2])")
        if seen.stdout.strip() == wanted:
            return
    # With `.venv` activated, sys.executable lies in the very folder that is about to be cleared.
    outside = getattr(sys, "_base_executable", sys.executable)
    made = run(outside, "-m", "venv", "--clear", places.VENV)
    if made.returncode:
        raise SetupError(failures.explain(made.stdout, failures.PIP, OTHERWISE))


def install(lock: str) -> None:
    """Hand the lock to pip. Only ready-made files: a machine without a compiler is enough."""
    path = places.REQUIREMENTS / lock
    command = [str(places.PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "-r", str(path)]
    output: list[str] = []
    total = len(re.findall(r"^\S+==", path.read_text(), re.MULTILINE))
    with subprocess.Popen(  # noqa: S603 - the command is written above
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        for line in pip.stdout or ():
            output.append(line)
            tell_progress(output, total)
    if pip.returncode:
        raise SetupError(failures.explain("".join(output), failures.PIP, OTHERWISE))


def tell_progress(output: list[str], total: int) -> None:
    """A line for each twenty packages, so that a slow network is seen to be alive."""
    if output[-1].startswith("Installing collected"):
        say("      tous reçus, mise en place")
    elif output[-1].startswith(SETTLED):
        count = sum(line.startswith(SETTLED) for line in output)
        if count % 20 == 0:
            say(f"      {count} paquets sur {total}")
