"""calls_approvals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from intervalle import guards

revision = "calls_approvals"
down_revision = "calls_kinds"


def upgrade() -> None:
    op.create_table(
        "call_approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("save", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("approved IS NOT FALSE OR note <> ''", name=op.f("ck_call_approvals_refusal_with_words")),
        sa.CheckConstraint("(answered_at IS NULL) = (approved IS NULL)", name=op.f("ck_call_approvals_answer_dated")),
        sa.CheckConstraint(
            "answered_by_id IS NULL OR answered_by_id <> asked_by_id", name=op.f("ck_call_approvals_second_person")
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_call_approvals_answered_by_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_call_approvals_asked_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_approvals_call_id")),
        sa.ForeignKeyConstraint(["version_id"], ["call_versions.id"], name=op.f("fk_call_approvals_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_approvals")),
    )
    op.create_index(op.f("ix_call_approvals_call_id"), "call_approvals", ["call_id"], unique=False)
    op.create_index(
        "uq_call_approvals_waiting",
        "call_approvals",
        ["version_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "late_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("motive", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("decided_at IS NULL OR motive <> ''", name=op.f("ck_late_requests_decision_with_words")),
        sa.CheckConstraint("(decided_at IS NULL) = (accepted IS NULL)", name=op.f("ck_late_requests_decision_dated")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_late_requests_application_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_late_requests_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_late_requests_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_requests")),
        sa.UniqueConstraint("application_id", name=op.f("uq_late_requests_application_id")),
    )
    op.add_column(
        "organisations", sa.Column("calls_need_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(guards.FROZEN_UNLESS_UNPLANNED)


def downgrade() -> None:
    op.execute(guards.FROZEN.split("CREATE TRIGGER")[0])
    op.drop_column("organisations", "calls_need_approval")
    op.drop_table("late_requests")
    op.drop_index(
        "uq_call_approvals_waiting", table_name="call_approvals", postgresql_where=sa.text("answered_at IS NULL")
    )
    op.drop_index(op.f("ix_call_approvals_call_id"), table_name="call_approvals")
    op.drop_table("call_approvals")
