"""Vocabulary of premises: who owns, under which regime, why it is empty, which public it may receive. Pure.

Codes are stored, labels are shown. ERP is « établissement recevant du public » (CCH art. R143-2 and R143-19,
formerly R123-2 and R123-19).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from intervalle import parameters
from intervalle.labelled import Labelled

LARGEST_AREA = 10_000_000  # m²: ten square kilometres, a large brownfield; beyond, a unit was mistaken


class Domain(Labelled):
    """Domanial regime: with the owner, the first fact that decides which titles are possible."""

    PUBLIC = "public_domain", "Domaine public"
    PRIVATE_OF_PUBLIC = "private_domain", "Domaine privé d’une personne publique"
    PRIVATE = "private", "Propriété privée"


class OwnerKind(Labelled):
    """Who owns the premises. The first eight codes are those of organisations; the others are finer."""

    COMMUNE = "city", "Commune"
    INTERCOMMUNAL = "epci", "Intercommunalité (EPCI ou EPT)"
    DEVELOPER = "developer", "Aménageur (SPL, SPLA, société d’aménagement)"
    SOCIAL_LANDLORD = "social_landlord", "Bailleur social (organisme d’HLM)"
    LAND_TRUST = "land_trust", "Foncière solidaire"
    PRIVATE_OWNER = "private_owner", "Propriétaire privé"
    ESS_STRUCTURE = "ess_structure", "Structure de l’ESS"
    SUPPORT_BODY = "support_body", "Structure d’accompagnement"
    OPH = "oph", "Office public de l’habitat"
    SEM = "sem", "Société d’économie mixte"
    OFS = "ofs", "Organisme de foncier solidaire"
    DEPARTEMENT = "departement", "Département"
    REGION = "region", "Région"
    STATE = "state", "État"
    PUBLIC_BODY = "public_body", "Établissement public (foncier, d’aménagement…)"


LOCAL_AUTHORITIES = frozenset({OwnerKind.COMMUNE, OwnerKind.INTERCOMMUNAL, OwnerKind.DEPARTEMENT, OwnerKind.REGION})
PUBLIC_BODIES = LOCAL_AUTHORITIES | {OwnerKind.STATE, OwnerKind.PUBLIC_BODY, OwnerKind.OPH}
HLM_BODIES = frozenset({OwnerKind.OPH, OwnerKind.SOCIAL_LANDLORD})


class TitleCode(Labelled):
    """Titles of occupation a lot or a call may offer; `allocation.leases.titles` says what each one means."""

    AOT = "AOT", "Convention d’occupation temporaire du domaine public"
    AOT_DR = "AOT_DR", "Occupation temporaire du domaine public avec droits réels"
    CONV_COMMUNALE = "CONV_COMMUNALE", "Mise à disposition de locaux communaux"
    COP = "COP", "Convention d’occupation précaire"
    BAIL_DEROG = "BAIL_DEROG", "Bail dérogatoire"
    BAIL_COM = "BAIL_COM", "Bail commercial"
    BCUS = "BCUS", "Bail commercial d’utilité sociale"
    BAIL_PRO = "BAIL_PRO", "Bail professionnel"
    BAIL_CIVIL = "BAIL_CIVIL", "Bail civil"
    PRET_USAGE = "PRET_USAGE", "Prêt à usage (commodat)"
    BAIL_EMPH = "BAIL_EMPH", "Bail emphytéotique"
    BEA = "BEA", "Bail emphytéotique administratif"
    BAIL_CONSTR = "BAIL_CONSTR", "Bail à construction"
    BRSA = "BRSA", "Bail réel solidaire d’activité"
    SOUS_LOC = "SOUS_LOC", "Sous-location"
    RES_TEMP = "RES_TEMP", "Occupation par résidence temporaire"


class Vacancy(Labelled):
    """Why a lot is empty. The reason decides what may be done with it, and for how long."""

    DEPARTURE = "departure", "Départ de l’occupant"
    WORKS_PENDING = "works_pending", "Travaux ou démolition à venir"
    URBAN_PROJECT = "urban_project", "Réserve d’un projet urbain (NPNRU, DUP, ZAC)"
    NO_CANDIDATE = "no_candidate", "Aucun preneur trouvé"
    UNFIT = "unfit", "État incompatible avec une occupation sans travaux"
    DISPUTE = "dispute", "Contentieux ou succession"
    OTHER = "other", "Autre raison"


class Utility(Labelled):
    """What is connected and works, besides water."""

    ELECTRICITY = "electricity", "Électricité"
    THREE_PHASE = "three_phase", "Courant triphasé"
    HEATING = "heating", "Chauffage"
    GAS = "gas", "Gaz"
    INTERNET = "internet", "Fibre ou internet"
    TOILETS = "toilets", "Sanitaires"
    SEWER = "sewer", "Évacuation des eaux usées"
    ALARM = "alarm", "Alarme"


class EnergyLabel(Labelled):
    """Energy performance (DPE), or why there is none."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    E = "E", "E"
    F = "F", "F"
    G = "G", "G"
    BLANK = "vierge", "Diagnostic vierge"
    EXEMPT = "exempt", "Bâtiment exempté de diagnostic"
    UNKNOWN = "inconnu", "Diagnostic non fourni"


class Erp(Labelled):
    """Type of place open to the public, by its use."""

    J = "J", "J : accueil de personnes âgées ou handicapées"
    L = "L", "L : salle de réunion, de spectacle, polyvalente"
    M = "M", "M : magasin de vente"
    N = "N", "N : restaurant, débit de boissons"
    O = "O", "O : hôtel"  # noqa: E741 - the official letter
    P = "P", "P : salle de danse ou de jeux"
    R = "R", "R : enseignement, crèche, centre de loisirs"
    S = "S", "S : bibliothèque, centre de documentation"
    T = "T", "T : salle d’exposition"
    U = "U", "U : établissement de soins"
    V = "V", "V : lieu de culte"
    W = "W", "W : bureaux, banque, administration"
    X = "X", "X : sport couvert"
    Y = "Y", "Y : musée"
    PA = "PA", "PA : plein air"
    CTS = "CTS", "CTS : chapiteau, tente, structure"
    SG = "SG", "SG : structure gonflable"
    PS = "PS", "PS : parc de stationnement couvert"
    GA = "GA", "GA : gare"
    OA = "OA", "OA : hôtel-restaurant d’altitude"
    EF = "EF", "EF : établissement flottant"
    REF = "REF", "REF : refuge de montagne"


CATEGORY_LABELS = {
    1: "1re catégorie : plus de 1 500 personnes",
    2: "2e catégorie : de 701 à 1 500 personnes",
    3: "3e catégorie : de 301 à 700 personnes",
    4: "4e catégorie : 300 personnes au plus, hors 5e catégorie",
    5: "5e catégorie : sous le seuil du type",
}
CATEGORY_CEILINGS = {1: None, 2: 1500, 3: 700, 4: 300}


def erp_category(erp: Erp, public: int, staff: int, on: date) -> int:
    """Category of a place: staff do not count for the 5th, and count for the four others (R143-19).

    A type without a threshold in the table (CTS, PS, GA…) never falls into the 5th category here.
    """
    if public < 0 or staff < 0:
        raise ValueError("Un effectif ne peut pas être négatif.")
    key = f"erp.threshold.{erp}"
    if parameters.exists(key, on) and public < parameters.whole(key, on):
        return 5
    present = public + staff
    return next(category for category in (4, 3, 2, 1) if (top := CATEGORY_CEILINGS[category]) is None or present <= top)


@dataclass(frozen=True, slots=True)
class PublicUse:
    """What an occupant would do: receive how many people, under which type; no type means no public."""

    erp: Erp | None
    public: int = 0
    staff: int = 0


@dataclass(frozen=True, slots=True)
class Authorised:
    """What the lot may receive: types, and the category of its permit (1 is the largest)."""

    types: Collection[Erp]
    category: int | None


def erp_obstacle(use: PublicUse, lot: Authorised, on: date) -> str | None:
    """Why the use does not fit what the lot is authorised for, in French; None when it fits.

    A use without public always fits: it needs no ERP authorisation (the labour code applies instead).
    """
    if use.erp is None:
        return None
    if not lot.types or lot.category is None:
        return "Le local n’est pas autorisé à recevoir du public."
    if use.erp not in lot.types:
        allowed = ", ".join(sorted(lot.types))
        return f"L’usage relève du type {use.erp.value} et le local est autorisé pour : {allowed}."
    needed = erp_category(use.erp, use.public, use.staff, on)
    if needed < lot.category:
        return f"L’usage relève de la catégorie {needed} et le local est limité à la catégorie {lot.category}."
    return None
