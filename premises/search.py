"""The list of premises: every filter is a URL. Reads `Filters` from a query string, gives one `Select`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from intervalle.accounts.actor import Actor
from intervalle.territory.models import Commune
from premises import queries
from premises.models import Lot, Occupancy, Premises

PER_PAGE = 20
YES = "oui"


@dataclass(frozen=True)
class Filters:
    """What was asked. Nonsense in the address is dropped, never an error; `dropped` says what."""

    q: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    qpv: bool = False
    ground_floor: bool = False
    call: bool = False
    free: bool = False
    erp5: bool = False
    step_free: bool = False
    kind: str = ""
    title: str = ""
    bbox: tuple[float, float, float, float] | None = None
    page: int = 1
    area: str = ""
    dropped: tuple[str, ...] = field(default_factory=tuple)

    @property
    def active(self) -> bool:
        return bool(self.query_string(page=False))

    def query_string(self, *, page: bool = True) -> str:
        """The same filters as an address."""
        pairs = [
            ("q", self.q), ("surface", self.area), ("qpv", YES if self.qpv else ""), ("rdc", YES if self.ground_floor else ""),
            ("appel", YES if self.call else ""), ("libre", YES if self.free else ""), ("erp5", YES if self.erp5 else ""),
            ("pmr", YES if self.step_free else ""), ("nature", self.kind), ("titre", self.title),
            ("zone", ",".join(f"{n:.5f}" for n in self.bbox) if self.bbox else ""), ("page", str(self.page) if page and self.page > 1 else ""),
        ]  # fmt: skip
        return urlencode([(k, v) for k, v in pairs if v])


def _area(typed: str) -> tuple[Decimal | None, Decimal | None]:
    """« 30 – 120 », « 30 », « -120 »: bounds in m²."""
    numbers = [Decimal(n.replace(",", ".")) for n in re.findall(r"\d{1,7}(?:[.,]\d{1,2})?", typed)[:2]]
    if not numbers:
        return None, None
    if len(numbers) == 1:
        return (None, numbers[0]) if re.match(r"\s*[-–<≤]", typed) else (numbers[0], None)
    return min(numbers), max(numbers)


def _box(typed: str) -> tuple[float, float, float, float] | None:
    """west,south,east,north in degrees; anything not finite, out of range or upside down is no box."""
    try:
        numbers = [float(n) for n in typed.split(",")]
    except ValueError:
        return None
    if len(numbers) != 4 or not all(math.isfinite(n) and abs(n) <= 180 for n in numbers):
        return None
    west, south, east, north = numbers
    return (west, south, east, north) if west < east and south < north <= 90 and south >= -90 else None


def read(query: Mapping[str, str]) -> Filters:
    def on(name: str) -> bool:
        return query.get(name, "") == YES

    low, high = _area(query.get("surface", "")[:40])
    page = query.get("page", "1")
    kinds = {"building", "ground_floor", "land", "brownfield"}
    return Filters(
        q=" ".join(query.get("q", "")[:120].split()),
        area=query.get("surface", "")[:40].strip(),
        low=low,
        high=high,
        qpv=on("qpv"),
        ground_floor=on("rdc"),
        call=on("appel"),
        free=on("libre"),
        erp5=on("erp5"),
        step_free=on("pmr"),
        kind=query.get("nature", "") if query.get("nature") in kinds else "",
        title=re.sub(r"[^A-Z_]", "", query.get("titre", "")[:20]),
        bbox=_box(query.get("zone", "")[:120]),
        page=int(page) if page.isdigit() and 0 < int(page[:6]) <= 10_000 else 1,
    )


def _words(filters: Filters) -> ColumnElement[bool]:
    """Every word is found, accents and small typos aside, in the name, address, commune or postcode."""
    document = func.plain_text(
        func.concat_ws(" ", Premises.name, Premises.address, Premises.postcode, Commune.name, Premises.description)
    )
    words = [func.plain_text(w) for w in re.split(r"[\s,;]+", filters.q) if w]
    return and_(*(or_(document.contains(w, autoescape=False), func.word_similarity(w, document) > 0.55) for w in words))


def _lot_conditions(filters: Filters, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    smallest = func.coalesce(Lot.min_area, Lot.area)
    if filters.low is not None:
        conditions.append(Lot.area >= filters.low)
    if filters.high is not None:
        # A divisible lot fits a small wish through its smallest part.
        conditions.append(or_(Lot.area <= filters.high, and_(Lot.divisible, smallest <= filters.high)))
    if filters.ground_floor:
        conditions.append(or_(Lot.floor == 0, Premises.kind == "ground_floor"))
    if filters.erp5:
        conditions.append(Lot.erp_category == 5)
    if filters.step_free:
        conditions.append(Lot.step_free.is_(True))
    if filters.title:
        conditions.append(Lot.titles.contains([filters.title]))
    if filters.free:
        busy = exists().where(Occupancy.lot_id == Lot.id, Occupancy.during.contains(literal(today)))
        conditions += [~busy, Lot.available.contains(literal(today))]
    return conditions


def matching(actor: Actor, filters: Filters, today: date, extra: ColumnElement[bool] | None = None) -> Select[Any]:
    """Premises that may be seen and have at least one lot that fits; `extra` is the call filter of the room above."""
    wanted = queries.premises_visible_to(actor).outerjoin(Commune, Commune.code == Premises.commune_code)
    wanted = wanted.where(queries.published())
    if filters.q:
        wanted = wanted.where(_words(filters))
    if filters.kind:
        wanted = wanted.where(Premises.kind == filters.kind)
    if filters.qpv:
        wanted = wanted.where(Premises.qpv_code != "")
    if filters.bbox:
        wanted = wanted.where(func.ST_Intersects(queries.shown_point(), func.ST_MakeEnvelope(*filters.bbox, 4326)))
    if conditions := _lot_conditions(filters, today):
        wanted = wanted.where(exists().where(Lot.premises_id == Premises.id, *conditions))
    if filters.call and extra is not None:
        wanted = wanted.where(extra)
    return wanted


def count(wanted: Select[Any]) -> Select[int]:
    return select(func.count()).select_from(wanted.order_by(None).subquery())


def of_page(wanted: Select[Any], page: int) -> Select[Any]:
    return (
        wanted.order_by(Premises.published_at.desc(), Premises.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
