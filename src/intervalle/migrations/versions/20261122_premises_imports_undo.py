"""An import of premises is looked at before it runs, shows its progress, and can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "premises_imports_undo"
down_revision = "calls_project_budget"


STATE = "state IN ({})"
BEFORE = ("uploaded", "running", "done", "failed", "undone")
AFTER = ("uploaded", "checking", "checked", "running", "done", "failed", "undone")


def _states(allowed: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_premises_imports_state"), "premises_imports", type_="check")
    condition = STATE.format(", ".join(f"'{state}'" for state in allowed))
    op.create_check_constraint(op.f("ck_premises_imports_state"), "premises_imports", condition)


def upgrade() -> None:
    _states(AFTER)
    op.create_table(
        "premises_import_effects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("premises_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["premises_imports.id"], name=op.f("fk_premises_import_effects_import_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_premises_import_effects_lot_id")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("fk_premises_import_effects_premises_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises_import_effects")),
    )
    op.create_index(
        op.f("ix_premises_import_effects_import_id"), "premises_import_effects", ["import_id"], unique=False
    )
    op.create_index(op.f("ix_premises_import_effects_lot_id"), "premises_import_effects", ["lot_id"], unique=False)
    op.create_index(
        op.f("ix_premises_import_effects_premises_id"), "premises_import_effects", ["premises_id"], unique=False
    )
    op.add_column(
        "premises_imports",
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("premises_imports", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("premises_imports", sa.Column("refused_file_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_premises_imports_refused_file_id"), "premises_imports", "stored_files", ["refused_file_id"], ["id"]
    )


def downgrade() -> None:
    op.execute("UPDATE premises_imports SET state = 'uploaded' WHERE state IN ('checking', 'checked')")
    _states(BEFORE)
    op.drop_constraint(op.f("fk_premises_imports_refused_file_id"), "premises_imports", type_="foreignkey")
    op.drop_column("premises_imports", "refused_file_id")
    op.drop_column("premises_imports", "seen_at")
    op.drop_column("premises_imports", "options")
    op.drop_index(op.f("ix_premises_import_effects_premises_id"), table_name="premises_import_effects")
    op.drop_index(op.f("ix_premises_import_effects_lot_id"), table_name="premises_import_effects")
    op.drop_index(op.f("ix_premises_import_effects_import_id"), table_name="premises_import_effects")
    op.drop_table("premises_import_effects")
