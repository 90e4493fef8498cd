"""The motive of each decision, in French sentences read off the stored documents. Pure.

Nothing is argued here: each sentence states a figure of the ranking, a reason the engine gave and the checker verified,
a requirement of the lot, or a choice of the panel with its motive (CRPA L211-5: the considerations of law and fact).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from allocation.assignment import french
from intervalle.french import number, square_metres

Pair = tuple[str, str]


@dataclass(frozen=True)
class CriterionMark:
    """One line of the grid for one application: combined mark on `top`, and the criterion's published weight."""

    label: str
    weight: int
    mark: Decimal
    top: int = 5
    exact: Decimal | None = None  # points of the exact mark; rankings frozen before it was kept have none

    @property
    def points(self) -> Decimal:
        """What it adds to the total, to the hundredth."""
        return self.mark * self.weight / self.top if self.exact is None else self.exact


@dataclass(frozen=True)
class Ranking:
    """An application's frozen score, its rank among `ranked`, and the marks that make it."""

    score: Decimal
    rank: int
    ranked: int
    marks: tuple[CriterionMark, ...] = ()


@dataclass(frozen=True)
class Names:
    """What identifiers of the documents are called (lots without the word « lot »), and the requirements that closed a lot
    to an application."""

    applications: Mapping[str, str]
    lots: Mapping[str, str]
    obstacles: Mapping[Pair, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Documents:
    """The two documents of a proposal, as stored."""

    problem: Mapping[str, Any]
    result: Mapping[str, Any]

    def placement(self, id: str) -> Mapping[str, Any] | None:
        return next((line for line in self.result["placements"] if line["application"] == id), None)

    def unplaced(self, id: str) -> Mapping[str, Any] | None:
        return next((line for line in self.result["unplaced"] if line["application"] == id), None)

    def application(self, id: str) -> Mapping[str, Any]:
        return next(row for row in self.problem["applications"] if row["id"] == id)

    def score(self, id: str, lot: str) -> Decimal:
        return Decimal(str(self.application(id)["scores"][lot]))

    def lock(self, id: str, lot: str, kind: str) -> Mapping[str, Any] | None:
        rows = self.problem.get("locks") or []
        return next((r for r in rows if (r["application"], r["lot"], r["kind"]) == (id, lot, kind)), None)

    @property
    def held(self) -> dict[str, tuple[str, Decimal]]:
        """Application -> (lot, m²), for those placed."""
        return {line["application"]: (line["lot"], Decimal(str(line["area"]))) for line in self.result["placements"]}


def ordinal(n: int) -> str:
    return "1ᵉʳ" if n == 1 else f"{n}ᵉ"


def score_paragraph(ranking: Ranking) -> str:
    marks = " ; ".join(
        f"{mark.label} : {number(mark.mark, 2)} sur {mark.top} (coefficient {mark.weight})" for mark in ranking.marks
    )
    total = (
        f"Au vu des critères publiés à l’ouverture de l’appel, votre candidature a obtenu {number(ranking.score, 2)} points "
        f"sur 100 et se classe {ordinal(ranking.rank)} sur {ranking.ranked}."
    )
    return f"{total} Notes par critère : {marks}." if marks else total


def placed_paragraphs(documents: Documents, names: Names, id: str) -> list[str]:
    line = documents.placement(id)
    if line is None:
        raise ValueError(f"{id} is not placed")
    lot = line["lot"]
    wish = f"C’est votre {ordinal(line['wish'])} vœu." if len(documents.application(id)["wishes"]) > 1 else ""
    area = square_metres(Decimal(str(line["area"])))
    found = [f"Le lot {names.lots[lot]} vous est attribué pour {area}. {wish}".strip()]
    if locked := documents.lock(id, lot, "must"):
        found.append(f"La commission a fixé ce choix pour le motif suivant : {_closed(locked['motive'])}")
    return found + [reason_sentence(documents, names, id, reason) for reason in line["reasons"]]


def unplaced_paragraphs(documents: Documents, names: Names, id: str) -> list[str]:
    line = documents.unplaced(id)
    if line is None:
        raise ValueError(f"{id} is placed")
    found = [reason_sentence(documents, names, id, reason) for reason in line["reasons"]]
    if told := french.changes(line.get("counterfactuals") or [], names.lots):
        told = told.replace("Elle aurait", "Votre candidature aurait", 1)
        found.append(f"{told} Ce résultat a été vérifié en refaisant le calcul avec ce seul changement.")
    return found


def reserve_paragraph(names: Names, lots: Sequence[str]) -> str:
    """`lots`: those whose holder's leaving would bring this application in."""
    places = " ou ".join(f"au lot {names.lots[lot]}" for lot in lots)
    return (
        f"Votre candidature est inscrite sur la liste de réserve : si une structure retenue renonce à sa place {places}, "
        "cette place peut vous être proposée, avec un délai pour répondre."
    )


def reason_sentence(documents: Documents, names: Names, id: str, reason: Mapping[str, Any]) -> str:
    """Why one wished lot was not given, said to the applicant. What needs no « votre » is worded by `french`."""
    kind, lot = reason["kind"], reason["lot"]
    at = f"Sur le lot {names.lots[lot]}" if lot else ""
    if kind == "requirement":
        said = " ".join(names.obstacles.get((id, lot), ())) or "une exigence de la candidature n’y est pas remplie."
        return f"{at} : {said[0].lower()}{said[1:]}"
    if kind == "lock":
        return f"{at}, la commission a écarté cette attribution pour le motif suivant : {_closed(reason['motive'])}"
    if kind == "exception":
        return f"{at}, {_exception(names, reason['because'])}"
    if kind == "organisation":
        return f"{at}, votre structure a déjà le nombre maximal d’attributions prévu par l’appel."
    scored = {other: f"{name} ({score_at(documents, other, lot)})" for other, name in names.applications.items()}
    return french.why([reason], {**scored, **names.lots})[0]


def score_at(documents: Documents, id: str, lot: str | None) -> str:
    scores = documents.application(id)["scores"]
    return number(Decimal(str(scores[lot])), 2) if lot in scores else "hors de ce lot"


def short_why(documents: Documents, line: Mapping[str, Any]) -> str:
    """The board's last column: what decided this line, in a few words."""
    if documents.lock(line["application"], line["lot"], "must"):
        return "choix motivé de la commission"
    forced = [row for row in documents.result["exceptions"] if row["lot"] == line["lot"]]
    group = documents.application(line["application"])["neighbourhood"]
    if group and any(str(row["because"]).startswith("quota:") for row in forced):
        return str(next(row["because"] for row in forced if str(row["because"]).startswith("quota:"))).partition(":")[2]
    wishes = len(documents.application(line["application"])["wishes"])
    wish = f"{ordinal(line['wish'])} vœu" if wishes > 1 else "seul vœu"
    if line["rank"] == 1:
        return f"{wish}, meilleure note du lot"
    return wish


def _exception(names: Names, because: str) -> str:
    rule, _, name = because.partition(":")
    if rule == "quota":
        return f"une place aurait pu vous revenir au vu des notes ; la règle publiée « {name} » a conduit à l’attribuer autrement."
    if rule == "lock":
        who = names.applications.get(name, name)
        return f"une place aurait pu vous revenir au vu des notes ; un choix motivé de la commission, pour {who}, a conduit à l’attribuer autrement."
    return "aucune répartition des surfaces ne permet de satisfaire à la fois toutes les candidatures mieux notées."


def _closed(sentence: str) -> str:
    sentence = sentence.strip()
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
