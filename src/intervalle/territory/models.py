"""Communes, the bodies above them, addresses, and QPV perimeters with their vintage."""

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Boolean, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from intervalle.db import Base, During, Key, one_of


class Region(Base):
    __tablename__ = "regions"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Department(Base):
    __tablename__ = "departments"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    # The union of the commune outlines imported there; None where there are none.
    outline: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))


class Intercommunality(Base):
    """EPCI, and the EPT of Greater Paris (same level of work, other legal kind)."""

    __tablename__ = "intercommunalities"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(one_of("kind", ("epci", "ept")))


class Commune(Base):
    __tablename__ = "communes"
    __table_args__ = (
        Index("ix_communes_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    postcodes: Mapped[str] = mapped_column(server_default="")  # space-separated
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"), index=True)
    epci_code: Mapped[str | None] = mapped_column(ForeignKey("intercommunalities.code"), index=True)
    ept_code: Mapped[str | None] = mapped_column(ForeignKey("intercommunalities.code"), index=True)
    population: Mapped[int | None]
    # None where no outline was imported: then "which commune is here" answers "unknown", never "none".
    outline: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))


class QpvPerimeter(Base):
    """One priority neighbourhood in one geography (2015: QPxxxxxx, 2024: QNxxxxxX), valid on [start, end)."""

    __tablename__ = "qpv_perimeters"
    __table_args__ = (UniqueConstraint("code", "vintage"),)

    id: Mapped[Key]
    code: Mapped[str]
    vintage: Mapped[int]
    name: Mapped[str]
    communes: Mapped[str] = mapped_column(server_default="")  # INSEE codes, space-separated
    during: Mapped[During]
    # False for the demonstration's own perimeters: shown as « périmètre de démonstration », never as official.
    official: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    npnru: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    source: Mapped[str] = mapped_column(server_default="")
    repaired: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    outline: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=4326))


class Address(Base):
    """A row of the national address base (BAN), imported: what answers when the geocoding service is out of reach."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("ix_addresses_label_trgm", "label", postgresql_using="gin", postgresql_ops={"label": "gin_trgm_ops"}),
    )

    id: Mapped[str] = mapped_column(primary_key=True)  # BAN id
    label: Mapped[str]  # unaccented lower case: number, street, postcode, commune
    shown: Mapped[str]
    postcode: Mapped[str]
    commune_code: Mapped[str] = mapped_column(index=True)
    point: Mapped[Any] = mapped_column(Geometry("POINT", srid=4326))
    demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
