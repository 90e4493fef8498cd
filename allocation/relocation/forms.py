"""Forms of relocation paths."""

from typing import Any

from allocation.leases.forms import given
from allocation.relocation.schedule import Outcome
from calls.uses import Use
from intervalle.forms import Area, Choice, Choices, Day, Euros, Form, LongText, Radio, Text, YesNo, required
from intervalle.i18n import N_, _
from premises.facts import Erp


class NoteForm(Form):
    note = LongText(N_("Ce qui en est sorti"), [required()], limit=2000)


class NeedForm(Form):
    """What the interview says of the next place."""

    area_min = Area(N_("Surface minimale (m²)"), [required()])
    area_max = Area(N_("Surface maximale (m²)"), [required()])
    budget_cents_month = Euros(N_("Budget par mois, loyer et charges (€)"))
    must_stay_in_qpv = YesNo(N_("Doit rester dans un quartier prioritaire"))
    ground_floor = YesNo(N_("Rez-de-chaussée nécessaire"))
    step_free = YesNo(N_("Accès de plain-pied nécessaire"))
    erp_types = Choices(N_("Public reçu : types qui conviennent"), [(str(e), e.label) for e in Erp])
    uses = Choices(N_("Usages"), [(str(u), u.label) for u in Use])
    notes = LongText(N_("Autres besoins"), limit=4000)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if sound and given(self.area_min) > given(self.area_max):
            self.add_error("area_max", _("La surface maximale est sous la minimale."))
            return False
        return sound

    def values(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items()} | {"notes": self.notes.data or ""}


class OfferForm(Form):
    monthly_cents = Euros(N_("Loyer et charges par mois (€)"), [required()])
    available_on = Day(N_("Disponible le"), [required()])
    terms = LongText(N_("Titre et conditions proposés"), limit=2000)


class AnswerForm(Form):
    answer = Radio(
        N_("Votre réponse"),
        [("accepted", N_("Ce local convient")), ("declined", N_("Il ne convient pas"))],
        [required()],
    )
    reason = LongText(N_("Pourquoi"), limit=1000)


class CloseForm(Form):
    outcome = Choice(N_("Issue"), [(str(o), o.label) for o in Outcome], [required()], empty=N_("Choisir"))
    left_on = Day(N_("Dernier jour dans les lieux"), [required()])
    inspected_on = Day(N_("État des lieux de sortie"), [required(N_("Pas de clôture sans état des lieux de sortie."))])
    keys_returned_on = Day(N_("Clés rendues"), [required(N_("Pas de clôture sans remise des clés."))])
    meters_read_on = Day(N_("Compteurs relevés"), [required(N_("Pas de clôture sans relevé des compteurs."))])
    new_place = Text(N_("Nouveau lieu"))
    entered_on = Day(N_("Entrée dans le nouveau lieu"))
    note = LongText(N_("Ce qu’il faut retenir"), limit=2000)
