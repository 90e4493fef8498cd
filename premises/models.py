"""Supply: premises, their lots, and the one history of each lot.

A lot's occupancies may share it by area (`part`: a slice of its area, in PART_UNIT) and by weekly
half-days (`slots`: 0 = Monday morning … 13 = Sunday afternoon); the exclusion constraint compares all of it, so that
the database itself refuses two uses of the same room at the same time.
"""

from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Double,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    DATEMULTIRANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    JSONB,
    TSVECTOR,
    ExcludeConstraint,
    Range,
)  # fmt: skip
from sqlalchemy.dialects.postgresql.ranges import MultiRange
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.accounts.subject import Subject
from intervalle.db import Area, Base, Cents, Created, During, Instant, Json, Key, explain_constraint, one_of

PREMISES_KINDS = ("building", "ground_floor", "land", "brownfield")
DOMANIAL_REGIMES = ("public_domain", "private_domain", "private")
POSITION_SOURCES = ("geocoder", "address_base", "commune", "manual")
OCCUPANCY_KINDS = ("lease", "meanwhile", "works", "demolition")
UTILITIES = ("electricity", "three_phase", "heating", "gas", "internet", "toilets", "sewer", "alarm")
IMPORT_STATES = ("uploaded", "checking", "checked", "running", "done", "failed", "undone")
VACANCY_REASONS = ("departure", "works_pending", "urban_project", "no_candidate", "unfit", "dispute", "other")

PUBLIC = "published_at IS NOT NULL AND withdrawn_at IS NULL"
PART_UNIT = Decimal("0.01")  # m²: `part` counts hundredths of a square metre
WHOLE_WEEK = MultiRange([Range(0, 14)])


class Premises(Subject, Base):
    """A building, a ground floor or a piece of land, with one owner and one place on the map."""

    __tablename__ = "premises"
    __table_args__ = (
        Index("ix_premises_words", "words", postgresql_using="gin"),
        # The orders of the public list, and of a commune's or a QPV's part of it.
        Index("ix_premises_of_commune", "commune_code", "published_at", "id", postgresql_where=text(PUBLIC)),
        Index("ix_premises_in_qpv", "published_at", "id", postgresql_where=text(f"{PUBLIC} AND qpv_code <> ''")),
        Index("ix_premises_largest", "largest", "published_at", "id", postgresql_where=text(PUBLIC)),
        Index("ix_premises_lowest_rent", "lowest_rent_cents", "published_at", "id", postgresql_where=text(PUBLIC)),
        Index("ix_premises_published_at", "published_at", "id", postgresql_where=text("withdrawn_at IS NULL")),
        Index("ix_premises_cell", "cell", postgresql_where=text(PUBLIC)),
        Index("ix_premises_near_qpv", "qpv_metres", postgresql_where=text(f"{PUBLIC} AND qpv_metres IS NOT NULL")),
        Index("uq_premises_external", "owner_id", "external_source", "external_id", unique=True),
        CheckConstraint("withdrawn_at IS NULL OR published_at <= withdrawn_at", name="withdrawn_after_published"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)  # short public code, also on the window poster
    owner_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    # The organisation that acts for the owner under a mandate (a city for a private owner), if any.
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    owner_masked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(one_of("kind", PREMISES_KINDS))
    description: Mapped[str] = mapped_column(server_default="")
    regime: Mapped[str] = mapped_column(one_of("regime", DOMANIAL_REGIMES))
    address: Mapped[str]
    postcode: Mapped[str] = mapped_column(server_default="")
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("communes.code"), index=True)
    parcel: Mapped[str | None]
    point: Mapped[Any | None] = mapped_column(Geometry("POINT", srid=4326))
    outline: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))
    position_source: Mapped[str | None] = mapped_column(one_of("position_source", POSITION_SOURCES))
    position_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    position_precision: Mapped[str | None]  # housenumber, street, locality, municipality
    # Answer at publication, kept with its vintage; None = indéterminé (no perimeter imported there), '' = outside.
    qpv_code: Mapped[str | None]
    qpv_vintage: Mapped[int | None]
    qpv_by_hand: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    # What emptiness costs: guarding per month, taxes per year.
    guarding_cents_month: Mapped[int | None] = mapped_column(BigInteger)
    tax_cents_year: Mapped[int | None] = mapped_column(BigInteger)
    economic_use: Mapped[bool | None]  # may an economic activity take place: decides on publicity (CG3P L2122-1-1)
    staff_notes: Mapped[str] = mapped_column(server_default="")  # seen by the owner and its manager only
    # Where an imported row comes from: the same (owner, source, external id) is updated, never doubled.
    external_source: Mapped[str | None]
    external_id: Mapped[str | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("premises_imports.id"), index=True)
    end_event: Mapped[str | None]  # what closes the interval: demolition, works, sale…
    version: Mapped[int] = mapped_column(server_default="1")
    # What a search reads, in plain text, and what a list is sorted by: kept by triggers (intervalle.guards), never by hand.
    haystack: Mapped[str] = mapped_column(server_default="", deferred=True)
    words: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple'::regconfig, haystack)", persisted=True), deferred=True
    )
    largest: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default="0")  # m², of its largest lot
    lowest_rent_cents: Mapped[int | None] = mapped_column(BigInteger)  # per m² and year, of its cheapest lot
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[Instant | None]
    withdrawn_at: Mapped[Instant | None]
    confirmed_at: Mapped[Instant | None]
    # Where it is drawn: a masked place stands aside of its true point, always by the same step, drawn once at random.
    mask: Mapped[int] = mapped_column(server_default=text("CAST(floor(random() * 524288) AS integer)"), deferred=True)
    shown: Mapped[Any | None] = mapped_column(
        Geometry("POINT", srid=4326), Computed("shown_point(point, owner_masked, mask)", persisted=True), deferred=True
    )
    # Its cell of the map: what begins alike is near (see `intervalle.guards.MAP`).
    cell: Mapped[int | None] = mapped_column(
        BigInteger, Computed("map_cell(shown_point(point, owner_masked, mask))", persisted=True), deferred=True
    )
    # Metres to the nearest perimeter in force, up to 5 km; rounded up to 250 m where masked. Kept by triggers.
    qpv_metres: Mapped[int | None] = mapped_column(deferred=True)

    def parties(self) -> dict[str, frozenset[int]]:
        # The manager stands here through its mandate, for as long as it is in force (Actor.organisations).
        return {"owner": frozenset({self.owner_id})}


class Lot(Base):
    """What is actually occupied: a shop, a floor, a plot."""

    __tablename__ = "lots"
    __table_args__ = (
        Index("uq_lots_premises_label", "premises_id", "label", unique=True),
        CheckConstraint("area > 0", name="area_positive"),
        CheckConstraint("NOT isempty(available)", name="available_not_empty"),
    )

    id: Mapped[Key]
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"))
    label: Mapped[str]  # « A », « B »…
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    area: Mapped[Area]
    min_area: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))  # smallest part let, when divisible
    divisible: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    shareable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # by weekly half-days
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    erp_types: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # authorised, e.g. {M,W}
    erp_category: Mapped[int | None] = mapped_column(SmallInteger)
    capacity: Mapped[int | None]
    step_free: Mapped[bool | None]
    water: Mapped[bool | None]
    utilities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # of UTILITIES
    height_cm: Mapped[int | None]
    floor_load_kg_m2: Mapped[int | None]
    energy_label: Mapped[str | None]  # facts.EnergyLabel
    condition: Mapped[str | None] = mapped_column(
        one_of("condition", ("ready", "refresh", "works", "heavy_works", "bare_land"))
    )
    works_needed: Mapped[str] = mapped_column(server_default="")
    works_cost_cents: Mapped[int | None] = mapped_column(BigInteger)
    works_payer: Mapped[str | None] = mapped_column(one_of("works_payer", ("owner", "occupant", "city", "shared")))
    charges_cents_m2_year: Mapped[int | None] = mapped_column(BigInteger)
    rent_cents_m2_year: Mapped[int | None] = mapped_column(BigInteger)  # 0 = free of charge, None = to be proposed
    reference_rent_cents_m2_year: Mapped[int | None] = mapped_column(BigInteger)
    titles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")  # allowed titles, rules.md §2.2
    available: Mapped[During]  # the interval during which it can be used; open end allowed
    # From its history, kept by triggers (intervalle.guards): the days of works, and those whose uses leave no room.
    works: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default="{}", deferred=True)
    taken: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default="{}", deferred=True)
    created_at: Mapped[Created]


class Occupancy(Base):
    """A stretch of a lot's history. The upper packages write here through `premises.occupancies`, never directly."""

    __tablename__ = "occupancies"
    __table_args__ = (
        ExcludeConstraint(
            ("lot_id", "="),
            ("during", "&&"),
            ("slots", "&&"),
            ("part", "&&"),
            using="gist",
            name="ex_occupancies_no_overlap",
        ),
        CheckConstraint("NOT isempty(during) AND NOT isempty(slots) AND NOT isempty(part)", name="not_empty"),
        Index("ix_occupancies_lot_id", "lot_id"),
    )

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    during: Mapped[During]
    slots: Mapped[MultiRange[int]] = mapped_column(INT4MULTIRANGE, server_default=text("'{[0,14)}'"))
    part: Mapped[Range[int]] = mapped_column(INT4RANGE)
    kind: Mapped[str] = mapped_column(one_of("kind", OCCUPANCY_KINDS))
    label: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]


class Vacancy(Base):
    """Why a lot stands empty over a period. Emptiness itself is computed: it is where no occupancy is."""

    __tablename__ = "vacancies"

    id: Mapped[Key]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), index=True)
    during: Mapped[During]
    reason: Mapped[str] = mapped_column(one_of("reason", VACANCY_REASONS))
    note: Mapped[str] = mapped_column(server_default="")


class Photo(Base):
    __tablename__ = "photos"

    id: Mapped[Key]
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    alt: Mapped[str]
    position: Mapped[int] = mapped_column(server_default="0")


class Document(Base):
    """A plan, a diagnosis, a rule of use: public with the page, or for the owner alone."""

    __tablename__ = "premises_documents"

    id: Mapped[Key]
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    title: Mapped[str]
    public: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[Created]


class PremisesImport(Subject, Base):
    """A file of premises brought in by an owner: what was asked, what entered, what was refused. It can be undone."""

    __tablename__ = "premises_imports"

    id: Mapped[Key]
    owner_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    source: Mapped[str]  # names the file's origin: the external ids are those of this source
    layout: Mapped[str]  # csv, xlsx, ods, geojson
    mapping: Mapped[Json]  # column of the file -> our field
    options: Mapped[Json] = mapped_column(server_default="{}")  # what stands where the file says nothing
    whole: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))  # all rows or none
    state: Mapped[str] = mapped_column(one_of("state", IMPORT_STATES), server_default="uploaded")
    rows: Mapped[int] = mapped_column(server_default="0")
    progress: Mapped[int] = mapped_column(server_default="0")
    seen_at: Mapped[Instant | None]  # when the work last gave a sign of life
    report: Mapped[Json] = mapped_column(server_default="{}")  # counts, and the refused cells
    refused_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    created_at: Mapped[Created]
    finished_at: Mapped[Instant | None]
    undone_at: Mapped[Instant | None]

    def parties(self) -> dict[str, frozenset[int]]:
        return {"owner": frozenset({self.owner_id})}


class ImportEffect(Base):
    """What an import changed of premises that were already there: the row as it was, so that undoing gives it back.

    `lot_id` None: the premises' own columns. `before` None: a lot that the import added.
    """

    __tablename__ = "premises_import_effects"

    id: Mapped[Key]
    import_id: Mapped[int] = mapped_column(ForeignKey("premises_imports.id"), index=True)
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class Word(Base):
    """Words that some premises carry or carried: where a search looks for what a mistyped word meant.

    Not unique on purpose: two writers of a new word must not wait for each other. Kept by triggers (intervalle.guards).
    """

    __tablename__ = "premises_words"
    __table_args__ = (
        Index("ix_premises_words_word", "word"),
        Index("ix_premises_words_likeness", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    id: Mapped[Key]
    word: Mapped[str]


class Cell(Base):
    """How many published places stand in a cell of the map, in steps: the number is the sum of the cell's rows.

    Triggers add a row per change (two writers never wait for each other); a job gathers them from time to time.
    `cell`: of zoom 11, or -1 for places without a point; `x`, `y`: sums of their degrees.
    """

    __tablename__ = "premises_cells"
    __table_args__ = (Index("ix_premises_cells_cell", "cell"),)

    id: Mapped[Key]
    cell: Mapped[int] = mapped_column(BigInteger)
    places: Mapped[int]
    x: Mapped[float] = mapped_column(Double)
    y: Mapped[float] = mapped_column(Double)


class RegisterFigures(Base):
    """The area that could be asked for, added up over a large register by a job; one row, with its instant."""

    __tablename__ = "register_figures"

    id: Mapped[Key]
    area: Mapped[Decimal] = mapped_column(Numeric(16, 2))  # m²
    counted_at: Mapped[Instant]


class Favourite(Base):
    __tablename__ = "favourites"
    __table_args__ = (UniqueConstraint("user_id", "premises_id"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    premises_id: Mapped[int] = mapped_column(ForeignKey("premises.id"))
    created_at: Mapped[Created]


class SavedSearch(Base):
    """A search kept as its address; with `alert`, what is published later and fits is told by e-mail, once each."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("user_id", "query"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    query: Mapped[str]
    alert: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[Created]
    told_until: Mapped[Instant]  # published up to here was told, or was there when the search was saved


explain_constraint(
    "ex_occupancies_no_overlap",
    "Ce lot est déjà occupé sur tout ou partie de ces jours : rien n’a été signé deux fois.",
)
explain_constraint("uq_lots_premises_label", "Un autre lot de ce local porte déjà cette lettre.")

__all__ = [
    "Area", "Cents", "Document", "Favourite", "ImportEffect", "Lot", "Occupancy", "Photo", "Premises", "PremisesImport", "SavedSearch", "Vacancy",
    "Word",
]  # fmt: skip
