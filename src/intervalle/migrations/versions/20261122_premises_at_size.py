"""A register of a million lots: days of works and of full use beside each lot, where each place is drawn, places per cell."""

import sqlalchemy as sa
from alembic import op

from intervalle import guards

revision = "premises_at_size"
down_revision = "calls_duplicates"

PUBLIC = "published_at IS NOT NULL AND withdrawn_at IS NULL"
TRIGGERS = {
    "occupancies": ("occupancies_days_added", "occupancies_days_changed", "occupancies_days_removed"),
    "lots": ("lots_days_of_area", "lots_haystack_changed"),
    "premises": ("premises_cells_added", "premises_cells_removed", "premises_cells_moved", "premises_near_qpv"),
    "qpv_perimeters": ("qpv_perimeters_added", "qpv_perimeters_left", "qpv_perimeters_reached", "qpv_perimeters_removed"),
}  # fmt: skip
FUNCTIONS = (
    "lot_days_of_uses()", "lot_days_of_moved_uses()", "lot_days_of_area()", "lot_days(bigint, numeric)",
    "premises_haystack_of_changed_lots()", "premises_cells_added()", "premises_cells_moved()", "premises_near_qpv()",
    "qpv_near_premises()", "metres_to_qpv(geometry, boolean)", "map_cell(geometry)", "spread_bits(bigint)",
    "shown_point(geometry, boolean, integer)",
)  # fmt: skip


def upgrade() -> None:
    op.execute(guards.MAP.replace(":", r"\:"))
    op.create_table(
        "premises_cells",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises_cells")),
    )
    op.create_index("ix_premises_cells_cell", "premises_cells", ["cell"])
    op.create_table(
        "register_figures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area", sa.Numeric(16, 2), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_figures")),
    )
    # One pass over the table for all that is new.
    op.execute(
        "ALTER TABLE premises ADD COLUMN mask integer NOT NULL DEFAULT CAST(floor(random() * 524288) AS integer), "
        "ADD COLUMN shown geometry(POINT, 4326) GENERATED ALWAYS AS (shown_point(point, owner_masked, mask)) STORED, "
        "ADD COLUMN cell bigint GENERATED ALWAYS AS (map_cell(shown_point(point, owner_masked, mask))) STORED, "
        "ADD COLUMN qpv_metres integer"
    )
    op.execute(
        "ALTER TABLE lots ADD COLUMN works datemultirange NOT NULL DEFAULT '{}', ADD COLUMN taken datemultirange NOT NULL DEFAULT '{}'"
    )
    for statement in guards.SUPPLY_AT_SIZE:
        op.execute(statement.replace(":", r"\:"))
    # What stands there already, without waking the triggers of words and cells for it.
    for table in ("premises", "lots"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    op.execute(
        "UPDATE premises p SET qpv_metres = n.metres FROM ("
        "  SELECT id, metres_to_qpv(point, owner_masked) AS metres FROM premises WHERE point IS NOT NULL) n "
        "WHERE n.id = p.id AND n.metres IS NOT NULL"
    )
    op.execute(
        "UPDATE lots l SET (works, taken) = (SELECT d.works, d.taken FROM lot_days(l.id, l.area) d) "
        "WHERE l.id IN (SELECT lot_id FROM occupancies)"
    )
    for table in ("premises", "lots"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    op.execute(
        "INSERT INTO premises_cells (cell, places, x, y) SELECT coalesce(cell >> 18, -1), count(*), coalesce(sum(ST_X(shown)), 0), "
        "coalesce(sum(ST_Y(shown)), 0) FROM premises WHERE published_at IS NOT NULL AND withdrawn_at IS NULL GROUP BY 1"
    )
    op.create_index("idx_premises_shown", "premises", ["shown"], postgresql_using="gist")
    op.create_index("ix_premises_cell", "premises", ["cell"], postgresql_where=sa.text(PUBLIC))
    op.create_index(
        "ix_premises_near_qpv", "premises", ["qpv_metres"], postgresql_where=sa.text(f"{PUBLIC} AND qpv_metres IS NOT NULL")
    )  # fmt: skip


def downgrade() -> None:
    for table, names in TRIGGERS.items():
        for name in names:
            op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(
        "CREATE TRIGGER lots_haystack_changed AFTER UPDATE ON lots REFERENCING NEW TABLE AS touched "
        "FOR EACH STATEMENT EXECUTE FUNCTION premises_haystack_of_lots()"
    )
    for name in ("ix_premises_near_qpv", "ix_premises_cell", "idx_premises_shown"):
        op.drop_index(name, table_name="premises")
    for column in ("qpv_metres", "cell", "shown", "mask"):
        op.drop_column("premises", column)
    for column in ("taken", "works"):
        op.drop_column("lots", column)
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("register_figures")
    op.drop_table("premises_cells")
