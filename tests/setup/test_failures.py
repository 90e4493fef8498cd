"""Each failure a newcomer can meet is one French sentence with a way out."""

import errno

import pytest

from intervalle.setup import failures
from intervalle.setup.console import seconds, sentence_for

OTHERWISE = "Rien de connu : « {} »."

SEEN = [
    # Real outputs, shortened.
    (failures.APT, "E: You don't have enough free space in /var/cache/apt/archives/.", "Plus de place"),
    (failures.APT, "Err:1 http://x bookworm InRelease\n  Temporary failure resolving 'x'", "réseau"),
    (failures.APT, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12", "en cours"),
    (failures.APT, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", "dpkg --configure -a"),
    (failures.APT, "E: Unable to locate package zbar-tools", "« zbar-tools »"),
    (failures.APT, "E: Package 'chromium' has no installation candidate", "« chromium »"),
    (failures.APT, "marie is not in the sudoers file.", "droit"),
    (failures.PIP, "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "place"),
    (failures.PIP, "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "empreinte"),
    (failures.PIP, "NewConnectionError('Failed to establish a new connection')", "réseau"),
    (failures.PIP, "ERROR: No matching distribution found for highspy==1.15.1", "« highspy==1.15.1 »"),
    (failures.NPM, "npm error code ENOSPC", "Plus de place"),
    (failures.NPM, "npm error code EINTEGRITY", "empreinte"),
    (failures.NPM, "npm error errno EAI_AGAIN", "réseau"),
    (failures.POSTGRESQL, 'could not write to file "base/1/2": No space left on device', "Plus de place"),
    (failures.APPLICATION, "psycopg.errors.DiskFull: could not extend file", "Plus de place"),
]


@pytest.mark.parametrize(("known", "output", "expected"), SEEN)
def test_known_failures_name_the_way_out(known: list[tuple[str, str]], output: str, expected: str) -> None:
    sentence = failures.explain(output, known, OTHERWISE)
    assert expected in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_unknown_failure_quotes_the_last_complaint() -> None:
    output = "Reading lists...\nE: The method driver is missing\nbye\n"
    assert failures.explain(output, failures.APT, OTHERWISE) == "Rien de connu : « E: The method driver is missing »."


def test_silent_failure_still_says_something() -> None:
    assert failures.explain("\n \n", failures.PIP, OTHERWISE) == "Rien de connu : « aucun message »."


def test_traceback_is_reduced_to_its_last_line() -> None:
    output = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\nValueError: la table manque\n'
    assert failures.explain(output, failures.APPLICATION, OTHERWISE).count("Traceback") == 0


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, "place sur le disque"), (errno.EACCES, "Droits insuffisants"), (errno.EROFS, "lecture seule")],
)
def test_machine_errors(number: int, expected: str) -> None:
    assert expected in sentence_for(OSError(number, "x", "/srv/x"))
    assert "/srv/x" in sentence_for(OSError(number, "x", "/srv/x"))


@pytest.mark.parametrize(
    ("duration", "written"), [(0.04, "0,0 s"), (3.44, "3,4 s"), (99.94, "99,9 s"), (104, "1 min 44 s")]
)
def test_seconds_in_french(duration: float, written: str) -> None:
    assert seconds(duration) == written
