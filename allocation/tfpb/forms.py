"""Forms of agreements, programmes, actions and lines."""

from decimal import Decimal
from typing import Any

from allocation.leases.forms import given
from allocation.tfpb.axes import AXES
from allocation.tfpb.lines import Claim, Expense
from allocation.tfpb.valuation import Works
from intervalle.forms import Choice, Day, DecimalNumber, Euros, Form, LongText, Text, Whole, YesNo, between, required
from intervalle.i18n import N_, _


class AgreementForm(Form):
    landlord = Choice(N_("Bailleur"), [], [required()])
    qpv_code = Text(N_("Code du quartier prioritaire"), [required()], limit=12)
    first_year = Whole(N_("Première année"), [required()], low=2015, high=2100)
    last_year = Whole(N_("Dernière année"), [required()], low=2015, high=2100)
    contract_signed_on = Day(N_("Signature du contrat de ville"))
    signed_on = Day(N_("Signature de la convention d’utilisation"))
    dwellings = Whole(N_("Logements soumis à la TFPB dans le quartier"), low=0, high=1_000_000)
    exemption_ended_on = Day(N_("Fin de l’exonération de longue durée"))
    valuation_method = LongText(N_("Méthode de valorisation des locaux acceptée par les signataires"), limit=2000)
    method_accepted_on = Day(N_("Date de cet accord écrit"))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if sound and given(self.last_year) < given(self.first_year):
            self.add_error("last_year", _("La dernière année est avant la première."))
            return False
        return sound

    def values(self) -> dict[str, Any]:
        """Columns, but the landlord and the quarter."""
        named = (
            "contract_signed_on", "signed_on", "dwellings", "exemption_ended_on", "valuation_method", "method_accepted_on",
            "first_year", "last_year",
        )  # fmt: skip
        return {name: getattr(self, name).data for name in named}


class YearForm(Form):
    year = Whole(N_("Année"), [required()], low=2015, high=2100)


class ProgrammeForm(Form):
    """`rate` is typed in percent: 41,87."""

    rental_value_cents = Euros(N_("Valeur locative cadastrale moyenne par logement (€)"))
    rate = DecimalNumber(
        N_("Taux de TFPB, toutes parts, sans la taxe d’ordures ménagères (%)"), [between(0, 200, " %")]
    )
    notified_cents = Euros(N_("Montant notifié par l’avis d’imposition (€)"))
    declared_on = Day(N_("Déclaration au service des impôts"))
    account_sent_on = Day(N_("Bilan transmis aux signataires"))
    comment = LongText(N_("Commentaire du bilan"), limit=4000)

    def values(self) -> dict[str, Any]:
        named = ("rental_value_cents", "notified_cents", "declared_on", "account_sent_on", "comment")
        rate = None if self.rate.data is None else self.rate.data / 100
        return {
            **{name: getattr(self, name).data for name in named},
            "tax_rate": rate,
            "comment": self.comment.data or "",
        }


class ActionForm(Form):
    axis = Choice(N_("Axe"), [(str(code), f"{code}. {axis.label}") for code, axis in AXES.items()], [required()])
    sub_action = Text(N_("Sous-action du référentiel"))
    label = Text(N_("Intitulé local"), [required()])
    places = Text(N_("Résidences ou adresses"), limit=500)
    planned_cents = Euros(N_("Dépense prévisionnelle (€)"))
    beyond_common = LongText(N_("Ce que l’action ajoute à la gestion habituelle"), limit=2000)
    tenant_benefit = LongText(N_("Utilité pour les locataires du quartier"), limit=2000)
    indicators = LongText(N_("Indicateurs, un par ligne"), limit=2000)
    partners = Text(N_("Pilote et partenaires"), limit=500)

    def values(self) -> dict[str, Any]:
        texts = ("sub_action", "label", "places", "beyond_common", "tenant_benefit", "indicators", "partners")
        return {
            **{name: getattr(self, name).data or "" for name in texts},
            "axis": int(self.axis.data or 0),
            "planned_cents": self.planned_cents.data or 0,
        }


class ExpenseForm(Form):
    """`share` is typed in percent: 100."""

    action = Choice(N_("Action"), [], [required()])
    label = Text(N_("Dépense"), [required()])
    spent_cents = Euros(N_("Montant dépensé (€)"), [required()])
    other_cents = Euros(N_("Autres financements (€)"))
    share = DecimalNumber(N_("Taux de valorisation (%)"), [required(), between(Decimal("0.01"), 100, " %")])
    evidence = Text(N_("Pièce : facture, état de paie… avec son numéro"), [required()])
    why = LongText(N_("Justification, si une règle la demande"), limit=2000)

    def expense(self) -> Expense:
        why = {"TFPB-14": self.why.data} if self.why.data else {}
        return Expense(
            self.label.data or "", given(self.spent_cents), self.other_cents.data or 0, given(self.share) / 100,
            self.evidence.data or "", why,
        )  # fmt: skip


class LinkForm(Form):
    """Count a lease in an action. Works are counted only when the three figures are given."""

    action = Choice(N_("Action du programme"), [], [required()])
    replacing = Whole(N_("Ligne remplacée"), low=0, high=2**53)
    subsidy_cents_year = Euros(N_("Subvention publique qui paie le loyer au bailleur, par an (€)"))
    charges_cents = Euros(N_("Charges récupérables non facturées dans l’année (€)"))
    other_compensation_cents = Euros(N_("Autres compensations reçues (€)"))
    works_cents = Euros(N_("Travaux payés par le bailleur pour ce lot (€)"))
    grants_cents = Euros(N_("Subventions de ces travaux (€)"))
    works_years = Whole(N_("Durée d’amortissement (années)"), low=0, high=99)
    serves_qpv = LongText(N_("Si le lot est hors du quartier : en quoi il en dessert les habitants"), limit=2000)
    signatories_agree = YesNo(N_("Les signataires de la convention ont donné leur accord écrit"))

    def claim(self, answers: dict[str, str]) -> Claim:
        works = None
        if self.works_cents.data and self.works_years.data:
            works = Works(self.works_cents.data, self.grants_cents.data or 0, self.works_years.data)
        return Claim(
            serves_qpv=self.serves_qpv.data or "", signatories_agree=bool(self.signatories_agree.data),
            subsidy_cents_year=self.subsidy_cents_year.data or 0, charges_cents=self.charges_cents.data or 0,
            other_compensation_cents=self.other_compensation_cents.data or 0, works=works, justifications=answers,
        )  # fmt: skip
