"""The budget of the project, line by line: income and expense over a year, in integer cents. Pure.

Nothing typed is refused: an amount that does not read is kept as typed. The two totals must meet before the deposit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIDES = ("expense", "income")
MOST = 20  # lines of a side
SPARE = 3  # empty lines offered


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the budget; `cents` None when the amount is missing or does not read (`typed` then has it)."""

    label: str
    cents: int | None = None
    typed: str = ""

    @property
    def stored(self) -> dict[str, Any]:
        return {"label": self.label, "cents": self.cents, "typed": self.typed}


def lines_in(document: Mapping[str, Any], side: str) -> list[Line]:
    """The stored lines of a side."""
    return [Line(one["label"], one["cents"], one.get("typed", "")) for one in document.get(side, [])]


def total(lines: Sequence[Line]) -> int:
    """Cents; a line without a readable amount counts for nothing."""
    return sum(line.cents or 0 for line in lines)


def started(document: Mapping[str, Any]) -> bool:
    return any(document.get(side) for side in SIDES)


def balance(document: Mapping[str, Any]) -> int:
    """Income less expense, in cents: 0 when the budget adds up."""
    return total(lines_in(document, "income")) - total(lines_in(document, "expense"))
