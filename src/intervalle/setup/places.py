"""Where things are kept in a checkout. Nothing here creates anything."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STATE = ROOT / ".intervalle"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
REQUIREMENTS = ROOT / "requirements"


def checkout_digest() -> str:
    """Eight characters that tell this checkout from another one on the same machine."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


def outside_state() -> Path:
    """Where the database goes when its user cannot walk down to the checkout (a 0700 home folder, for example)."""
    return Path("/var/lib/intervalle") / checkout_digest()
