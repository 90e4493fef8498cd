"""The columns of an export: one row per lot, codes that never move, and who may read each.

Codes are those an import reads (`premises.imports.fields`), so that an export corrected in a spreadsheet comes back by
itself. A masked owner's name, address and parcel stay with the owner, and its point is the shifted one. Private columns
exist only in the export of one's own premises.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Select, case, cast, func, literal, null, or_, select, text
from sqlalchemy.types import Text

from intervalle.accounts.actor import Actor
from intervalle.accounts.models import Organisation
from intervalle.i18n import N_
from intervalle.territory.models import Commune, Department, Intercommunality, Region
from premises import queries, states
from premises.imports.fields import BY_CODE
from premises.models import Lot, Premises


@dataclass(frozen=True)
class Asked:
    """Who asks for what, on which day: an expression may depend on it."""

    actor: Actor
    on: date
    own: bool
    base_url: str


@dataclass(frozen=True)
class Column:
    """`kind`: text, number, day, yes_no or list."""

    code: str
    label: str
    kind: str
    value: Callable[[Asked], Any]
    private: bool = False


def _exact(asked: Asked, value: Any) -> ColumnElement[Any]:
    """For everybody unless the owner is masked, then for the owner alone."""
    return case((or_(Premises.owner_masked.is_(False), queries.own(asked.actor)), value), else_=null())


def _point(asked: Asked) -> Any:
    return Premises.point if asked.own else queries.shown_point()


def _outline_area() -> ColumnElement[Any]:
    return func.round(cast(func.ST_Area(func.geography(Premises.outline)), Numeric))


def _outline(asked: Asked) -> Any:
    """The land as it lies (WKB in hexadecimal), for whom its exact place is no secret."""
    return _exact(asked, func.encode(func.ST_AsBinary(Premises.outline), "hex"))


def _euros(column: Any) -> Callable[[Asked], Any]:
    return lambda asked: cast(column, Numeric) / 100


def _field(code: str, kind: str, value: Any, *, private: bool = False) -> Column:
    """A column that an import reads under the same code."""
    return Column(
        code,
        BY_CODE[code].label,
        kind,
        value if callable(value) and not hasattr(value, "type") else lambda asked: value,
        private,
    )


COLUMNS: tuple[Column, ...] = (
    Column("local", N_("Code du local"), "text", lambda asked: Premises.code),
    Column("adresse_page", N_("Page du local"), "text", lambda asked: literal(f"{asked.base_url}/locaux/").concat(cast(Premises.id, Text))),
    Column("etat_du_jour", N_("État ce jour"), "text", lambda asked: states.lot_state(asked.on)),
    Column("proprietaire", N_("Propriétaire"), "text", lambda asked: _exact(asked, Organisation.name)),
    _field("reference", "text", Premises.external_id, private=True),
    _field("nom", "text", Premises.name),
    _field("nature", "text", Premises.kind),
    _field("regime", "text", Premises.regime),
    _field("description", "text", Premises.description),
    _field("fin_liee_a", "text", Premises.end_event),
    _field("adresse", "text", lambda asked: _exact(asked, Premises.address)),
    _field("code_postal", "text", Premises.postcode),
    _field("commune", "text", Commune.name),
    _field("code_insee", "text", Premises.commune_code),
    Column("epci", N_("Intercommunalité"), "text", lambda asked: Intercommunality.name),
    Column("departement", N_("Département"), "text", lambda asked: Department.name),
    Column("region", N_("Région"), "text", lambda asked: Region.name),
    Column("qpv", N_("Quartier prioritaire (vide : indéterminé, non : hors quartier)"), "text", lambda asked: case((Premises.qpv_code == "", literal("non")), else_=Premises.qpv_code)),
    _field("longitude", "number", lambda asked: func.round(cast(func.ST_X(_point(asked)), Numeric), 6)),
    _field("latitude", "number", lambda asked: func.round(cast(func.ST_Y(_point(asked)), Numeric), 6)),
    _field("parcelle", "text", lambda asked: _exact(asked, Premises.parcel)),
    _field("gardiennage_mois", "number", _euros(Premises.guarding_cents_month), private=True),
    _field("taxes_an", "number", _euros(Premises.tax_cents_year), private=True),
    _field("activite_economique", "yes_no", Premises.economic_use),
    _field("proprietaire_masque", "yes_no", Premises.owner_masked, private=True),
    _field("notes_internes", "text", Premises.staff_notes, private=True),
    _field("lot", "text", Lot.label),
    _field("lot_nom", "text", Lot.name),
    _field("lot_description", "text", Lot.description),
    _field("surface", "number", Lot.area),
    _field("surface_min", "number", Lot.min_area),
    _field("divisible", "yes_no", Lot.divisible),
    _field("partageable", "yes_no", Lot.shareable),
    _field("etage", "number", Lot.floor),
    _field("disponible_du", "day", lambda asked: func.lower(Lot.available)),
    _field("disponible_jusqu_au", "day", lambda asked: func.upper(Lot.available) - 1),
    _field("titres", "list", Lot.titles),
    _field("loyer_m2_an", "number", _euros(Lot.rent_cents_m2_year)),
    _field("charges_m2_an", "number", _euros(Lot.charges_cents_m2_year)),
    _field("loyer_reference_m2_an", "number", _euros(Lot.reference_rent_cents_m2_year), private=True),
    _field("erp_types", "list", Lot.erp_types),
    _field("erp_categorie", "number", Lot.erp_category),
    _field("capacite", "number", Lot.capacity),
    _field("plain_pied", "yes_no", Lot.step_free),
    _field("eau", "yes_no", Lot.water),
    _field("equipements", "list", Lot.utilities),
    _field("hauteur_cm", "number", Lot.height_cm),
    _field("charge_sol_kg_m2", "number", Lot.floor_load_kg_m2),
    _field("dpe", "text", Lot.energy_label),
    _field("etat", "text", Lot.condition),
    _field("travaux", "text", Lot.works_needed),
    _field("travaux_cout", "number", _euros(Lot.works_cost_cents)),
    _field("travaux_payeur", "text", Lot.works_payer),
    Column("contour_m2", N_("Surface du contour (m²)"), "number", lambda asked: _exact(asked, _outline_area())),
)  # fmt: skip


def chosen(codes: Sequence[str], *, own: bool) -> list[Column]:
    """Those asked for, in the order of the table whatever the order of asking; all of them by default."""
    open_to_them = [c for c in COLUMNS if own or not c.private]
    picked = [c for c in open_to_them if c.code in set(codes)]
    return picked or open_to_them


def _joined(statement: Select[Any], wanted: Sequence[Any]) -> Select[Any]:
    """The tables that columns read; PostgreSQL leaves out those that no chosen column needs."""
    return (
        statement.select_from(Premises)
        .join(Lot, Lot.premises_id == Premises.id)
        .outerjoin(Organisation, Organisation.id == Premises.owner_id)
        .outerjoin(Commune, Commune.code == Premises.commune_code)
        .outerjoin(Intercommunality, Intercommunality.code == Commune.epci_code)
        .outerjoin(Department, Department.code == Commune.department_code)
        .outerjoin(Region, Region.code == Department.region_code)
        .where(*wanted)
    )


def rows(columns: Sequence[Column], asked: Asked, wanted: Sequence[Any]) -> Select[Any]:
    """One row per lot of the premises that satisfy `wanted`: lot id, longitude, latitude and outline to draw, then the columns."""
    drawn = _point(asked)
    read = select(
        Lot.id.label("lot_id"), func.ST_X(drawn).label("lon"), func.ST_Y(drawn).label("lat"), _outline(asked).label("outline"),
        *[c.value(asked).label(f"x_{c.code}") for c in columns],
    )  # fmt: skip
    return _joined(read, wanted).order_by(Premises.id, Lot.label)


def _in_json(column: Column, value: Any) -> Any:
    """As in every format: words for yes and no, lists joined by « | »; numbers and ISO days are what JSON writes."""
    if column.kind == "yes_no":
        return case((value.is_(True), literal("oui")), (value.is_(False), literal("non")))
    return func.array_to_string(value, "|") if column.kind == "list" else value


def features(columns: Sequence[Column], asked: Asked, wanted: Sequence[Any]) -> Select[str]:
    """The same rows as GeoJSON features, written by PostgreSQL: the outline of land, or the point; longitude first, six
    decimals, which is the decimetre (RFC 7946)."""
    shape = func.coalesce(_exact(asked, Premises.outline), _point(asked))
    values = [_in_json(c, c.value(asked)).label(f"x_{c.code}") for c in columns]
    read = _joined(
        select(Lot.id.label("lot_id"), Premises.id.label("place"), Lot.label, shape.label("shape"), *values), wanted
    ).subquery("r")
    facts = select(*[read.c[f"x_{c.code}"].label(c.code) for c in columns]).correlate(read).lateral("facts")
    drawn = func.coalesce(func.ST_AsGeoJSON(read.c.shape, 6), "null")
    pieces = ('{"type":"Feature","id":', read.c.lot_id, ',"geometry":', drawn, ',"properties":', cast(func.row_to_json(text("facts")), Text), "}")  # fmt: skip
    return select(func.concat(*pieces)).select_from(read).join(facts, text("true")).order_by(read.c.place, read.c.label)
