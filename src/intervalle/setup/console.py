"""What the person in front of the terminal reads: numbered steps with their seconds, and one sentence when it fails."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class SetupError(Exception):
    """The one French sentence shown: what is wrong, then the way out. Never followed by a traceback."""


class Steps:
    """« [2/5] Paquets Python … 14,2 s », one line a step, so that a long step is seen to be alive."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.done += 1
        say(f"[{self.done}/{self.total}] {title} …")
        begun = time.monotonic()
        yield
        say(f"[{self.done}/{self.total}] {title} : fait en {seconds(time.monotonic() - begun)}")


def say(text: str) -> None:
    print(text, flush=True)


def seconds(duration: float) -> str:
    """Seconds as the French write them: « 3,4 s », and minutes from 100 s on."""
    if duration >= 100:
        return f"{int(duration // 60)} min {int(duration % 60):02d} s"
    return f"{duration:.1f} s".replace(".", ",")


def sentence_for(error: OSError) -> str:
    """The failures of the machine that any step can meet, said once."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Plus de place sur le disque{where} : libérez de l’espace, puis relancez la même commande."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"Droits insuffisants{where} : relancez avec le même compte que la première fois (ou sudo), "
            "ou reprenez la propriété du dossier avec « sudo chown -R $USER . »."
        )
    if error.errno == errno.EROFS:
        return f"Le disque est en lecture seule{where} : placez le dossier du projet sur un disque inscriptible."
    return f"Le système a refusé une opération{where} : {error.strerror}. Corrigez ce point, puis relancez."


def guarded(main: Callable[[list[str]], int]) -> None:
    """Run a command to its exit status; known failures become one sentence on stderr and status 1."""
    try:
        status = main(sys.argv[1:])
    except SetupError as error:
        print(f"\nÉchec : {error}", file=sys.stderr, flush=True)
        status = 1
    except OSError as error:
        print(f"\nÉchec : {sentence_for(error)}", file=sys.stderr, flush=True)
        status = 1
    except KeyboardInterrupt:
        print("\nInterrompu.", file=sys.stderr, flush=True)
        status = 130
    sys.stdout.flush()
    # Threads that still copy a child's output must not hold the exit.
    os._exit(status)
