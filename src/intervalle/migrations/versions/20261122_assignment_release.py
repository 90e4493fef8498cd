"""Minutes and their signatures, the second person's review, how each organisation notifies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "assignment_release"
down_revision = "calls_visits_questions"


def upgrade() -> None:
    op.create_table(
        "decision_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_minutes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("second_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("signatory", sa.Text(), server_default="", nullable=False),
        sa.Column("letters", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["edited_by_id"], ["users.id"], name=op.f("fk_decision_rules_edited_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_decision_rules_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_rules")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_decision_rules_organisation_id")),
    )
    op.create_table(
        "minutes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts_sha256", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_minutes_call_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_minutes_created_by_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_minutes_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_minutes_call_id_number")),
    )
    op.create_table(
        "release_reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("letters_sha256", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "approved IS DISTINCT FROM false OR btrim(remark) <> ''",
            name=op.f("ck_release_reviews_sent_back_with_remark"),
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (approved IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name=op.f("ck_release_reviews_answered_whole"),
        ),
        sa.CheckConstraint("answered_by_id IS DISTINCT FROM asked_by_id", name=op.f("ck_release_reviews_two_persons")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_release_reviews_answered_by_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_release_reviews_asked_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_release_reviews_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_reviews")),
    )
    op.create_index("ix_release_reviews_call_id", "release_reviews", ["call_id"], unique=False)
    op.create_index(
        "uq_release_reviews_open",
        "release_reviews",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_table(
        "minutes_signatures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("minutes_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "quality",
            sa.Enum("chair", "secretary", name="quality", native_enum=False, create_constraint=True, length=48),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["minutes_id"], ["minutes.id"], name=op.f("fk_minutes_signatures_minutes_id")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name=op.f("fk_minutes_signatures_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_signatures")),
        sa.UniqueConstraint("minutes_id", "quality", name=op.f("uq_minutes_signatures_minutes_id_quality")),
        sa.UniqueConstraint("minutes_id", "signed_by_id", name=op.f("uq_minutes_signatures_minutes_id_signed_by_id")),
    )


def downgrade() -> None:
    op.drop_table("minutes_signatures")
    op.drop_index(
        "uq_release_reviews_open", table_name="release_reviews", postgresql_where=sa.text("answered_at IS NULL")
    )
    op.drop_index("ix_release_reviews_call_id", table_name="release_reviews")
    op.drop_table("release_reviews")
    op.drop_table("minutes")
    op.drop_table("decision_rules")
