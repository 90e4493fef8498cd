"""Forms of titles. The draft is always kept as typed; what a rule refuses is shown beside it, never instead of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from allocation.leases import reading
from allocation.leases.durations import end_after, last_day
from allocation.leases.facts import ActKind, FreeGround
from allocation.leases.leases import Draft
from allocation.leases.models import Condition, Lease
from intervalle.forms import (
    Area,
    Choice,
    Choices,
    Day,
    Euros,
    Form,
    LongText,
    Text,
    Whole,
    YesNo,
    required,
)
from intervalle.i18n import N_, _

BLANK_ROWS = 2
MOST_ROWS = 20
ANNEXES = [
    ("dpe", N_("Diagnostic de performance énergétique")),
    ("risks", N_("État des risques")),
    ("asbestos", N_("Dossier amiante")),
    ("green", N_("Annexe environnementale")),
]
# Columns of the title that the form writes as they are.
PLAIN = (
    "area", "rent_cents_year", "charges_cents_year", "use", "economic", "circumstances", "circumstances_proof", "end_event",
    "notice_months", "relocation_promise", "landlord_signatory", "tenant_signatory",
)  # fmt: skip
TEXT_FACTS = ("act_kind", "act_reference", "delegation_reference", "deed_reference", "convention_reference", "other_basis",
              "free_ground", "free_decision", "base")  # fmt: skip
FLAG_FACTS = ("open_data_published", "republican_commitment", "voluntary_submission", "tacit_renewal", "new_circumstance",
              "registered", "sgei", "terrace")  # fmt: skip
DAY_FACTS = ("act_taken_on", "act_sent_on", "end_event_on", "permit_on")
NUMBER_FACTS = ("received_cents", "staff", "public")


class LeaseForm(Form):
    """Everything of a draft but its conditions, its written answers and the clauses written by hand."""

    version = Whole(N_("Version"))
    title = Choice(N_("Titre d’occupation"), reading.catalogue_choices(), [required()])
    start = Day(N_("Premier jour"), [required()])
    last = Day(N_("Dernier jour inclus"))
    area = Area(N_("Surface mise à disposition (m²)"), [required()])
    use = LongText(N_("Usage autorisé"), limit=1000)
    economic = YesNo(N_("L’occupant exerce une activité économique"))
    rent_cents_year = Euros(N_("Loyer ou redevance par an (€)"), [required()])
    charges_cents_year = Euros(N_("Provision sur charges par an (€)"), [required()])
    circumstances = LongText(N_("Circonstances particulières"), limit=4000)
    circumstances_proof = LongText(N_("Pièces qui les prouvent"), limit=1000)
    end_event = Text(N_("Événement qui met fin à l’occupation"))
    end_event_on = Day(N_("Date prévue de cet événement"))
    new_circumstance = YesNo(N_("Cette circonstance est nouvelle depuis le titre précédent"))
    notice_months = Whole(N_("Préavis (mois)"), [required()], low=0, high=24)
    relocation_promise = LongText(N_("Engagement de relogement"), limit=2000)
    landlord_signatory = Text(N_("Qui signe pour le propriétaire (nom et fonction)"))
    tenant_signatory = Text(N_("Qui signe pour l’occupant (nom et fonction)"))
    act_kind = Choice(N_("Décision de la collectivité"), [(str(k), k.label) for k in ActKind], empty=N_("Sans objet"))
    act_reference = Text(N_("Numéro de l’acte"))
    act_taken_on = Day(N_("Date de l’acte"))
    act_sent_on = Day(N_("Date d’envoi au préfet"))
    delegation_reference = Text(N_("Délibération qui délègue au maire"))
    convention_reference = Text(N_("Convention d’aide ou de subvention"))
    received_cents = Euros(N_("Aides de minimis reçues sur trois ans, déclarées par l’occupant (€)"))
    other_basis = Text(N_("Autre fondement de l’aide"))
    sgei = YesNo(N_("Service d’intérêt économique général"))
    open_data_published = YesNo(N_("Données essentielles de la subvention publiées"))
    republican_commitment = YesNo(N_("Contrat d’engagement républicain signé par l’association"))
    free_ground = Choice(
        N_("Motif de gratuité (domaine public)"), [(str(g), g.label) for g in FreeGround], empty=N_("Sans objet")
    )
    free_decision = Text(N_("Décision qui accorde la gratuité"))
    base = Choice(N_("Titre de base d’un BCUS"), reading.catalogue_choices(), empty=N_("Sans objet"))
    deed_reference = Text(N_("Référence de l’acte authentique"))
    voluntary_submission = YesNo(N_("Soumission volontaire au statut des baux commerciaux"))
    tacit_renewal = YesNo(N_("Le titre prévoit une reconduction tacite"))
    registered = YesNo(N_("L’occupant est immatriculé au RCS ou au registre des métiers"))
    staff = Whole(N_("Effectif de l’occupant"))
    public = Whole(N_("Public reçu en même temps (personnes)"))
    terrace = YesNo(N_("Terrasse extérieure"))
    permit_on = Day(N_("Date du permis de construire de l’immeuble"))
    annexes = Choices(N_("Annexes jointes"), ANNEXES)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if sound and self.last.data and self.start.data and self.last.data < self.start.data:
            self.add_error("last", _("La fin est avant le début."))
            return False
        return sound

    def days(self) -> Range[date]:
        """[start, end) from the two days, both included, that people type."""
        return Range(self.start.data, end_after(self.last.data) if self.last.data else None)


class ConditionForm(Form):
    """One counterpart; a row whose label is empty is left out."""

    label = Text(N_("Engagement"))
    due = Day(N_("Échéance"))
    proof = Text(N_("Preuve attendue"))
    kind = Choice(
        N_("Nature"),
        [("counterpart", N_("Contrepartie")), ("works", N_("Travaux")), ("clause", N_("Clause"))],
    )


class InsuranceForm(Form):
    insurance = Text(N_("Assureur et numéro de police"), [required()])
    until = Day(N_("Dernier jour couvert"), [required()])


class KeysForm(Form):
    on = Day(N_("Jour de remise des clés"), [required()])
    inspected_on = Day(N_("Jour de l’état des lieux d’entrée"))
    why = LongText(N_("S’il n’y a pas d’état des lieux : pourquoi"), limit=1000)


class ProofForm(Form):
    evidence = LongText(N_("Ce qui montre que c’est fait"), [required()], limit=1000)


class ReferenceForm(Form):
    reference = Euros(N_("Valeur locative de référence (€ par m² et par an)"), [required()])
    basis = Text(N_("Document qui la fonde"), [required()])
    dated = Day(N_("Date de ce document"), [required()])


def given(field: Any) -> Any:
    """The value of a field that the form's validation requires."""
    return field.data


def lease_form(lease: Lease) -> LeaseForm:
    """The form of a row: what was stored, in the units people type."""
    legal = lease.legal_facts or {}
    upper = lease.during.upper
    values: dict[str, Any] = {name: getattr(lease, name) for name in (*PLAIN, "title", "version")}
    values |= {name: legal.get(name) for name in (*TEXT_FACTS, *FLAG_FACTS, *NUMBER_FACTS)}
    values |= {name: date.fromisoformat(legal[name]) if legal.get(name) else None for name in DAY_FACTS}
    values |= {
        "start": lease.during.lower,
        "last": last_day(upper) if upper else None,
        "annexes": legal.get("annexes", []),
    }
    return LeaseForm(data=values)


def condition_forms(source: list[Condition]) -> list[ConditionForm]:
    """The rows as stored, and blank ones to add to them."""
    filled = [ConditionForm(obj=row, prefix=f"condition-{number}-") for number, row in enumerate(source[:MOST_ROWS])]
    blank = range(len(filled), min(len(filled) + BLANK_ROWS, MOST_ROWS))
    return [*filled, *(ConditionForm(prefix=f"condition-{number}-", kind="counterpart") for number in blank)]


def typed_conditions(typed: Mapping[str, Any]) -> list[ConditionForm]:
    """The rows as typed, in the order of the page."""
    rows = [number for number in range(MOST_ROWS) if f"condition-{number}-label" in typed]
    return [ConditionForm(typed, prefix=f"condition-{number}-") for number in rows]


def typed_answers(typed: Mapping[str, Any], prefix: str, kept: Mapping[str, str]) -> dict[str, str]:
    """Texts typed under `why-OCC-19` or `clause-exit`, laid over those kept; emptied ones are removed."""
    texts = dict(kept)
    for name in typed:
        if name.startswith(prefix) and len(name) < 60:
            texts[name.removeprefix(prefix)] = str(typed[name]).strip()[:4000]
    return {name: text for name, text in sorted(texts.items()) if text}


def draft_of(form: LeaseForm, rows: list[ConditionForm], typed: Mapping[str, Any], lease: Lease) -> Draft:
    """What the verb writes."""
    values: dict[str, Any] = {name: getattr(form, name).data for name in PLAIN}
    values |= {
        "title": form.title.data,
        "during": form.days(),
        "legal_facts": _legal(form),
        "justifications": typed_answers(typed, "why-", lease.justifications or {}),
        "extra_clauses": typed_answers(typed, "clause-", lease.extra_clauses or {}),
    }
    conditions: list[Mapping[str, Any]] = [
        {
            "label": row.label.data,
            "due": row.due.data,
            "proof": row.proof.data or "",
            "kind": row.kind.data or "counterpart",
        }
        for row in rows
        if row.label.data
    ]
    return Draft(values, conditions)


def _legal(form: LeaseForm) -> dict[str, Any]:
    known: dict[str, Any] = {name: getattr(form, name).data for name in (*TEXT_FACTS, *FLAG_FACTS, *NUMBER_FACTS)}
    known |= {name: getattr(form, name).data.isoformat() for name in DAY_FACTS if getattr(form, name).data}
    known["annexes"] = form.annexes.data
    return {name: value for name, value in known.items() if value not in (None, "", False, [])}
