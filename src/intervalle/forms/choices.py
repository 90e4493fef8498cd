"""One or several of a few."""

from collections.abc import Sequence
from typing import Any

from wtforms.fields import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from intervalle.i18n import N_, _


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
