"""The stock as a city and an intermunicipal body live with it: the 30 sites of TempO' since 2015, a table brought in with
its refused rows, places kept, a search that alerts, a page nobody confirmed.

The number of sites and their first year are those of the case; plots, dates and occupants are invented.
"""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from intervalle import clock
from intervalle.demo.people import Cast
from intervalle.demo.places import CHEAP, MODERATE, OUTDOOR, SHOP
from intervalle.demo.register import FREE, Part, Site, load_site
from intervalle.demo.stories import days_ago
from premises import favourites, searches, supply
from premises.imports import runs, work
from premises.models import Premises

# (name, post code, commune, longitude, latitude, address, m², first month, month of the end, uses in turn, what ended it)
PLOTS = (
    ("chemin des Guilands", "93170", "93006", 2.4305, 48.8655, "12 rue de l’Épine", 1450, -138, -96, ("Jardin d’insertion", "Poulailler collectif"), "parc agrandi"),
    ("ancien garage Carnot", "93230", "93063", 2.4449, 48.8841, "18 boulevard Carnot", 980, -137, -110, ("Réparation de meubles",), "logements livrés"),
    ("délaissé de la porte de Pantin", "93500", "93055", 2.4021, 48.8905, "3 sente du Bel-Air", 620, -135, -100, ("Ruches et semis",), "voirie refaite"),
    ("terrain du Londeau", "93130", "93053", 2.4692, 48.8852, "27 rue du Londeau", 3100, -134, -80, ("Ferme de quartier", "Cinéma de plein air"), "équipement sportif"),
    ("cour de la Boissière", "93100", "93048", 2.4661, 48.8792, "44 boulevard de la Boissière", 540, -132, -104, ("Menuiserie partagée",), "crèche livrée"),
    ("dépôt de la rue Gallieni", "93140", "93010", 2.4821, 48.9022, "61 rue Gallieni", 2250, -130, -88, ("Plateforme de réemploi", "Ateliers d’artistes"), "dépollution"),
    ("friche des Coutures", "93170", "93006", 2.4212, 48.8631, "5 rue des Loriettes", 1900, -128, -70, ("Potager d’insertion", "Compost du quartier"), "bureaux livrés"),
    ("terrain de la Folie", "93000", "93008", 2.4402, 48.8991, "90 rue de la République", 4200, -126, -66, ("Scène en bois", "Pépinière"), "groupe scolaire"),
    ("angle Jaurès", "93310", "93061", 2.4072, 48.8862, "70 avenue Jean-Jaurès", 260, -124, -97, ("Kiosque à livres",), "logements livrés"),
    ("ancienne blanchisserie", "93260", "93045", 2.4221, 48.8812, "11 rue de la République", 730, -122, -82, ("Teinture végétale",), "réhabilitation"),
    ("hangar du Petit-Noisy", "93130", "93053", 2.4551, 48.8932, "8 rue de Brément", 1600, -120, -60, ("Recyclerie sportive", "Atelier vélo"), "chantier du tramway"),
    ("terrasses de Montreau", "93100", "93048", 2.4739, 48.8731, "31 boulevard Théophile-Sueur", 5200, -116, -52, ("Maraîchage", "Chantier école"), "parc prolongé"),
    ("cour des Pianos", "93100", "93048", 2.4361, 48.8601, "22 rue des Fédérés", 880, -112, -76, ("Lutherie", "Répétitions"), "logements livrés"),
    ("berge de Bondy", "93140", "93010", 2.4772, 48.9071, "2 quai Hoche", 2700, -104, -46, ("Guinguette associative",), "berges refaites"),
    ("square de l’Abbé-Niort", "93500", "93055", 2.4152, 48.8982, "6 rue Candale", 700, -98, -40, ("Four à pain", "Jardin des écoles"), "square livré"),
    ("plateau de la rue de Paris", "93000", "93008", 2.4331, 48.9032, "140 rue de Paris", 3600, -92, -30, ("Ferme florale", "Réemploi du bâtiment"), "opération livrée"),
    ("ancien marché Barbusse", "93230", "93063", 2.4312, 48.8802, "9 rue Barbusse", 1250, -88, -18, ("Halle d’essai", "Marché solidaire"), "démolition"),
    ("terrain du Bel-Air", "93100", "93048", 2.4562, 48.8671, "17 rue de Lenine", 2050, -70, 16, ("Jardins en bacs", "Compost et broyat"), ""),
    ("dalle de la Noue Caillet", "93140", "93010", 2.4901, 48.9001, "4 rue Polissard", 1750, -58, 28, ("Ateliers du bois", "Cantine de chantier"), ""),
    ("friche de l’Horloge", "93230", "93063", 2.4471, 48.8901, "25 rue de la Libre-Pensée", 6400, -40, 40, ("Sols vivants",), ""),
    ("terrain Chaptal", "93260", "93045", 2.4142, 48.8781, "3 rue Chassagnolle", 470, -26, 18, ("Jeux de cour en réemploi",), ""),
)  # fmt: skip

# A city's own table, as its property unit sends it: three rows have a cell nobody can read.
TABLE = """Référence;Désignation;Adresse;CP;Ville;Surface utile;Loyer €/m²/an;Longitude;Latitude;Disponible le;Type;État général;Vacant depuis quand ?
RN-101;Loge de gardien, rue de Châtillon;12 rue de Châtillon;35000;Rennes;38,5;0;-1.67102;48.09931;01/02/2027;Local;à rafraîchir;2025
RN-102;Ancien centre de loisirs;4 allée de Lucerne;35200;Rennes;310;24;-1.66320;48.08811;01/04/2027;Bâtiment;travaux;2024
RN-103;Réserve de la bibliothèque;2 place de Zagreb;35200;Rennes;74;18;-1.65871;48.08702;15/01/2027;Rez-de-chaussée;bon;2026
RN-104;Hangar du service des espaces verts;31 rue de Vern;35200;Rennes;grand;12;-1.65990;48.09120;01/03/2027;Entrepôt;moyen;2023
RN-105;Salle du square de Bosnie;8 square de Bosnie;35200;Rennes;96;0;-1.65521;48.08640;01/03/2027;Local;bon;2026
RN-106;Terrain de la rue de Nimègue;55 boulevard de Yougoslavie;35200;Rennes;1 450 m²;0;-1.64702;48.08551;31/02/2027;Terrain;terrain nu;2022
RN-107;Boutique du mail;6 mail Bourgchevreuil;35510;Cesson-Sévigné;58;62;-1.60510;48.12150;01/05/2027;Boutique;bon;2026
RN-108;Atelier de la rue d’Inkermann;19 rue d’Inkermann;35000;Rennes;127,8;30;48.10502;-1.69920;01/06/2027;Atelier;à rafraîchir;2025
RN-109;Étage de l’ancienne école;3 rue d’Échange;35000;Rennes;205;36;-1.68361;48.11352;01/09/2027;Bureaux;moyen;2024
RN-110;Pavillon du parc de Maurepas;1 rue Guy-Ropartz;35700;Rennes;82;0;-1.66501;48.12702;01/02/2027;Local;bon;2026
"""
NAME = "patrimoine vacant à l’automne (1).csv"


def _plot(row: tuple[object, ...]) -> Site:
    name, postcode, commune, lon, lat, address, area, first, last, uses, end = row
    start, stop = int(str(first)), int(str(last))
    names = [str(use) for use in uses]  # type: ignore[attr-defined]
    span = (min(stop, 8) - start - 3) // len(names)
    told = tuple((start + 2 + n * span, start + 1 + (n + 1) * span, "meanwhile", use) for n, use in enumerate(names))
    part = Part(
        "A", "terrain", str(area), (start, stop), {**OUTDOOR, **FREE, "divisible": True, "min_area": Decimal(100)}, told, (), ("COP", "PRET_USAGE"),
    )  # fmt: skip
    return Site(
        "samira", "estensemble", f"TempO’, {name}", "land", "private_domain", str(address), str(postcode), str(commune),
        (float(str(lon)), float(str(lat))), "Site de TempO’ : occupé entre l’achat, la démolition, la dépollution et le chantier.", (part,),
        str(end), None, 18 + int(str(area)) % 40,
    )  # fmt: skip


KIOSK = Site(
    "claire", "territoires", "Kiosque de la Poterie", "ground_floor", "private", "2 rue de l’Yser", "35200", "35238", (-1.64462, 48.08721),
    "Ancien kiosque à journaux, à reprendre pour une activité de quartier.",
    (Part("A", "kiosque", "19", (0, 40), {**SHOP, **CHEAP}), Part("B", "réserve", "11", (0, 40), {**SHOP, **MODERATE})),
)  # fmt: skip


async def load(db: AsyncSession, cast: Cast) -> None:
    samira = cast.actor("samira")
    for row in PLOTS:
        premises = await load_site(db, cast, _plot(row))
        if row[-1]:  # the operation is delivered: its history stays with its owner, the page leaves the public list
            await supply.withdraw(db, samira, premises)
    with clock.at(days_ago(210)):
        await load_site(db, cast, KIOSK)
    await _table(db, cast)
    await _kept(db, cast)


async def _table(db: AsyncSession, cast: Cast) -> None:
    anne = cast.actor("anne")
    with clock.at(days_ago(3)):
        one = await runs.bring(db, anne, owner_id=cast.orgs["rennes"].id, name=NAME, content=TABLE.encode())
        options = {"kind": "ground_floor", "regime": "private_domain", "titles": ["CONV_COMMUNALE"], "publish": False}
        await runs.choose(db, anne, one, mapping=one.mapping, options=options, source="unité immobilière", whole=False)
        await work.examine(db, one)
        await runs.launch(db, anne, one)
        await work.run(db, anne, one)


async def _kept(db: AsyncSession, cast: Cast) -> None:
    rows = await db.execute(
        select(Premises)
        .where(Premises.name.in_(("Kiosque de la Poterie", "Le Quadri", "La Cohue")))
        .order_by(Premises.id)
    )
    for place in rows.scalars():
        await favourites.keep(db, cast.actor("nadia"), place)
    with clock.at(days_ago(20)):
        await searches.save(
            db, cast.actor("nadia"), name="Boutiques et bureaux à Rennes", query="ou=c35238&surface=15-200", alert=True
        )
