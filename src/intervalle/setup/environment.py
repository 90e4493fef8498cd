"""The settings handed to the application when it runs on the private database of a checkout."""

import os
import secrets
from pathlib import Path

from intervalle.setup import places
from intervalle.setup.cluster import Cluster

DATABASE = "intervalle"
SECRET = places.STATE / "secret"
FILES = places.STATE / "files"
MAIL = places.STATE / "mail"
LOGS = places.STATE / "logs"


def for_application(cluster: Cluster, port: int) -> dict[str, str]:
    """The whole environment of `python -m intervalle.cli`: always the private database, never one met by chance."""
    for folder in (FILES, MAIL, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "PYTHONPATH": f"{places.ROOT / 'src'}:{places.ROOT}",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{places.VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "INTERVALLE_DATABASE_URL": cluster.url(DATABASE),
        "INTERVALLE_SECRET": secret(),
        "INTERVALLE_BASE_URL": f"http://127.0.0.1:{port}",
        "INTERVALLE_FILES": f"file://{FILES}",
        "INTERVALLE_MAIL": f"file:{MAIL}",
        "INTERVALLE_DEMO": "1",
    }


def secret() -> str:
    """Drawn once and kept, so that a restart does not sign everybody out."""
    if not SECRET.exists():
        write_private(SECRET, secrets.token_urlsafe(48))
    return SECRET.read_text()


def write_private(path: Path, text: str) -> None:
    """Readable by us alone from its first byte, and complete or absent."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    fresh.rename(path)
