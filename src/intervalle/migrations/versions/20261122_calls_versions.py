"""calls_versions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calls_versions"
down_revision = "selection_meetings"


def upgrade() -> None:
    op.add_column("call_versions", sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("call_versions", sa.Column("change_reason", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("call_versions", "change_reason")
    op.drop_column("call_versions", "content")
