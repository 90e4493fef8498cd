"""The demonstration's premises: the places of the cases. Areas given by the guide are kept; the rest is invented."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.demo.people import Cast
from premises import occupancies, placing, supply
from premises.models import Lot, Premises


@dataclass(frozen=True)
class LotPlan:
    label: str
    name: str
    area: str
    available: tuple[int, int | None]  # months from the first of this month
    titles: tuple[str, ...]
    more: dict[str, Any] = field(default_factory=dict)
    history: tuple[tuple[int, int, str, str], ...] = ()  # from month, to month, kind, label


@dataclass(frozen=True)
class PlacePlan:
    key: str
    person: str
    owner: str
    name: str
    kind: str
    regime: str
    address: str
    postcode: str
    description: str
    end_event: str
    lots: tuple[LotPlan, ...]
    more: dict[str, Any] = field(default_factory=dict)


SHOP = {
    "floor": 0,
    "erp_types": ["M", "W", "L"],
    "erp_category": 5,
    "step_free": True,
    "water": True,
    "condition": "ready",
}
OFFICE = {"floor": 1, "erp_types": ["W"], "erp_category": 5, "step_free": False, "water": True, "condition": "ready"}
OUTDOOR = {"erp_types": ["PA"], "erp_category": 5, "step_free": True, "condition": "bare_land"}
CHEAP = {"charges_cents_m2_year": 3800, "rent_cents_m2_year": 0, "reference_rent_cents_m2_year": 12_000}
MODERATE = {"charges_cents_m2_year": 3200, "rent_cents_m2_year": 4200, "reference_rent_cents_m2_year": 11_000}

PLACES = (
    PlacePlan("prague", "sophie", "archipel", "Pied d’immeuble, 14 square de Prague", "ground_floor", "private", "14 square de Prague", "35200",
              "Ancienne supérette sur la dalle, vitrine de neuf mètres, livraison par la cour.", "travaux de réhabilitation du hall",
              (LotPlan("A", "boutique", "64", (-8, 64), ("BAIL_CIVIL", "BCUS", "COP"), {**SHOP, "charges_cents_m2_year": 2900, "rent_cents_m2_year": 5400, "reference_rent_cents_m2_year": 12_000}),)),
    PlacePlan("poste", "claire", "territoires", "Ancien bureau de poste, place du Gros Chêne", "building", "private", "6 place du Gros Chêne", "35700",
              "Bureau de poste fermé : guichets au rez-de-chaussée, tri à l’arrière, bureaux à l’étage.", "démolition de la dalle",
              (LotPlan("A", "guichets", "92", (0, 24), ("COP",), {**SHOP, **CHEAP, "divisible": True, "min_area": Decimal(30)}),
               LotPlan("B", "salle de tri", "140", (0, 24), ("COP",), {**SHOP, **CHEAP, "divisible": True, "min_area": Decimal(30), "condition": "refresh"}),
               LotPlan("C", "bureaux de l’étage", "150", (0, 24), ("COP",), {**OFFICE, **CHEAP, "divisible": True, "min_area": Decimal(30)}),
               LotPlan("D", "ancien logement de fonction", "60", (0, 24), ("COP",), {**OFFICE, **CHEAP, "divisible": True, "min_area": Decimal(30)}))),
    PlacePlan("cohue", "claire", "territoires", "La Cohue", "building", "private", "8 rue de Saint-Malo", "35000",
              "Ancien marché couvert, lieu pérenne pour les activités qui ont fait leurs preuves.", "",
              (LotPlan("C", "plateau du 1er étage", "900", (-26, None), ("BAIL_CIVIL", "BAIL_COM"), {**OFFICE, **MODERATE, "divisible": True}),), {"tax_cents_year": 640_000}),
    PlacePlan("febvrier", "julie", "fabrique", "9 place Jacques Febvrier", "building", "private", "9 place Jacques Febvrier", "59000",
              "Immeuble acheté en vue d’une réhabilitation : deux boutiques et trois plateaux, prêtés le temps des études.", "réhabilitation",
              (LotPlan("A", "boutique sur la place", "120", (-2, 34), ("COP",), {**SHOP, **MODERATE, "divisible": True, "min_area": Decimal(30)}),
               LotPlan("B", "plateau du 1er étage", "172", (-2, 34), ("COP",), {**OFFICE, **MODERATE, "divisible": True, "min_area": Decimal(25)}),
               LotPlan("C", "atelier sur cour", "95", (-2, 34), ("COP",), {**SHOP, **MODERATE, "condition": "refresh"}),
               LotPlan("D", "plateau du 2e étage", "110", (-2, 34), ("COP",), {**OFFICE, **MODERATE, "divisible": True, "min_area": Decimal(20)}))),
    PlacePlan("bondy", "samira", "estensemble", "Terrain de la Division Leclerc", "land", "private_domain", "3 avenue de la Division Leclerc", "93140",
              "Terrain en attente de dépollution : jardinage hors sol, culture, réemploi.", "dépollution puis construction",
              (LotPlan("A", "terrain clos", "2400", (1, 25), ("COP", "PRET_USAGE"), {**OUTDOOR, "rent_cents_m2_year": 0, "charges_cents_m2_year": 0, "divisible": True, "min_area": Decimal(200)}, ((-20, -2, "meanwhile", "Pépinière de quartier"),)),)),
    PlacePlan("noisy", "samira", "estensemble", "Dalle de la rue de Merlan", "land", "private_domain", "22 rue de Merlan", "93130",
              "Dalle béton et ancien quai de déchargement, accès camion.", "construction de logements",
              (LotPlan("B", "dalle", "860", (2, 22), ("COP",), {**OUTDOOR, "rent_cents_m2_year": 0, "charges_cents_m2_year": 0}),)),
    PlacePlan("phares", "bruno", "plaine", "PHARES, quai de la Marine", "building", "private_domain", "1 quai de la Marine", "93450",
              "380 m² réservés à l’ESS dans l’écoquartier, à côté des logements.", "",
              (LotPlan("A", "rez-de-chaussée", "380", (-70, None), ("CONV_COMMUNALE", "BAIL_CIVIL"), {**SHOP, **MODERATE, "divisible": True}, ((-66, 30, "meanwhile", "Pôle PHARES, sept structures"),)),)),
    PlacePlan("lauriers", "marc", "vilogia", "Le Petit Lieu", "ground_floor", "private", "12 rue des Lauriers", "44100",
              "Recyclerie de la petite enfance et ateliers de parents.", "",
              (LotPlan("A", "local d’activité", "145", (-50, 26), ("BCUS", "BAIL_CIVIL"), {**SHOP, **MODERATE}, ((-30, 14, "meanwhile", "Le Petit Lieu"),)),)),
    PlacePlan("dalle", "toulousain", "toulouse", "Dalle Abbal", "ground_floor", "private_domain", "2 place André Abbal", "31100",
              "Rez-de-chaussée de la dalle, usage transitoire en attendant la transformation du centre.", "démolition de la dalle",
              (LotPlan("A", "ancienne banque", "210", (0, 28), ("COP", "CONV_COMMUNALE"), {**SHOP, **CHEAP, "shareable": True}),)),
)  # fmt: skip


def month(offset: int) -> date:
    """The first day of the month `offset` months from this one."""
    today = clock.today()
    index = today.year * 12 + today.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)


def _range(bounds: tuple[int, int | None]) -> Range[date]:
    return Range(month(bounds[0]), month(bounds[1]) if bounds[1] is not None else None)


async def load(db: AsyncSession, cast: Cast) -> dict[str, tuple[Premises, dict[str, Lot]]]:
    """Publish every place through the product's own verbs."""
    made = {}
    for plan in PLACES:
        actor = cast.actor(plan.person)
        place = await placing.find(db, plan.address, plan.postcode)
        values = {
            "name": plan.name, "kind": plan.kind, "regime": plan.regime, "address": plan.address, "postcode": plan.postcode,
            "description": plan.description, "end_event": plan.end_event or None, **plan.more,
        }  # fmt: skip
        premises = await supply.create(db, actor, owner_id=cast.orgs[plan.owner].id, values=values, place=place)
        premises.demo = True
        lots = {}
        for lot in plan.lots:
            facts = {
                "label": lot.label, "name": lot.name, "area": Decimal(lot.area), "available": _range(lot.available), "titles": list(lot.titles), **lot.more,
            }  # fmt: skip
            lots[lot.label] = await supply.save_lot(db, actor, premises, None, facts)
            for first, last, kind, who in lot.history:
                await occupancies.occupy(
                    db, lot_id=lots[lot.label].id, during=_range((first, last)), kind=kind, label=who
                )
        await supply.publish(db, actor, premises)
        made[plan.key] = (premises, lots)
    return made
