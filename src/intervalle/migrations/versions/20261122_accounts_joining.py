"""A person asks to act for an organisation that is written down already; two records are said to be one structure."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_joining"
down_revision = "calls_match_queue"


def upgrade() -> None:
    op.create_table(
        "join_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("accepted IS NOT FALSE OR reason <> ''", name=op.f("ck_join_requests_refused_with_reason")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (accepted IS NULL)", name=op.f("ck_join_requests_answered_with_outcome")
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_join_requests_answered_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_join_requests_organisation_id")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["organisations.id"], name=op.f("fk_join_requests_reviewer_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_join_requests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_requests")),
    )
    op.create_index(op.f("ix_join_requests_organisation_id"), "join_requests", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_join_requests_reviewer_id"), "join_requests", ["reviewer_id"], unique=False)
    op.create_index(op.f("ix_join_requests_user_id"), "join_requests", ["user_id"], unique=False)
    op.create_index(
        "uq_join_requests_waiting",
        "join_requests",
        ["organisation_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "organisation_sameness",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("second_id", sa.BigInteger(), nullable=False),
        sa.Column("kept_id", sa.BigInteger(), nullable=True),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_organisation_sameness_in_order")),
        sa.CheckConstraint(
            "kept_id IS NULL OR kept_id IN (first_id, second_id)", name=op.f("ck_organisation_sameness_keeps_one")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_organisation_sameness_decided_by_id")),
        sa.ForeignKeyConstraint(["first_id"], ["organisations.id"], name=op.f("fk_organisation_sameness_first_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["organisations.id"], name=op.f("fk_organisation_sameness_kept_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_sameness_organisation_id")
        ),
        sa.ForeignKeyConstraint(["second_id"], ["organisations.id"], name=op.f("fk_organisation_sameness_second_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_sameness")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_organisation_sameness_first_id_second_id")),
    )
    op.create_index(op.f("ix_organisation_sameness_second_id"), "organisation_sameness", ["second_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_organisation_sameness_second_id"), table_name="organisation_sameness")
    op.drop_table("organisation_sameness")
    op.drop_index(
        "uq_join_requests_waiting", table_name="join_requests", postgresql_where=sa.text("answered_at IS NULL")
    )
    op.drop_index(op.f("ix_join_requests_user_id"), table_name="join_requests")
    op.drop_index(op.f("ix_join_requests_reviewer_id"), table_name="join_requests")
    op.drop_index(op.f("ix_join_requests_organisation_id"), table_name="join_requests")
    op.drop_table("join_requests")
