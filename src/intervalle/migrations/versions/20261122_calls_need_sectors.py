"""A need looks in neighbourhoods, round an address or in a drawn sector; two structures may propose to share a lot."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "calls_need_sectors"
down_revision = "house_submissions"

TYPES = [
    "J",
    "L",
    "M",
    "N",
    "O",
    "P",
    "R",
    "S",
    "T",
    "U",
    "V",
    "W",
    "X",
    "Y",
    "PA",
    "CTS",
    "SG",
    "PS",
    "GA",
    "OA",
    "EF",
    "REF",
]
ERP_MASK = " + ".join(
    f"(erp_types @> '{{{code}}}'::text[])::integer * {1 << place}" for place, code in enumerate(TYPES)
)
ANYWHERE = "cardinality(commune_codes) = 0 AND cardinality(qpv_codes) = 0 AND sector IS NULL"


def upgrade() -> None:
    op.add_column("need_contacts", sa.Column("from_need_id", sa.BigInteger(), nullable=True))
    op.add_column("need_contacts", sa.Column("lot_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_need_contacts_from_need_id"), "need_contacts", ["from_need_id"])
    op.create_foreign_key(op.f("fk_need_contacts_lot_id"), "need_contacts", "lots", ["lot_id"], ["id"])
    op.create_foreign_key(op.f("fk_need_contacts_from_need_id"), "need_contacts", "needs", ["from_need_id"], ["id"])
    words = {"server_default": "", "nullable": False}
    codes = {"server_default": "{}", "nullable": False}
    op.add_column("needs", sa.Column("qpv_codes", postgresql.ARRAY(sa.Text()), **codes))
    sector = Geometry(geometry_type="MULTIPOLYGON", srid=4326, dimension=2, spatial_index=False)
    op.add_geospatial_column("needs", sa.Column("sector", sector, nullable=True))
    op.add_column("needs", sa.Column("sector_m2", sa.BigInteger(), nullable=True))
    op.add_column("needs", sa.Column("around", sa.Text(), **words))
    op.add_column("needs", sa.Column("around_m", sa.Integer(), nullable=True))
    op.add_column("needs", sa.Column("near_codes", postgresql.ARRAY(sa.Text()), **codes))
    for name, kind, expression in (("anywhere", sa.Boolean(), ANYWHERE), ("erp_mask", sa.Integer(), ERP_MASK)):
        op.add_column("needs", sa.Column(name, kind, sa.Computed(expression, persisted=True), nullable=False))
    op.create_geospatial_index("idx_needs_sector", "needs", ["sector"], postgresql_using="gist", postgresql_ops={})
    op.create_index("ix_needs_anywhere", "needs", ["id"], postgresql_where=sa.text("anywhere AND closed_at IS NULL"))
    op.create_index("ix_needs_qpv_codes", "needs", ["qpv_codes"], postgresql_using="gin")
    op.create_check_constraint(op.f("ck_needs_sector_with_its_area"), "needs", "(sector IS NULL) = (sector_m2 IS NULL)")
    op.create_check_constraint(op.f("ck_needs_around_with_its_distance"), "needs", "(around_m IS NULL) = (around = '')")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_needs_around_with_its_distance"), "needs")
    op.drop_constraint(op.f("ck_needs_sector_with_its_area"), "needs")
    op.drop_index("ix_needs_qpv_codes", table_name="needs")
    op.drop_index("ix_needs_anywhere", table_name="needs")
    op.drop_geospatial_index("idx_needs_sector", table_name="needs", column_name="sector")
    for name in ("erp_mask", "anywhere", "near_codes", "around_m", "around", "sector_m2"):
        op.drop_column("needs", name)
    op.drop_geospatial_column("needs", "sector")
    op.drop_column("needs", "qpv_codes")
    op.drop_constraint(op.f("fk_need_contacts_from_need_id"), "need_contacts", type_="foreignkey")
    op.drop_constraint(op.f("fk_need_contacts_lot_id"), "need_contacts", type_="foreignkey")
    op.drop_index(op.f("ix_need_contacts_from_need_id"), table_name="need_contacts")
    for name in ("lot_id", "from_need_id"):
        op.drop_column("need_contacts", name)
