"""Seeded instances of the shape our reference points use: six acceptable lots ranked strictly, one fixed area each.

Scores are the panel's, plus up to ten published points of fit per lot. Same seed, same document, on any machine.
"""

from random import Random
from typing import Any

SIZES = ((40, 8), (120, 25), (300, 60), (1000, 200))


def generate(applications: int, lots: int, seed: int = 1, wishes: int = 6) -> dict[str, Any]:
    """A problem document: lots of 100 to 300 m², applications of 15 to 68 m², no quota."""
    random = Random(f"{seed}:{applications}:{lots}")  # noqa: S311  # a test instance, not a secret
    names = [f"L{number:03d}" for number in range(1, lots + 1)]
    return {
        "lots": [{"id": name, "area": random.randint(100, 300), "slots": None} for name in names],
        "applications": [
            _application(f"C-{number:04d}", names, wishes, random) for number in range(1, applications + 1)
        ],
    }


def _application(id: str, names: list[str], wishes: int, random: Random) -> dict[str, Any]:
    chosen = random.sample(names, min(wishes, len(names)))
    area, base = random.randint(15, 68), random.randint(3000, 9000)
    return {
        "id": id,
        "organisation": f"O{id[2:]}",
        "neighbourhood": random.random() < 0.4,
        "wishes": [[lot] for lot in chosen],
        "area": dict.fromkeys(chosen, area),
        "scores": {lot: (base + random.randint(0, 1000)) / 100 for lot in chosen},
    }
