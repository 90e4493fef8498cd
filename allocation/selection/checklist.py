"""Admissibility: what is checked on each file before it can be scored. Pure.

Three answers: yes, no, unknown. Unknown is a state of its own (product rule): it never refuses a file, and it never
lets one through. CRPA art. L114-5: missing pieces are asked for before a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intervalle.i18n import N_

ANSWERS = ("yes", "no", "unknown")
ANSWER_LABELS = {"yes": N_("Oui"), "no": N_("Non"), "unknown": N_("Inconnu")}


@dataclass(frozen=True)
class Item:
    """One question of the checklist; `help` says what to look at."""

    key: str
    label: str
    help: str


ITEMS = (
    Item("in_time", N_("Déposée avant la clôture"), N_("L’heure est celle du serveur, à la seconde.")),
    Item(
        "ess", N_("Structure de l’économie sociale et solidaire"),
        N_("Association, fondation, coopérative, mutuelle, ou société inscrite comme telle (loi 2014-856, art. 1)."),
    ),
    Item("identified", N_("Identité vérifiée"), N_("SIREN ou numéro RNA qui désigne bien la structure.")),
    Item("complete", N_("Dossier complet"), N_("Projet, budget, surface demandée et pièces attendues par l’appel.")),
    Item("wishes", N_("Au moins un lot demandé"), N_("Un lot de cet appel, avec une surface possible.")),
    Item("group", N_("Groupement accepté par chacun"), N_("Chaque membre a donné son accord ; sans objet pour une structure seule.")),
    Item("conditions", N_("Conditions éliminatoires remplies"), N_("Celles que le texte de l’appel écrit, avec ce que la structure répond ; « oui » s’il n’y en a pas.")),
)  # fmt: skip
BY_KEY = {item.key: item for item in ITEMS}


@dataclass(frozen=True)
class Answer:
    """An answer, with the reason that a « no » must carry."""

    answer: str = "unknown"
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """What the tables say of a file, to propose answers that a person then confirms."""

    submitted_at: datetime | None
    closes_at: datetime | None
    ess_status: str | None
    siren: str | None
    rna: str | None
    has_project: bool
    has_budget: bool
    wishes: int
    members: int
    members_accepted: int
    has_conditions: bool
    declared_unmet: str = ""  # conditions the structure itself says it does not meet, in words


def proposed(facts: Facts) -> dict[str, str]:
    """The answer the records suggest for each item; « unknown » when they say nothing."""
    return {
        "in_time": _sure(bool(facts.submitted_at and facts.closes_at and facts.submitted_at < facts.closes_at)),
        "ess": {None: "unknown", "to_check": "unknown", "not_ess": "no"}.get(facts.ess_status, "yes"),
        "identified": "yes" if facts.siren or facts.rna else "unknown",
        "complete": "yes" if facts.has_project and facts.has_budget and facts.wishes else "unknown",
        "wishes": _sure(facts.wishes > 0),
        "group": _sure(facts.members_accepted == facts.members),
        "conditions": "no" if facts.declared_unmet else "unknown" if facts.has_conditions else "yes",
    }


def proposed_answers(facts: Facts) -> dict[str, Answer]:
    """The same, with the reason that the file itself gives for a « no »."""
    reasons = {"conditions": facts.declared_unmet}
    return {key: Answer(answer, reasons.get(key, "")) for key, answer in proposed(facts).items()}


def _sure(holds: bool) -> str:
    return "yes" if holds else "no"


def answers_in(document: Mapping[str, Mapping[str, str]]) -> dict[str, Answer]:
    """The stored checklist, every item present; what is absent is unknown."""
    return {key: Answer(**document[key]) if key in document else Answer() for key in BY_KEY}


def document_of(answers: Mapping[str, Answer]) -> dict[str, dict[str, str]]:
    """The form the checklist is stored in."""
    return {key: {"answer": answers[key].answer, "reason": answers[key].reason} for key in BY_KEY if key in answers}


def objections(answers: Mapping[str, Answer], *, admissible: bool) -> dict[str, str]:
    """Item -> why the decision cannot be taken on these answers; empty when it can."""
    refused = {
        key: N_("Dites ce qui manque : ce motif est envoyé à la structure.")
        for key, given in answers.items()
        if given.answer == "no" and not given.reason.strip()
    }
    if admissible:
        for key in BY_KEY:
            given = answers.get(key, Answer())
            if given.answer == "no":
                refused[key] = N_("Ce point n’est pas rempli : le dossier ne peut pas être déclaré recevable.")
            if given.answer == "unknown":
                refused[key] = N_("Ce point est encore inconnu : vérifiez-le avant de décider.")
    elif not any(given.answer == "no" for given in answers.values()):
        refused["in_time"] = N_("Aucun point n’est refusé : une irrecevabilité doit dire lequel ne l’est pas.")
    return refused


def motive(answers: Mapping[str, Answer]) -> str:
    """The reason of an inadmissible file: its failed items, each with its sentence."""
    failed = [(BY_KEY[key].label, answers[key].reason.strip()) for key in BY_KEY if answers[key].answer == "no"]
    return "\n".join(f"Point non rempli, « {label} » : {reason}" for label, reason in failed)


def count(answers: Mapping[str, Answer]) -> dict[str, int]:
    """How many of each answer, over the whole list."""
    given = [answers.get(key, Answer()).answer for key in BY_KEY]
    return {answer: given.count(answer) for answer in ANSWERS}
