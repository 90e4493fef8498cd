"""Words said later, in the language of whoever they go to: what a mail is written with, before its reader is known.

`from intervalle.later import _, instant`: the same calls as `intervalle.i18n`, but each gives a `Later`, said when it is
called. Laters add up with text and stand as values of one another; a text of them made with an f-string is said at once.
"""

from collections.abc import Callable
from typing import Any

from intervalle import i18n

__all__ = ["Later", "_", "area", "day", "instant", "money", "ngettext", "span"]


class Later:
    """A call to make once the language is known."""

    def __init__(self, function: Callable[..., str], *given: Any, **values: Any) -> None:
        self.function, self.given, self.values = function, given, values

    def __call__(self) -> str:
        values = {name: said(value) for name, value in self.values.items()}
        return self.function(*(said(value) for value in self.given), **values)

    def __str__(self) -> str:
        return self()

    def __add__(self, other: "str | Later") -> "Later":
        return Later(_joined, self, other)

    def __radd__(self, other: str) -> "Later":
        return Later(_joined, other, self)


def said(value: Any) -> Any:
    """The value itself, or what a Later says now."""
    return value() if isinstance(value, Later) else value


def _joined(*parts: str) -> str:
    return "".join(parts)


def _(message: str, **values: Any) -> Later:
    return Later(i18n._, message, **values)


def ngettext(one: str, many: str, n: int, **values: Any) -> Later:
    return Later(i18n.ngettext, one, many, n, **values)


def instant(value: Any) -> Later:
    return Later(i18n.instant, value)


def day(value: Any, style: str = "long") -> Later:
    return Later(i18n.day, value, style)


def area(square_metres: Any) -> Later:
    return Later(i18n.area, square_metres)


def money(cents: int | None, digits: int | None = None) -> Later:
    return Later(i18n.money, cents, digits)


def span(start: Any, end: Any) -> Later:
    return Later(i18n.span, start, end)
