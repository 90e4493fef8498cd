"""calls_project_budget"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calls_project_budget"
down_revision = "calls_group_shares"


def upgrade() -> None:
    op.add_column(
        "applications",
        sa.Column("budget_lines", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("applications", "budget_lines")
