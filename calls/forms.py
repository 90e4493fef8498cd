"""Forms of calls and needs. A draft is saved as it stands: what is missing is said before opening, not while writing."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from calls.drafts import CriterionLine
from calls.legality import EXEMPTION_ARTICLES, Exemption
from calls.lot_terms import LotTerms
from calls.models import Call, CallVersion, Criterion
from calls.sections import ASKED
from calls.uses import Use
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.forms import (
    Area,
    Choice,
    Choices,
    Day,
    Form,
    Instant,
    LongText,
    Radio,
    Text,
    Whole,
    YesNo,
    required,
)
from intervalle.i18n import N_, _
from premises.facts import TitleCode
from premises.models import Lot

MAX_CRITERIA = 12
SPARE_ROWS = 2
TIE_BREAKS = [
    ("first_criterion", N_("La meilleure note au premier critère")),
    ("earliest", N_("Le dossier complet déposé le premier")),
    ("draw", N_("Un tirage au sort que chacun peut refaire")),
]
SCORE_RULES = [
    ("mean", N_("Moyenne des notes")),
    ("median", N_("Médiane des notes")),
    ("trimmed_mean", N_("Moyenne sans la plus haute ni la plus basse")),
]
KINDS = [
    ("dated", N_("Daté : une date limite, une décision")),
    ("rolling", N_("Au fil de l’eau : une session suit l’autre, sans interruption")),
    ("recurring", N_("Récurrent : la même session chaque année")),
    ("direct", N_("Attribution directe, sans sélection, avec son motif")),
]
READING = [
    ("sealed", N_("Personne : ils sont scellés jusqu’à leur ouverture, après la clôture")),
    ("arrival", N_("Votre équipe, à mesure des dépôts ; la commission, elle, après la clôture seulement")),
]
EXEMPTIONS = [(code.value, code.label) for code in Exemption]
USES = [(use.value, use.label) for use in Use]
TITLES = [(code.value, code.label) for code in TitleCode]


class ExemptionChoice(Choice):
    """With the article beside each, which no language changes."""

    def iter_choices(self) -> Any:
        articles = {code.value: article for code, article in EXEMPTION_ARTICLES.items()}
        found = super().iter_choices()
        return [one._replace(label=f"{one.label} ({articles[one.value]})") if one.value in articles else one for one in found]  # fmt: skip


class NewCallForm(Form):
    title = Text(N_("Nom de l’appel"), [required(N_("Donnez un nom à l’appel."))], limit=160)
    organiser = Choice(N_("Organisateur"), [], [required(N_("Choisissez l’organisateur."))])


class CallForm(Form):
    title = Text(N_("Nom de l’appel"), [required(N_("Donnez un nom à l’appel."))], limit=160)
    kind = Choice(N_("Comment on candidate"), KINDS, [required()])
    co_organisers = LongText(N_("Co-organisateurs : SIREN ou nom exact, un par ligne"), limit=2000)
    delegate = Choice(N_("Organisation qui anime l’appel pour vous"), [], empty=N_("Aucune : nous l’animons"))
    body = LongText(N_("Texte de l’appel"))
    visits = LongText(N_("Visites"), limit=5000)
    visit_duty = YesNo(N_("La visite est obligatoire pour déposer"))
    eliminatory = LongText(N_("Conditions éliminatoires, une par ligne"), limit=5000)
    closes_at = Instant(N_("Date et heure limites (heure de Paris)"))
    questions_until = Instant(N_("Questions jusqu’au (heure de Paris)"))
    answers_until = Instant(N_("Réponses au plus tard le (heure de Paris)"))
    decision_on = Day(N_("Décision annoncée pour le"))
    occupation_from = Day(N_("Premier jour d’occupation"))
    last_day = Day(N_("Dernier jour d’occupation"))
    title_code = Choice(N_("Titre proposé"), TITLES, [required()])
    titles_excluded = Choices(N_("Titres exclus par l’appel"), TITLES)
    documents = LongText(N_("Pièces demandées, une par ligne"), limit=5000)
    beneficiary = Text(N_("Structure bénéficiaire : SIREN ou nom exact"), limit=200)
    direct_ground = LongText(N_("Motif de droit et de fait"), limit=5000)
    exemption = ExemptionChoice(N_("Dispense de sélection, sur le domaine public"), EXEMPTIONS, empty=N_("Aucune"))
    statement_url = Text(N_("Adresse de la publication du motif"), limit=500)
    statement_on = Day(N_("Publié le"))
    short_or_unlimited = YesNo(N_("Occupation de courte durée, ou autorisations en nombre non limité"))
    spontaneous = YesNo(N_("La structure l’a proposée d’elle-même, sans appel"))
    interest_checked_on = Day(N_("Publicité faite, sans autre intérêt manifesté, au"))
    circumstances = LongText(N_("Circonstances qui rendent l’occupation précaire, et leur preuve"), limit=5000)
    charges_only = YesNo(N_("Les occupants ne paient que les charges"))
    counterparts = LongText(N_("Contreparties en temps et en services, une par ligne"), limit=5000)
    required_documents = Choices(N_("Documents demandés à chaque candidat"), list(KIND_LABELS.items()))
    asked = Choices(N_("Demandé en plus à chaque candidat"), list(ASKED.items()))
    reading = Radio(N_("Qui lit les dossiers avant la clôture"), READING)
    economic = YesNo(N_("Les occupants peuvent exercer une activité économique"))
    score_rule = Choice(N_("Note retenue quand plusieurs jurés notent"), SCORE_RULES, [required()])
    tie_break = Radio(N_("À égalité de note"), TIE_BREAKS, [required()])
    neighbourhood_percent = Whole(N_("Part des surfaces pour le quartier, au moins (%)"), low=1, high=100)
    max_lots = Whole(N_("Lots par structure, au plus"), low=1, high=50)
    apart_one = Choices(N_("Ces usages"), USES)
    apart_other = Choices(N_("ne partagent pas un lot avec ceux-ci"), USES)

    @classmethod
    def of(cls, call: Call, version: CallVersion, names: Mapping[int, str] | None = None) -> "CallForm":
        until, named, share = version.occupation_until, names or {}, version.neighbourhood_share
        return cls(
            obj=version, title=call.title, closes_at=call.closes_at, kind=call.kind,
            delegate=str(call.delegate_id) if call.delegate_id else None,
            last_day=until - timedelta(days=1) if until else None,
            co_organisers="\n".join(named[i] for i in call.co_organiser_ids if i in named),
            beneficiary=named.get(version.beneficiary_id or 0, ""),
            reading="arrival" if version.read_on_arrival else "sealed",
            neighbourhood_percent=int(share * 100) if share else None,
            apart_one=sorted({one for one, _other in version.incompatible_uses or []}),
            apart_other=sorted({other for _one, other in version.incompatible_uses or []}),
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Fields of the call and of its version; the last day typed becomes the excluded end.

        Organisations typed by name (`co_organisers`, `beneficiary`) are looked up by the handler.
        """
        last, percent = self.last_day.data, self.neighbourhood_percent.data
        apart = {
            "last_day",
            "delegate",
            "co_organisers",
            "beneficiary",
            "neighbourhood_percent",
            "apart_one",
            "apart_other",
            "reading",
        }
        kept = {f.name: f.data for f in self if f.name not in apart}
        for name in (
            "body",
            "visits",
            "eliminatory",
            "circumstances",
            "counterparts",
            "documents",
            "direct_ground",
            "statement_url",
        ):
            kept[name] = kept[name] or ""
        kept["required_documents"] = [kind for kind in KIND_LABELS if kind in (kept["required_documents"] or [])]
        return {
            **kept,
            "read_on_arrival": self.reading.data == "arrival",
            "asked": [one for one in ASKED if one in (self.asked.data or [])],
            "titles_excluded": self.titles_excluded.data or [],
            "delegate_id": int(self.delegate.data) if self.delegate.data else None,
            "occupation_until": last + timedelta(days=1) if last else None,
            "neighbourhood_share": Decimal(percent) / 100 if percent else None,
            "incompatible_uses": [
                [one, other]
                for one in self.apart_one.data or []
                for other in self.apart_other.data or []
                if one != other
            ],
        }


class LotTermsForm(Form):
    """What the call says of one lot, beyond its free words; empty: as for all."""

    title_code = Choice(N_("Titre proposé pour ce lot"), TITLES, empty=N_("Celui de l’appel"))
    area_min = Area(N_("Surface par structure, au moins (m²)"))
    area_max = Area(N_("Surface par structure, au plus (m²)"))
    uses_out = Choices(N_("Usages que ce lot n’admet pas"), USES)
    visit_duty = YesNo(N_("Visite obligatoire pour demander ce lot"))

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if good and self.area_min.data and self.area_max.data and self.area_min.data > self.area_max.data:
            self.add_error("area_max", _("La surface maximale est plus petite que la surface minimale."))
            return False
        return good

    def terms(self, conditions: str) -> LotTerms:
        low, high = (None if f.errors else f.data for f in (self.area_min, self.area_max))
        return LotTerms(
            conditions,
            self.title_code.data or None,
            low,
            high,
            tuple(self.uses_out.data or ()),
            bool(self.visit_duty.data),
        )


def lot_forms(lots: Iterable[Lot], terms: Mapping[int, LotTerms], data: Any = None) -> dict[int, LotTermsForm]:
    """One form per lot on offer, as saved or as typed (then validated)."""
    forms = {lot.id: LotTermsForm(data, obj=terms.get(lot.id, LotTerms()), prefix=f"lot-{lot.id}-") for lot in lots}
    if data is not None:
        for form in forms.values():
            form.validate()
    return forms


class CriterionForm(Form):
    """One row of the grid; an empty label leaves the row out."""

    label = LongText(N_("Critère"), limit=200, render_kw={"rows": 2})
    description = LongText(N_("Ce que l’on regarde"), limit=600, render_kw={"rows": 2})
    weight = Whole(N_("Poids"), low=1, high=100)
    floor = Choice(N_("Note plancher"), [(str(n), str(n)) for n in range(1, 6)], empty=N_("non"))


def criterion_rows(criteria: list[Criterion]) -> list[CriterionForm]:
    """The saved rows and some empty ones to fill."""
    rows = [
        CriterionForm(obj=c, prefix=f"critere-{i}-", floor=str(c.floor) if c.floor else None)
        for i, c in enumerate(criteria)
    ]
    count = min(len(rows) + SPARE_ROWS, MAX_CRITERIA)
    return rows + [CriterionForm(prefix=f"critere-{i}-") for i in range(len(rows), count)]


def typed_criteria(data: Mapping[str, Any]) -> tuple[list[CriterionForm], list[CriterionLine]]:
    """The rows as typed, each validated, and the lines they make. A row with a label needs a weight."""
    rows = [CriterionForm(data, prefix=f"critere-{i}-") for i in range(MAX_CRITERIA) if f"critere-{i}-label" in data]
    lines = []
    for row in rows:
        filled = bool(row.label.data)
        row.validate()
        if filled and row.weight.data is None and not row.weight.errors:
            row.add_error("weight", _("Indiquez un poids."))
        if filled and not row.errors_in_order:
            lines.append(
                CriterionLine(
                    row.label.data or "",
                    row.weight.data or 0,
                    row.description.data or "",
                    int(row.floor.data) if row.floor.data else None,
                )
            )
    return rows, lines


class ExtendForm(Form):
    to = Instant(N_("Nouvelle date limite (heure de Paris)"), [required(N_("Indiquez le nouvel instant de clôture."))])
    reason = LongText(N_("Motif, envoyé à tous les candidats"), [required(N_("Écrivez le motif."))], limit=2000)


class GatherForm(Form):
    """The dates of a batch of a rolling call."""

    occupation_from = Day(N_("Premier jour d’occupation"), [required(N_("Indiquez le premier jour d’occupation."))])
    decision_on = Day(N_("Décision annoncée pour le"))


class PublishChangeForm(Form):
    reason = LongText(
        N_("Motif du changement, envoyé à tous les candidats"), [required(N_("Écrivez le motif."))], limit=2000
    )
    to = Instant(N_("Date limite (heure de Paris)"))


class VisitForm(Form):
    starts_at = Instant(N_("Début (heure de Paris)"), [required(N_("Indiquez le début de la visite."))])
    minutes = Whole(N_("Durée en minutes"), [required()], low=10, high=600)
    capacity = Whole(N_("Places (personnes)"), [required()], low=1, high=500)
    place = Choice(N_("Lieu visité"), [], empty=N_("Tous les lieux de l’appel"))
    meeting_point = Text(N_("Point de rendez-vous"), limit=200)


class BookingForm(Form):
    people = Whole(N_("Combien de personnes"), [required()], low=1, high=20)


class QuestionForm(Form):
    text = LongText(N_("Votre question"), [required(N_("Écrivez votre question."))], limit=2000)


class AnswerForm(Form):
    published_text = LongText(N_("La question, telle qu’elle sera publiée"), [required()], limit=2000)
    answer = LongText(N_("La réponse, publiée pour tous"), [required(N_("Écrivez la réponse."))], limit=5000)
    extend_to = Instant(N_("Reporter la clôture au (heure de Paris)"))


class DeclineForm(Form):
    reason = LongText(N_("Pourquoi vous n’y répondez pas"), [required(N_("Écrivez le motif."))], limit=1000)


class OpenForm(Form):
    opens_at = Instant(N_("Ouvrir le (heure de Paris)"))


class LateForm(Form):
    reason = LongText(
        N_("Ce qui vous a empêchés de déposer à temps"), [required(N_("Dites ce qui vous en a empêchés."))], limit=2000
    )


class LateDecisionForm(Form):
    motive = LongText(N_("Motif, envoyé à la structure"), [required(N_("Écrivez le motif."))], limit=2000)


class CancelForm(Form):
    reason = LongText(N_("Motif, envoyé à tous les candidats"), [required(N_("Écrivez le motif."))], limit=2000)
