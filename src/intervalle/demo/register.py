"""The places of cases 3, 5, 9, 10 and 11: a register with its past, its emptiness and its cost.

Sites, areas and dates that the guide gives are kept; addresses, occupants' dates, costs and outlines are invented.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from calls import needs
from intervalle import clock
from intervalle.accounts.models import Membership, Organisation, User
from intervalle.demo.people import Cast, luhn_number
from intervalle.demo.places import CHEAP, MODERATE, OFFICE, OUTDOOR, SHOP, month
from premises import histories, outlines, placing, supply
from premises.models import Premises

# Organisations of these cases that have no page of their own at the sign-in.
MORE = (
    ("braye", "city", "Ville de Saint-Jean-de-Braye", "45284", "gaelle", "Gaëlle Perrot"),
    ("mulhouse", "city", "Ville de Mulhouse, unité immobilière", "68224", "nora", "Nora Schmitt"),
)


@dataclass(frozen=True)
class Part:
    """A lot. `uses`: (from, to, kind, label[, half-days[, m²]]); `empty`: (from, to, reason, note). Months from today's."""

    label: str
    name: str
    area: str
    available: tuple[int, int | None]
    facts: dict[str, Any]
    uses: tuple[tuple[Any, ...], ...] = ()
    empty: tuple[tuple[int, int | None, str, str], ...] = ()
    titles: tuple[str, ...] = ("COP",)


@dataclass(frozen=True)
class Site:
    person: str
    owner: str
    name: str
    kind: str
    regime: str
    address: str
    postcode: str
    commune: str
    at: tuple[float, float]
    text: str
    parts: tuple[Part, ...]
    end: str = ""
    facts: dict[str, Any] | None = None
    side: int = 0  # metres: draws a plot of that width


FREE = {"rent_cents_m2_year": 0, "charges_cents_m2_year": 0}


def _plot(number: int, name: str, postcode: str, commune: str, at: tuple[float, float], address: str, area: str, side: int,
          available: tuple[int, int | None], uses: tuple[tuple[Any, ...], ...], end: str, empty: tuple[Any, ...] = ()) -> Site:  # fmt: skip
    """One site of TempO': land bought for an operation, lent between two steps of it."""
    costs = {
        "guarding_cents_month": 45_000 + number * 7_500,
        "tax_cents_year": 180_000,
        "parcel": f"{commune}000T{chr(64 + number)}{number * 17:04d}",
    }
    part = Part(
        "A",
        "terrain",
        area,
        available,
        {**OUTDOOR, **FREE, "divisible": True, "min_area": Decimal(150)},
        uses,
        empty,
        ("COP", "PRET_USAGE"),
    )
    return Site("samira", "estensemble", name, "brownfield" if number % 3 == 0 else "land", "private_domain", address, postcode, commune, at,
                "Site de l’appel TempO’ : jardinage, culture et réemploi entre l’achat, la dépollution et le chantier.", (part,), end, costs, side)  # fmt: skip


TEMPO = (
    _plot(1, "TempO’, terrain de la Noue", "93100", "93048", (2.42915, 48.86012), "7 rue de la Noue", "1850", 44, (-118, 8),
          ((-116, -92, "meanwhile", "Jardins partagés de la Noue"), (-90, -66, "meanwhile", "Cirque en bacs"), (-60, 5, "meanwhile", "Pépinière et compost")), "construction de logements"),
    _plot(2, "TempO’, ancienne imprimerie", "93500", "93055", (2.40710, 48.89410), "10 rue de la Distillerie", "3200", 58, (-100, 20),
          ((-98, -70, "meanwhile", "Ateliers d’artistes"), (-66, -60, "works", "désamiantage")), "démolition partielle", ((-60, None, "works_pending", "Étude de sols en attente"),)),
    _plot(3, "TempO’, friche du canal", "93000", "93008", (2.44820, 48.90580), "2 chemin de halage", "9800", 104, (-84, 30),
          ((-80, -56, "meanwhile", "Ferme florale"), (-50, 10, "meanwhile", "Chantier école en réemploi")), "dépollution puis parc"),
    _plot(4, "TempO’, triangle des Rigondes", "93170", "93006", (2.42330, 48.86790), "31 rue des Rigondes", "640", 26, (-60, 14),
          ((-58, -34, "meanwhile", "Potager d’insertion"),), "équipement scolaire", ((-34, None, "no_candidate", ""),)),
    _plot(5, "TempO’, dalle du Fort", "93230", "93063", (2.43940, 48.88260), "4 rue du Fort", "2750", 52, (-96, 3),
          ((-94, 3, "meanwhile", "Recyclerie sportive"),), "chantier du nouveau quartier"),
    _plot(6, "TempO’, terrain des Sept-Arpents", "93310", "93061", (2.41020, 48.88480), "15 rue des Sept-Arpents", "410", 21, (-110, -20),
          ((-108, -40, "meanwhile", "Four à pain de quartier"), (-40, -20, "works", "construction livrée")), "logements livrés"),
    _plot(7, "TempO’, cour des Lilas", "93260", "93045", (2.41880, 48.88120), "8 passage des Sablons", "520", 23, (-30, 22),
          ((-26, 7, "meanwhile", "Lutherie et vélos-cargos"),), "maison de santé"),
)  # fmt: skip

# Case 9: 26 structures on 5,000 m²; the names of the guide's occupants are few, the others are plausible.
QUADRI = (
    ("Ressourcerie du Blosne", 140), ("Café associatif", 95), ("Coopérative d’activité et d’emploi", 420), ("TAg35", 260), ("Réseau d’entraide numérique", 180),
    ("Épicerie coopérative", 210), ("Atelier vélo", 120), ("Radio associative", 150), ("École de la deuxième chance", 480), ("Conciergerie de quartier", 75),
    ("Garage solidaire, accueil", 90), ("Association de parents", 85), ("Mobilités inclusives", 130), ("Cuisine centrale d’insertion", 310), ("Couture et retouches", 110),
    ("Collectif d’architectes", 160), ("Régie de quartier", 220), ("Finance solidaire", 140), ("Jeunesse et engagement", 175), ("Librairie partagée", 95),
    ("Aide à domicile", 240), ("Groupement d’employeurs", 165), ("Médiation numérique", 105), ("Habitat participatif", 90), ("Ateliers d’insertion", 355), ("Maison des réseaux", 145),
)  # fmt: skip


def _quadri_parts() -> tuple[Part, ...]:
    letters = [chr(65 + n) for n in range(26)]
    ends = [9, 21, 4, 33, 15, 27, 6, 45, 12, 39, 18, 30, 8]
    taken = tuple(
        Part(letters[n], "boutique ouverte au public" if n < 7 else f"bureaux, {1 + n // 8}ᵉ étage", str(area), (-40, None), {**(SHOP if n < 7 else OFFICE), **MODERATE},
             ((-38 + n % 9, ends[n % 13] + n, "meanwhile", who),), (), ("BAIL_CIVIL", "BAIL_COM"))
        for n, (who, area) in enumerate(QUADRI)
    )  # fmt: skip
    room = 5000 - sum(area for _who, area in QUADRI)
    shared = Part("Z2", "salle commune, par demi-journées", str(room), (-40, None), {**SHOP, **MODERATE, "shareable": True, "capacity": 90},
                  ((-30, None, "meanwhile", "Chorale du Blosne", (3, 7)), (-20, 16, "meanwhile", "Ateliers de français", (0, 2, 4)), (-12, 12, "meanwhile", "Conseil de quartier", (5,))), (), ("BAIL_CIVIL",))  # fmt: skip
    return (*taken, shared)


HEAVY = {
    "condition": "heavy_works",
    "works_payer": "shared",
    "erp_types": [],
    "floor": 0,
    "step_free": False,
    "water": False,
}
SITES = (
    *TEMPO,
    Site("claire", "territoires", "Le Quadri", "building", "private", "30 boulevard de Yougoslavie", "35200", "35238", (-1.65872, 48.08795),
         "Bâtiment de 5 000 m² : 26 structures de l’ESS, bureaux aux étages et boutiques ouvertes au public.", _quadri_parts(), facts={"tax_cents_year": 5_400_000}),
    Site("gaelle", "braye", "Pôle ESS de Saint-Jean de Braye", "building", "private_domain", "12 avenue Pierre Mendès-France", "45800", "45284", (1.96520, 47.91210),
         "Convention de neuf ans entre la ville et un bailleur social : travaux partagés de 240 000 €, aménagement payé par la ville, loyer mensuel qui amortit l’investissement du bailleur ; au terme, une convention sans durée, gratuite pour la ville.",
         (Part("A", "supermarché coopératif", "420", (-40, 68), {**SHOP, **MODERATE, "works_needed": "Mise aux normes, chaufferie, façade (240 000 € partagés)", "works_cost_cents": 24_000_000, "works_payer": "shared"},
               ((-44, -40, "works", "travaux partagés, ville et bailleur"), (-40, 68, "meanwhile", "Supermarché coopératif")), (), ("SOUS_LOC", "PRET_USAGE")),
          Part("B", "café-réparation", "110", (-40, 68), {**SHOP, **CHEAP, "shareable": True}, ((-38, 68, "meanwhile", "Repair café", (4, 5, 9, 11)), (-30, 20, "meanwhile", "Épicerie d’entraide", (0, 1, 2))), (), ("SOUS_LOC", "PRET_USAGE")),
          Part("C", "ressourcerie", "310", (-40, 68), {**SHOP, **MODERATE}, ((-36, 68, "meanwhile", "Ressourcerie"),), (), ("SOUS_LOC",)),
          Part("D", "bureaux sur cour", "95", (-40, 68), {**OFFICE, **MODERATE, "divisible": True, "min_area": Decimal(15)}, ((-24, -3, "meanwhile", "Association d’aide aux devoirs"),), ((-3, None, "departure", ""),), ("SOUS_LOC", "PRET_USAGE"))),
         "nouvelle convention, sans durée et gratuite", {"economic_use": True}),
    Site("nora", "mulhouse", "18 rue Albert Camus", "ground_floor", "private_domain", "18 rue Albert Camus", "68200", "68224", (7.30821, 47.74705),
         "Pied d’immeuble partagé : des associations aux objets complémentaires s’y relaient selon leurs horaires.",
         (Part("A", "local partagé par demi-journées", "130", (-30, 42), {**SHOP, **CHEAP, "shareable": True, "condition": "refresh"},
               ((-28, 20, "meanwhile", "Accueil de jour", (0, 2, 4, 6, 8)), (-28, 20, "meanwhile", "Cours de français", (1, 3, 5)), (-16, 8, "meanwhile", "Atelier cuisine", (7, 9)), (-10, 8, "meanwhile", "Ludothèque", (10,))), (), ("CONV_COMMUNALE", "PRET_USAGE")),
          Part("B", "arrière-boutique", "75", (-30, 42), {**HEAVY, **CHEAP, "works_needed": "Électricité, sanitaires et accès de plain-pied", "works_cost_cents": 6_850_000}, (), ((-41, None, "unfit", "Hors normes, devis de 68 500 €"),), ("CONV_COMMUNALE",))),
         "", {"guarding_cents_month": 18_000, "tax_cents_year": 96_000}),
    Site("nora", "mulhouse", "Ancienne école de la Cité", "building", "private_domain", "3 rue des Franciscains", "68100", "68224", (7.33510, 47.75020),
         "Trois salles et un préau : la réhabilitation coûte plus que ce que la ville peut y mettre seule.",
         (Part("A", "salles du rez-de-chaussée", "260", (-60, None), {**HEAVY, **CHEAP, "works_needed": "Toiture, chauffage, désamiantage", "works_cost_cents": 41_200_000}, ((-140, -62, "meanwhile", "École"),), ((-62, None, "unfit", "Amiante en sous-face"),), ("CONV_COMMUNALE", "BEA")),),
         "réhabilitation", {"guarding_cents_month": 62_000, "tax_cents_year": 310_000}),
    Site("claire", "territoires", "Pépites !", "building", "private", "6 place du Gros Chêne", "35700", "35238", (-1.65921, 48.12823),
         "Occupation transitoire qui a suivi celle du Timbre : un pas vers un lieu durable.",
         (Part("A", "ateliers", "340", (-40, 9), {**SHOP, **CHEAP, "divisible": True, "min_area": Decimal(20)}, ((-38, 5, "meanwhile", "Ateliers du Gros Chêne", (), 200), (-32, 2, "meanwhile", "Récup’Chêne", (), 80)), ()),),
         "renouvellement urbain", {"guarding_cents_month": 90_000, "tax_cents_year": 420_000}),
    Site("claire", "territoires", "La Cohue", "building", "private", "8 rue de Saint-Malo", "35000", "35238", (-1.68212, 48.11692),
         "Ancien marché couvert, lieu pérenne pour les activités qui ont fait leurs preuves.",
         (Part("A", "halle", "560", (-26, None), {**SHOP, **MODERATE}, ((-30, -26, "works", "réhabilitation de la halle"), (-26, 34, "meanwhile", "Halle gourmande solidaire")), (), ("BAIL_CIVIL",)),
          Part("B", "mezzanine", "120", (-26, None), {**OFFICE, **MODERATE}, ((-24, -7, "meanwhile", "Studio coopératif"),), ((-7, None, "departure", "Départ vers le Quadri"),), ("BAIL_CIVIL",))),
         "", {"tax_cents_year": 640_000}),
    Site("claire", "territoires", "ESS Cargo", "building", "private", "14 rue de Bourgogne", "35200", "35238", (-1.67021, 48.08960),
         "Entrepôt partagé pour la logistique et le réemploi.",
         (Part("A", "quais", "880", (-18, 54), {**SHOP, **MODERATE, "height_cm": 620, "floor_load_kg_m2": 2000, "utilities": ["electricity", "three_phase"], "divisible": True, "min_area": Decimal(100)}, ((-16, 20, "meanwhile", "Logistique à vélo", (), 300), (-10, 13, "meanwhile", "Plateforme de réemploi", (), 350)), (), ("BAIL_DEROG", "BAIL_CIVIL")),),
         "", {"guarding_cents_month": 120_000, "tax_cents_year": 760_000}),
    Site("claire", "territoires", "Bâtiment à Modeler", "building", "private", "2 rue de la Marbaudais", "35700", "35238", (-1.65832, 48.12763),
         "Le bâtiment se transforme avec ses occupants ; il clôt le parcours ouvert au Timbre en 2021.",
         (Part("A", "plateau", "610", (4, None), {**OFFICE, **MODERATE, "divisible": True, "min_area": Decimal(40), "works_needed": "Second œuvre avec les occupants", "works_cost_cents": 9_500_000, "works_payer": "owner"}, ((-8, 4, "works", "gros œuvre"),), ((-30, -8, "urban_project", "NPNRU de Maurepas"),), ("BAIL_CIVIL", "BCUS")),),
         "", {"guarding_cents_month": 150_000, "tax_cents_year": 900_000}),
)  # fmt: skip

NEEDS: tuple[tuple[str, str, str, tuple[str, ...], int, int, tuple[str, ...], dict[str, Any]], ...] = (
    (
        "hugo",
        "resport",
        "Un dépôt pour le matériel de sport",
        ("reuse", "storage"),
        90,
        250,
        ("35238",),
        {"budget_cents_month": 90_000, "step_free": True},
    ),
    (
        "nadia",
        "belleboite",
        "Un atelier d’emballages réemployables",
        ("reuse", "workshop"),
        60,
        120,
        ("35238",),
        {"sharing": True, "budget_cents_month": 60_000},
    ),
    (
        "ines",
        "fou",
        "Une seconde boutique",
        ("reuse", "shop"),
        40,
        80,
        ("35238",),
        {"sharing": True, "ground_floor": True, "erp_types": ["M"]},
    ),
    (
        "lea",
        "seed",
        "Un bureau et une salle d’ateliers",
        ("office", "meeting"),
        30,
        60,
        ("35238",),
        {"sharing": True, "slots": [2, 6]},
    ),
    ("karim", "mains", "Un atelier d’impression", ("workshop", "culture"), 60, 150, (), {"budget_cents_month": 80_000}),
    (
        "elise",
        "afev",
        "Une salle pour les bénévoles",
        ("office", "meeting"),
        50,
        90,
        ("35238",),
        {"sharing": True, "slots": [4, 5, 8]},
    ),
    ("paul", "compagnons", "Une outillerie", ("workshop", "reuse"), 80, 200, (), {}),
    (
        "zoe",
        "citevelo",
        "Un atelier vélo en pied d’immeuble",
        ("workshop", "reuse"),
        45,
        90,
        (),
        {"must_stay_in_qpv": True, "ground_floor": True},
    ),
)


async def _people(db: AsyncSession, cast: Cast) -> None:
    for number, (key, kind, name, commune, person, who) in enumerate(MORE, start=1):
        siren = luhn_number(f"9100{number:04d}")
        cast.orgs[key] = Organisation(
            kind=kind, name=name, siren=siren, siret=luhn_number(f"{siren}0001"), commune_code=commune, demo=True
        )
        cast.users[person] = User(
            email=f"{person}@demo.intervalle.example", name=who, password_hash=cast.users["claire"].password_hash,
            email_confirmed_at=clock.now(), demo=True,
        )  # fmt: skip
        db.add_all((cast.orgs[key], cast.users[person]))
        await db.flush()
        db.add(Membership(user_id=cast.users[person].id, organisation_id=cast.orgs[key].id, role="admin"))
        cast.roles[person] = ("admin", (key,))
    await db.flush()


def _days(first: int, last: int | None) -> Range[Any]:
    return Range(month(first), month(last) if last is not None else None)


async def _standing(db: AsyncSession, cast: Cast, site: Site) -> Premises | None:
    """The place that another story of the demonstration stands on already: it gains lots, it is not told twice."""
    same = (Premises.name == site.name, Premises.owner_id == cast.orgs[site.owner].id)
    return (await db.execute(select(Premises).where(*same))).scalar_one_or_none()


async def _created(db: AsyncSession, cast: Cast, site: Site) -> Premises:
    there = await placing.at(db, *site.at)
    place = replace(there, commune_code=there.commune_code or site.commune)
    values = {
        "name": site.name, "kind": site.kind, "regime": site.regime, "address": site.address, "postcode": site.postcode,
        "description": site.text, "end_event": site.end or None, **(site.facts or {}),
    }  # fmt: skip
    premises = await supply.create(
        db, cast.actor(site.person), owner_id=cast.orgs[site.owner].id, values=values, place=place
    )
    premises.demo = True
    return premises


async def load_site(db: AsyncSession, cast: Cast, site: Site) -> Premises:
    actor = cast.actor(site.person)
    premises = await _standing(db, cast, site) or await _created(db, cast, site)
    for part in site.parts:
        facts = {
            "label": part.label,
            "name": part.name,
            "area": Decimal(part.area),
            "available": _days(*part.available),
            "titles": list(part.titles),
            **part.facts,
        }
        lot = await supply.save_lot(db, actor, premises, None, facts)
        for first, last, kind, label, *rest in part.uses:
            slots = rest[0] if rest else ()
            area = rest[1] if len(rest) > 1 else None
            await histories.add_use(
                db, actor, premises, lot, during=_days(first, last), kind=kind, label=label, slots=slots, area=Decimal(area) if area else None
            )  # fmt: skip
        for first, last, reason, note in part.empty:
            await histories.explain_vacancy(
                db, actor, premises, lot, during=_days(first, last), reason=reason, note=note
            )
    if site.side:
        await outlines.draw(db, actor, premises, outlines.read(_square(site.at, site.side)))
    if not premises.published_at:
        # Before the places of the calls, so that the list begins with what one can apply for.
        with clock.at(clock.now() - timedelta(days=60)):
            await supply.publish(db, actor, premises)
    return premises


def _square(at: tuple[float, float], side: int) -> str:
    """A plot of about `side` metres, a little askew as plots are."""
    lon, lat = at
    dx, dy = side / 2 / 73_000, side / 2 / 111_320
    ring = [
        [lon - dx, lat - dy * 0.9],
        [lon + dx * 1.1, lat - dy],
        [lon + dx, lat + dy * 0.95],
        [lon - dx * 0.9, lat + dy],
        [lon - dx, lat - dy * 0.9],
    ]
    return json.dumps({"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]})


async def load(db: AsyncSession, cast: Cast) -> None:
    """Every site through the product's own verbs; then what structures look for."""
    await _people(db, cast)
    for site in SITES:
        await load_site(db, cast, site)
    for person, org, title, uses, low, high, communes, more in NEEDS:
        values = {
            "title": title, "uses": list(uses), "area_min": Decimal(low), "area_max": Decimal(high),
            "commune_codes": list(communes), **more,
        }  # fmt: skip
        await needs.register(db, cast.actor(person), organisation_id=cast.orgs[org].id, values=values)
