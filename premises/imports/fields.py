"""What a file of premises may bring, field by field. Pure.

A field's code is a name people meet: it heads the columns of exports and never changes, so that an export corrected in a
spreadsheet comes back by itself. `aliases` are the headers seen in owners' files; those of the CNIG brownfield standard
(« CNIG Friches » 1.0.6) stand in `cnig`.
"""

from dataclasses import dataclass

from intervalle.i18n import N_
from premises.facts import EnergyLabel, Erp, TitleCode, Utility
from premises.imports import readers
from premises.imports.readers import Reader, Words, plain


@dataclass(frozen=True)
class Field:
    """`column`: where it is kept while an import is looked at; `level`: premises, lot, or place (where it stands)."""

    code: str
    label: str
    level: str
    column: str
    sql: str
    read: Reader
    aliases: tuple[str, ...] = ()
    cnig: str = ""
    many: bool = False  # several columns of the file may feed it


def _labels(pairs: dict[str, tuple[str, ...]], **others: str) -> Words:
    """The first word of each is the one shown; the code itself is understood too. `others`: more words -> code."""
    codes = {plain(word): code for code, words in pairs.items() for word in (code, *words)}
    return Words(codes | others, {code: words[0] for code, words in pairs.items()})


KINDS = _labels({
    "ground_floor": ("rez-de-chaussée", "rdc", "pied d’immeuble", "rez-de-chaussée, pied d’immeuble", "local commercial", "local d’activité", "boutique", "commerce", "local"),
    "building": ("bâtiment", "immeuble", "bureaux", "bureau", "plateau", "entrepôt", "hangar", "atelier"),
    "land": ("terrain", "terrain nu", "parcelle", "foncier"),
    "brownfield": ("friche", "friche industrielle", "friche commerciale", "friche hospitalière", "friche agro-industrielle", "agro-industrielle", "friche carrière ou mine", "friche militaire", "friche d'habitat", "friche d'équipement public", "friche portuaire", "friche aéroportuaire", "friche ferroviaire", "friche logistique", "friche loisir tourisme hôtellerie", "friche enseignement", "friche cultuelle", "mixte", "mixte - dominante habitat", "mixte - autre"),
})  # fmt: skip
REGIMES = _labels({
    "public_domain": ("domaine public",),
    "private_domain": ("domaine privé", "domaine privé d’une personne publique"),
    "private": ("propriété privée", "privé", "privée"),
})  # fmt: skip
CONDITIONS = _labels({
    "ready": ("utilisable en l’état", "bon", "bon état", "prêt"),
    "refresh": ("à rafraîchir", "moyen", "dégradation inexistante ou faible"),
    "works": ("travaux nécessaires", "travaux", "dégradation moyenne", "dégradation hétérogène"),
    "heavy_works": ("gros travaux", "mauvais", "dégradation très importante"),
    "bare_land": ("terrain nu",),
})  # fmt: skip
PAYERS = _labels({
    "owner": ("le propriétaire", "propriétaire", "bailleur"),
    "occupant": ("l’occupant", "occupant", "preneur", "locataire"),
    "city": ("la collectivité", "collectivité", "ville", "commune"),
    "shared": ("partagés", "partagé"),
})  # fmt: skip
TITLES = _labels({str(t): (t.label,) for t in TitleCode})
UTILITIES = _labels({str(u): (u.label,) for u in Utility}, internet="internet", fibre="internet", wc="toilets")
ERP = _labels({str(e): (e.label,) for e in Erp})
ENERGY = _labels({str(e): (e.label,) for e in EnergyLabel})

NAME, ADDRESS, LONG, NOTES = 200, 200, 5_000, 20_000

FIELDS: tuple[Field, ...] = (
    Field("reference", N_("Référence du local (identifiant)"), "premises", "external_id", "text", readers.text(120),
          ("identifiant", "id", "ref", "reference local", "reference du local", "code local", "code", "numero", "n", "num", "uid", "id local", "patrimoine", "numero local", "id_local"), "site_id"),
    Field("nom", N_("Nom du local"), "premises", "name", "text", readers.text(1_000),
          ("nom du local", "designation", "libelle", "intitule", "denomination", "nom du site", "site", "local", "name"), "site_nom"),
    Field("nature", N_("Nature"), "premises", "kind", "text", readers.one_of(KINDS), ("type", "type de local", "type de bien", "nature du bien", "categorie", "typologie", "usage")),
    Field("regime", N_("Régime domanial"), "premises", "regime", "text", readers.one_of(REGIMES), ("regime domanial", "domanialite", "statut domanial")),
    Field("description", N_("Description du lieu"), "premises", "description", "text", readers.text(LONG), ("commentaire", "commentaires", "observations", "remarques", "descriptif"), many=True),
    Field("fin_liee_a", N_("Ce qui mettra fin à l’occupation"), "premises", "end_event", "text", readers.text(200), ("fin liee a", "terme", "echeance", "projet", "fin d occupation")),
    Field("adresse", N_("Adresse"), "place", "address", "text", readers.text(ADDRESS), ("adresse du local", "adresse postale", "voie", "rue", "adresse complete", "adresse 1", "localisation", "address"), "site_adresse"),
    Field("code_postal", N_("Code postal"), "place", "postcode", "text", readers.postcode, ("cp", "code postal", "postcode", "zip")),
    Field("commune", N_("Commune (nom)"), "place", "commune_name", "text", readers.text(120), ("ville", "nom commune", "nom de la commune", "localite", "city"), "comm_nom"),
    Field("code_insee", N_("Commune (code Insee)"), "place", "insee", "text", readers.insee, ("insee", "code commune", "code insee", "codgeo", "depcom", "code insee commune", "citycode"), "comm_insee"),
    Field("longitude", N_("Longitude"), "place", "lon", "float8", readers.degrees, ("lon", "long", "lng", "x", "coord x", "coordonnee x")),
    Field("latitude", N_("Latitude"), "place", "lat", "float8", readers.degrees, ("lat", "y", "coord y", "coordonnee y")),
    Field("geometrie", N_("Point ou contour (WKT ou GeoJSON)"), "place", "shape", "text", readers.text(2_000_000), ("geom", "geometry", "geometrie", "wkt", "the geom", "geojson", "geo shape", "geo point", "geo point 2d", "point"), "geompoint"),
    Field("contour", N_("Contour (WKT ou GeoJSON)"), "place", "outline", "text", readers.text(2_000_000), ("polygone", "emprise", "geo polygone"), "geomsurf"),
    Field("parcelle", N_("Parcelle cadastrale"), "premises", "parcel", "text", readers.parcel, ("cadastre", "reference cadastrale", "ref cadastrale", "parcelle cadastrale", "references cadastrales"), "unite_fonciere_refcad"),
    Field("gardiennage_mois", N_("Coût du local vide, par mois (€)"), "premises", "guarding_cents_month", "bigint", readers.euros, ("gardiennage", "cout de la vacance", "cout vacance", "cout mensuel")),
    Field("taxes_an", N_("Taxes, par an (€)"), "premises", "tax_cents_year", "bigint", readers.euros, ("taxe fonciere", "taxes", "tfpb", "impots")),
    Field("activite_economique", N_("Activité économique possible"), "premises", "economic_use", "boolean", readers.yes_no, ("usage economique", "activite economique")),
    Field("proprietaire_masque", N_("Propriétaire masqué"), "premises", "owner_masked", "boolean", readers.yes_no, ("masque", "confidentiel", "proprietaire masque")),
    Field("notes_internes", N_("Notes internes"), "premises", "staff_notes", "text", readers.text(NOTES), ("note", "notes", "interne"), many=True),
    Field("lot", N_("Lot (lettre ou numéro)"), "lot", "label", "text", readers.text(6), ("lettre", "numero de lot", "n lot", "num lot", "lettre du lot")),
    Field("lot_nom", N_("Nom du lot"), "lot", "lot_name", "text", readers.text(120), ("nom du lot", "designation du lot", "libelle du lot")),
    Field("lot_description", N_("Description du lot"), "lot", "lot_description", "text", readers.text(3_000), ("description du lot",)),
    Field("surface", N_("Surface (m²)"), "lot", "area", "numeric", readers.area, ("surface m2", "surface utile", "superficie", "surface totale", "m2", "shab", "surf", "surface en m2", "area", "surface plancher"), "unite_fonciere_surface"),
    Field("surface_min", N_("Plus petite part (m²)"), "lot", "min_area", "numeric", readers.area, ("surface minimale", "plus petite part", "surface minimum")),
    Field("divisible", N_("Divisible"), "lot", "divisible", "boolean", readers.yes_no, ("divisibilite",)),
    Field("partageable", N_("Partageable par demi-journées"), "lot", "shareable", "boolean", readers.yes_no, ("partage", "mutualisable")),
    Field("etage", N_("Étage (0 = rez-de-chaussée)"), "lot", "floor", "smallint", readers.floor, ("niveau", "floor")),
    Field("disponible_du", N_("Utilisable à partir du"), "lot", "avail_from", "date", readers.day, ("disponible le", "date de disponibilite", "disponibilite", "libre le", "date debut", "debut", "disponible a partir du", "utilisable a partir du", "vacant depuis", "date de vacance")),
    Field("disponible_jusqu_au", N_("Utilisable jusqu’au (inclus)"), "lot", "avail_to", "date", readers.last_day, ("jusqu au", "date fin", "fin", "fin de disponibilite", "disponible jusqu au")),
    Field("titres", N_("Titres possibles"), "lot", "titles", "text[]", readers.several(TITLES), ("titre", "type de bail", "bail", "titre d occupation")),
    Field("loyer_m2_an", N_("Loyer demandé (€/m²/an)"), "lot", "rent_cents_m2_year", "bigint", readers.euros, ("loyer", "loyer m2", "loyer annuel m2", "loyer demande")),
    Field("charges_m2_an", N_("Charges (€/m²/an)"), "lot", "charges_cents_m2_year", "bigint", readers.euros, ("charges", "charges m2")),
    Field("loyer_reference_m2_an", N_("Loyer de référence (€/m²/an)"), "lot", "reference_rent_cents_m2_year", "bigint", readers.euros, ("loyer de reference", "valeur locative", "loyer de marche")),
    Field("erp_types", N_("Types d’ERP autorisés"), "lot", "erp_types", "text[]", readers.several(ERP), ("erp", "type erp", "types erp", "type d erp")),
    Field("erp_categorie", N_("Catégorie d’ERP"), "lot", "erp_category", "smallint", readers.whole(1, 5), ("categorie erp", "erp categorie", "categorie d erp")),
    Field("capacite", N_("Personnes accueillies"), "lot", "capacity", "int", readers.whole(1, 100_000), ("effectif", "jauge", "capacite d accueil")),
    Field("plain_pied", N_("Accès de plain-pied"), "lot", "step_free", "boolean", readers.yes_no, ("pmr", "accessible pmr", "accessibilite", "plain pied", "accessible")),
    Field("eau", N_("Point d’eau"), "lot", "water", "boolean", readers.yes_no, ("point d eau",)),
    Field("equipements", N_("Équipements en service"), "lot", "utilities", "text[]", readers.several(UTILITIES), ("equipement", "fluides", "reseaux")),
    Field("hauteur_cm", N_("Hauteur sous plafond (cm)"), "lot", "height_cm", "int", readers.whole(100, 5_000), ("hauteur", "hsp", "hauteur sous plafond")),
    Field("charge_sol_kg_m2", N_("Charge admise au sol (kg/m²)"), "lot", "floor_load_kg_m2", "int", readers.whole(50, 50_000), ("charge au sol", "charge sol")),
    Field("dpe", N_("Étiquette énergie (DPE)"), "lot", "energy_label", "text", readers.one_of(ENERGY), ("etiquette energie", "classe energie", "classe dpe")),
    Field("etat", N_("État du lot"), "lot", "condition", "text", readers.one_of(CONDITIONS), ("etat du local", "etat general", "vetuste"), "bati_etat"),
    Field("travaux", N_("Travaux à prévoir"), "lot", "works_needed", "text", readers.text(2_000), ("travaux a prevoir", "travaux necessaires")),
    Field("travaux_cout", N_("Coût estimé des travaux (€)"), "lot", "works_cost_cents", "bigint", readers.euros, ("cout travaux", "cout des travaux", "montant travaux")),
    Field("travaux_payeur", N_("Travaux à la charge de"), "lot", "works_payer", "text", readers.one_of(PAYERS), ("a la charge de", "payeur travaux")),
)  # fmt: skip
BY_CODE = {field.code: field for field in FIELDS}
BY_COLUMN = {field.column: field for field in FIELDS}
WORDS = {
    "kind": KINDS, "regime": REGIMES, "condition": CONDITIONS, "works_payer": PAYERS, "titles": TITLES, "utilities": UTILITIES, "erp_types": ERP,
    "energy_label": ENERGY,
}  # fmt: skip
LEVELS = (("premises", N_("Le local")), ("place", N_("Où il se trouve")), ("lot", N_("Le lot")))
PREMISES_COLUMNS = (
    *(f.column for f in FIELDS if f.level == "premises" and f.column != "external_id"),
    "address",
    "postcode",
)
# Staged name -> column of `lots`, where the two differ.
LOT_COLUMNS = {
    f.column: {"lot_name": "name", "lot_description": "description"}.get(f.column, f.column)
    for f in FIELDS
    if f.level == "lot" and f.column not in {"label", "avail_from", "avail_to"}
}
