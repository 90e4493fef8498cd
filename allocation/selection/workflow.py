"""Where the selection of a call stands, and who acts next. Pure: facts and the instant are given.

The counts are those of one reader: a juror's are computed over the files that juror may see, so that no figure on the
page lets a set-aside file be guessed.
"""

from dataclasses import dataclass
from datetime import datetime

from intervalle.i18n import N_

PHASES = ("waiting", "opening", "admissibility", "scoring", "deliberation", "ranked", "released", "cancelled")


@dataclass(frozen=True)
class Facts:
    """What one person may know of a panel. Counts of files and sheets; instants with their zone."""

    closes_at: datetime | None = None
    cancelled_at: datetime | None = None
    opened_at: datetime | None = None
    scoring_closed_at: datetime | None = None
    ranked_at: datetime | None = None
    released_at: datetime | None = None
    meets_at: datetime | None = None
    files: int = 0
    decided: int = 0
    admissible: int = 0
    sheets_due: int = 0
    sheets_in: int = 0


@dataclass(frozen=True)
class Step:
    """One step of the bar: a label, a count in words, and its mark (« done », « now » or nothing)."""

    label: str
    detail: str
    values: dict[str, object]
    mark: str


def phase(facts: Facts, now: datetime) -> str:
    """The phase, from dated facts alone."""
    if facts.cancelled_at:
        return "cancelled"
    if facts.released_at:
        return "released"
    if facts.ranked_at:
        return "ranked"
    if facts.closes_at is None or now < facts.closes_at:
        return "waiting"
    if facts.opened_at is None:
        return "opening"
    if facts.scoring_closed_at:
        return "deliberation"
    if facts.admissible == 0 or (facts.decided < facts.files and facts.sheets_in == 0):
        return "admissibility"
    return "scoring"


LABELS = (
    N_("Recevabilité"), N_("Notation individuelle"), N_("Délibération"), N_("Proposition d’attribution"),
    N_("Décisions motivées"),
)  # fmt: skip
_INDEX = {"waiting": -1, "opening": 0, "admissibility": 0, "scoring": 1, "deliberation": 2, "ranked": 3, "released": 5}


def steps(facts: Facts, now: datetime, *, mine: bool) -> list[Step]:
    """The five steps with their counts. `mine`: the sheets counted are the reader's own."""
    at = _INDEX.get(phase(facts, now), -1)
    details = (_admissibility(facts), _scoring(facts, mine), _deliberation(facts), _proposal(facts), _decisions(facts))
    return [
        Step(label, text, values, "done" if index < at else "now" if index == at else "")
        for index, (label, (text, values)) in enumerate(zip(LABELS, details, strict=True))
    ]


Detail = tuple[str, dict[str, object]]


def _admissibility(facts: Facts) -> Detail:
    if facts.opened_at is None:
        return N_("Dossiers sous scellés"), {}
    if not facts.files:
        return "", {}
    if facts.decided < facts.files:
        return N_("Examinés : %(decided)s sur %(files)s"), {"decided": facts.decided, "files": facts.files}
    return N_("Recevables : %(admissible)s sur %(files)s"), {"admissible": facts.admissible, "files": facts.files}


def _scoring(facts: Facts, mine: bool) -> Detail:
    if not facts.sheets_due:
        return "", {}
    values: dict[str, object] = {"done": facts.sheets_in, "due": facts.sheets_due}
    return (N_("Vos fiches : %(done)s sur %(due)s") if mine else N_("Fiches : %(done)s sur %(due)s")), values


def _deliberation(facts: Facts) -> Detail:
    if facts.ranked_at:
        return N_("Classement arrêté"), {}
    return (N_("Séance le %(meets)s"), {"meets": facts.meets_at}) if facts.meets_at else ("", {})


def _proposal(facts: Facts) -> Detail:
    return (N_("À calculer"), {}) if facts.ranked_at and not facts.released_at else ("", {})


def _decisions(facts: Facts) -> Detail:
    return (N_("Notifiées le %(released)s"), {"released": facts.released_at}) if facts.released_at else ("", {})


def next_act(facts: Facts, now: datetime, *, role: str, declared: bool, mine: bool = False) -> Detail:
    """One sentence: who acts next, and by when. `role` is « juror », « observer » or « staff »; `mine`: the sheets counted
    are the reader's own, who may be staff too."""
    at = phase(facts, now)
    if at == "waiting":
        return N_("L’appel court jusqu’au %(closes)s. Les dossiers restent scellés d’ici là."), {
            "closes": facts.closes_at
        }
    if not declared and at in {"admissibility", "scoring", "deliberation"}:
        return N_("À vous : déclarez vos liens avec les structures candidates. Aucun dossier ne s’ouvre avant."), {}
    if at == "scoring" and (mine or role == "juror") and facts.sheets_in < facts.sheets_due:
        return _left(facts)
    dated = (
        (_STAFF_DATED if role == "staff" else _JUROR_DATED).get(at) if facts.meets_at and now < facts.meets_at else None
    )
    if at == "scoring" and role == "staff" and not mine and 0 < facts.sheets_due == facts.sheets_in:
        return N_("À vous : toutes les fiches sont validées. Clôturez la notation, puis réunissez la commission."), {}
    if (
        at == "scoring" and role != "staff" and not facts.sheets_due
    ):  # a list that counts no sheet claims nothing of them
        return (_ALL_SCORE_DATED, {"meets": facts.meets_at}) if dated else (_ALL_SCORE, {})
    if dated:
        return dated, {"meets": facts.meets_at}
    return (_STAFF if role == "staff" else _JUROR).get(at, ""), {}


def _left(facts: Facts) -> Detail:
    values: dict[str, object] = {"left": facts.sheets_due - facts.sheets_in}
    if facts.meets_at is None:
        return N_("À vous : fiches encore à valider avant la séance : %(left)s."), values
    return N_("À vous : fiches encore à valider avant la séance du %(meets)s : %(left)s."), values | {
        "meets": facts.meets_at
    }


_STAFF = {
    "opening": N_("À vous : ouvrez les dossiers. L’ouverture est datée et inscrite au journal."),
    "admissibility": N_("À vous : examinez la recevabilité. Seuls les dossiers recevables passent à la notation."),
    "scoring": N_("Aux membres de la commission : chacun note seul. Vous clorez la notation ensuite."),
    "deliberation": N_("À la commission, puis à vous : le classement s’arrête après la séance."),
    "ranked": N_("À vous : calculez la proposition d’attribution à partir du classement."),
    "released": N_("Les décisions sont parties. Les recours courent à compter de leur réception."),
    "cancelled": N_("L’appel est annulé : rien n’est plus à faire ici."),
}
_STAFF_DATED = {
    "scoring": N_("Aux membres de la commission : chacun note seul, avant la séance du %(meets)s. Vous clorez la notation ensuite."),
    "deliberation": N_("À la commission : elle se réunit le %(meets)s. À vous ensuite : arrêtez le classement."),
}  # fmt: skip
_JUROR_DATED = {
    "scoring": N_("Vos fiches sont validées. Les autres membres notent jusqu’à la séance du %(meets)s."),
    "deliberation": N_("À la commission : elle se réunit le %(meets)s, sur les notes de chacun."),
}
_ALL_SCORE = N_("Aux membres de la commission : chacun note seul les dossiers qui lui sont confiés.")
_ALL_SCORE_DATED = N_("Aux membres de la commission : chacun note seul ses dossiers, avant la séance du %(meets)s.")
_JUROR = {
    "opening": N_("Au service organisateur : il ouvre les dossiers, puis vous déclarez vos liens."),
    "admissibility": N_("Au service organisateur : il examine la recevabilité. Vous serez prévenu."),
    "scoring": N_("Vos fiches sont validées. La notation reste ouverte aux autres membres."),
    "deliberation": N_(
        "À la commission : elle délibère sur les notes de chacun, puis le service organisateur arrête le classement."
    ),
    "ranked": N_("Au service organisateur : il prépare la proposition d’attribution."),
    "released": N_("Les décisions sont parties. La commission a fini son travail."),
    "cancelled": N_("L’appel est annulé : rien n’est plus à faire ici."),
}
