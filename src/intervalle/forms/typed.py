"""Values typed as text and read in the house's units: numbers, areas, money, days, instants."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Field
from wtforms.widgets import TextInput

from intervalle import clock, i18n
from intervalle.forms.base import between
from intervalle.i18n import N_, _


class _Typed(Field):
    """A text input read into a value; what was typed stays in the field when it cannot be read."""

    widget = TextInput()
    input_mode = "text"
    sentence = N_("Nous n’avons pas su lire cette valeur.")

    def __init__(self, label: str = "", validators: Sequence[Any] = (), **more: Any) -> None:
        # Optional() would stop before our own "cannot be read": emptiness is handled in process_formdata.
        render = {"inputmode": self.input_mode, "autocomplete": "off", **more.pop("render_kw", {})}
        super().__init__(label, validators, render_kw=render, **more)
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else self.show(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.typed = str(valuelist[0]).strip()
        self.data = None
        if not self.typed:
            return
        try:
            self.data = self.read(self.typed)
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise ValueError(_(self.sentence)) from error

    def show(self, value: Any) -> str:
        return str(value)

    def read(self, typed: str) -> Any:
        raise NotImplementedError


def _decimal(typed: str) -> Decimal:
    cleaned = re.sub(r"[\s\u00a0\u202f]|€|m²", "", typed)
    if i18n.get_locale() == "en":
        # « 1,200 » is twelve hundred to whoever reads English; « 62,5 » can only be sixty-two and a half.
        cleaned = re.sub(r",(?=\d{3}(?!\d))", "", cleaned)
    cleaned = cleaned.replace(",", ".")
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", cleaned):
        raise ValueError(typed)
    return Decimal(cleaned)


def cents(typed: str) -> int:
    """Euros as typed (« 1 234,50 ») in integer cents. Raises ValueError or InvalidOperation."""
    value = _decimal(typed) * 100
    if value != value.to_integral_value() or value < 0:
        raise ValueError(typed)
    return int(value)


class DecimalNumber(_Typed):
    """1 234,5 → Decimal, at most two decimals unless `places` says otherwise."""

    input_mode = "decimal"
    sentence = N_("Écrivez un nombre, par exemple 62 ou 62,5.")

    def __init__(self, label: str = "", validators: Sequence[Any] = (), *, places: int = 2, **more: Any) -> None:
        self.places = places
        super().__init__(label, validators, **more)

    def read(self, typed: str) -> Decimal:
        value = _decimal(typed)
        if value != round(value, self.places):
            raise ValueError(typed)
        return value

    def show(self, value: Any) -> str:
        """All its decimals: a field saved as it stands changes nothing (three of a latitude are a hundred metres)."""
        exact = round(Decimal(value), self.places).normalize()
        return i18n.typed(exact, max(0, -int(exact.as_tuple().exponent)))


class Area(DecimalNumber):
    """Square metres: above zero, `most` at most (a million, unless said otherwise)."""

    sentence = N_("Écrivez une surface en m², par exemple 62 ou 62,5.")

    def __init__(self, label: str = "", validators: Sequence[Any] = (), *, most: int = 1_000_000, **more: Any) -> None:
        super().__init__(label, [*validators, between(Decimal("0.1"), most, "\u00a0m²")], **more)


class Euros(_Typed):
    """Typed in euros, read as integer cents."""

    input_mode = "decimal"
    sentence = N_("Écrivez un montant en euros, par exemple 38 ou 38,50.")

    def read(self, typed: str) -> int:
        return cents(typed)

    def show(self, value: Any) -> str:
        euros = Decimal(int(value)) / 100
        return i18n.typed(euros, 2 if int(value) % 100 else 0)


class Whole(_Typed):
    """A whole number that fits."""

    input_mode = "numeric"
    sentence = N_("Écrivez un nombre entier.")

    def __init__(
        self, label: str = "", validators: Sequence[Any] = (), *, low: int = 0, high: int = 1_000_000, **more: Any
    ) -> None:
        super().__init__(label, [*validators, between(low, high)], **more)

    def read(self, typed: str) -> int:
        cleaned = re.sub(r"[\s\u00a0\u202f]", "", typed)
        if i18n.get_locale() == "en":
            cleaned = re.sub(r",(?=\d{3}(?!\d))", "", cleaned)
        if not re.fullmatch(r"-?\d{1,15}", cleaned):
            raise ValueError(typed)
        return int(cleaned)


class Day(_Typed):
    """A civil date: the browser's picker, or « 31/12/2027 » typed."""

    widget = TextInput()
    sentence = N_("Écrivez une date, par exemple 31/12/2027.")

    def __init__(self, label: str = "", validators: Sequence[Any] = (), **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.widget = TextInput(input_type="date")

    def read(self, typed: str) -> date:
        if found := re.fullmatch(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})", typed):
            read = date(int(found[3]), int(found[2]), int(found[1]))
        else:
            read = date.fromisoformat(typed)
        if not 1900 <= read.year <= 2200:
            raise ValueError(typed)
        return read

    def show(self, value: Any) -> str:
        return i18n.iso(value)


class Instant(_Typed):
    """A day and an hour in Paris, read with its time zone. The hour that spring skips is refused, in words."""

    sentence = N_("Écrivez un jour et une heure, par exemple 31/12/2027 12:00.")

    def __init__(self, label: str = "", validators: Sequence[Any] = (), **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.widget = TextInput(input_type="datetime-local")

    def read(self, typed: str) -> datetime:
        if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})[ T](\d{1,2})[:h ]+(\d{2})", typed):
            local = datetime(
                int(found[3]), int(found[2]), int(found[1]), int(found[4]), int(found[5]), tzinfo=clock.PARIS
            )
        else:
            local = datetime.fromisoformat(typed).replace(tzinfo=clock.PARIS)
        if not 1900 <= local.year <= 2200:
            raise ValueError(typed)
        back = local.astimezone(UTC).astimezone(clock.PARIS)
        if back.replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValueError(typed)
        return local.astimezone(UTC)

    def show(self, value: Any) -> str:
        return i18n.iso(value)
