"""A college may be asked for voters of its own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "selection_college_quorums"
down_revision = "accounts_joining"


def upgrade() -> None:
    op.add_column(
        "panels",
        sa.Column("college_quorums", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("panels", "college_quorums")
