"""When nobody was left to tell what would have been enough for a place."""

import sqlalchemy as sa
from alembic import op

revision = "assignment_explained"
down_revision = "selection_links_and_motions"


def upgrade() -> None:
    # Proposals made before took what their own time allowed, once: nothing more is computed for them. The default fills
    # the rows without touching those that a guard holds.
    op.add_column(
        "proposals",
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True, server_default=sa.text("now()")),
    )
    op.alter_column("proposals", "explained_at", server_default=None)


def downgrade() -> None:
    op.drop_column("proposals", "explained_at")
