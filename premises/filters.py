"""What was asked of the list, read from the address and written back to it: every filter is a URL. Pure.

Nonsense in an address is dropped, never an error.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

YES = "oui"
KINDS = ("ground_floor", "building", "land", "brownfield")
STATES = {
    "vacant": "libre", "call": "appel", "selection": "selection", "awarded": "attribue", "occupied": "occupe",
    "works": "travaux", "soon": "bientot",
}  # fmt: skip
SORTS = ("recent", "surface", "petits", "loyer", "distance")
NEAR_METRES = 500
FARTHEST = 5_000  # from a QPV
FARTHEST_AROUND = 100_000  # from an address

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Filters:
    """Areas in m², money in cents per m² and year, distances in metres, days as a period [start, end)."""

    q: str = ""
    area: str = ""  # as typed
    low: Decimal | None = None
    high: Decimal | None = None
    qpv: str = ""  # oui | hors | inconnu | proche
    radius: int = NEAR_METRES
    where: str = ""  # c35238 commune, e243500139 EPCI or EPT, d35 département, r53 région
    place: str = ""  # a place's name as typed, not yet understood as a `where`
    around: str = ""  # an address as typed; `near` is its point once found
    within: int | None = None  # metres around `near`
    ground_floor: bool = False
    call: bool = False
    free: bool = False
    erp5: bool = False
    step_free: bool = False
    shareable: bool = False
    divisible: bool = False
    state: str = ""
    kind: str = ""
    title: str = ""
    erp: str = ""
    rent: int | None = None
    charges: int | None = None
    start: date | None = None
    end: date | None = None
    bbox: Box | None = None
    near: tuple[float, float] | None = None
    sort: str = "recent"
    page: int = 1

    @property
    def active(self) -> bool:
        return bool(self.query_string(page=False))

    def without(self, **changed: Any) -> "Filters":
        """The same question with some of it changed, from its first page."""
        return replace(self, page=1, **changed)

    def pairs(self) -> list[tuple[str, str]]:
        """(name, value) of what is asked, in the order of the page."""
        yes = {
            "rdc": self.ground_floor, "appel": self.call, "libre": self.free, "erp5": self.erp5, "pmr": self.step_free,
            "partage": self.shareable, "divisible": self.divisible,
        }  # fmt: skip
        found = [
            ("q", self.q), ("surface", self.area), ("qpv", YES if self.qpv == YES else ""),
            ("quartier", self.qpv if self.qpv != YES else ""),
            ("rayon", str(self.radius) if self.qpv == "proche" and self.radius != NEAR_METRES else ""), ("ou", self.where),
            ("lieu", self.place), *[(name, YES if on else "") for name, on in yes.items()],
            ("etat", STATES.get(self.state, "")), ("nature", self.kind), ("titre", self.title), ("erp", self.erp),
            ("loyer", _euros(self.rent)), ("charges", _euros(self.charges)),
            ("du", self.start.isoformat() if self.start else ""), ("au", self.end.isoformat() if self.end else ""),
            ("zone", ",".join(f"{n:.5f}" for n in self.bbox) if self.bbox else ""),
            ("autour", self.around), ("pour", self.around if self.near else ""),
            ("pres", ",".join(f"{n:.5f}" for n in self.near) if self.near else ""),
            ("distance", str(self.within) if self.within else ""), ("tri", self.sort if self.sort != "recent" else ""),
        ]  # fmt: skip
        return [(name, value) for name, value in found if value]

    def query_string(self, *, page: bool = True) -> str:
        """The same filters as an address."""
        number = [("page", str(self.page))] if page and self.page > 1 else []
        return urlencode(self.pairs() + number)


def _euros(cents: int | None) -> str:
    return "" if cents is None else f"{Decimal(cents) / 100:f}"


def read_area(typed: str) -> tuple[Decimal | None, Decimal | None]:
    """« 30 – 120 », « 30 », « -120 »: bounds in m²."""
    numbers = [Decimal(n.replace(",", ".")) for n in re.findall(r"\d{1,7}(?:[.,]\d{1,2})?", typed)[:2]]
    if not numbers:
        return None, None
    if len(numbers) == 1:
        return (None, numbers[0]) if re.match(r"\s*[-–<≤]", typed) else (numbers[0], None)
    return min(numbers), max(numbers)


def _numbers(typed: str) -> list[float]:
    try:
        numbers = [float(n) for n in typed[:120].split(",")]
    except ValueError:
        return []
    return numbers if all(math.isfinite(n) and abs(n) <= 180 for n in numbers) else []


def read_box(typed: str) -> Box | None:
    """west,south,east,north in degrees; anything not finite, out of range or upside down is no box."""
    numbers = _numbers(typed)
    if len(numbers) != 4:
        return None
    west, south, east, north = numbers
    return (west, south, east, north) if west < east and -90 <= south < north <= 90 else None


def read_point(typed: str) -> tuple[float, float] | None:
    numbers = _numbers(typed)
    return (numbers[0], numbers[1]) if len(numbers) == 2 and abs(numbers[1]) <= 90 else None


def _day(typed: str) -> date | None:
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", typed):
        typed = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    try:
        read = date.fromisoformat(typed)
    except ValueError:
        return None
    return read if 1900 <= read.year <= 2200 else None


def _cents(typed: str) -> int | None:
    cleaned = typed.replace(",", ".").strip()
    return int(Decimal(cleaned) * 100) if re.fullmatch(r"\d{1,6}(\.\d{1,2})?", cleaned) else None


def _whole(typed: str, default: int, high: int) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 6 and 0 < int(typed) <= high else default


def read(query: Mapping[str, str]) -> Filters:
    def given(name: str, length: int = 40) -> str:
        return query.get(name, "")[:length].strip()

    def on(name: str) -> bool:
        return query.get(name, "") == YES

    def among(name: str, known: Any) -> str:
        return given(name) if given(name) in known else ""

    low, high = read_area(given("surface"))
    start, end = _day(given("du")), _day(given("au"))
    states = {word: state for state, word in STATES.items()}
    around = " ".join(query.get("autour", "")[:120].split())
    # `pres` is the point of the address in `pour`: another address typed since has none yet.
    found = around == " ".join(query.get("pour", "")[:120].split())
    near = read_point(given("pres", 120)) if found else None
    where = given("ou") if re.fullmatch(r"[cedr][0-9AB]{2,9}", given("ou")) else ""
    sort = among("tri", SORTS) or "recent"
    return Filters(
        q=" ".join(query.get("q", "")[:120].split()), area=given("surface"), low=low, high=high,
        qpv=YES if on("qpv") else among("quartier", {"hors", "inconnu", "proche"}), radius=_whole(given("rayon"), NEAR_METRES, FARTHEST),
        where=where, place=" ".join(given("lieu", 80).split()), around=around,
        ground_floor=on("rdc"), call=on("appel"), free=on("libre"), erp5=on("erp5"), step_free=on("pmr"),
        shareable=on("partage"), divisible=on("divisible"), state=states.get(given("etat"), ""), kind=among("nature", KINDS),
        title=re.sub(r"[^A-Z_]", "", given("titre", 20)), erp=re.sub(r"[^A-Z]", "", given("erp", 4)),
        rent=_cents(given("loyer")), charges=_cents(given("charges")),
        start=start, end=end if not (start and end) or end > start else None,
        within=_whole(given("distance"), 0, FARTHEST_AROUND) or None, bbox=read_box(query.get("zone", "")), near=near, sort="recent" if sort == "distance" and not near else sort,
        page=_whole(given("page"), 1, 10_000),
    )  # fmt: skip
