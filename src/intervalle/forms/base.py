"""The form itself, what is asked of any field, and plain text."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms import Form as WtForm
from wtforms.fields import StringField, TextAreaField
from wtforms.validators import StopValidation, ValidationError

from intervalle import i18n
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
