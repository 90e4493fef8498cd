"""Forms of the register of needs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from calls.need_models import Need
from calls.uses import Use
from intervalle import clock, identifiers
from intervalle.accounts.forms import an_email, checked
from intervalle.forms import (
    Area,
    Choices,
    Day,
    Euros,
    Form,
    LongText,
    Text,
    ValidationError,
    Whole,
    YesNo,
    required,
)
from intervalle.i18n import N_, _
from premises.facts import Erp

# Read by `sectors.read`, or of no column: the rest of the form is the need.
PLACE_FIELDS = {"communes", "quarters", "around", "around_m", "sector", "last_day"}


def _shown(need: Need) -> dict[str, Any]:
    kept = ("title", "uses", "area_min", "area_max", "must_stay_in_qpv", "ground_floor", "step_free", "sharing", "erp_types", "budget_cents_month", "wanted_from", "slots", "notes")  # fmt: skip
    return {name: getattr(need, name) for name in kept}


class NeedForm(Form):
    title = Text(N_("Ce que vous cherchez, en une ligne"), [required(N_("Résumez votre recherche."))], limit=160)
    uses = Choices(
        N_("Pour quoi faire"), [(use.value, use.label) for use in Use], [required(N_("Cochez au moins un usage."))]
    )
    area_min = Area(N_("Surface qui vous suffit (m²)"), [required()])
    area_max = Area(N_("Surface au plus (m²)"), [required()])
    communes = Text(N_("Communes ou intercommunalités, par leur nom ou leur code"), limit=600)
    quarters = Text(N_("Quartiers prioritaires, par leur nom ou leur code"), limit=600)
    around = Text(N_("Autour d’une adresse"), limit=200)
    around_m = Whole(N_("À moins de (mètres)"), low=100, high=20_000)
    sector = LongText(N_("Secteur dessiné, en GeoJSON"), limit=200_000)
    must_stay_in_qpv = YesNo(N_("Nous devons rester dans un quartier prioritaire"))
    ground_floor = YesNo(N_("Il nous faut un rez-de-chaussée"))
    step_free = YesNo(N_("Il nous faut un accès de plain-pied"))
    sharing = YesNo(N_("Nous partagerions un lieu plus grand avec une autre structure"))
    erp_types = Choices(N_("Public accueilli (types d’ERP)"), [(erp.value, erp.label) for erp in Erp])
    budget_cents_month = Euros(N_("Budget par mois, loyer et charges ensemble (€)"))
    wanted_from = Day(N_("À partir du"))
    last_day = Day(N_("Jusqu’au"))
    slots = Choices(N_("Demi-journées"), [(str(n), str(n)) for n in range(14)], coerce=int)
    notes = LongText(N_("Le reste à savoir"), limit=5000)

    def validate(self, extra_validators: Any = None) -> bool:
        good = bool(super().validate(extra_validators))
        if self.area_min.data and self.area_max.data and self.area_min.data > self.area_max.data:
            self.add_error("area_max", _("La surface maximale est plus petite que la surface qui vous suffit."))
            return False
        if self.wanted_from.data and self.last_day.data and self.last_day.data < self.wanted_from.data:
            self.add_error("last_day", _("La fin vient avant le début."))
            return False
        return self._a_place() and good

    def _a_place(self) -> bool:
        """A circle is an address and a distance; it stands for a drawing, not beside one."""
        if bool(self.around.data) != (self.around_m.data is not None) and not self.around_m.errors:
            field, said = ("around_m", _("Dites à quelle distance.")) if self.around.data else ("around", _("Donnez l’adresse autour de laquelle chercher."))  # fmt: skip
            self.add_error(field, said)
            return False
        if self.around.data and self.sector.data:
            self.add_error("sector", _("Choisissez : une adresse avec une distance, ou un secteur dessiné."))
            return False
        return True

    def values(self) -> dict[str, Any]:
        """Fields of the need; the last day typed becomes the excluded end."""
        last = self.last_day.data
        kept = {f.name: f.data for f in self if f.name not in PLACE_FIELDS}
        until = last + timedelta(days=1) if last else None
        return {**kept, "notes": self.notes.data or "", "slots": self.slots.data or [], "wanted_until": until}

    @classmethod
    def of(cls, need: Need, place: Mapping[str, Any]) -> "NeedForm":
        """`place`: the typed words of what the need names (`sectors.typed`)."""
        until = need.wanted_until
        return cls(obj=None, data=_shown(need) | dict(place), last_day=until - timedelta(days=1) if until else None)


class TypedNeedForm(NeedForm):
    """A request received at the desk or by letter: who asks, and since when."""

    structure_name = Text(N_("Qui demande"), [required(N_("Nommez la structure."))], limit=160)
    structure_siret = Text(N_("Son SIRET, s’il est connu"), [checked(identifiers.check_siret)], limit=30)
    contact_email = Text(
        N_("Son courriel, pour l’inviter à reprendre sa demande"), limit=254, render_kw={"type": "email"}
    )
    received_on = Day(N_("Demande reçue le"), [required()])

    def validate(self, extra_validators: Any = None) -> bool:
        good = super().validate(extra_validators)
        if self.contact_email.data:
            try:
                an_email(self, self.contact_email)
            except ValidationError as error:
                self.add_error("contact_email", str(error))
                good = False
        if self.received_on.data and self.received_on.data > clock.today():
            self.add_error("received_on", _("Cette date est dans l’avenir."))
            good = False
        return good


class ContactForm(Form):
    message = LongText(N_("Votre message"), [required(N_("Écrivez quelques mots."))], limit=2000)
