"""The eight axes of the national framework for using the TFPB abatement (29 April 2015). Pure.

Axis names were read (USH, September 2015). Sub-actions follow the usual referential and stay editable by owners.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LEASE_AXIS = 7
LEASE_SUB_ACTION = "Mise à disposition de locaux associatifs ou de services"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis. `beyond_common_law` means the gap with ordinary management must be written (TFPB-14)."""

    code: int
    label: str
    sub_actions: tuple[str, ...]
    beyond_common_law: bool = False
    outside_npnru: bool = False


_ROWS = (
    Axis(
        1,
        "Renforcement de la présence du personnel de proximité (par rapport à la présence hors QPV)",
        (
            "Gardiennage et surveillance",
            "Agents de médiation sociale",
            "Agents de développement social et urbain",
            "Coordonnateur HLM de la gestion de proximité",
            "Référents sécurité",
        ),
        beyond_common_law=True,
    ),
    Axis(
        2,
        "Formation et soutien des personnels de proximité",
        (
            "Formations spécifiques (relation client, gestion des conflits, fonctionnement social)",
            "Sessions de coordination entre acteurs",
            "Dispositifs de soutien",
        ),
    ),
    Axis(
        3,
        "Sur-entretien",
        (
            "Renforcement du nettoyage",
            "Effacement de tags et graffitis",
            "Renforcement de la maintenance des équipements et des délais d’intervention",
            "Réparation des équipements vandalisés",
        ),
        beyond_common_law=True,
    ),
    Axis(
        4,
        "Gestion des déchets, des encombrants et des épaves",
        (
            "Gestion des encombrants",
            "Renforcement du ramassage des papiers et détritus",
            "Enlèvement des épaves",
            "Amélioration de la collecte des déchets",
        ),
        beyond_common_law=True,
    ),
    Axis(
        5,
        "Tranquillité résidentielle",
        (
            "Dispositif de tranquillité",
            "Vidéosurveillance (fonctionnement)",
            "Surveillance des chantiers",
            "Analyse des besoins en vidéosurveillance",
        ),
        beyond_common_law=True,
    ),
    Axis(
        6,
        "Concertation et sensibilisation des locataires",
        (
            "Participation, implication et formation des locataires et de leurs associations",
            "Sensibilisation (charges, tri, nouveaux équipements)",
            "Enquêtes de satisfaction territorialisées",
        ),
    ),
    Axis(
        LEASE_AXIS,
        "Animation, lien social, vivre ensemble",
        (
            "Soutien aux actions favorisant le vivre ensemble",
            "Actions d’accompagnement social spécifiques",
            "Services spécifiques aux locataires (portage de courses en cas de panne d’ascenseur…)",
            "Actions d’insertion (chantiers jeunes, chantiers d’insertion)",
            LEASE_SUB_ACTION,
        ),
    ),
    Axis(
        8,
        "Petits travaux d’amélioration de la qualité de service (hors quartiers NPNRU)",
        (
            "Petits travaux du cadre de vie (éclairage, abords, résidentialisation, signalétique)",
            "Surcoûts de remise en état des logements",
            "Travaux de sécurisation (caves, digicodes, contrôle d’accès)",
        ),
        outside_npnru=True,
    ),
)

AXES: Mapping[int, Axis] = {row.code: row for row in _ROWS}


def axis(code: int) -> Axis:
    """The axis of that number. Raises ValueError outside 1 to 8."""
    if code not in AXES:
        raise ValueError(f"L’axe {code} n’existe pas : le cadre national en compte huit.")
    return AXES[code]
