"""bin/test: set up whatever is missing, then every check that CI runs, all of them even when one fails."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from intervalle.setup import browser_packages, chromium, cluster, places, python_packages, system
from intervalle.setup.console import SetupError, Steps, guarded, say, seconds

USAGE = """usage : bin/test [--drills] [--stop] [arguments de pytest]

  sans argument   tout ce que l’intégration continue vérifie
  --drills        de plus, les exercices longs (coupures, charge, restauration)
  --stop          arrête la base de test et s’en va
  autre chose     pytest seul, avec ces arguments : bin/test tests/calls -k offre
"""
# Nothing here takes a quarter of an hour; what does is stuck, and must say where.
LIMIT = 1800.0
STUCK = ["-o", "faulthandler_timeout=300"]


@dataclass(frozen=True)
class Check:
    """One line of the final table. A pytest run is shown as it goes, a tool only when it complains."""

    name: str
    command: list[str]
    shown: bool = False


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        say(USAGE)
        return 0
    if arguments == ["--stop"]:
        cluster.stop(cluster.cluster_for_tests())
        return 0
    started = False
    try:
        settings, started = prepare()
        return run_all(planned(arguments), settings)
    finally:
        if started:
            cluster.stop_unless_used(cluster.cluster_for_tests())


def prepare() -> tuple[dict[str, str], bool]:
    """The environment of the checks, and whether the test cluster was started for them."""
    steps = Steps(5)
    started = False
    settings = dict(os.environ)
    with steps.step("Paquets du système"):
        system.require_space(places.ROOT, system.GIB)
        system.ensure(system.TO_TEST)
    with steps.step("Paquets Python"):
        python_packages.ensure("dev.txt")
    with steps.step("Fichiers du navigateur"):
        browser_packages.ensure()
    with steps.step("Chromium"):
        settings["INTERVALLE_CHROMIUM"] = browser_or_warning()
    with steps.step("Base de test"):
        if "INTERVALLE_TEST_DATABASE_URL" not in settings:
            started = cluster.ensure_running(cluster.cluster_for_tests())
            settings["INTERVALLE_TEST_DATABASE_URL"] = cluster.ensure_test_cluster()
    settings["PYTHONPATH"] = f"{places.ROOT / 'src'}:{places.ROOT}"
    settings["PATH"] = f"{places.VENV / 'bin'}:{settings.get('PATH', os.defpath)}"
    return settings, started


def browser_or_warning() -> str:
    """Without a browser the other checks still run; the browser tests then fail and say why."""
    try:
        return str(chromium.ensure())
    except SetupError as error:
        say(f"      {error}")
        return ""


def planned(arguments: list[str]) -> list[Check]:
    """What to run. The widest pytest run comes last: its closing line closes the whole."""
    pytest = [tool("pytest"), *STUCK]
    if arguments not in ([], ["--drills"]):
        return [Check("tests choisis", [*pytest, *arguments], shown=True)]
    checks = [
        Check("mise en forme", [tool("ruff"), "format", "--check", "."]),
        Check("règles d’écriture", [tool("ruff"), "check", "."]),
        Check("types", [tool("mypy")]),
        Check("sens des imports", [tool("lint-imports"), "--no-cache"]),
        Check("navigation", [*pytest, "-m", "browser and not drill"], shown=True),
    ]
    if "--drills" in arguments:
        checks.append(Check("exercices longs", [*pytest, "-m", "drill", "--drills"], shown=True))
    return [*checks, Check("tests", [*pytest, "-n", "auto", "-m", "not browser and not drill"], shown=True)]


def tool(name: str) -> str:
    return str(places.VENV / "bin" / name)


def run_all(checks: list[Check], settings: dict[str, str]) -> int:
    """Run every check, then the table, then the last line that pytest wrote."""
    results: list[tuple[str, int, float]] = []
    closing = ""
    for number, check in enumerate(checks, 1):
        say(f"\n── [{number}/{len(checks)}] {check.name}")
        begun = time.monotonic()
        status, last = (stream if check.shown else quietly)(check.command, settings)
        results.append((check.name, status, time.monotonic() - begun))
        if last and number < len(checks):
            say(last)
        say(f"   {verdict(status)} en {seconds(results[-1][2])}")
        closing = last
    say("\nBilan")
    for name, status, duration in results:
        say(f"  {verdict(status):<8} {name:<20} {seconds(duration):>12}")
    say(f"  {seconds(sum(duration for _, _, duration in results))} en tout\n")
    say(closing)
    return 1 if any(status for _, status, _ in results) else 0


def verdict(status: int) -> str:
    return "ÉCHEC" if status else "réussi"


def quietly(command: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """A tool that has something to say only when it fails."""
    said: list[str] = []
    status = follow(command, settings, said.append)
    return status, "".join(said).rstrip() if status else ""


def stream(command: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """Show pytest's output as it comes, but hold back its last line: it must close everything."""
    held: list[str] = []

    def show(line: str) -> None:
        """Hold a line and the blank ones after it until another shows that it was not the last."""
        if line.strip():
            for earlier in held:
                say(earlier)
            held.clear()
        held.append(line.rstrip("\n"))

    status = follow(command, settings, show)
    return status, "\n".join(held).rstrip()


def follow(command: list[str], settings: dict[str, str], each_line: Callable[[str], object]) -> int:
    """Run to the end, a line at a time; what exceeds the limit is ended and counts as failed."""
    with subprocess.Popen(  # noqa: S603 - every command is written above
        command,
        cwd=places.ROOT,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        alarm = threading.Timer(LIMIT, process.kill)
        alarm.start()
        for line in process.stdout or ():
            each_line(line)
        status = process.wait()
        alarm.cancel()
        return status


if __name__ == "__main__":
    guarded(main)
