"""Which files of a call may be one and the same, and why. Pure: it proposes pairs, a person decides.

A likeness is never a proof: two associations share an address, a network lends its words. Each sign is said, so that
whoever decides can weigh it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from intervalle.i18n import N_

SIGNS = {
    "siren": N_("même SIREN"),
    "rna": N_("même numéro RNA"),
    "structure": N_("une même structure dans les deux dossiers"),
    "person": N_("une même personne dans les deux structures"),
    "email": N_("même courriel"),
    "phone": N_("même téléphone"),
    "address": N_("même adresse"),
    "name": N_("noms de structure presque identiques"),
    "project": N_("noms de projet presque identiques"),
    "text": N_("textes presque identiques"),
}
NAMES_ALIKE, PROJECTS_ALIKE, TEXTS_ALIKE = 0.8, 0.85, 0.5
RUN = 4  # words of a piece of text that is compared
LEAST_TEXT = 15  # pieces: a shorter text proves nothing
SHARED_BY_FEW = (
    3  # a piece found in more files, and in more than a quarter of them, is everybody's: the call's own words
)
EMPTY_WORDS = frozenset(
    [
        "association",
        "asso",
        "collectif",
        "le",
        "la",
        "les",
        "l",
        "de",
        "du",
        "des",
        "d",
        "et",
        "en",
        "a",
        "au",
        "aux",
        "un",
        "une",
    ]
)


@dataclass(frozen=True, slots=True)
class Traits:
    """What can be compared of one file. `structures` and `people` are ids; texts are as typed."""

    id: int
    structures: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    siren: str = ""
    rna: str = ""
    emails: frozenset[str] = frozenset()
    phone: str = ""
    address: str = ""
    name: str = ""
    project: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Traits made ready to compare."""

    of: Traits
    same: Mapping[str, str]
    name: frozenset[str]
    project: frozenset[str]
    pieces: frozenset[str] = field(default_factory=frozenset)


def plain(text: str) -> str:
    """Lower case, no accents, words apart: « 12, rue d'Été » and « 12 rue d’ete » are one."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _threes(text: str) -> frozenset[str]:
    said = " ".join(word for word in plain(text).split() if word not in EMPTY_WORDS)
    return frozenset(f" {said} "[n : n + 3] for n in range(len(said))) if len(said) >= 4 else frozenset()


def _pieces(text: str) -> frozenset[str]:
    words = plain(text).split()
    return frozenset(" ".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1))


def _ready(one: Traits) -> _Seen:
    digits = re.sub(r"\D", "", one.phone)[-9:]
    same = {
        "siren": one.siren,
        "rna": one.rna.upper(),
        "phone": digits if len(digits) == 9 else "",
        "address": plain(one.address),
    }
    return _Seen(one, same, _threes(one.name), _threes(one.project), _pieces(one.text))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def alike(files: Sequence[Traits]) -> dict[tuple[int, int], list[str]]:
    """(smaller id, larger id) -> the signs (keys of SIGNS, in their order) for each pair that has one."""
    ready = [_ready(one) for one in files]
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for one, other in combinations(ready, 2):
        for sign in _signs(one, other):
            found[_pair(one.of.id, other.of.id)].add(sign)
    for pair in _same_texts(ready):
        found[pair].add("text")
    return {pair: [sign for sign in SIGNS if sign in found[pair]] for pair in sorted(found)}


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _signs(one: _Seen, other: _Seen) -> Iterable[str]:
    for sign, value in one.same.items():
        if value and value == other.same[sign]:
            yield sign
    if one.of.structures & other.of.structures:
        yield "structure"
    if one.of.people & other.of.people:
        yield "person"
    if one.of.emails & other.of.emails:
        yield "email"
    if _dice(one.name, other.name) >= NAMES_ALIKE:
        yield "name"
    if _dice(one.project, other.project) >= PROJECTS_ALIKE:
        yield "project"


def _same_texts(ready: Sequence[_Seen]) -> Iterable[tuple[int, int]]:
    """Pairs that share half of their pieces; through an index, so that a thousand files are no million comparisons."""
    holders: dict[str, list[_Seen]] = defaultdict(list)
    for one in ready:
        if len(one.pieces) >= LEAST_TEXT:
            for piece in one.pieces:
                holders[piece].append(one)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    sizes = {one.of.id: len(one.pieces) for one in ready}
    few = max(SHARED_BY_FEW, len(ready) // 4)
    for group in holders.values():
        if len(group) <= few:
            for one, other in combinations(group, 2):
                shared[_pair(one.of.id, other.of.id)] += 1
    return [(a, b) for (a, b), n in shared.items() if n >= TEXTS_ALIKE * min(sizes[a], sizes[b])]


def sets(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Files linked by pairs, directly or through another, each set in order; the sets in order of their first file."""
    of: dict[int, set[int]] = {}
    for one, other in pairs:
        joined = of.get(one, {one}) | of.get(other, {other})
        for member in joined:
            of[member] = joined
    return [sorted(group) for group in sorted({id(g): g for g in of.values()}.values(), key=min)]
