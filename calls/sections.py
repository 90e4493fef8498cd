"""The application form: sections in plain French, what each asks, and how long an answer may be. Pure.

Each of the six questions meets one criterion of the default grid (rules.md §4.3), so that a juror finds the answer
beside the mark. `FORM` names this list: it is written in what an applicant submits, and changes when the list does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from intervalle.i18n import N_

FORM = "intervalle-4"


@dataclass(frozen=True, slots=True)
class Question:
    """A free answer. `words` is the most it may count when the application is submitted."""

    key: str
    label: str
    hint: str
    words: int
    rows: int = 6
    optional: bool = False  # unless the call asks for it (`ASKED`)


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the form: its facts (columns of the application) and its questions."""

    slug: str
    title: str
    lead: str
    facts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


SECTIONS = (
    Section(
        "projet",
        N_("Votre projet"),
        N_("Ce que vous voulez faire dans ce lieu, et à qui cela servira."),
        ("project_name", "uses", "jobs_fte"),
        (
            Question(
                "summary",
                N_("Le projet en quelques phrases"),
                N_("Ce que verra quelqu’un qui pousse la porte."),
                120,
                4,
            ),
            Question(
                "utility",
                N_("À quel besoin du quartier répondez-vous ?"),
                N_("Qui en profitera, combien de personnes, et comment vous le saurez."),
                400,
            ),
        ),
    ),
    Section(
        "structure",
        N_("Votre structure"),
        N_("Qui vous êtes, et vos liens avec le quartier."),
        ("neighbourhood", "republican_commitment"),
        (
            Question(
                "presentation",
                N_("Présentez votre structure"),
                N_("Activité, équipe, ce que vous avez déjà fait."),
                200,
            ),
            Question(
                "rooting",
                N_("Vos partenaires, et la place des habitants"),
                N_("Avec qui vous travaillez ici, et qui décide dans votre structure."),
                300,
            ),
            Question(
                "references",
                N_("Vos références"),
                N_("Des projets proches de celui-ci : où, quand, avec qui, et qui peut en parler."),
                200,
                5,
                optional=True,
            ),
        ),
    ),
    Section(
        "besoins",
        N_("Vos besoins et l’accueil du public"),
        N_("De quoi vous avez besoin pour vous installer, et qui vous recevrez."),
        ("erp_type", "public_count", "staff_count", "needs_ground_floor", "needs_water", "needs_step_free"),
        (
            Question(
                "fit",
                N_("Pourquoi ce lieu convient-il à votre projet ?"),
                N_("Surface, état, situation dans le quartier."),
                300,
            ),
        ),
    ),
    Section(
        "calendrier",
        N_("Vos dates et vos travaux"),
        N_("Quand vous souhaitez entrer, pour combien de temps, et ce que vous feriez dans le lieu."),
        ("wished_from", "wished_months", "insured"),
        (
            Question(
                "planning",
                N_("Votre calendrier"),
                N_("De l’entrée dans les lieux à l’ouverture : les étapes, et ce qui peut les retarder."),
                150,
                4,
                optional=True,
            ),
            Question(
                "works",
                N_("Les travaux que vous prévoyez"),
                N_("Lesquels, faits par qui, à quel coût, et s’ils se défont au départ. « Aucun » est une réponse."),
                250,
                5,
                optional=True,
            ),
        ),
    ),
    Section(
        "presence",
        N_("Votre présence dans la semaine"),
        N_("Les demi-journées où vous occuperez le lieu. Le reste peut être partagé avec d’autres."),
        ("slots",),
        (
            Question(
                "sharing",
                N_("Que partagerez-vous avec les autres occupants ?"),
                N_("Espaces, matériel, horaires d’ouverture, services utiles aux voisins."),
                200,
            ),
        ),
    ),
    Section(
        "budget",
        N_("Votre budget"),
        N_("Ce que vous pouvez payer, et comment le projet tient jusqu’au terme."),
        ("budget_cents", "max_charges_cents_m2_year", "budget_lines"),
        (
            Question(
                "viability",
                N_("Comment votre projet tient-il économiquement ?"),
                N_("Recettes, financements acquis ou attendus, trésorerie."),
                300,
            ),
            Question(
                "ecology",
                N_("Sobriété, réemploi, environnement"),
                N_("Travaux réversibles, matériaux de réemploi, énergie, déchets."),
                200,
            ),
        ),
    ),
    Section(
        "lots",
        N_("Les lots que vous souhaitez"),
        N_(
            "Classez-les du préféré au moins souhaité, avec la surface qui vous suffit et celle qui vous irait le mieux."
        ),
    ),
    Section(
        "partenaires",
        N_("Vos partenaires dans ce dossier"),
        N_("Pour candidater à plusieurs : chaque structure invitée accepte elle-même, avec sa part de surface."),
    ),
    Section(
        "conditions",
        N_("Les conditions de l’appel"),
        N_("L’appel les pose pour toutes les structures. Répondez à chacune ; un « non » s’explique."),
        ("conditions",),
    ),
    Section(
        "pieces",
        N_("Vos documents"),
        N_("Ceux que l’appel demande, et ceux qui aident à comprendre votre projet."),
    ),
)
BY_SLUG = {section.slug: section for section in SECTIONS}
QUESTIONS = {question.key: question for section in SECTIONS for question in section.questions}
COMMITMENTS = {
    "signed": N_("Souscrit par notre structure"),
    "not_concerned": N_("Nous ne sommes ni une association ni une fondation"),
}
# What a call may ask for beyond what every file holds.
ASKED = {
    "references": N_("Des références"),
    "dates": N_("Les dates et la durée souhaitées"),
    "planning": N_("Un calendrier"),
    "works": N_("La description des travaux"),
    "insurance": N_("L’engagement d’être assuré à l’entrée"),
    "commitment": N_("Le contrat d’engagement républicain (associations et fondations)"),
}
DAYS = (N_("Lundi"), N_("Mardi"), N_("Mercredi"), N_("Jeudi"), N_("Vendredi"), N_("Samedi"), N_("Dimanche"))
HALVES = (N_("Matin"), N_("Après-midi"))


def slot(day: int, half: int) -> int:
    """Half-day number: 0 = Monday morning … 13 = Sunday afternoon."""
    return day * 2 + half


def asked_by(eliminatory: str) -> tuple[Section, ...]:
    """The sections of a call: conditions are asked when it poses some."""
    return tuple(s for s in SECTIONS if s.slug != "conditions" or eliminatory.strip())


def after(slug: str, sections: Sequence[Section] = SECTIONS) -> str | None:
    """The section that follows, None after the last."""
    slugs = [section.slug for section in sections]
    if slug not in slugs:
        return None
    index = slugs.index(slug) + 1
    return slugs[index] if index < len(slugs) else None


def words(text: str) -> int:
    """Words as a person counts them: runs of characters between spaces, dashes alone left out."""
    return sum(1 for run in text.split() if any(c.isalnum() for c in run))
