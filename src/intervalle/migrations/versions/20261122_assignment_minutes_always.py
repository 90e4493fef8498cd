"""Minutes are signed before every notification (AMI-09): an organisation no longer says whether it wants that."""

import sqlalchemy as sa
from alembic import op

revision = "assignment_minutes_always"
down_revision = "premises_search"


def upgrade() -> None:
    op.drop_column("decision_rules", "signed_minutes")


def downgrade() -> None:
    op.add_column(
        "decision_rules", sa.Column("signed_minutes", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
