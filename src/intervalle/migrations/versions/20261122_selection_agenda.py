"""The agenda of a session: its order, and points that are not files."""

import sqlalchemy as sa
from alembic import op

revision = "selection_agenda"
down_revision = "calls_need_sectors"


def upgrade() -> None:
    op.create_table(
        "agenda_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("panel_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(application_id IS NULL) = (title <> '')", name=op.f("ck_agenda_items_file_or_title")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_agenda_items_application_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_agenda_items_created_by_id")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_agenda_items_panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_items")),
    )
    op.create_index(op.f("ix_agenda_items_panel_id"), "agenda_items", ["panel_id"], unique=False)
    op.create_index(
        "uq_agenda_items_file",
        "agenda_items",
        ["panel_id", "application_id"],
        unique=True,
        postgresql_where=sa.text("application_id IS NOT NULL"),
    )
    op.add_column("discussions", sa.Column("item_id", sa.BigInteger(), nullable=True))
    op.alter_column("discussions", "application_id", existing_type=sa.BIGINT(), nullable=True)
    op.create_index(op.f("ix_discussions_item_id"), "discussions", ["item_id"], unique=False)
    op.create_foreign_key(op.f("fk_discussions_item_id"), "discussions", "agenda_items", ["item_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_discussions_one_point"), "discussions", "(application_id IS NULL) <> (item_id IS NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_discussions_one_point"), "discussions", type_="check")
    # What was there before knows only files.
    op.execute("DELETE FROM discussions WHERE application_id IS NULL")
    op.drop_constraint(op.f("fk_discussions_item_id"), "discussions", type_="foreignkey")
    op.drop_index(op.f("ix_discussions_item_id"), table_name="discussions")
    op.alter_column("discussions", "application_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_column("discussions", "item_id")
    op.drop_index(
        "uq_agenda_items_file", table_name="agenda_items", postgresql_where=sa.text("application_id IS NOT NULL")
    )
    op.drop_index(op.f("ix_agenda_items_panel_id"), table_name="agenda_items")
    op.drop_table("agenda_items")
