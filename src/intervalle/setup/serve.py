"""bin/serve: from a bare machine to the living demonstration, in one command."""

import argparse
import fcntl
import shutil
import signal
import time
import urllib.error
import urllib.request
from types import FrameType
from typing import TextIO

from intervalle.setup import browser_packages, cluster, environment, failures, places, python_packages, system
from intervalle.setup.children import Child
from intervalle.setup.console import SetupError, Steps, guarded, say, seconds
from intervalle.setup.processes import run

PORT = 8000
MIGRATIONS = places.ROOT / "src" / "intervalle" / "migrations"
LOCK = places.STATE / "serve.lock"
# The environment, the browser files and the demonstration take about 1 GB; a second start next to nothing.
FIRST_TIME_SPACE = 2 * system.GIB
LATER_SPACE = system.GIB // 5
READY_WITHIN = 60.0
# The previous instance may still be letting go of the port.
PORT_PATIENCE = 5.0


class Stopped(Exception):
    """Ctrl-C, SIGTERM or the closing of the terminal."""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, order_stop)
    database = None
    try:
        begun = time.monotonic()
        handle = only_one()
        wait_for_port(options.port)
        database = prepare(options)
        serve(database, options.port, begun)
        handle.close()
    except Stopped:
        say("\nArrêt demandé.")
    finally:
        if database is not None:
            cluster.stop(database)
            say("Tout est arrêté. Les données restent dans .intervalle.")
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/serve",
        description="Installe ce qui manque, prépare une base privée, charge la démonstration et lance Intervalle.",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"port local (par défaut {PORT})")
    parser.add_argument("--reset", action="store_true", help="efface la base, les fichiers et les courriels locaux")
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        raise SetupError("Le port doit être un nombre entre 1 et 65535, par exemple « bin/serve --port 8001 ».")
    return options


def order_stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def only_one() -> TextIO:
    """One server a checkout. The system frees the lock when we die, so a kill -9 never leaves it behind."""
    places.STATE.mkdir(exist_ok=True)
    handle = LOCK.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise SetupError(
            "Intervalle tourne déjà depuis ce dossier : servez-vous de cette instance, ou arrêtez-la (Ctrl-C) d’abord."
        ) from None
    return handle


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE
    while not system.port_is_free(port) and time.monotonic() < deadline:
        time.sleep(0.2)
    system.require_port(port)


def prepare(options: argparse.Namespace) -> cluster.Cluster:
    """Everything that must be there before the first page. Each step costs next to nothing when it was done before."""
    steps = Steps(5)
    with steps.step("Paquets du système"):
        first_time = not python_packages.STAMP.exists()
        system.require_space(places.ROOT, FIRST_TIME_SPACE if first_time else LATER_SPACE)
        system.ensure(system.TO_SERVE)
    with steps.step("Paquets Python"):
        python_packages.ensure("run.txt")
    with steps.step("Fichiers du navigateur"):
        browser_packages.ensure()
    with steps.step("Base de données"):
        database = cluster.cluster_for_serving()
        if options.reset:
            forget(database)
        cluster.ensure_running(database)
        cluster.ensure_database(database, environment.DATABASE)
    try:
        with steps.step("Schéma et démonstration"):
            fill(database, environment.for_application(database, options.port))
    except BaseException:
        cluster.stop(database)
        raise
    return database


def forget(database: cluster.Cluster) -> None:
    """Start over: database, files, mails and logs of this checkout, nothing else."""
    cluster.remove(database)
    for folder in (environment.FILES, environment.MAIL, environment.LOGS):
        shutil.rmtree(folder, ignore_errors=True)


def fill(database: cluster.Cluster, settings: dict[str, str]) -> None:
    """Migrate and load the demonstration. Not asked again of a base that these very migrations have filled."""
    stamp = database.folder / "filled"
    wanted = filled_by()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    application(settings, "migrate", "La mise à jour du schéma a échoué")
    application(settings, "demo", "Le chargement de la démonstration a échoué")
    stamp.write_text(wanted)


def filled_by() -> str:
    """What the state of the base depends on: each migration, and the packages that bring tables of their own."""
    files = [*sorted(MIGRATIONS.rglob("*.py")), places.REQUIREMENTS / "run.txt"]
    return "\n".join(f"{path.name} {python_packages.digest(path)}" for path in files)


def application(settings: dict[str, str], command: str, what: str) -> None:
    """Run one command of the application to its end."""
    done = run(places.PYTHON, "-m", "intervalle.cli", command, environment=settings, cwd=places.ROOT)
    if done.returncode:
        log = environment.LOGS / f"{command}.log"
        log.write_text(done.stdout)
        raise SetupError(failures.explain(done.stdout, failures.APPLICATION, f"{what} : « {{}} ». Détail : {log}."))


def serve(database: cluster.Cluster, port: int, begun: float) -> None:
    """Run application and worker, and bring back whichever dies, until told to stop."""
    settings = environment.for_application(database, port)
    children = [
        child("L’application", settings, "serve", "--host", "127.0.0.1", "--port", str(port)),
        child("La file de tâches", settings, "worker"),
    ]
    try:
        for each in children:
            each.start()
        wait_until_ready(children[0], port)
        say(f"\nIntervalle est prêt en {seconds(time.monotonic() - begun)} : http://127.0.0.1:{port}")
        say(f"Journaux : {environment.LOGS}   Courriels : {environment.MAIL}   Ctrl-C pour arrêter.")
        while True:
            time.sleep(0.5)
            cluster.ensure_running(database)
            for each in children:
                each.revive()
    finally:
        for each in children:
            each.stop()


def child(name: str, settings: dict[str, str], command: str, *arguments: str) -> Child:
    line = [str(places.PYTHON), "-m", "intervalle.cli", command, *arguments]
    log = environment.LOGS / f"{command}.log"
    log.unlink(missing_ok=True)
    return Child(name, line, settings, log)


def wait_until_ready(server: Child, port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not answers(f"http://127.0.0.1:{port}/pret"):
        if not server.alive:
            raise SetupError(server.last_words("L’application n’a pas démarré"))
        if time.monotonic() > deadline:
            raise SetupError(server.last_words(f"L’application ne répond pas après {READY_WITHIN:.0f} secondes"))
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether this address of our own machine answers 200, whatever proxy the environment names."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    guarded(main)
