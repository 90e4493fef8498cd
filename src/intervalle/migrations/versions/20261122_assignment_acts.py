"""Corrective acts: after the notification, the only way a decision changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "assignment_acts"
down_revision = "calls_paper_files"


def upgrade() -> None:
    op.create_table(
        "corrective_acts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=True),
        sa.Column("motive", sa.Text(), server_default="", nullable=False),
        sa.Column("signatory", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("input", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.BigInteger(), nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "released_at IS NULL OR (btrim(motive) <> '' AND btrim(signatory) <> '' AND abandoned_at IS NULL)",
            name=op.f("ck_corrective_acts_released_whole"),
        ),
        sa.CheckConstraint("(input IS NULL) = (result IS NULL)", name=op.f("ck_corrective_acts_computed_whole")),
        sa.CheckConstraint(
            "approved_by_id IS DISTINCT FROM created_by_id OR approved_at IS NULL",
            name=op.f("ck_corrective_acts_two_persons"),
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_corrective_acts_appeal_id")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["users.id"], name=op.f("fk_corrective_acts_approved_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_corrective_acts_call_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_corrective_acts_created_by_id")),
        sa.ForeignKeyConstraint(["released_by_id"], ["users.id"], name=op.f("fk_corrective_acts_released_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_acts")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_corrective_acts_call_id_number")),
    )
    op.create_index(
        "uq_corrective_acts_open",
        "corrective_acts",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL AND abandoned_at IS NULL"),
    )
    op.create_table(
        "corrective_act_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "before",
            sa.Enum(
                "awarded",
                "reserve",
                "refused",
                "inadmissible",
                "given_up",
                name="before",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            nullable=False,
        ),
        sa.Column("before_award_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "awarded",
                "reserve",
                "refused",
                "inadmissible",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            nullable=False,
        ),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("area", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column(
            "ground",
            sa.Enum(
                "unlawful",
                "fraud",
                "condition",
                "beneficiary",
                "judgment",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            nullable=True,
        ),
        sa.Column("heard", sa.Text(), server_default="", nullable=False),
        sa.Column("motive", sa.Text(), server_default="", nullable=False),
        sa.Column("letter_file_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'awarded') = (lot_id IS NOT NULL)", name=op.f("ck_corrective_act_lines_place_has_lot")
        ),
        sa.CheckConstraint("(lot_id IS NULL) = (area IS NULL)", name=op.f("ck_corrective_act_lines_lot_has_area")),
        sa.ForeignKeyConstraint(["act_id"], ["corrective_acts.id"], name=op.f("fk_corrective_act_lines_act_id")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_corrective_act_lines_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["before_award_id"], ["awards.id"], name=op.f("fk_corrective_act_lines_before_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["letter_file_id"], ["stored_files.id"], name=op.f("fk_corrective_act_lines_letter_file_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_corrective_act_lines_lot_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_corrective_act_lines_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_act_lines")),
        sa.UniqueConstraint("act_id", "application_id", name=op.f("uq_corrective_act_lines_act_id_application_id")),
    )
    op.create_index(
        op.f("ix_corrective_act_lines_application_id"), "corrective_act_lines", ["application_id"], unique=False
    )
    op.add_column("awards", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_awards_application_id_lot_id"), "awards", type_="unique")
    op.create_index(
        "uq_awards_standing",
        "awards",
        ["application_id", "lot_id"],
        unique=True,
        postgresql_where=sa.text("declined_at IS NULL AND lapsed_at IS NULL"),
    )
    op.create_check_constraint(
        op.f("ck_awards_withdrawn_lapses"), "awards", "withdrawn_at IS NULL OR lapsed_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_awards_withdrawn_lapses"), "awards", type_="check")
    op.drop_index(
        "uq_awards_standing", table_name="awards", postgresql_where=sa.text("declined_at IS NULL AND lapsed_at IS NULL")
    )
    op.create_unique_constraint(
        op.f("uq_awards_application_id_lot_id"),
        "awards",
        ["application_id", "lot_id"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("awards", "withdrawn_at")
    op.drop_index(op.f("ix_corrective_act_lines_application_id"), table_name="corrective_act_lines")
    op.drop_table("corrective_act_lines")
    op.drop_index(
        "uq_corrective_acts_open",
        table_name="corrective_acts",
        postgresql_where=sa.text("released_at IS NULL AND abandoned_at IS NULL"),
    )
    op.drop_table("corrective_acts")
