"""Conflicts of interest that the records show by themselves. Pure: facts in, findings out.

Sources: code pénal art. 432-12 (an interest « de nature à compromettre son impartialité »), CGFP art. L121-4 and
L121-5, and rule AMI-04. A finding is enough to set the file aside for that juror: only a named person lifts it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from intervalle.i18n import N_


@dataclass(frozen=True)
class Structure:
    """An applicant or a group member, as the records know it."""

    organisation_id: int
    name: str = ""
    siren: str | None = None
    address: str | None = None
    commune: str | None = None
    related: frozenset[int] = frozenset()  # the structure it succeeds, and those that succeed it


@dataclass(frozen=True)
class File:
    """What detection needs of an application: who stands behind it, and who typed it."""

    application_id: int
    structures: tuple[Structure, ...]
    people: frozenset[int] = frozenset()  # those who wrote or submitted it


@dataclass(frozen=True)
class Juror:
    """A seat, with the organisations its holder belongs to now or belonged to in the last three years."""

    seat_id: int
    user_id: int
    employer: Structure | None = None
    member_of: frozenset[int] = frozenset()
    houses: frozenset[int] = field(default=frozenset())  # tenants of the employer, when it is a landlord


@dataclass(frozen=True)
class Finding:
    """One link, with the sentence shown to the juror and kept in the minutes."""

    seat_id: int
    application_id: int
    kind: str
    sentence: str
    name: str
    organisation_id: int = 0

    @property
    def values(self) -> dict[str, str]:
        return {"name": self.name}


SENTENCES = {
    "member": N_("Vous êtes, ou étiez il y a moins de trois ans, membre de %(name)s."),
    "employer": N_("Vous siégez pour %(name)s, qui est candidate."),
    "same_siren": N_("Votre organisation porte le même SIREN que %(name)s."),
    "related": N_("Votre organisation est liée à %(name)s par une succession."),
    "same_address": N_("Votre organisation a la même adresse que %(name)s."),
    "tenant": N_("Votre organisation loge déjà %(name)s."),
    "author": N_("Vous avez rédigé ou déposé le dossier de %(name)s."),
}


# What a juror is asked to declare, today or over the last three years (rules.md §4.4).
LINKS = {
    "employment": N_("Emploi, stage ou mission"),
    "mandate": N_("Mandat électif ou de représentation"),
    "board": N_("Place au conseil ou au bureau"),
    "family": N_("Famille ou amitié proche"),
    "money": N_("Lien d’argent (don, prêt, prestation, bail)"),
    "subsidy": N_("Subvention décidée"),
    "rival": N_("Candidature concurrente"),
    "other": N_("Autre lien"),
}


def detect(jurors: Iterable[Juror], files: Iterable[File]) -> list[Finding]:
    """Every link between a juror and a file, the strongest of each pair first; stable order."""
    everything = list(files)
    return [finding for juror in jurors for file in everything if (finding := _link(juror, file))]


def _link(juror: Juror, file: File) -> Finding | None:
    for structure in file.structures:
        for kind, holds in _tests(juror, structure):
            if holds:
                return _found(juror, file, kind, structure)
    if juror.user_id in file.people and file.structures:
        return _found(juror, file, "author", file.structures[0])
    return None


def _found(juror: Juror, file: File, kind: str, structure: Structure) -> Finding:
    return Finding(juror.seat_id, file.application_id, kind, SENTENCES[kind], structure.name, structure.organisation_id)


def _tests(juror: Juror, structure: Structure) -> tuple[tuple[str, bool], ...]:
    employer = juror.employer
    return (
        ("member", structure.organisation_id in juror.member_of),
        ("employer", employer is not None and structure.organisation_id == employer.organisation_id),
        ("same_siren", employer is not None and same_siren(employer.siren, structure.siren)),
        ("related", employer is not None and bool({employer.organisation_id} & structure.related)),
        ("tenant", structure.organisation_id in juror.houses),
        ("same_address", employer is not None and same_address(employer, structure)),
    )


def same_siren(one: str | None, other: str | None) -> bool:
    """Nine digits equal; an absent number is equal to nothing. A SIRET counts by its first nine digits."""
    return bool(one and other and one[:9] == other[:9])


def same_address(one: Structure, other: Structure) -> bool:
    """The same street line in the same commune, whatever the case, accents and punctuation."""
    first, second = _plain(one.address), _plain(other.address)
    # Without a number a shared street says nothing ("place de la Mairie" holds half the town).
    numbered = bool(re.match(r"\d", first))
    return numbered and first == second and (one.commune or "") == (other.commune or "")


def _plain(address: str | None) -> str:
    letters = unicodedata.normalize("NFKD", (address or "").lower())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in letters if not unicodedata.combining(c))))
