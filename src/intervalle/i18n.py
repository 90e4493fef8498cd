"""French is the source language; English is a full catalogue. Numbers, dates and amounts are shown the reader's way."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from intervalle import clock

LOCALES = ("fr", "en")
CATALOGUES = Path(__file__).parent / "locale"
_locale: ContextVar[str] = ContextVar("locale", default="fr")


class _Catalogue(NullTranslations):
    """A catalogue read straight from its .po file: nothing compiled has to be kept in step."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__()
        self.messages = messages

    def gettext(self, message: str) -> str:
        return self.messages.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n < 2 else msgid2)


@cache
def catalogue(locale: str) -> NullTranslations:
    path = CATALOGUES / f"{locale}.po"
    if locale == "fr" or not path.exists():
        return _Catalogue({})
    with path.open("rb") as source:
        entries = read_po(source, locale=locale)
    return _Catalogue({str(m.id): str(m.string) for m in entries if m.id and m.string and isinstance(m.id, str)})


def set_locale(locale: str) -> None:
    _locale.set(locale if locale in LOCALES else "fr")


def get_locale() -> str:
    return _locale.get()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Run a block in somebody else's language: what is written to a person is in theirs, not in the sender's."""
    token = _locale.set(locale if locale in LOCALES else "fr")
    try:
        yield
    finally:
        _locale.reset(token)


def _habits() -> str:
    """Whose habits dates and figures follow: « 2 November 2026 », not « November 2, 2026 »."""
    return "en_GB" if get_locale() == "en" else "fr"


def _(message: str, **values: Any) -> str:
    """The message in the reader's language, `%(name)s` filled in."""
    translated = catalogue(_locale.get()).gettext(message)
    return translated % values if values else translated


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """French counts 0 and 1 as singular; English only 1."""
    alone = n == 1 if get_locale() == "en" else n < 2
    return _(one if alone else many, n=number(n), **values)


def N_(message: str) -> str:
    """Mark a constant for extraction; translate where it is shown."""
    return message


def _spaces(text: str) -> str:
    # The fonts draw U+202F too narrow to see; a no-break space reads the same and copies better.
    return text.replace("\u202f", "\u00a0")


def number(value: Decimal | int | float, digits: int | None = None) -> str:
    """1234.5 -> « 1 234,5 »; `digits` fixes the decimals."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return _spaces(format_decimal(value, format=pattern, locale=_habits()))


def typed(value: Decimal, digits: int | None = None) -> str:
    """A number as it stands in a field, to be read back: an English thousands comma would pass for a decimal one."""
    text = number(value, digits)
    return text.replace(",", "") if get_locale() == "en" else text


def area(square_metres: Decimal | int | None) -> str:
    """Decimal m² -> « 412 m² » (two decimals at most, none when whole)."""
    return "" if square_metres is None else f"{number(Decimal(square_metres).normalize())}\u00a0m²"


def money(cents: int | None, digits: int | None = None) -> str:
    """Integer cents -> « 4 821,92 € »; whole euros are shown without decimals."""
    if cents is None:
        return ""
    whole = digits == 0 or (digits is None and cents % 100 == 0)
    figures = "#,##0" if whole else "#,##0.00"
    pattern = f"¤{figures}" if get_locale() == "en" else f"{figures} ¤"
    return _spaces(
        format_currency(Decimal(cents) / 100, "EUR", format=pattern, locale=_habits(), currency_digits=False)
    )


def distance(metres: int | float) -> str:
    """« 744 m », « 3,7 km », « 12 km »: as people say how far it is."""
    if metres < 1000:
        return f"{number(round(metres))}\u00a0m"
    kilometres = Decimal(round(metres)) / 1000
    return f"{number(round(kilometres, 1 if metres < 10_000 else 0).normalize(), None)}\u00a0km"


def percent(value: Decimal | float, digits: int = 0) -> str:
    """0.31 -> « 31 % ». What is not whole is never said to be: 0.9999 is « 99,9 % » with one digit, never « 100,0 % »."""
    if 0 < value < 1:
        step = Decimal(1).scaleb(-digits - 2)
        value = min(Decimal(str(value)), 1 - step)
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + ("%" if get_locale() == "en" else " %")
    return _spaces(format_percent(value, format=pattern, locale=_habits()))


def day(value: date | None, style: str = "long") -> str:
    """« 14 janvier 2027 » (long), « 14 janv. 2027 » (medium), « janv. 2027 » (month)."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(clock.PARIS).date()
    if style == "month":
        return format_date(value, "MMM y", locale=_habits())
    text = format_date(value, style, locale=_habits())
    return text.replace("1 ", "1ᵉʳ ", 1) if get_locale() == "fr" and value.day == 1 and text.startswith("1 ") else text


def hour(value: datetime) -> str:
    """« 11 h 06 » in Paris."""
    local = value.astimezone(clock.PARIS)
    return f"{local.hour}\u00a0h\u00a0{local:%M}" if get_locale() == "fr" else f"{local:%H:%M}"


def instant(value: datetime | None) -> str:
    """« 14 janvier 2027 à 12 h 00 (heure de Paris) » — deadlines are read by people, in words."""
    if value is None:
        return ""
    return _("%(day)s à %(hour)s (heure de Paris)", day=day(value), hour=hour(value))


def stamp(value: datetime | None) -> str:
    """« 14 janv. 2027, 11 h 06 » for lists; Paris time."""
    return "" if value is None else f"{day(value, 'medium')}, {hour(value)}"


def iso(value: date | datetime | None) -> str:
    """For `datetime` attributes and form values."""
    if isinstance(value, datetime):
        return value.astimezone(clock.PARIS).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat() if value else ""


def until(value: datetime) -> str:
    """« 12 jours » between now and then."""
    return format_timedelta(value - clock.now(), locale=_habits(), threshold=1.2)


def span(start: date | None, end: date | None) -> str:
    """A [start, end) range of days as people say it: « du 1ᵉʳ mars 2026 au 28 février 2027 »."""
    from datetime import timedelta

    if start and end:
        return _("du %(start)s au %(end)s", start=day(start), end=day(end - timedelta(days=1)))
    if start:
        return _("à partir du %(start)s", start=day(start))
    return _("jusqu’au %(end)s", end=day(end - timedelta(days=1))) if end else ""


FILTERS = {
    "number": number, "area": area, "money": money, "percent": percent, "distance": distance, "day": day, "hour": hour,
    "instant": instant, "stamp": stamp, "iso": iso, "until": until,
}  # fmt: skip

__all__ = ["FILTERS", "LOCALES", "N_", "_", "area", "day", "get_locale", "money", "ngettext", "number", "set_locale"]
