"""What an application lacks before it can be submitted, in words, each with the section where to mend it. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from calls import project_budget
from calls.group_shares import Share, objections
from calls.lot_terms import LotTerms
from calls.lot_terms import objections as objections_to
from calls.sections import BY_SLUG, QUESTIONS, SECTIONS, words
from intervalle.i18n import N_, _, area, money, number

NO_SHARE = Share()
NO_TERMS = LotTerms()
COMMITTED = frozenset({"association", "foundation"})  # loi 2000-321 art. 10-1
# Facts an application cannot do without, and how they are called in a sentence.
REQUIRED = {
    "project_name": N_("Donnez un nom à votre projet."),
    "uses": N_("Dites à quoi servira le lieu : cochez au moins un usage."),
    "budget_cents": N_("Indiquez votre budget annuel."),
}
LABELS = {
    "jobs_fte": N_("Emplois"), "public_count": N_("Public reçu en même temps"), "staff_count": N_("Personnes de l’équipe"),
    "wished_from": N_("Entrée souhaitée"), "wished_months": N_("Durée souhaitée"), "budget_cents": N_("Budget annuel"), "max_charges_cents_m2_year": N_("Charges supportables"),
}  # fmt: skip


class File(Protocol):
    """The application, as far as completeness looks."""

    project_name: str
    uses: list[str]
    budget_cents: int | None
    erp_type: str | None
    public_count: int | None
    answers: dict[str, Any]
    typed: dict[str, Any]
    budget_lines: dict[str, Any]
    wished_from: date | None
    wished_months: int | None
    republican_commitment: str | None
    insured: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """A lot and what the applicant says of it; `rank` None = does not fit. Areas in m²."""

    lot_id: int
    label: str
    lot_area: Decimal
    rank: int | None
    area_min: Decimal | None
    area_max: Decimal | None
    terms: LotTerms = NO_TERMS


@dataclass(frozen=True, slots=True)
class Partner:
    name: str
    accepted: bool
    share: Share = NO_SHARE


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing to mend, and in which section."""

    section: str
    sentence: str

    @property
    def title(self) -> str:
        return _(BY_SLUG[self.section].title)


def _section_of(field: str) -> str:
    return next((s.slug for s in SECTIONS if field in s.facts or field in {q.key for q in s.questions}), "lots")


def gaps(
    file: File, wishes: Sequence[Wish], partners: Iterable[Partner], missing_documents: Iterable[str] = (),
    conditions: Iterable[str] = (), asked: Collection[str] = (), ess_status: str | None = None,
) -> list[Gap]:  # fmt: skip
    """Everything missing or unreadable, in the order of the form. Empty: it can be submitted.

    `asked`: what the call asks for beyond the usual (`sections.ASKED`); `ess_status` is the structure's.
    """
    group = list(partners)
    found = [
        *_unread(file.typed),
        *_facts(file),
        *_asked(file, asked, ess_status),
        *_answers(file.answers, asked),
        *_budget(file.budget_lines),
        *_wishes(wishes, file.typed, file.uses or []),
        *_partners(group),
        *(Gap("partenaires", sentence) for sentence in objections(_largest(wishes), [p.share for p in group])),
        *(Gap("conditions", sentence) for sentence in conditions),
        *_documents(missing_documents),
    ]
    order = [section.slug for section in SECTIONS]
    return sorted(found, key=lambda gap: order.index(gap.section))


def _unread(typed: Mapping[str, Any]) -> list[Gap]:
    """What was typed and kept, but cannot be read as the number or amount it stands for."""
    return [
        Gap(_section_of(name), _("« %(typed)s » ne se lit pas : %(field)s.", typed=text, field=_(LABELS[name])))
        if name in LABELS
        else Gap(
            "lots", _("Surface « %(typed)s » : choisissez le rang du lot et écrivez une surface en m².", typed=text)
        )
        for name, text in typed.items()
    ]


def _facts(file: File) -> list[Gap]:
    missing = [
        Gap(_section_of(name), _(sentence))
        for name, sentence in REQUIRED.items()
        if getattr(file, name) in (None, "", []) and name not in file.typed
    ]
    if file.erp_type and file.public_count is None and "public_count" not in file.typed:
        missing.append(Gap("besoins", _("Dites combien de personnes vous recevrez en même temps.")))
    return missing


def _asked(file: File, asked: Collection[str], ess_status: str | None) -> list[Gap]:
    """What this call does not do without."""
    found = []
    if "dates" in asked and file.wished_from is None and "wished_from" not in file.typed:
        found.append(Gap("calendrier", _("Indiquez la date d’entrée souhaitée.")))
    if "dates" in asked and file.wished_months is None and "wished_months" not in file.typed:
        found.append(Gap("calendrier", _("Indiquez la durée souhaitée, en mois.")))
    if "insurance" in asked and not file.insured:
        found.append(Gap("calendrier", _("L’appel demande de vous engager à être assurés à l’entrée dans les lieux.")))
    if "commitment" in asked and file.republican_commitment is None:
        found.append(Gap("structure", _("Dites si votre structure a souscrit le contrat d’engagement républicain.")))
    elif "commitment" in asked and file.republican_commitment == "not_concerned" and ess_status in COMMITTED:
        found.append(
            Gap("structure", _("Une association ou une fondation souscrit le contrat d’engagement républicain."))
        )
    return found


def _answers(answers: Mapping[str, Any], asked: Collection[str]) -> list[Gap]:
    found = []
    for key, question in QUESTIONS.items():
        text = str(answers.get(key, ""))
        if not text.strip():
            if question.optional and key not in asked:
                continue
            found.append(Gap(_section_of(key), _("Répondez à : « %(question)s »", question=_(question.label))))
        elif (count := words(text)) > question.words:
            found.append(
                Gap(
                    _section_of(key),
                    _(
                        "Raccourcissez « %(question)s » : %(count)s mots pour %(limit)s au plus.",
                        question=_(question.label), count=number(count), limit=number(question.words),
                    ),
                )
            )  # fmt: skip
    return found


def _wishes(wishes: Sequence[Wish], typed: Mapping[str, Any], uses: Sequence[str]) -> list[Gap]:
    ranked = [wish for wish in wishes if wish.rank is not None]
    if not ranked:
        return [Gap("lots", _("Classez au moins un lot qui vous convient."))]
    found = []
    for wish in ranked:
        if wish.area_min is None and f"area_min-{wish.lot_id}" not in typed:
            found.append(Gap("lots", _("Lot %(lot)s : indiquez la surface qui vous suffit.", lot=wish.label)))
        elif wish.area_min and wish.area_min > wish.lot_area:
            found.append(
                Gap("lots", _("Lot %(lot)s : il ne fait que %(area)s.", lot=wish.label, area=area(wish.lot_area)))
            )
        found += [
            Gap("lots", said) for said in objections_to(wish.terms, wish.label, wish.area_min, wish.area_max, uses)
        ]
    return found


def _budget(document: Mapping[str, Any]) -> list[Gap]:
    """A budget that is begun must read and add up; none at all is not asked for."""
    if not project_budget.started(document):
        return []
    sides = {side: project_budget.lines_in(document, side) for side in project_budget.SIDES}
    unread = [line for lines in sides.values() for line in lines if line.cents is None]
    found = [
        Gap("budget", _("Budget du projet, « %(line)s » : écrivez un montant en euros.", line=line.label or line.typed))
        for line in unread
    ]
    if project_budget.balance(document) and not unread:
        income, expense = (money(project_budget.total(sides[side])) for side in ("income", "expense"))
        found.append(
            Gap(
                "budget",
                _(
                    "Le budget du projet n’est pas à l’équilibre : %(income)s de recettes pour %(expense)s de dépenses.",
                    income=income,
                    expense=expense,
                ),
            )
        )
    return found


def _largest(wishes: Sequence[Wish]) -> Decimal | None:
    """The largest area asked for, m²."""
    areas = [wish.area_max or wish.area_min for wish in wishes if wish.rank is not None]
    return max((one for one in areas if one is not None), default=None)


def _partners(partners: Iterable[Partner]) -> list[Gap]:
    return [
        Gap(
            "partenaires",
            _("%(name)s n’a pas encore accepté : relancez cette structure, ou retirez-la.", name=partner.name),
        )
        for partner in partners
        if not partner.accepted
    ]


def _documents(missing: Iterable[str]) -> list[Gap]:
    return [Gap("pieces", _("L’appel demande : %(document)s.", document=label)) for label in missing]


def done(section: str, found: Sequence[Gap]) -> bool:
    """Whether nothing is left to mend in this section."""
    return all(gap.section != section for gap in found)
