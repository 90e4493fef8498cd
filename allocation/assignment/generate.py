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


def with_rules(
    applications: int, lots: int, seed: int = 1, *, share: float = 0.2, locks: int = 2, rank: float = 0.5
) -> dict[str, Any]:
    """The same, with every kind of rule: a quarter of the applications on half-days, one in twenty incompatible with
    another, pairs that must be together, a floor for the neighbourhood (`share` of the area), `locks` lines imposed on
    their first wish (taken at `rank` in the order of best scores: 0 the strongest, 1 the weakest) and as many excluded
    from theirs."""
    document = generate(applications, lots, seed)
    random = Random(f"rules:{seed}:{applications}:{lots}")  # noqa: S311
    rows = document["applications"]
    ids = [row["id"] for row in rows]
    halves = ["-am", "-pm"]
    for row in rows:
        if random.random() < 0.25:
            half = random.choice(halves)
            row["slots"] = [day + half for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")]
    document["incompatible"] = [random.sample(ids, 2) for _ in range(applications // 20)]
    document["together"] = [_together(rows[n], rows[n + 1]) for n in range(0, applications - 1, 40)]
    ranked = sorted(rows, key=lambda row: -max(row["scores"].values()))
    start = round(rank * (len(ranked) - 1 - 2 * locks))
    sets = {id for together in document["together"] for id in together}
    chosen = [row for row in ranked[start:] + ranked[:start] if row["id"] not in sets][: 2 * locks]
    document["locks"] = [
        {"application": row["id"], "lot": row["wishes"][0][0], "kind": kind, "motive": "vote de la commission"}
        for row, kind in zip(chosen, ["must", "never"] * locks, strict=True)
    ]
    document["quotas"] = [{"name": "seuil quartier", "kind": "area_share", "group": "neighbourhood", "at_least": share}]
    return document


def _together(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Two applications that ask for the same lots, at the same times, and must share one."""
    lots = list(one["area"])
    area, score = next(iter(other["area"].values())), max(other["scores"].values())
    other |= {"wishes": [list(tier) for tier in one["wishes"]], "area": dict.fromkeys(lots, area)}
    other |= {"scores": dict.fromkeys(lots, score), "slots": one.get("slots")}
    return sorted((one["id"], other["id"]))
