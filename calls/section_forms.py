"""The sections of an application as forms. Nothing typed is ever refused: what does not read is kept as typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wtforms import Field

from calls import conditions, project_budget
from calls.models import Application, LotWish
from calls.project_budget import Line
from calls.saving import WishLine
from calls.sections import BY_SLUG, COMMITMENTS, QUESTIONS, Question
from calls.uses import Use
from intervalle import i18n
from intervalle.forms import Area, Choice, Choices, Day, DecimalNumber, Euros, Form, LongText, Text, Whole, YesNo, cents
from intervalle.i18n import N_, _
from premises.facts import Erp
from premises.models import Lot

MOST_CONDITIONS = 60
LONGEST = 40_000  # characters of one answer; far above any word limit, low enough for the database's peace


def _answer(key: str) -> LongText:
    question: Question = QUESTIONS[key]
    return LongText(question.label, limit=LONGEST, render_kw={"rows": question.rows, "data-words": question.words})


class ProjectForm(Form):
    project_name = Text(N_("Nom du projet"), limit=160)
    uses = Choices(N_("À quoi servira le lieu"), [(use.value, use.label) for use in Use])
    jobs_fte = DecimalNumber(N_("Emplois, en équivalents temps plein"), places=1)
    summary = _answer("summary")
    utility = _answer("utility")


class StructureForm(Form):
    neighbourhood = YesNo(N_("Notre structure est implantée dans ce quartier prioritaire"))
    presentation = _answer("presentation")
    rooting = _answer("rooting")
    references = _answer("references")
    republican_commitment = Choice(
        N_("Contrat d’engagement républicain"), list(COMMITMENTS.items()), empty=N_("À préciser")
    )


class NeedsForm(Form):
    erp_type = Choice(
        N_("Vous recevrez du public, de type"), [(e.value, e.label) for e in Erp], empty=N_("Pas de public")
    )
    public_count = Whole(N_("Personnes reçues en même temps"), low=0, high=20_000)
    staff_count = Whole(N_("Personnes de l’équipe présentes en même temps"), low=0, high=5000)
    needs_ground_floor = YesNo(N_("Il nous faut un rez-de-chaussée"))
    needs_water = YesNo(N_("Il nous faut un point d’eau"))
    needs_step_free = YesNo(N_("Il nous faut un accès de plain-pied"))
    fit = _answer("fit")


class CalendarForm(Form):
    wished_from = Day(N_("Entrée souhaitée"))
    wished_months = Whole(N_("Durée souhaitée, en mois"), low=1, high=1188)
    planning = _answer("planning")
    works = _answer("works")
    insured = YesNo(N_("Nous sommes assurés pour ce lieu, ou le serons le jour de l’entrée"))


class PresenceForm(Form):
    slots = Choices(N_("Demi-journées"), [(str(n), str(n)) for n in range(14)], coerce=int)
    sharing = _answer("sharing")


class BudgetLines(Field):
    """The two sides of a budget as parallel lists of labels and amounts; what does not read stays as typed."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.errors: list[str] = []
        self.data = None if formdata is not None else data or {}
        if formdata is not None and "income-label" in formdata:
            self.data = {side: self._read(formdata, side) for side in project_budget.SIDES}

    def _read(self, formdata: Any, side: str) -> list[dict[str, Any]]:
        labels, amounts = formdata.getlist(f"{side}-label"), formdata.getlist(f"{side}-amount")
        typed = [(str(a).strip()[:120], str(b).strip()[:40]) for a, b in zip(labels, amounts, strict=False)]
        return [self._line(label, amount).stored for label, amount in typed if label or amount][: project_budget.MOST]

    @staticmethod
    def _line(label: str, amount: str) -> Line:
        try:
            return Line(label, cents(amount) if amount else None)
        except (ValueError, ArithmeticError):
            return Line(label, None, amount)

    def side(self, side: str) -> list[Line]:
        """The lines, then some empty ones to fill."""
        lines = project_budget.lines_in(self.data or {}, side)
        return [*lines, *[Line("")] * min(project_budget.SPARE, project_budget.MOST - len(lines))]

    def total(self, side: str) -> int:
        return project_budget.total(project_budget.lines_in(self.data or {}, side))

    def shown(self, line: Line) -> str:
        """An amount as it is typed again."""
        return line.typed or (
            "" if line.cents is None else i18n.typed(Decimal(line.cents) / 100, 2 if line.cents % 100 else 0)
        )

    def _value(self) -> str:
        """Both sides in words, to compare two versions."""
        return "\n".join(
            f"{line.label} : {self.shown(line)} €"
            for side in project_budget.SIDES
            for line in project_budget.lines_in(self.data or {}, side)
        )


class BudgetForm(Form):
    budget_cents = Euros(N_("Budget annuel de votre activité (€)"))
    max_charges_cents_m2_year = Euros(N_("Charges que vous pouvez payer, par m² et par an (€)"))
    budget_lines = BudgetLines(N_("Budget du projet sur un an"))
    viability = _answer("viability")
    ecology = _answer("ecology")


class ConditionAnswers(Field):
    """The answers to the call's conditions, each under the key of its words."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.errors: list[str] = []
        self.data = None if formdata is not None else data or {}
        if formdata is not None and "condition" in formdata:
            keys = [str(key) for key in formdata.getlist("condition")][:MOST_CONDITIONS]
            self.data = {key: self._read(formdata, key) for key in keys if re.fullmatch("[0-9a-f]{10}", key)}

    @staticmethod
    def _read(formdata: Any, key: str) -> dict[str, str]:
        answer, comment = (str((formdata.getlist(name) or [""])[0]) for name in (f"c-{key}", f"c-{key}-dire"))
        return {"answer": answer if answer in conditions.ANSWERS else "", "comment": comment.strip()[:2000]}

    def _value(self) -> str:
        """All of it in words, to compare two versions."""
        said = [(held.get("answer", ""), held.get("comment", "")) for held in (self.data or {}).values()]
        return "\n".join(" : ".join(p for p in (_(conditions.ANSWERS.get(a, "…")), c) if p) for a, c in said)


class ConditionsForm(Form):
    conditions = ConditionAnswers(N_("Conditions de l’appel"))


FORMS: dict[str, type[Form]] = {
    "projet": ProjectForm,
    "structure": StructureForm,
    "besoins": NeedsForm,
    "calendrier": CalendarForm,
    "presence": PresenceForm,
    "budget": BudgetForm,
    "conditions": ConditionsForm,
}


def shown(section: str, application: Application) -> Form:
    """The section as saved, with what was typed and could not be read, and its sentence."""
    answers = {q.key: application.answers.get(q.key, "") for q in BY_SLUG[section].questions}
    form = FORMS[section](obj=application, **answers)
    for name, text in application.typed.items():
        if name in form:
            _mark_unread(form[name], text)
    return form


def _mark_unread(f: Any, text: str) -> None:
    f.typed = text
    f.errors = [_(f.sentence)]


@dataclass(frozen=True, slots=True)
class Typed:
    """A section as it came in: values that read, answers, and raw text that does not read."""

    form: Form
    facts: dict[str, Any]
    answers: dict[str, str]
    raw: dict[str, str]


def read(section: str, data: Mapping[str, Any]) -> Typed:
    """Read a submitted section. Never refuses: a bad number goes to `raw`, an unknown choice is left empty."""
    form = FORMS[section](data)
    form.validate()
    raw = {name: text for name in BY_SLUG[section].facts if (text := _unread(form[name]))}
    facts = {name: None if name in raw else _known(form[name]) for name in BY_SLUG[section].facts}
    answers = {q.key: form[q.key].data or "" for q in BY_SLUG[section].questions}
    for name in ("budget_lines", "conditions"):
        if facts.get(name, {}) is None:
            del facts[name]  # a page drawn without them leaves them alone
    return Typed(form, facts, answers, raw)


def _unread(f: Any) -> str:
    """What was typed in a number's field when it is not that number (at most 200 characters of it)."""
    return str(getattr(f, "typed", None) or "")[:200] if f.errors else ""


def _known(f: Any) -> Any:
    """The value, less choices that are not in the list."""
    if hasattr(f, "choices"):
        known = {str(choice.value) for choice in f.choices}
        if isinstance(f.data, list):
            return sorted({value for value in f.data if str(value) in known})
        return f.data if f.data in known else [] if isinstance(f, Choices) else None
    return "" if f.data is None and isinstance(f, Text) else f.data


class WishForm(Form):
    """One lot: its rank (or « ne convient pas »), and the areas."""

    rank = Choice(N_("Votre choix"), [], empty=N_("pas demandé"))
    area_min = Area(N_("Surface qui vous suffit (m²)"))
    area_max = Area(N_("Surface souhaitée (m²)"))


def _ranks(count: int) -> list[tuple[str, str]]:
    names = [("1", _("1er choix")), *((str(n), _("%(n)se choix", n=n)) for n in range(2, count + 1))]
    return [*names, ("no", _("ne convient pas"))]


def wish_forms(
    lots: list[Lot], wishes: Mapping[int, LotWish], typed: Mapping[str, str], data: Mapping[str, Any] | None = None
) -> dict[int, WishForm]:
    """One form per lot of the call, as saved or as just typed."""
    forms = {}
    for lot in lots:
        wish = wishes.get(lot.id)
        rank = None if wish is None else "no" if wish.rank is None else str(wish.rank)
        form = WishForm(data, obj=wish, prefix=f"lot-{lot.id}-", rank=rank)
        form.rank.offer(_ranks(len(lots)))
        for name in ("area_min", "area_max"):
            if data is None and (text := typed.get(f"{name}-{lot.id}")):
                _mark_unread(form[name], text)
        forms[lot.id] = form
    return forms


def read_wishes(forms: Mapping[int, WishForm]) -> tuple[list[WishLine], dict[str, str]]:
    """The lines, and the areas that cannot be kept as numbers yet (unreadable, or of a lot without a rank)."""
    lines: list[WishLine] = []
    raw: dict[str, str] = {}
    for lot_id, form in forms.items():
        form.validate()
        rank = str(form.rank.data or "")
        if not re.fullmatch(r"no|[1-9]\d?", rank):
            raw.update({f"{name}-{lot_id}": text for name in ("area_min", "area_max") if (text := _text(form[name]))})
            continue
        raw.update({f"{name}-{lot_id}": text for name in ("area_min", "area_max") if (text := _unread(form[name]))})
        low, high = (None if form[name].errors else form[name].data for name in ("area_min", "area_max"))
        lines.append(WishLine(lot_id, None if rank == "no" else int(rank), low, high))
    return lines, raw


def _text(f: Any) -> str:
    return str(f.typed or "")[:200]
