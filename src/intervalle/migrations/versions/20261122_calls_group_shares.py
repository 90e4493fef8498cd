"""calls_group_shares"""

import sqlalchemy as sa
from alembic import op

revision = "calls_group_shares"
down_revision = "calls_documents"


def upgrade() -> None:
    op.add_column("application_members", sa.Column("hours_week", sa.Numeric(precision=4, scale=1), nullable=True))
    op.add_column("application_members", sa.Column("rent_percent", sa.Numeric(precision=5, scale=2), nullable=True))
    op.create_check_constraint(
        op.f("ck_application_members_hours_of_a_week"), "application_members", "hours_week BETWEEN 0.1 AND 168"
    )
    op.create_check_constraint(
        op.f("ck_application_members_rent_is_a_part"), "application_members", "rent_percent BETWEEN 0 AND 100"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_application_members_rent_is_a_part"), "application_members")
    op.drop_constraint(op.f("ck_application_members_hours_of_a_week"), "application_members")
    op.drop_column("application_members", "rent_percent")
    op.drop_column("application_members", "hours_week")
