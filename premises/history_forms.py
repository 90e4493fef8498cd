"""Forms of a lot's history."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from intervalle.forms import Area, Choice, Choices, Day, Form, LongText, Text, required
from intervalle.i18n import N_, _
from premises.facts import LARGEST_AREA, Vacancy

USES = [
    ("meanwhile", N_("Une occupation")),
    ("works", N_("Des travaux")),
    ("demolition", N_("La démolition")),
]
DAYS = (N_("Lundi"), N_("Mardi"), N_("Mercredi"), N_("Jeudi"), N_("Vendredi"), N_("Samedi"), N_("Dimanche"))
HALVES = (N_("matin"), N_("après-midi"))
# 0 = Monday morning … 13 = Sunday afternoon; the words are put together when shown.
HALF_DAYS = [(str(n), f"{DAYS[n // 2]} {HALVES[n % 2]}") for n in range(14)]


def period(first: date | None, last: date | None) -> Range[date]:
    """Days as typed, the last included, as [start, end)."""
    return Range(first, last + timedelta(days=1) if last else None)


class PeriodForm(Form):
    start = Day(N_("À partir du"), [required(N_("Donnez le premier jour."))])
    last = Day(N_("Jusqu’au (inclus)"))

    def validate(self, extra_validators: Any = None) -> bool:
        if super().validate(extra_validators) and self.last.data and self.last.data < self.start.data:
            self.add_error("last", _("La fin précède le début."))
        return not self.errors_in_order

    @property
    def during(self) -> Range[date]:
        return period(self.start.data, self.last.data)


class UseForm(PeriodForm):
    kind = Choice(N_("Ce qui s’y passe"), USES, [required()])
    label = Text(N_("Par qui, ou quoi"), [required(N_("Par exemple « Atelier vélo », « désamiantage »."))], limit=120)
    area = Area(N_("Surface prise (m²)"), most=LARGEST_AREA)
    slots = Choices(N_("Demi-journées"), HALF_DAYS)


class VacancyForm(PeriodForm):
    reason = Choice(
        N_("Pourquoi il est vide"), [(str(v), v.label) for v in Vacancy], [required()], empty=N_("Choisissez…")
    )
    note = LongText(N_("Précision"), limit=500)


class EndForm(Form):
    last = Day(N_("Dernier jour d’occupation"), [required(N_("Donnez le dernier jour."))])

    @property
    def free_on(self) -> date:
        """The first free day, once the form is valid."""
        return date.fromordinal(self.last.data.toordinal() + 1) if self.last.data else date.max
