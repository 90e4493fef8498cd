"""The catalogue of occupation titles: who may use them, how long, on what terms, and how they end. Pure.

Lengths are keys of dated parameters, in months. A title never decides anything: the rules in `rules.py`
judge, and `suggestions.py` only suggests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from allocation.leases import clauses
from allocation.leases.clauses import Clause
from intervalle import parameters
from intervalle.verdicts import Source
from premises.facts import Domain, TitleCode

__all__ = ["TITLES", "Rent", "Title", "TitleCode", "title"]


class Rent(StrEnum):
    """How the price is set."""

    FREE = "free"  # agreed between the parties
    FEE = "fee"  # « redevance », due unless the law exempts
    NOTHING = "nothing"  # free of charge by nature
    CONTRIBUTION = "contribution"  # may be zero, set by the council
    CANON = "canon"  # of long real-right leases, may be modest


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One row of the catalogue. `min_key` and `max_key` name parameters; `min_strict` means more than."""

    code: TitleCode
    article: str
    source: Source
    who_fr: str
    domains: frozenset[Domain]
    min_key: str | None = None
    min_strict: bool = False
    max_key: str | None = None
    max_fr: str
    real_rights: bool = False
    tacit_renewal: bool = False
    renewal_fr: str
    notice_key: str | None = None
    notice_fr: str
    rent: Rent
    rent_fr: str
    normal_end_fr: str
    early_end_fr: str
    stay_fr: str

    @property
    def label(self) -> str:
        return self.code.label

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What the contract must contain."""
        return clauses.required(self.code)

    def min_months(self, on: date) -> int | None:
        return parameters.whole(self.min_key, on) if self.min_key else None

    def max_months(self, on: date) -> int | None:
        return parameters.whole(self.max_key, on) if self.max_key else None

    def notice_months(self, on: date) -> int | None:
        """Legal or usual notice; None where the title ends without one."""
        return parameters.whole(self.notice_key, on) if self.notice_key else None


PUBLIC = frozenset({Domain.PUBLIC})
PRIVATE = frozenset({Domain.PRIVATE_OF_PUBLIC, Domain.PRIVATE})
ANY = PUBLIC | PRIVATE

_REAL_END = "Résolution par le juge : deux ans d’impayés ou manquement"
_ACCESSION = "Les constructions reviennent au propriétaire, sans indemnité"
_NO_RIGHT = "Aucun droit au maintien ni au renouvellement"

_ROWS = (
    Title(
        code=TitleCode.AOT,
        article="CG3P art. L2122-1 s.",
        source=Source.LAW_2026,
        domains=PUBLIC,
        who_fr="Domaine public seulement, activité économique ou non",
        max_fr="Temporaire ; activité économique : le temps d’amortir l’investissement (L2122-2)",
        renewal_fr="Aucun droit ; pas de reconduction tacite si une sélection est due",
        notice_key="aot.notice_months",
        notice_fr="Selon la convention ; révocable à tout moment (L2122-3)",
        rent=Rent.FEE,
        rent_fr="Redevance due, selon tous les avantages procurés (L2125-1, L2125-3)",
        normal_end_fr="Terme",
        early_end_fr="Retrait pour motif d’intérêt général à tout moment, ou manquement",
        stay_fr=f"{_NO_RIGHT} ; indemnité si le retrait ne sanctionne pas un manquement",
    ),
    Title(
        code=TitleCode.AOT_DR,
        article="CGCT art. L1311-5, CG3P art. L2122-6",
        source=Source.LAW_OLD,
        domains=PUBLIC,
        who_fr="Mission de service public ou opération d’intérêt général",
        max_key="aot_dr.max_months",
        max_fr="70 ans",
        real_rights=True,
        renewal_fr="Aucun",
        notice_key="aot.notice_months",
        notice_fr="Selon la convention",
        rent=Rent.FEE,
        rent_fr="Redevance",
        normal_end_fr="Terme",
        early_end_fr="Retrait pour motif d’intérêt général, ou manquement",
        stay_fr="Aucun droit ; préjudice direct, matériel et certain indemnisé en cas de retrait (L2122-9)",
    ),
    Title(
        code=TitleCode.CONV_COMMUNALE,
        article="CGCT art. L2144-3",
        source=Source.LAW_OLD,
        domains=ANY,
        who_fr="Associations, syndicats et partis qui en font la demande à la commune",
        max_fr="Fixée par la convention",
        renewal_fr="Selon la convention",
        notice_key="communal.notice_months",
        notice_fr="Selon la convention",
        rent=Rent.CONTRIBUTION,
        rent_fr="Contribution fixée par le conseil, éventuellement nulle",
        normal_end_fr="Terme",
        early_end_fr="Selon la convention",
        stay_fr=_NO_RIGHT,
    ),
    Title(
        code=TitleCode.COP,
        article="C. com. art. L145-5-1",
        source=Source.LAW_OLD,
        domains=PRIVATE,
        who_fr="Circonstances particulières, indépendantes de la seule volonté des parties",
        max_fr="Aucune (« quelle que soit sa durée »)",
        renewal_fr="Aucun",
        notice_key="cop.notice_months",
        notice_fr="Selon la convention, en pratique un à trois mois",
        rent=Rent.FREE,
        rent_fr="Souvent en dessous du marché",
        normal_end_fr="Événement de fin ou préavis",
        early_end_fr="Préavis",
        stay_fr="Aucun droit, aucune indemnité d’éviction",
    ),
    Title(
        code=TitleCode.BAIL_DEROG,
        article="C. com. art. L145-5",
        source=Source.LAW_OLD,
        domains=PRIVATE,
        who_fr="Usage commercial, hors statut des baux commerciaux",
        max_key="derog.max_months",
        max_fr="36 mois, tous baux successifs compris",
        renewal_fr="Baux successifs dans la limite des 36 mois",
        notice_fr="Aucun au terme",
        rent=Rent.FREE,
        rent_fr="Libre",
        normal_end_fr="Terme, de plein droit",
        early_end_fr="Manquement",
        stay_fr="Aucun si l’occupant est parti à temps, sinon un bail commercial naît",
    ),
    Title(
        code=TitleCode.BAIL_COM,
        article="C. com. art. L145-1 s.",
        source=Source.LAW_OLD,
        domains=PRIVATE,
        who_fr="Preneur immatriculé ou cas de L145-2 ; association par soumission volontaire",
        min_key="com.min_months",
        max_fr="Libre au-delà de 9 ans ; plus de 12 ans : notaire",
        tacit_renewal=True,
        renewal_fr="Droit au renouvellement, pour 9 ans (L145-12)",
        notice_key="com.notice_months",
        notice_fr="Six mois",
        rent=Rent.FREE,
        rent_fr="Libre au départ ; révision plafonnée (ILC ou ILAT, 10 % par an, L145-34)",
        normal_end_fr="Congé ou demande de renouvellement, sinon prolongation tacite",
        early_end_fr="Triennal par le preneur ; travaux ou démolition par le bailleur (L145-18, L145-21)",
        stay_fr="Indemnité d’éviction, ou local équivalent offert, à accepter en trois mois (L145-18)",
    ),
    Title(
        code=TitleCode.BCUS,
        article="Pratique, sans texte propre",
        source=Source.ESS_GUIDE,
        domains=ANY,
        who_fr="S’ajoute à un titre de base, le plus souvent un bail commercial",
        max_fr="Celle du titre de base",
        renewal_fr="Celui du titre de base",
        notice_fr="Celui du titre de base",
        rent=Rent.FREE,
        rent_fr="Remise liée à des indicateurs d’utilité sociale construits ensemble",
        normal_end_fr="Celle du titre de base",
        early_end_fr="Celle du titre de base",
        stay_fr="Celui du titre de base",
    ),
    Title(
        code=TitleCode.BAIL_PRO,
        article="Loi 86-1290 art. 57 A",
        source=Source.OWN_HIGH,
        domains=PRIVATE,
        who_fr="Professions libérales, usage professionnel non commercial",
        min_key="pro.min_months",
        max_fr="Libre au-delà de 6 ans",
        tacit_renewal=True,
        renewal_fr="Tacite, pour la même durée",
        notice_key="pro.notice_months",
        notice_fr="Six mois : à tout moment par le preneur, avant le terme par le bailleur",
        rent=Rent.FREE,
        rent_fr="Libre",
        normal_end_fr="Congé",
        early_end_fr="Selon le contrat",
        stay_fr="Aucune indemnité prévue par la loi",
    ),
    Title(
        code=TitleCode.BAIL_CIVIL,
        article="C. civ. art. 1709 s.",
        source=Source.LAW_2026,
        domains=PRIVATE,
        who_fr="Association sans fonds de commerce ; stockage, jardin, terrain",
        max_key="civil.max_months",
        max_fr="Moins de 99 ans, jamais perpétuel",
        tacit_renewal=True,
        renewal_fr="Selon le contrat, ou tacite (1738)",
        notice_key="civil.notice_months",
        notice_fr="Selon le contrat, sinon l’usage des lieux (1736)",
        rent=Rent.FREE,
        rent_fr="Libre",
        normal_end_fr="Congé",
        early_end_fr="Selon le contrat",
        stay_fr="Aucune indemnité prévue par la loi",
    ),
    Title(
        code=TitleCode.PRET_USAGE,
        article="C. civ. art. 1875 à 1891",
        source=Source.LAW_2026,
        domains=PRIVATE,
        who_fr="Toute personne qui peut disposer du bien, hors domaine public",
        max_fr="Fixée par le contrat",
        renewal_fr="Selon le contrat",
        notice_key="commodat.notice_months",
        notice_fr="Au terme ou à la fin de l’usage (1888) ; sans terme, préavis raisonnable",
        rent=Rent.NOTHING,
        rent_fr="Gratuit par nature (1876) ; charges possibles",
        normal_end_fr="Terme ou fin de l’usage",
        early_end_fr="Besoin pressant et imprévu, par le juge (1889)",
        stay_fr="Dépenses extraordinaires et nécessaires remboursées (1890)",
    ),
    Title(
        code=TitleCode.BAIL_EMPH,
        article="C. rural art. L451-1 s.",
        source=Source.LAW_OLD,
        domains=PRIVATE,
        who_fr="Propriété privée ou domaine privé",
        min_key="emph.min_months",
        min_strict=True,
        max_key="emph.max_months",
        max_fr="99 ans",
        real_rights=True,
        renewal_fr="Jamais tacite",
        notice_fr="Aucun au terme",
        rent=Rent.CANON,
        rent_fr="Canon, qui peut être modeste",
        normal_end_fr="Terme",
        early_end_fr=_REAL_END,
        stay_fr=_ACCESSION,
    ),
    Title(
        code=TitleCode.BEA,
        article="CGCT art. L1311-2 s.",
        source=Source.LAW_OLD,
        domains=ANY,
        who_fr="Collectivité territoriale, opération d’intérêt général",
        min_key="emph.min_months",
        min_strict=True,
        max_key="emph.max_months",
        max_fr="99 ans",
        real_rights=True,
        renewal_fr="Jamais tacite",
        notice_fr="Aucun au terme",
        rent=Rent.CANON,
        rent_fr="Canon",
        normal_end_fr="Terme",
        early_end_fr=_REAL_END,
        stay_fr=_ACCESSION,
    ),
    Title(
        code=TitleCode.BAIL_CONSTR,
        article="CCH art. L251-1 s.",
        source=Source.OWN_HIGH,
        domains=PRIVATE,
        who_fr="Terrain ; le preneur doit construire",
        min_key="constr.min_months",
        max_key="constr.max_months",
        max_fr="99 ans",
        real_rights=True,
        renewal_fr="Jamais tacite",
        notice_fr="Aucun au terme",
        rent=Rent.CANON,
        rent_fr="Canon, en partie en nature",
        normal_end_fr="Terme",
        early_end_fr=_REAL_END,
        stay_fr=_ACCESSION,
    ),
    Title(
        code=TitleCode.BRSA,
        article="CCH art. L256-1 s.",
        source=Source.BRSA_TEXTS,
        domains=PRIVATE,
        who_fr="Bailleur : organisme de foncier solidaire ; preneur : micro-entreprise ou opérateur",
        min_key="brsa.min_months",
        max_key="brsa.max_months",
        max_fr="99 ans",
        real_rights=True,
        renewal_fr="Rechargeable à chaque cession",
        notice_fr="Selon le contrat ; l’OFS répond en deux mois (L256-12)",
        rent=Rent.CANON,
        rent_fr="Redevance fixe et variable, révisable tous les trois ans",
        normal_end_fr="Terme ou cession",
        early_end_fr="Manquement",
        stay_fr="L’OFS indemnise le droit réel, à prix encadré",
    ),
    Title(
        code=TitleCode.SOUS_LOC,
        article="C. com. art. L145-31 et L145-32, c. civ. art. 1717",
        source=Source.LAW_OLD,
        domains=PRIVATE,
        who_fr="Permise par défaut sous un bail civil, interdite par défaut sous un bail commercial",
        max_fr="Celle du titre principal",
        renewal_fr="Avec le titre principal",
        notice_fr="Celui du titre principal",
        rent=Rent.FREE,
        rent_fr="Le bailleur peut relever le loyer principal si le sous-loyer est plus élevé",
        normal_end_fr="Avec le titre principal",
        early_end_fr="Avec le titre principal",
        stay_fr="Aucun droit au-delà du titre principal",
    ),
    Title(
        code=TitleCode.RES_TEMP,
        article="Loi 2018-1021 art. 29, décret 2019-497",
        source=Source.ELAN,
        domains=ANY,
        who_fr="Organisme agréé par l’État, pour protéger un bâtiment vide par des résidents",
        max_key="res_temp.max_months",
        max_fr="3 ans, puis un an à la fois si le propriétaire le justifie",
        renewal_fr="Chaque année",
        notice_key="res_temp.notice_months",
        notice_fr="Selon la convention",
        rent=Rent.FEE,
        rent_fr="Redevance mensuelle plafonnée",
        normal_end_fr="Terme",
        early_end_fr="Préavis du propriétaire prévu par la convention",
        stay_fr="L’organisme organise la sortie des résidents",
    ),
)

TITLES: Mapping[TitleCode, Title] = {row.code: row for row in _ROWS}


def title(code: TitleCode | str) -> Title:
    """The catalogue's row. Raises ValueError for a code that is not in it."""
    return TITLES[TitleCode(code)]
