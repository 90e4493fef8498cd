"""What was notified is kept by the database too; a corrective act names the published rules it passes over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from intervalle import guards

revision = "assignment_kept"
down_revision = "calls_direct_awards"

TABLES = ("decisions", "awards", "corrective_acts", "corrective_act_lines", "stored_files")


def upgrade() -> None:
    op.add_column(
        "corrective_acts",
        sa.Column("passed_over", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.execute(guards.RELEASED.replace(":", r"\:"))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_kept ON {table}")
    op.execute("DROP FUNCTION released_is_kept()")
    op.drop_column("corrective_acts", "passed_over")
