"""The application and the worker as children: they die with us, even of our `kill -9`, and come back when they die."""

import ctypes
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from intervalle.setup import failures, places
from intervalle.setup.console import SetupError, say

PR_SET_PDEATHSIG = 1
# More deaths than this within a minute is a defect to report, not an accident to repair.
DEATHS_PER_MINUTE = 5
GRACE = 10.0


def die_with_parent(parent: int) -> Callable[[], None]:
    """Ask Linux for SIGTERM when the parent ends, however it ends; run in the child, before the program."""

    def ask() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Child:
    """One program that must run as long as we do. Its output goes to a log that a restart continues."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.deaths: deque[float] = deque(maxlen=DEATHS_PER_MINUTE)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the command is ours
                self.command,
                cwd=places.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches us alone, and we stop the whole group in order.
                process_group=0,
                preexec_fn=die_with_parent(os.getpid()),
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self) -> None:
        """Start again a child that died, unless it keeps dying."""
        if self.alive:
            return
        now = time.monotonic()
        if len(self.deaths) == DEATHS_PER_MINUTE and now - self.deaths[0] < 60:
            raise SetupError(self.last_words(f"{self.name} s’arrête sans cesse"))
        self.deaths.append(now)
        say(f"{self.name} s’est arrêtée : relance (journal : {self.log}).")
        self.start()

    def last_words(self, what: str) -> str:
        said = self.log.read_text(errors="replace")[-20000:] if self.log.exists() else ""
        otherwise = f"{what} : « {{}} ». Le journal complet est dans {self.log}."
        return failures.explain(said, failures.APPLICATION, otherwise)

    def stop(self) -> None:
        """Ask the group to end, and end it when it does not."""
        if self.process is None:
            return
        signal_group(self.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()


def signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
