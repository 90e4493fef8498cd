"""A threshold of area beside areas that may vary. Pure.

The engine does not measure a share of areas that are still to be chosen. Where a call published one, each application counts
for the least area it accepts: it is what the placement rests on in every case, and only the enlarging afterwards is left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any


def at_their_least(applications: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a problem document with every area fixed."""
    return [
        {**row, "area": {lot: area["min"] if isinstance(area, Mapping) else area for lot, area in row["area"].items()}}
        for row in applications
    ]
