"""Forms of premises, lots and photos, and the filters of the list."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from intervalle import identifiers
from intervalle.forms import (
    Area,
    Choice,
    Choices,
    Day,
    DecimalNumber,
    Euros,
    Form,
    LongText,
    Text,
    Tri,
    ValidationError,
    Whole,
    YesNo,
    between,
    required,
)  # fmt: skip
from intervalle.i18n import N_, _
from premises.facts import LARGEST_AREA, Domain, EnergyLabel, Erp, TitleCode, Utility
from premises.models import Lot
from premises.placing import in_france

KINDS = [
    ("ground_floor", N_("Rez-de-chaussée, pied d’immeuble")),
    ("building", N_("Bâtiment")),
    ("land", N_("Terrain")),
    ("brownfield", N_("Friche")),
]
REGIMES = [(str(d), d.label) for d in Domain]
TITLES = [(str(t), t.label) for t in TitleCode]
CONDITIONS = [
    ("ready", N_("Utilisable en l’état")),
    ("refresh", N_("À rafraîchir")),
    ("works", N_("Travaux nécessaires")),
    ("heavy_works", N_("Gros travaux")),
    ("bare_land", N_("Terrain nu")),
]
PAYERS = [
    ("owner", N_("Le propriétaire")),
    ("occupant", N_("L’occupant")),
    ("city", N_("La collectivité")),
    ("shared", N_("Partagés")),
]
ERP_TYPES = [(str(e), e.label) for e in Erp]


def _parcel(form: Any, field: Any) -> None:
    if field.data:
        try:
            field.data = identifiers.check_parcel(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _insee(form: Any, field: Any) -> None:
    field.data = (field.data or "").upper()
    if field.data and not re.fullmatch(r"\d[0-9AB]\d{3}", field.data):
        raise ValidationError(_("Un code Insee a cinq caractères, par exemple 35238 ; ce n’est pas le code postal."))


class PremisesForm(Form):
    owner = Choice(N_("Pour le compte de"), (), [required()])
    name = Text(N_("Nom du local"), [required(N_("Donnez-lui le nom par lequel on le connaît."))], limit=120)
    kind = Choice(N_("Nature"), KINDS, [required()], empty=N_("Choisissez…"))
    address = Text(N_("Adresse"), [required()], limit=200, render_kw={"autocomplete": "off"})
    postcode = Text(N_("Code postal"), limit=5, render_kw={"inputmode": "numeric"})
    regime = Choice(N_("Régime domanial"), REGIMES, [required()], empty=N_("Choisissez…"))
    description = LongText(N_("Le lieu en quelques phrases"), limit=5_000)
    end_event = Text(N_("Ce qui mettra fin à l’occupation"), limit=200)
    guarding_cents_month = Euros(N_("Coût du local vide, par mois (gardiennage, assurance)"))
    tax_cents_year = Euros(N_("Taxes, par an"))
    economic_use = Tri(N_("Une activité économique peut s’y tenir"))
    staff_notes = LongText(N_("Notes internes"), limit=5_000)
    parcel = Text(N_("Parcelle cadastrale"), [_parcel], limit=20)
    owner_masked = YesNo(N_("Masquer le nom du propriétaire et décaler le point sur la carte"))

    def values(self) -> dict[str, Any]:
        """Columns of premises."""
        return {**self.data, "economic_use": self.economic_use.truth, "staff_notes": self.staff_notes.data or ""}


class PlaceForm(Form):
    """The correction by hand of what was found from the address."""

    lat = DecimalNumber(N_("Latitude"), [between(-90, 90)], places=6)
    lon = DecimalNumber(N_("Longitude"), [between(-180, 180)], places=6)
    commune = Text(N_("Code Insee de la commune, si elle est fausse"), [_insee], limit=5)
    qpv = Choice(
        N_("Quartier prioritaire"),
        [("outside", N_("Hors quartier prioritaire")), ("code", N_("Dans le quartier dont voici le code"))],
        empty=N_("Comme trouvé"),
    )
    qpv_code = Text(N_("Code du quartier"), limit=12)

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        lon, lat = self.lon.data, self.lat.data
        if (lon is None) != (lat is None):
            self.add_error("lat", _("Donnez la latitude et la longitude, ou aucune des deux."))
            return False
        if lon is not None and lat is not None and not in_france(float(lon), float(lat)):
            swapped = in_france(float(lat), float(lon))
            self.add_error(
                "lat", _("Latitude et longitude semblent échangées.") if swapped else _("Ce point n’est pas en France.")
            )
            return False
        if self.qpv.data == "code" and not self.qpv_code.data:
            self.add_error("qpv_code", _("Donnez le code du quartier, par exemple QN07501M."))
            return False
        return True


class LotForm(Form):
    label = Text(N_("Lettre"), [required()], limit=6)
    name = Text(N_("Nom du lot"), [required(N_("Par exemple « boutique sur rue »."))], limit=120)
    area = Area(N_("Surface (m²)"), [required(N_("Donnez la surface."))], most=LARGEST_AREA)
    divisible = YesNo(N_("Divisible : plusieurs structures peuvent se partager la surface"))
    min_area = Area(N_("Plus petite part (m²)"), most=LARGEST_AREA)
    shareable = YesNo(N_("Partageable par demi-journées"))
    floor = Whole(N_("Étage (0 = rez-de-chaussée)"), low=-5, high=60)
    available_from = Day(N_("Utilisable à partir du"), [required(N_("Donnez la date de mise à disposition."))])
    available_until = Day(N_("Jusqu’au (inclus)"))
    titles = Choices(N_("Titres possibles"), TITLES, [required(N_("Cochez au moins un titre."))])
    charges_cents_m2_year = Euros(N_("Charges (€/m²/an)"))
    rent_cents_m2_year = Euros(N_("Loyer demandé (€/m²/an, 0 si gratuit)"))
    reference_rent_cents_m2_year = Euros(N_("Loyer de référence (€/m²/an)"))
    erp_types = Choices(N_("Accueil du public autorisé (types d’ERP)"), ERP_TYPES)
    erp_category = Whole(N_("Catégorie d’ERP (1 à 5)"), low=1, high=5)
    capacity = Whole(N_("Personnes accueillies"), low=1, high=100_000)
    step_free = Tri(N_("Accès de plain-pied"))
    water = Tri(N_("Point d’eau"))
    utilities = Choices(N_("Équipements en service"), [(str(u), u.label) for u in Utility])
    height_cm = Whole(N_("Hauteur sous plafond (cm)"), low=100, high=5_000)
    floor_load_kg_m2 = Whole(N_("Charge admise au sol (kg/m²)"), low=50, high=50_000)
    energy_label = Choice(
        N_("Étiquette énergie (DPE)"), [(str(e), e.label) for e in EnergyLabel], empty=N_("Ne sait pas")
    )
    condition = Choice(N_("État"), CONDITIONS, empty=N_("Ne sait pas"))
    works_needed = LongText(N_("Travaux à prévoir"), limit=2_000)
    works_cost_cents = Euros(N_("Coût estimé des travaux"))
    works_payer = Choice(N_("À la charge de"), PAYERS, empty=N_("À convenir"))
    description = LongText(N_("Description"), limit=3_000)

    @classmethod
    def of(cls, lot: Lot) -> "LotForm":
        until = lot.available.upper - timedelta(days=1) if lot.available.upper else None
        return cls(obj=lot, available_from=lot.available.lower, available_until=until)

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        first, last = self.available_from.data, self.available_until.data
        if last and first and last < first:
            self.add_error("available_until", _("La fin précède le début."))
        if self.min_area.data and self.area.data and self.min_area.data > self.area.data:
            self.add_error("min_area", _("La plus petite part dépasse la surface du lot."))
        return not self.errors_in_order

    def values(self) -> dict[str, Any]:
        """Columns of a lot; the interval is stored [start, end)."""
        data: dict[str, Any] = dict(self.data)
        first, last = data.pop("available_from"), data.pop("available_until")
        data["available"] = Range(first, last + timedelta(days=1) if last else None)
        data["step_free"], data["water"] = self.step_free.truth, self.water.truth
        data["label"] = data["label"].upper()
        return data


class OutlineForm(Form):
    outline = LongText(N_("Contour, en GeoJSON"), [required(N_("Collez ou dessinez un contour."))], limit=400_000)


class DocumentForm(Form):
    title = Text(
        N_("Ce que c’est"),
        [required(N_("Par exemple « plan du rez-de-chaussée », « diagnostic amiante »."))],
        limit=120,
    )
    public = YesNo(N_("À montrer à tous, avec la fiche"))


class PhotoForm(Form):
    alt = Text(
        N_("Ce que montre la photo"),
        [required(N_("Décrivez-la en quelques mots, pour qui ne la voit pas."))],
        limit=200,
    )
