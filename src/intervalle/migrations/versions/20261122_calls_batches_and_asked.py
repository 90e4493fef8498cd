"""calls_batches_and_asked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calls_batches_and_asked"
down_revision = "assignment_kept"


def upgrade() -> None:
    op.add_column("applications", sa.Column("wished_from", sa.Date(), nullable=True))
    op.add_column("applications", sa.Column("wished_months", sa.SmallInteger(), nullable=True))
    op.add_column(
        "applications",
        sa.Column(
            "republican_commitment",
            sa.Enum(
                "signed",
                "not_concerned",
                name="republican_commitment",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            nullable=True,
        ),
    )
    op.add_column("applications", sa.Column("insured", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("call_versions", sa.Column("asked", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column(
        "call_versions", sa.Column("read_on_arrival", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("calls", sa.Column("batch_of_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_calls_batch_of_id"), "calls", ["batch_of_id"], unique=False)
    op.create_foreign_key(op.f("fk_calls_batch_of_id"), "calls", "calls", ["batch_of_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_calls_batch_of_id"), "calls", type_="foreignkey")
    op.drop_index(op.f("ix_calls_batch_of_id"), table_name="calls")
    op.drop_column("calls", "batch_of_id")
    op.drop_column("call_versions", "read_on_arrival")
    op.drop_column("call_versions", "asked")
    op.drop_column("applications", "insured")
    op.drop_column("applications", "republican_commitment")
    op.drop_column("applications", "wished_months")
    op.drop_column("applications", "wished_from")
