"""The default scoring grid and its anchored scale. Pure.

Criteria and weights are a starting point: the organiser edits them, and they are frozen when the call opens.
"""

from dataclasses import dataclass

SCALE = range(0, 6)

ANCHORS = {
    0: "Absent : le dossier ne dit rien d’utile sur ce point, ou dit le contraire",
    1: "Très insuffisant : une intention, sans élément qui la soutienne",
    2: "Insuffisant : des éléments, mais des manques qui mettent le projet en doute",
    3: "Correct : le dossier répond à l’attente, avec des points à préciser",
    4: "Bon : réponse précise et étayée, peu de réserves",
    5: "Excellent : réponse complète, étayée par des preuves, au-delà de l’attente",
}


@dataclass(frozen=True, slots=True)
class DefaultCriterion:
    """One line of the grid: its weight out of 100, and what jurors should look at."""

    label: str
    weight: int
    description: str


DEFAULT_GRID = (
    DefaultCriterion(
        "Utilité sociale et réponse aux besoins du quartier",
        25,
        "À quel besoin des habitants le projet répond, pour combien de personnes, et comment on le saura.",
    ),
    DefaultCriterion(
        "Adéquation entre le projet et le lot",
        20,
        "Usage, surface, accueil du public, calendrier : le lot convient tel quel ou après les travaux prévus.",
    ),
    DefaultCriterion(
        "Viabilité économique et capacité à payer charges et loyer",
        20,
        "Budget, trésorerie, financements acquis ou attendus, capacité à tenir jusqu’au terme.",
    ),
    DefaultCriterion(
        "Ancrage local, partenariats, gouvernance et participation des habitants",
        15,
        "Partenaires du quartier, place des habitants dans les décisions, gouvernance démocratique.",
    ),
    DefaultCriterion(
        "Complémentarité avec les autres occupants, mutualisation, ouverture",
        10,
        "Espaces et moyens partagés, horaires ouverts, services utiles aux voisins.",
    ),
    DefaultCriterion(
        "Impact écologique, sobriété des travaux, réemploi",
        10,
        "Travaux sobres et réversibles, réemploi de matériaux, énergie et déchets.",
    ),
)


def anchor(mark: int) -> str:
    """What a mark means. Raises ValueError outside 0 to 5."""
    if mark not in SCALE:
        raise ValueError("Une note va de 0 à 5, sans décimale.")
    return ANCHORS[mark]
