"""Dated legal parameters: a rate or a length is looked up for the day it applies to. Pure.

`valid_from` is included and `valid_to` is not ([start, end), as everywhere); None means no known end.
`sure` is false when no text was read for the value: pages then say that a lawyer has to confirm it.
"""

from datetime import date
from decimal import Decimal

from intervalle.parameter_rows import LEASE_ROWS, OTHER_ROWS, TFPB_ROWS, Parameter

__all__ = [
    "ROWS",
    "Parameter",
    "UnknownParameter",
    "day_of",
    "exists",
    "parameter",
    "ratio",
    "several",
    "whole",
]


class UnknownParameter(LookupError):
    """No value of this key is in force on this day."""


def parameter(key: str, on: date) -> Parameter:
    """The row of `key` in force on that day. Raises UnknownParameter when there is none."""
    for row in ROWS.get(key, ()):
        if row.covers(on):
            return row
    raise UnknownParameter(f"Aucune valeur du paramètre légal « {key} » n’est connue au {on:%d/%m/%Y}.")


def exists(key: str, on: date) -> bool:
    """Whether the key has a value on that day, for rules that only exist during some years."""
    return any(row.covers(on) for row in ROWS.get(key, ()))


def whole(key: str, on: date) -> int:
    """A number of months, days, persons or cents."""
    value = parameter(key, on).value
    if not isinstance(value, int):
        raise TypeError(f"{key} is not a whole number")
    return value


def ratio(key: str, on: date) -> Decimal:
    """A rate as a fraction of one (0.30 for 30 %)."""
    value = parameter(key, on).value
    if not isinstance(value, Decimal):
        raise TypeError(f"{key} is not a rate")
    return value


def day_of(key: str, on: date) -> date:
    """A fixed calendar day."""
    value = parameter(key, on).value
    if not isinstance(value, date):
        raise TypeError(f"{key} is not a day")
    return value


def several(key: str, on: date) -> tuple[int, ...]:
    """A list of whole numbers, such as the days of a series of alarms."""
    value = parameter(key, on).value
    if not isinstance(value, tuple):
        raise TypeError(f"{key} is not a list of numbers")
    return value


def _by_key(rows: tuple[Parameter, ...]) -> dict[str, tuple[Parameter, ...]]:
    keys = dict.fromkeys(row.key for row in rows)
    return {key: tuple(row for row in rows if row.key == key) for key in keys}


ROWS = _by_key((*TFPB_ROWS, *LEASE_ROWS, *OTHER_ROWS))
