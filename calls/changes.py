"""What changed between two published versions of a call, in words. Pure: it compares the two canonical documents.

Product rule (AMI-01): a change after opening is a new version, shown to every applicant; a change of substance also
leaves everybody more time. A clarification of the text, of the visits or of the announced decision needs none.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from calls.lot_terms import in_content
from calls.sections import ASKED
from calls.uses import Use
from intervalle.accounts.document_kinds import KIND_LABELS
from intervalle.i18n import N_, _, area, day, instant, number, percent
from premises.facts import TitleCode

LABELS = {
    "body": N_("Texte de l’appel"), "visits": N_("Visites"), "visit_duty": N_("Visite obligatoire"),
    "questions_until": N_("Questions"), "answers_until": N_("Réponses"), "eliminatory": N_("Conditions éliminatoires"),
    "counterparts": N_("Contreparties"), "required_documents": N_("Documents demandés"),
    "asked": N_("Demandé en plus"), "circumstances": N_("Circonstances"), "title_code": N_("Titre proposé"),
    "charges_only": N_("Charges seules"), "economic": N_("Activité économique admise"),
    "occupation_from": N_("Entrée dans les lieux"), "occupation_until": N_("Fin d’occupation"),
    "decision_on": N_("Décision annoncée"), "score_rule": N_("Note retenue"), "tie_break": N_("À égalité"),
    "neighbourhood_share": N_("Part réservée au quartier"), "titles_excluded": N_("Titres exclus"),
    "documents": N_("Pièces demandées"), "max_lots": N_("Lots par structure, au plus"),
    "incompatible_uses": N_("Usages qui ne partagent pas un lot"), "direct_ground": N_("Motif de l’attribution directe"),
    "short_or_unlimited": N_("Courte durée ou nombre non limité"), "spontaneous": N_("Proposition spontanée"),
    "interest_checked_on": N_("Publicité préalable"),
}  # fmt: skip
WORDS = {
    "mean": N_("moyenne des notes"), "median": N_("médiane des notes"),
    "trimmed_mean": N_("moyenne sans la plus haute ni la plus basse"),
    "first_criterion": N_("la meilleure note au premier critère"), "earliest": N_("le dossier déposé le premier"),
    "draw": N_("un tirage au sort que chacun peut refaire"),
}  # fmt: skip
LONG = frozenset({"body", "visits", "eliminatory", "counterparts", "circumstances", "documents", "direct_ground"})
CLARIFYING = frozenset({"body", "visits", "decision_on", "questions_until", "answers_until"})
MOST_TOKENS = 8_000  # beyond, texts are compared line by line: quadratic time is not for a web request


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `pieces` spells a long text out: ("same" | "added" | "removed", words)."""

    label: str
    before: str
    after: str
    material: bool
    pieces: tuple[tuple[str, str], ...] = ()


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every difference, in the order of the page; empty when nothing that applicants read has changed."""
    said = []
    for name, label in LABELS.items():
        if name in CLARIFYING | LONG and (before.get(name) or "") == (after.get(name) or ""):
            continue
        if (before.get(name) or None) != (after.get(name) or None):
            said.append(_change(name, _(label), before.get(name), after.get(name)))
    return [*said, *_lots(before, after), *_criteria(before, after)]


def material(changes: list[Change]) -> bool:
    """Whether the change is one of substance, which leaves everybody more time."""
    return any(change.material for change in changes)


def _change(name: str, label: str, before: Any, after: Any) -> Change:
    old, new = _value(name, before), _value(name, after)
    pieces = tuple(spelled_out(old, new)) if name in LONG else ()
    return Change(label, old, new, name not in CLARIFYING, pieces)


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name == "required_documents":
        return ", ".join(_(KIND_LABELS[kind]) for kind in value)
    if name == "asked":
        return ", ".join(_(ASKED[one]) for one in value)
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if name == "titles_excluded":
        return ", ".join(_(TitleCode(code).label) for code in value)
    if name == "incompatible_uses":
        return " · ".join(_("%(one)s et %(other)s", one=one, other=other) for one, other in pairs(value))
    if name == "title_code":
        return _(TitleCode(value).label)
    if name == "neighbourhood_share":
        return percent(Decimal(str(value)))
    if name in {"questions_until", "answers_until"}:
        return _("jusqu’au %(at)s", at=instant(datetime.fromisoformat(value)))
    if name in {"occupation_from", "decision_on", "interest_checked_on"}:
        return day(date.fromisoformat(value))
    if name == "occupation_until":
        return _("avant le %(day)s", day=day(date.fromisoformat(value)))
    return _(WORDS[value]) if value in WORDS else str(value)


def pairs(value: list[list[str]]) -> list[tuple[str, str]]:
    """Pairs of uses by their labels."""
    return [(_(Use(one).label), _(Use(other).label)) for one, other in value]


def _lot_name(lot: Mapping[str, Any]) -> str:
    place = lot.get("place") or lot.get("premises") or ""
    return _("%(place)s, lot %(label)s (%(area)s)", place=place, label=lot["label"], area=area(Decimal(lot["area"])))


def _lots(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    old, new = ({lot["id"]: lot for lot in document.get("lots", ())} for document in (before, after))
    gone = [Change(_("Lot retiré"), _lot_name(old[i]), "", True) for i in old if i not in new]
    added = [Change(_("Lot ajouté"), "", _lot_name(new[i]), True) for i in new if i not in old]
    kept = [
        Change(_("Lot %(lot)s", lot=_lot_name(new[i])), _conditions(old[i]), _conditions(new[i]), True)
        for i in new
        if i in old and _conditions(old[i]) != _conditions(new[i])
    ]
    return [*gone, *added, *kept]


def _conditions(lot: Mapping[str, Any]) -> str:
    return " · ".join(in_content(lot).lines)


def _criteria(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """By name: a renamed criterion is one taken away and one added."""
    old, new = ({c["label"]: c for c in document.get("criteria", ())} for document in (before, after))
    gone = [Change(_("Critère retiré"), _criterion(old[name]), "", True) for name in old if name not in new]
    added = [Change(_("Critère ajouté"), "", _criterion(new[name]), True) for name in new if name not in old]
    moved = [
        Change(_("Critère « %(name)s »", name=name), *_moved(old[name], new[name]), True)
        for name in new
        if name in old and _criterion(old[name]) != _criterion(new[name])
    ]
    shuffled = [name for name in old if name in new] != [name for name in new if name in old]
    order = (
        [Change(_("Ordre des critères"), " · ".join(old), " · ".join(new), True)]
        if shuffled or (list(new)[:1] != list(old)[:1] and not gone and not added)
        else []
    )
    return [*gone, *added, *moved, *order]


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str]:
    """Weight and threshold; what is looked at only when that changed too."""
    with_text = (old.get("description") or "") != (new.get("description") or "")
    before, after = (_weight(line) + (_text(line) if with_text else "") for line in (old, new))
    return before, after


def _criterion(line: Mapping[str, Any]) -> str:
    return f"{line['label']}, {_weight(line)}{_text(line)}"


def _weight(line: Mapping[str, Any]) -> str:
    floor = _(", plancher %(floor)s", floor=line["floor"]) if line.get("floor") else ""
    return f"{number(line['weight'])}\u00a0%{floor}"


def _text(line: Mapping[str, Any]) -> str:
    return f" : {line['description']}" if line.get("description") else ""


def spelled_out(before: str, after: str) -> list[tuple[str, str]]:
    """Word by word what stayed, what was added and what was removed, in reading order."""
    old, new = _tokens(before), _tokens(after)
    if len(old) + len(new) > MOST_TOKENS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            found.append(("removed", "".join(old[a:b])))
        if d > c:
            found.append(("added", "".join(new[c:d])))
    return found


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)
