"""The assignment problem as frozen data: what may be placed where, and under which published rules.

Units: areas are whole square decimetres (1 m² = 100), scores whole hundredths of a point, rents whole cents a
year (or cents per m² and year for a lot), shares whole percents. No float enters a computation: two machines must agree to
the last digit. The two documents (problem in, result out) are described in docs/adr and in the exchange format.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HALF_DAYS = tuple(f"{day}-{half}" for day in DAYS for half in ("am", "pm"))
FULL_TIME = frozenset(range(len(HALF_DAYS)))


class InvalidProblem(ValueError):
    """The document cannot be read as a problem; the message is one French sentence: the place and the way out."""


class NoSolution(InvalidProblem):
    """The locks and quotas of the call exclude one another: no proposal at all respects them."""


class OutOfTime(NoSolution):
    """No proposal was found in time, which does not say that there is none."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A place to allot. `rent` is in cents per m² and year, used when an application gives no rent of its own."""

    id: str
    area: int
    slots: frozenset[int]
    rent: int | None


@dataclass(frozen=True, slots=True)
class Need:
    """Area wanted at one lot: `least` places the application, what is left over may raise it up to `most`."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Application:
    """One structure or one group (a group counts as one). `tiers`: acceptable lots, best first, ties in one tier."""

    id: str
    organisation: str | None
    groups: frozenset[str]
    tiers: tuple[tuple[str, ...], ...]
    needs: Mapping[str, Need]
    scores: Mapping[str, int]
    slots: frozenset[int]
    weight: int
    rents: Mapping[str, int]

    @property
    def lots(self) -> tuple[str, ...]:
        """Every acceptable lot, best first."""
        return tuple(lot for tier in self.tiers for lot in tier)


@dataclass(frozen=True, slots=True)
class Lock:
    """A decision of the panel taken before the computation: `must` be on this lot, or `never` there, and why."""

    application: str
    lot: str
    kind: str
    motive: str
    author: str | None


@dataclass(frozen=True, slots=True)
class Quota:
    """A named, published constraint over the whole call (or over `lots`).

    Kinds and units of the bounds: `area_share` and `award_share` whole percents of what is allotted, to `group`;
    `area` square decimetres; `awards` a count; `minimum_rent` cents a year. Area counts for the half-days it is used.
    """

    name: str
    kind: str
    group: str | None
    at_least: int | None
    at_most: int | None
    lots: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class TieBreak:
    """What separates equal scores: `draw` (committed seed) or `order` (the order a published rule gives)."""

    rule: str
    seed: str | None
    commitment: str | None
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything the engine is allowed to know."""

    lots: tuple[Lot, ...]
    applications: tuple[Application, ...]
    ineligible: Mapping[tuple[str, str], str]
    locks: tuple[Lock, ...]
    incompatible: tuple[tuple[str, str], ...]
    together: tuple[tuple[str, ...], ...]
    quotas: tuple[Quota, ...]
    max_awards_per_organisation: int | None
    tie_break: TieBreak | None
    sha256: str

    def application(self, id: str) -> Application:
        return next(application for application in self.applications if application.id == id)


def parse(document: Mapping[str, Any]) -> Problem:
    """Read a problem document, whatever the order of its rows. Raises InvalidProblem with a French sentence."""
    from allocation.assignment.reading import read_problem  # reading builds the classes above

    return read_problem(document)


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a problem (RFC 8785): rows sorted, defaults written out, decimals as short strings.

    Two documents that mean the same have the same bytes, so their hash names the problem and not the file.
    """
    from allocation.assignment.writing import plain

    return rfc8785.dumps(plain(parse(document)))


def input_sha256(document: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of `canonical(document)`."""
    return sha256(canonical(document)).hexdigest()
