"""A result line as French sentences, for the page and for the letter. Labels come as a mapping identifier → label.

Only what the result line holds is said: the sentences are as true as the reasons, which the checker re-verified.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Labels = Mapping[str, str]
Line = Mapping[str, Any]

REQUIREMENTS = {
    "area": "la surface ne convient pas",
    "uses": "l’appel n’admet pas cet usage dans ce lot",
    "erp": "le classement ERP du lot ne permet pas cette activité",
    "ground_floor": "le lot n’est pas en rez-de-chaussée",
    "water": "le lot n’a pas de point d’eau",
    "floor_load": "le plancher ne supporte pas la charge demandée",
    "noise": "l’activité est trop bruyante pour ce lot",
    "accessibility": "le lot n’est pas accessible",
}


def sentences(line: Line, labels: Labels) -> list[str]:
    """Every sentence of one line of a result, placed or not."""
    told = placed(line, labels) if "area" in line else ["Candidature non retenue."]
    told += standing(line["reasons"], labels) + why(line["reasons"], labels)
    change = changes(line.get("counterfactuals") or [], labels)
    return [*told, *([change] if change else [])]


UNKNOWN_CHANGE = "Ce qui aurait suffi à la retenir n’a pas été calculé, faute de temps."
CHANGE_TO_COME = "Ce qui aurait suffi à la retenir n’est pas encore calculé."


def placed(line: Line, labels: Labels) -> list[str]:
    """Where, on which wish, at which rank, and who would take over."""
    lot = name(line["lot"], labels)
    told = [
        f"Attribution : {figure(line['area'])} m² au lot {lot}, {ordinal(line['wish'])} vœu.",
        f"Note {figure(line['score'])}, rang {line['rank']} sur ce lot.",
    ]
    if line.get("locked"):
        told.append("Cette place résulte d’un choix fait à la main.")
    follower = line.get("next_in_line")
    if follower is not None:
        told.append(f"En cas de désistement, la place reviendrait à {name(follower, labels)}.")
    return told


def standing(reasons: Sequence[Line], labels: Labels) -> list[str]:
    """Score and rank on the lots compared, once when they are the same everywhere."""
    seen = {(figure(reason["score"]), reason["rank"]): None for reason in reasons if "rank" in reason}
    if len(seen) == 1:
        return [f"Note {score}, rang {rank}." for score, rank in seen]
    compared = [reason for reason in reasons if "rank" in reason]
    each = [
        f"{name(reason['lot'], labels)} : note {figure(reason['score'])}, rang {reason['rank']}" for reason in compared
    ]
    return [f"Par lot demandé : {' ; '.join(each)}."] if each else []


def why(reasons: Sequence[Line], labels: Labels) -> list[str]:
    """One sentence per kind of reason and same explanation, lots joined, in the order of the wishes."""
    groups: dict[str, list[str]] = {}
    for reason in reasons:
        groups.setdefault(_because(reason, labels), []).append(
            "" if reason["lot"] is None else name(reason["lot"], labels)
        )
    told = []
    for because, lots in groups.items():
        if lots == [""]:
            told.append(because)
        else:
            where = f"Sur le lot {lots[0]}" if len(lots) == 1 else f"Sur les lots {listed(lots)}"
            told.append(f"{where}, {because}")
    return told


def _because(reason: Line, labels: Labels) -> str:
    by = listed([name(id, labels) for id in reason.get("by") or []])
    company = listed([name(id, labels) for id in reason.get("with") or []])
    match reason["kind"]:
        case "outranked":
            return _outranked(reason, labels)
        case "incompatible":
            return f"une activité incompatible, mieux notée, est déjà placée : {by}."
        case "organisation":
            return f"l’organisme atteint déjà le nombre maximal d’attributions de l’appel, avec {by}."
        case "requirement":
            text = REQUIREMENTS.get(reason["reason"], reason["reason"])
            return f"une exigence n’est pas remplie : {text}."
        case "lock":
            return f"le jury en a décidé autrement : {reason['motive']}."
        case "slots":
            return "le lot n’est pas ouvert à toutes les demi-journées demandées."
        case "area":
            whole = f", avec {company}," if company else ""
            return f"la surface demandée{whole} dépasse celle du lot."
        case "together":
            return f"la place doit convenir aussi à {company}, ce qui n’est pas le cas."
        case "exception":
            return f"la note aurait suffi ; {cause(reason['because'], labels)}."
        case "passed_over":
            held = f", alors que des candidatures moins bien notées y sont placées : {by}" if by else ""
            return f"la méthode de calcul ne donne pas la place{held}."
        case "no_wish":
            return "Aucun lot n’a été demandé."
    raise ValueError(reason["kind"])


def _outranked(reason: Line, labels: Labels) -> str:
    tied = reason.get("tied") or []
    higher = [id for id in reason["by"] if id not in tied]
    parts = []
    if higher:
        better = "une candidature mieux notée" if len(higher) == 1 else "des candidatures mieux notées"
        parts.append(f"{better} : {listed([name(id, labels) for id in higher])}")
    if tied:
        equal = "une candidature de même note" if len(tied) == 1 else "des candidatures de même note"
        parts.append(f"{equal}, selon la règle de départage : {listed([name(id, labels) for id in tied])}")
    return f"la place est allée à {' ; et à '.join(parts)}."


def cause(because: str, labels: Labels) -> str:
    """The rule that forces an exception, in words."""
    kind, _, which = because.partition(":")
    if kind == "quota":
        return f"la règle « {which} » de l’appel impose cette exception"
    if kind == "lock":
        return f"le choix fait à la main pour {name(which, labels)} impose cette exception"
    if kind == "method":
        return "la méthode de comparaison choisie ne tient pas compte de l’envie justifiée"
    return "les surfaces demandées ne permettent aucune répartition sans exception"


def changes(counterfactuals: Sequence[Line], labels: Labels) -> str | None:
    """What would have been enough, checked by solving again."""
    parts = []
    for change in counterfactuals:
        lot = name(change["lot"], labels)
        if "area" in change:
            parts.append(f"avec {figure(change['area'])} m² au lot {lot}")
        else:
            parts.append(f"{'' if parts else 'avec '}une note d’au moins {figure(change['score'])} au lot {lot}")
    return f"Elle aurait été retenue {', ou '.join(parts)}." if parts else None


def figure(value: Any) -> str:
    """A number as French writes it: 73,3."""
    return f"{value}".replace(".", ",")


def ordinal(rank: int) -> str:
    return "1er" if rank == 1 else f"{rank}e"


def listed(names: Sequence[str]) -> str:
    """A, B et C."""
    return " et ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def name(id: str, labels: Labels) -> str:
    return labels.get(id, id)
