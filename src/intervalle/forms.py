"""Forms that speak French and keep what was typed. Values come out in the house's units.

Money is typed in euros and read as integer cents; areas and numbers accept a comma; dates are civil dates; an instant
is typed as Paris time and read with its time zone. A field that cannot be read says what it expects.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import Field
from wtforms import Form as WtForm
from wtforms.fields import BooleanField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from intervalle import clock, i18n
from intervalle.i18n import N_, _

MISSING = N_("À remplir.")


class _Translations:
    """WTForms' own messages, in the reader's language, when one slips through."""

    def gettext(self, string: str) -> str:
        return _(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return _(singular if n < 2 else plural)


class _FormData:
    """What WTForms wants of a submitted form (`getlist`)."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Any:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def getlist(self, name: str) -> list[Any]:
        if hasattr(self.values, "getall"):
            return list(self.values.getall(name, []))
        value = self.values.get(name, [])
        return list(value) if isinstance(value, list | tuple) else [value]


class Form(WtForm):
    """`Form(form_data)` for a submission, `Form(obj=row)` to show a row. `errors_in_order` feeds the summary."""

    class Meta:
        def get_translations(self, form: Any) -> _Translations:
            return _Translations()

    def __init__(self, formdata: Any = None, obj: Any = None, **values: Any) -> None:
        super().__init__(None if formdata is None else _FormData(formdata), obj=obj, **values)

    @property
    def errors_in_order(self) -> list[tuple[str, str, str]]:
        """(id of the field, its label, the sentence) for each refused field, in the order of the page."""
        return [(f.id, f.label.text, str(f.errors[0])) for f in self if f.errors and isinstance(f.errors[0], str)]

    def add_error(self, name: str, sentence: str) -> None:
        """A refusal found elsewhere (a rule, a file), shown beside its field."""
        field = self[name]
        field.errors = [*field.errors, sentence]


def required(sentence: str = MISSING) -> Callable[[Any, Any], None]:
    def check(form: Any, field: Any) -> None:
        if field.data in (None, "", []) or (isinstance(field.data, str) and not field.data.strip()):
            raise StopValidation("" if field.errors else _(sentence))

    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check


def at_most(characters: int) -> Callable[[Any, Any], None]:
    def check(form: Any, field: Any) -> None:
        if field.data and len(field.data) > characters:
            raise ValidationError(
                _(
                    "%(typed)s caractères : raccourcissez à %(limit)s.",
                    typed=i18n.number(len(field.data)),
                    limit=i18n.number(characters),
                )
            )

    check.field_flags = {"maxlength": characters}  # type: ignore[attr-defined]
    return check


def between(low: Decimal | int | None, high: Decimal | int | None, unit: str = "") -> Callable[[Any, Any], None]:
    """Bounds in the field's own unit; `unit` only for the sentence."""

    def check(form: Any, field: Any) -> None:
        if field.data is None:
            return
        if low is not None and field.data < low:
            raise ValidationError(_("Au moins %(bound)s.", bound=f"{i18n.number(low)}{unit}"))
        if high is not None and field.data > high:
            raise ValidationError(_("Au plus %(bound)s.", bound=f"{i18n.number(high)}{unit}"))

    return check


def _stripped(value: str | None) -> str | None:
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else value


class Text(StringField):
    """One line."""

    def __init__(self, label: str, validators: Sequence[Any] = (), *, limit: int = 200, **more: Any) -> None:
        super().__init__(label, [*validators, at_most(limit)], filters=[_stripped], **more)


class LongText(TextAreaField):
    """Several lines; carriage returns as the rest of the world writes them."""

    def __init__(self, label: str, validators: Sequence[Any] = (), *, limit: int = 20_000, **more: Any) -> None:
        super().__init__(label, [*validators, at_most(limit)], filters=[_stripped], **more)


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
        return i18n.typed(Decimal(value).normalize())


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


def _declared(choices: Sequence[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=str(value), label=label) for value, label in choices]


def _or_none(value: Any) -> str | None:
    return None if value in ("", None) else str(value)


class Choice(SelectField):
    """One of a few. `choices` are (value, French label); `empty` is the label of "none of them"."""

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, str]] = (),
        validators: Sequence[Any] = (),
        *,
        empty: str | None = None,
        **more: Any,
    ) -> None:
        shown = [*([("", empty)] if empty is not None else []), *choices]
        super().__init__(label, validators, choices=_declared(shown), coerce=_or_none, validate_choice=False, **more)

    choices: Any

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Choices known only at request time (one's own premises)."""
        first = [c for c in self.choices if c.value == ""]
        self.choices = first + _declared(choices)

    def iter_choices(self) -> Any:
        return [choice._replace(label=_(str(choice.label))) for choice in super().iter_choices()]

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in {c.value for c in self.choices}:
            raise StopValidation(_("Choisissez dans la liste."))


class Radio(RadioField):
    """The same, all shown."""

    def __init__(
        self, label: str, choices: Sequence[tuple[str, str]] = (), validators: Sequence[Any] = (), **more: Any
    ) -> None:
        super().__init__(label, validators, choices=_declared(choices), coerce=_or_none, validate_choice=False, **more)

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in {c.value for c in self.choices}:
            raise StopValidation(_("Choisissez dans la liste."))


class Choices(SelectMultipleField):
    """Several of a few, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, str]] = (),
        validators: Sequence[Any] = (),
        *,
        coerce: Any = str,
        **more: Any,
    ) -> None:
        super().__init__(label, validators, choices=_declared(choices), coerce=coerce, validate_choice=False, **more)

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        self.choices = _declared(choices)

    def pre_validate(self, form: Any) -> None:
        known = {c.value for c in self.choices}
        if self.data and not {str(v) for v in self.data} <= known:
            raise StopValidation(_("Choisissez dans la liste."))


class YesNo(BooleanField):
    """A single check box."""


class Tri(Choice):
    """Oui, non, ne sait pas: unknown is an answer."""

    def __init__(self, label: str, validators: Sequence[Any] = (), **more: Any) -> None:
        super().__init__(label, [("yes", N_("Oui")), ("no", N_("Non"))], validators, empty=N_("Ne sait pas"), **more)

    def process_data(self, value: Any) -> None:
        super().process_data({True: "yes", False: "no"}.get(value, value))

    @property
    def truth(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.data or "")


__all__ = [
    "Area", "Choice", "Choices", "Day", "DecimalNumber", "Euros", "Form", "InputRequired", "Instant", "Length", "LongText",
    "Optional", "Radio", "Text", "Tri", "ValidationError", "Whole", "YesNo", "at_most", "between", "required",
]  # fmt: skip
