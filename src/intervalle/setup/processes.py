"""Running other programs: never through a shell, never waiting for the keyboard, output kept to be read."""

import subprocess
from pathlib import Path


def run(
    *command: str | Path,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
    may_ask: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run to the end; both outputs arrive in `stdout`. `may_ask` leaves the keyboard to sudo for its password."""
    return subprocess.run(  # noqa: S603 - every command is written in this package
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=None if may_ask else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
