"""Read a problem document: every refusal names the place in the file and the way out, in one French sentence."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, TypeVar

import rfc8785

from allocation.assignment.problem import (
    FULL_TIME,
    HALF_DAYS,
    Application,
    InvalidProblem,
    Lock,
    Lot,
    Need,
    Problem,
    Quota,
    TieBreak,
)
from allocation.assignment.writing import plain
from calls.draw import commit

Row = TypeVar("Row", Lot, Application)

LARGEST = 10**9  # hundredths: ten million m², points or euros; keeps every sum exact in the solver's doubles
RULES = ("ineligible", "locks", "incompatible", "together", "quotas", "max_awards_per_organisation", "tie_break")
QUOTA_KINDS = ("area_share", "award_share", "area", "awards", "minimum_rent")


def read_problem(document: Any) -> Problem:
    """Build the Problem: each list read, then the references between them checked, rows sorted by identifier."""
    top = _object(
        document,
        "le document",
        required=("lots", "applications"),
        optional=RULES,
    )
    lots = _unique([_lot(row, f"lots[{n}]") for n, row in _rows(top, "lots")], "lots")
    applications = _unique(
        [_application(row, f"applications[{n}]") for n, row in _rows(top, "applications")], "applications"
    )
    lot_ids, ids = {lot.id for lot in lots}, {application.id for application in applications}
    for application in applications:
        _complete(application, lot_ids)
    problem = Problem(
        lots=lots,
        applications=applications,
        ineligible=_ineligible(top, ids, lot_ids),
        locks=_locks(top, {application.id: application for application in applications}, lot_ids),
        incompatible=_pairs(top, ids),
        together=_together(top, ids),
        quotas=_quotas(top, applications, lot_ids),
        max_awards_per_organisation=_maximum(top),
        tie_break=_tie_break(top.get("tie_break"), ids),
        sha256="",
    )
    _complete_scores(problem)
    return replace(problem, sha256=sha256(rfc8785.dumps(plain(problem))).hexdigest())


def _lot(row: Any, at: str) -> Lot:
    fields = _object(row, at, required=("id", "area"), optional=("slots", "rent"))
    id = _text(fields["id"], f"{at}.id")
    at = f"lot {id}"
    rent = fields.get("rent")
    return Lot(
        id=id,
        area=_positive(fields["area"], f"{at}, surface"),
        slots=_slots(fields.get("slots"), at),
        rent=None if rent is None else _hundredths(rent, f"{at}, loyer au m²"),
    )


def _application(row: Any, at: str) -> Application:
    fields = _object(
        row,
        at,
        required=("id", "wishes", "area", "scores"),
        optional=("organisation", "neighbourhood", "groups", "slots", "weight", "rent"),
    )
    id = _text(fields["id"], f"{at}.id")
    at = f"candidature {id}"
    tiers = _tiers(fields["wishes"], at)
    lots = [lot for tier in tiers for lot in tier]
    groups = {_text(group, f"{at}, groupes") for group in _list(fields.get("groups"), f"{at}, groupes")}
    neighbourhood = fields.get("neighbourhood", False)
    if not isinstance(neighbourhood, bool):
        raise InvalidProblem(f"{_start(at)} : « neighbourhood » vaut true ou false, corrigez cette valeur.")
    organisation = fields.get("organisation")
    return Application(
        id=id,
        organisation=None if organisation is None else _text(organisation, f"{at}, organisme"),
        groups=frozenset(groups | ({"neighbourhood"} if neighbourhood else set())),
        tiers=tiers,
        needs=_per_lot(fields["area"], lots, f"{at}, surface", _need),
        scores=_per_lot(fields["scores"], lots, f"{at}, note", _hundredths),
        slots=_slots(fields.get("slots"), at),
        weight=_count(fields.get("weight", 1), f"{at}, poids"),
        rents=_per_lot(fields.get("rent") or {}, lots, f"{at}, loyer", _hundredths),
    )


def _tiers(value: Any, at: str) -> tuple[tuple[str, ...], ...]:
    """Wishes best first; a tier is a list of equally liked lots, or one lot alone."""
    tiers: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for n, tier in enumerate(_list(value, f"{at}, vœux"), start=1):
        names = [tier] if isinstance(tier, str) else _list(tier, f"{at}, vœu {n}")
        lots = sorted(_text(lot, f"{at}, vœu {n}") for lot in names)
        for lot in lots:
            if lot in seen:
                raise InvalidProblem(f"{_start(at)} : le lot {lot} figure deux fois dans les vœux, gardez-en un seul.")
            seen.add(lot)
        if lots:
            tiers.append(tuple(lots))
    return tuple(tiers)


def _need(value: Any, at: str) -> Need:
    if isinstance(value, Mapping):
        bounds = _object(value, at, required=("min", "max"), optional=())
        need = Need(_positive(bounds["min"], f"{at} minimale"), _positive(bounds["max"], f"{at} maximale"))
        if need.least > need.most:
            raise InvalidProblem(f"{_start(at)} : le minimum dépasse le maximum, inversez-les ou corrigez-les.")
        return need
    area = _positive(value, at)
    return Need(area, area)


def _per_lot(value: Any, lots: list[str], at: str, read: Callable[[Any, str], Any]) -> dict[str, Any]:
    """A value per wished lot: an object lot → value, or one value that holds for every wished lot."""
    if isinstance(value, Mapping) and not (value.keys() and value.keys() <= {"min", "max"}):
        return {lot: read(value[lot], f"{at} au lot {lot}") for lot in sorted(value) if lot in lots}
    return {lot: read(value, at) for lot in sorted(lots)}


def _complete(application: Application, lot_ids: set[str]) -> None:
    for lot in application.lots:
        if lot not in lot_ids:
            raise InvalidProblem(
                f"Candidature {application.id} : le lot {lot} n’est pas dans « lots », "
                "ajoutez-le ou retirez-le des vœux."
            )


def _complete_scores(problem: Problem) -> None:
    """An ineligible pair may stay without area or score: nobody computes them for a lot that cannot suit."""
    for application in problem.applications:
        for lot in application.lots:
            for values, name in ((application.needs, "surface"), (application.scores, "note")):
                if lot not in values and (application.id, lot) not in problem.ineligible:
                    raise InvalidProblem(
                        f"Candidature {application.id} : il manque la {name} pour le lot {lot}, "
                        "indiquez-la ou retirez ce lot des vœux."
                    )


def _ineligible(top: Mapping[str, Any], ids: set[str], lots: set[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for n, row in _rows(top, "ineligible"):
        at = f"ineligible[{n}]"
        fields = _object(row, at, required=("application", "lot", "reason"), optional=())
        pair = _known(fields["application"], ids, at), _known(fields["lot"], lots, at)
        reason = _text(fields["reason"], f"{at}.reason")
        found[pair] = min(reason, found.get(pair, reason))
    return dict(sorted(found.items()))


def _locks(top: Mapping[str, Any], applications: Mapping[str, Application], lots: set[str]) -> tuple[Lock, ...]:
    locks: dict[tuple[str, str], Lock] = {}
    for n, row in _rows(top, "locks"):
        at = f"locks[{n}]"
        fields = _object(row, at, required=("application", "lot", "kind", "motive"), optional=("author",))
        id, lot = _known(fields["application"], set(applications), at), _known(fields["lot"], lots, at)
        if fields["kind"] not in ("must", "never"):
            raise InvalidProblem(f"{at} : le genre d’un verrou est « must » ou « never », corrigez « kind ».")
        if fields["kind"] == "must" and lot not in applications[id].lots:
            raise InvalidProblem(
                f"{at} : la candidature {id} n’a pas demandé le lot {lot}, "
                "ajoutez ce lot à ses vœux ou retirez le verrou."
            )
        if (id, lot) in locks:
            raise InvalidProblem(f"{at} : la candidature {id} a déjà un verrou sur le lot {lot}, gardez-en un seul.")
        author = fields.get("author")
        locks[id, lot] = Lock(
            application=id,
            lot=lot,
            kind=fields["kind"],
            motive=_text(fields["motive"], f"{at}.motive", longest=2000),
            author=None if author is None else _text(author, f"{at}.author"),
        )
    return tuple(locks[pair] for pair in sorted(locks))


def _pairs(top: Mapping[str, Any], ids: set[str]) -> tuple[tuple[str, str], ...]:
    pairs = set()
    for n, row in _rows(top, "incompatible"):
        names = sorted({_known(id, ids, f"incompatible[{n}]") for id in _list(row, f"incompatible[{n}]")})
        if len(names) != 2:
            raise InvalidProblem(f"incompatible[{n}] : donnez exactement deux candidatures différentes.")
        pairs.add((names[0], names[1]))
    return tuple(sorted(pairs))


def _together(top: Mapping[str, Any], ids: set[str]) -> tuple[tuple[str, ...], ...]:
    """Sets that share a member are one set: whoever must be with B, who must be with C, must be with C."""
    merged: list[set[str]] = []
    for n, row in _rows(top, "together"):
        names = {_known(id, ids, f"together[{n}]") for id in _list(row, f"together[{n}]")}
        if len(names) < 2:
            raise InvalidProblem(f"together[{n}] : donnez au moins deux candidatures différentes.")
        for other in [other for other in merged if other & names]:
            names |= other
            merged.remove(other)
        merged.append(names)
    return tuple(sorted(tuple(sorted(names)) for names in merged))


def _quotas(top: Mapping[str, Any], applications: tuple[Application, ...], lots: set[str]) -> tuple[Quota, ...]:
    quotas: dict[str, Quota] = {}
    for n, row in _rows(top, "quotas"):
        at = f"quotas[{n}]"
        fields = _object(row, at, required=("name", "kind"), optional=("group", "at_least", "at_most", "lots"))
        name, kind = _text(fields["name"], f"{at}.name"), fields["kind"]
        if name in quotas:
            raise InvalidProblem(f"{at} : le nom « {name} » est déjà pris, donnez à chaque quota un nom différent.")
        if kind not in QUOTA_KINDS:
            raise InvalidProblem(f"Quota « {name} » : genre inconnu, choisissez parmi {', '.join(QUOTA_KINDS)}.")
        quotas[name] = _quota(name, kind, fields, lots)
        ranged = any(need.least < need.most for a in applications for need in a.needs.values())
        if ranged and kind in ("area_share", "area"):
            raise InvalidProblem(
                f"Quota « {name} » : un seuil de surface ne se calcule pas avec des surfaces variables, "
                "fixez une surface par candidature et par lot."
            )
    return tuple(quotas[name] for name in sorted(quotas))


def _quota(name: str, kind: str, fields: Mapping[str, Any], lots: set[str]) -> Quota:
    at = f"quota « {name} »"
    bounds = {side: fields.get(side) for side in ("at_least", "at_most")}
    if all(bound is None for bound in bounds.values()):
        raise InvalidProblem(f"{_start(at)} : donnez « at_least » ou « at_most ».")
    if kind == "minimum_rent" and bounds["at_most"] is not None:
        raise InvalidProblem(f"{_start(at)} : un loyer minimal n’a que « at_least », retirez « at_most ».")
    group = fields.get("group")
    if group is None and kind.endswith("_share"):
        raise InvalidProblem(f"{_start(at)} : une part se compte pour un groupe, indiquez « group ».")
    read = _count_or_zero if kind == "awards" else _hundredths
    values = {side: None if bound is None else read(bound, at) for side, bound in bounds.items()}
    if kind.endswith("_share") and any(value is not None and value > 100 for value in values.values()):
        raise InvalidProblem(f"{_start(at)} : une part va de 0 à 1 (0.25 pour un quart), corrigez-la.")
    chosen = fields.get("lots")
    return Quota(
        name=name,
        kind=kind,
        group=None if group is None else _text(group, f"{at}, groupe"),
        at_least=values["at_least"],
        at_most=values["at_most"],
        lots=None if chosen is None else frozenset(_known(lot, lots, at) for lot in _list(chosen, at)),
    )


def _maximum(top: Mapping[str, Any]) -> int | None:
    value = top.get("max_awards_per_organisation")
    return None if value is None else _count(value, "max_awards_per_organisation")


def _tie_break(value: Any, ids: set[str]) -> TieBreak | None:
    if value is None:
        return None
    fields = _object(value, "tie_break", required=("rule",), optional=("seed", "commitment", "order"))
    if fields["rule"] == "draw":
        seed = _text(fields.get("seed"), "tie_break.seed")
        commitment = fields.get("commitment")
        if commitment is not None and commitment != commit(seed):
            raise InvalidProblem(
                "tie_break : la graine ne correspond pas à l’empreinte publiée, "
                "donnez la graine engagée avant les notes."
            )
        return TieBreak("draw", seed, commitment, ())
    if fields["rule"] == "order":
        order = tuple(_known(id, ids, "tie_break.order") for id in _list(fields.get("order"), "tie_break.order"))
        if len(set(order)) != len(order) or set(order) != ids:
            raise InvalidProblem("tie_break.order : citez chaque candidature une fois et une seule.")
        return TieBreak("order", None, None, order)
    raise InvalidProblem("tie_break.rule : la règle est « draw » (tirage) ou « order » (ordre publié).")


def _object(value: Any, at: str, *, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidProblem(f"{_start(at)} : il faut un objet JSON {{…}} à cet endroit.")
    for name in required:
        if name not in value:
            raise InvalidProblem(f"{_start(at)} : il manque « {name} », ajoutez ce champ.")
    # An unknown field is refused: a misspelt "quota" silently ignored would be a constraint silently dropped.
    for name in value:
        if name not in required and name not in optional:
            raise InvalidProblem(f"{_start(at)} : champ inconnu « {name} », corrigez-en le nom ou retirez-le.")
    return value


def _rows(top: Mapping[str, Any], name: str) -> list[tuple[int, Any]]:
    return list(enumerate(_list(top.get(name), name)))


def _list(value: Any, at: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidProblem(f"{_start(at)} : il faut une liste JSON […] à cet endroit.")
    return list(value)


def _text(value: Any, at: str, longest: int = 200) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise InvalidProblem(f"{_start(at)} : il faut un texte non vide d’au plus {longest} caractères.")
    if any(ord(character) < 32 and character not in "\n\t" for character in value) or not _encodable(value):
        raise InvalidProblem(f"{_start(at)} : caractère interdit dans le texte, retirez-le.")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 spelling, hence no hash
        return False
    return True


def _known(value: Any, known: set[str], at: str) -> str:
    name = _text(value, at)
    if name not in known:
        raise InvalidProblem(f"{_start(at)} : « {name} » n’est pas dans le document, ajoutez-le ou retirez la ligne.")
    return name


def _unique(rows: list[Row], name: str) -> tuple[Row, ...]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise InvalidProblem(f"{name} : l’identifiant {row.id} figure deux fois, gardez une seule ligne.")
        seen.add(row.id)
    return tuple(sorted(rows, key=lambda row: row.id))


def _hundredths(value: Any, at: str) -> int:
    """A number or decimal string with at most two digits after the point, as whole hundredths."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise InvalidOperation
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        exact = number.is_finite() and abs(number) < LARGEST and number * 100 == int(number * 100)
    except (InvalidOperation, ValueError):
        exact = False
    if not exact or number < 0:
        raise InvalidProblem(f"{_start(at)} : il faut un nombre positif avec au plus deux chiffres après la virgule.")
    if number * 100 > LARGEST:
        raise InvalidProblem(f"{_start(at)} : nombre trop grand, vérifiez l’unité.")
    return int(number * 100)


def _positive(value: Any, at: str) -> int:
    hundredths = _hundredths(value, at)
    if hundredths == 0:
        raise InvalidProblem(f"{_start(at)} : zéro n’est pas une surface, indiquez les m².")
    return hundredths


def _count_or_zero(value: Any, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise InvalidProblem(f"{_start(at)} : il faut un nombre entier positif.")
    return value


def _count(value: Any, at: str) -> int:
    if _count_or_zero(value, at) == 0:
        raise InvalidProblem(f"{_start(at)} : il faut un nombre entier d’au moins 1.")
    return int(value)


def _slots(value: Any, at: str) -> frozenset[int]:
    if value is None:
        return FULL_TIME
    names = _list(value, f"{at}, créneaux")
    for name in names:
        if name not in HALF_DAYS:
            raise InvalidProblem(
                f"{_start(at)} : demi-journée inconnue « {name} », écrivez de mon-am à sun-pm, ou null pour toutes."
            )
    if not names:
        raise InvalidProblem(f"{_start(at)} : aucune demi-journée, citez-en une ou mettez null pour toutes.")
    return frozenset(HALF_DAYS.index(name) for name in names)


def _start(at: str) -> str:
    return at[:1].upper() + at[1:] if not at.startswith(("lots[", "applications[", "quotas[")) else at
