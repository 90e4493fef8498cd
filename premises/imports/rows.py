"""A row of a file to what would be staged, or its refused cells, each with its column and the reason. Pure.

An empty cell never erases anything: it leaves what exists, or the default of the import.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intervalle.i18n import _
from premises.imports import mapping as mappings
from premises.imports import shapes
from premises.imports.fields import BY_CODE, FIELDS, Field
from premises.imports.readers import NOTHING, UNKNOWN_WORDS, plain, shown
from premises.imports.tables import Record

LONGEST_NAME = 120


@dataclass(frozen=True)
class Options:
    """What a person chose for the whole file. `kind` and `regime` stand where the file says nothing."""

    kind: str = "ground_floor"
    regime: str = "private"
    titles: tuple[str, ...] = ()
    available_from: str = ""  # ISO day
    swap: bool = False
    publish: bool = False


@dataclass(frozen=True)
class Refusal:
    row: int
    column: str
    value: str
    reason: str


@dataclass
class Read:
    """One row: `values` by staged column when nothing was refused."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)
    swapped: bool = False


class Reader:
    """Reads the rows of one file under one mapping; remembers what it saw, to find the same lot twice."""

    def __init__(self, columns: Sequence[str], mapping: Mapping[str, str], options: Options) -> None:
        self.options = options
        self.cnig = mappings.is_cnig(columns)
        self.nothing = UNKNOWN_WORDS if self.cnig else NOTHING
        self.places: list[tuple[int, str, Field]] = [
            (i, column, BY_CODE[mapping[column]]) for i, column in enumerate(columns) if mapping.get(column) in BY_CODE
        ]
        self.column_of = {f.code: column for _i, column, f in self.places}
        texts = [f.code for _i, _c, f in self.places if f.many]
        self.alone = {code for code in texts if texts.count(code) == 1}
        self.status = next((i for i, c in enumerate(columns) if self.cnig and c.lower() == "site_statut"), None)
        self.premises: dict[str, tuple[int, dict[str, Any]]] = {}
        self.lots: dict[tuple[str, str], int] = {}

    def take(self, record: Record) -> Read:
        read = Read(record.number)
        self._cells(record, read)
        if self.status is not None and record.cells[self.status] == "friche reconvertie":
            self._refuse(
                read,
                "site_statut",
                record.cells[self.status],
                _("Le site est déjà reconverti : il n’est plus à occuper."),
            )
        self._place(read)
        self._together(read)
        if not read.refusals:
            self._identity(read)
        return read

    def _refuse(self, read: Read, code: str, value: str, reason: str) -> None:
        field_ = BY_CODE.get(code)
        column = self.column_of.get(code) or (_(field_.label) if field_ else code)
        read.refusals.append(Refusal(read.number, column, shown(value), reason))

    def _cells(self, record: Record, read: Read) -> None:
        for i, column, f in self.places:
            cell = record.cells[i]
            if cell.startswith("'") and cell[1:2] in set("=+-@"):
                cell = cell[1:]  # the guard that our own exports put before what looks like a formula
            if self.cnig and "_X_" in cell:  # natural persons, masked by the source
                cell = "|".join(part for part in cell.split("|") if part != "_X_")
            if cell.lower() in self.nothing:
                continue
            try:
                value = f.read(cell)
            except ValueError as error:
                read.refusals.append(Refusal(read.number, column, shown(cell), str(error)))
                continue
            if f.many:
                said = value if f.code in self.alone else f"{mappings.guide(column)} : {value}"
                value = f"{read.values[f.column]}\n{said}" if f.column in read.values else said
            read.values[f.column] = value

    def _place(self, read: Read) -> None:
        """Longitude and latitude, point and outline, to degrees in France."""
        values, lon, lat = read.values, read.values.get("lon"), read.values.get("lat")
        if (lon is None) != (lat is None):
            self._refuse(
                read,
                "longitude" if lon is None else "latitude",
                "",
                _("Donnez la longitude et la latitude, ou aucune des deux."),
            )
        elif lon is not None and lat is not None:
            self._shaped(
                read,
                "longitude",
                f"{lon:g} ; {lat:g}",
                lambda: shapes.Shape(point=shapes.place((lon, lat), swap=self.options.swap)),
            )
        for code, column in (("geometrie", "shape"), ("contour", "outline")):
            cell = values.pop(column, None)
            if cell is not None:
                self._shaped(read, code, cell, lambda cell=cell: shapes.read(cell, swap=self.options.swap))

    def _shaped(self, read: Read, code: str, cell: str, get: Any) -> None:
        try:
            shape: shapes.Shape = get()
        except shapes.Swapped as error:
            read.swapped = True
            self._refuse(read, code, cell, str(error))
        except ValueError as error:
            self._refuse(read, code, cell, str(error))
        else:
            if shape.point:
                read.values["lon"], read.values["lat"] = shape.point
            if shape.outline:
                read.values["outline"] = shape.outline

    def _together(self, read: Read) -> None:
        """What cells must say to one another."""
        values = read.values
        first, last = values.get("avail_from"), values.get("avail_to")
        if first and last and last <= first:
            self._refuse(read, "disponible_jusqu_au", last.isoformat(), _("La fin précède le début."))
        if values.get("min_area") and values.get("area") and values["min_area"] > values["area"]:
            self._refuse(
                read, "surface_min", str(values["min_area"]), _("La plus petite part dépasse la surface du lot.")
            )
        if (
            not any(values.get(c) not in (None, "") for c in ("lon", "outline", "insee", "commune_name", "address"))
            and not read.refusals
        ):
            self._refuse(read, "adresse", "", _("Rien ne dit où est ce local : ni adresse, ni commune, ni point."))
        name = values.get("name", "")
        if len(name) > LONGEST_NAME:
            values["staff_notes"] = "\n".join(
                p for p in (_("Nom complet : %(name)s", name=name), values.get("staff_notes")) if p
            )
            values["name"] = name[: LONGEST_NAME - 1].rstrip() + "…"
            read.notes.append(
                Refusal(
                    read.number,
                    self.column_of.get("nom", ""),
                    shown(name),
                    _("Nom raccourci ; le nom complet est dans les notes internes."),
                )
            )

    def _identity(self, read: Read) -> None:
        """The premises the row belongs to, and its lot; the same lot twice in a file is refused."""
        values = read.values
        key = values.get("external_id") or _made_of(values)
        if not key:
            return self._refuse(read, "reference", "", _("Cette ligne n’a ni référence, ni nom, ni adresse."))
        values["external_id"] = key
        values["label"] = str(values.get("label") or "A").upper()
        seen = self.lots.setdefault((key, values["label"]), read.number)
        if seen != read.number:
            given = "lot" if "lot" in self.column_of else "reference" if "reference" in self.column_of else "nom"
            return self._refuse(read, given, key, _("Même local et même lot qu’à la ligne %(row)s.", row=seen))
        self._same_premises(read, key)
        return None

    def _same_premises(self, read: Read, key: str) -> None:
        """Rows of several lots of one building say the same of the building."""
        mine = {c: read.values[c] for c in _OF_PREMISES if c in read.values}
        number, first = self.premises.setdefault(key, (read.number, mine))
        for column, value in mine.items():
            if first.setdefault(column, value) != value:
                code = next(f.code for f in FIELDS if f.column == column)
                self._refuse(read, code, str(value), _("La ligne %(row)s dit autre chose du même local.", row=number))


_OF_PREMISES = tuple(
    f.column for f in FIELDS if f.level != "lot" and f.column not in {"external_id", "shape", "outline"}
)


def _made_of(values: Mapping[str, Any]) -> str:
    """Without a reference, the name and the place make one: the same file brought twice finds itself again."""
    parts = [plain(str(values.get(c, ""))) for c in ("name", "address", "postcode", "commune_name", "insee")]
    if not (parts[0] or parts[1]):
        return ""
    return "sans-reference-" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]
