"""calls_visits_questions"""

import sqlalchemy as sa
from alembic import op

revision = "calls_visits_questions"
down_revision = "calls_versions"


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_text", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("answered_at IS NULL OR answer <> ''", name=op.f("ck_questions_answered_with_words")),
        sa.CheckConstraint(
            "declined_at IS NULL OR answered_at IS NULL", name=op.f("ck_questions_answered_or_declined")
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_questions_answered_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_questions_call_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_questions_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_questions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_call_id"), "questions", ["call_id"], unique=False)
    op.create_index(op.f("ix_questions_organisation_id"), "questions", ["organisation_id"], unique=False)
    op.create_table(
        "visit_slots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("premises_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("meeting_point", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("capacity BETWEEN 1 AND 500", name=op.f("ck_visit_slots_capacity_range")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_visit_slots_hours_order")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_visit_slots_call_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_visit_slots_created_by_id")),
        sa.ForeignKeyConstraint(["premises_id"], ["premises.id"], name=op.f("fk_visit_slots_premises_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_slots")),
    )
    op.create_index(op.f("ix_visit_slots_call_id"), "visit_slots", ["call_id"], unique=False)
    op.create_table(
        "visit_bookings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("people", sa.SmallInteger(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attended", sa.Boolean(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(attended IS NULL) = (marked_at IS NULL)", name=op.f("ck_visit_bookings_attendance_dated")),
        sa.CheckConstraint("people BETWEEN 1 AND 20", name=op.f("ck_visit_bookings_people_range")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_visit_bookings_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_visit_bookings_person_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["visit_slots.id"], name=op.f("fk_visit_bookings_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_bookings")),
        sa.UniqueConstraint("slot_id", "organisation_id", name=op.f("uq_visit_bookings_slot_id_organisation_id")),
    )
    op.create_index(op.f("ix_visit_bookings_organisation_id"), "visit_bookings", ["organisation_id"], unique=False)
    op.add_column(
        "call_versions", sa.Column("visit_duty", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("call_versions", sa.Column("questions_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_versions", sa.Column("answers_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("call_versions", sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_call_versions_occupation_order"), "call_versions",
        "frozen_at IS NULL OR occupation_from < occupation_until OR occupation_until IS NULL",
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_call_versions_closing_order"), "call_versions",
        "frozen_at IS NULL OR closes_at IS NULL OR ("
        "COALESCE((closes_at AT TIME ZONE 'Europe/Paris')::date <= decision_on, true) AND "
        "COALESCE((closes_at AT TIME ZONE 'Europe/Paris')::date < occupation_from, true))",
    )  # fmt: skip
    op.create_check_constraint(
        op.f("ck_call_versions_questions_order"), "call_versions",
        "frozen_at IS NULL OR (COALESCE(questions_until <= answers_until, true) AND "
        "COALESCE(questions_until < closes_at, true) AND COALESCE(answers_until < closes_at, true))",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_constraint(op.f("ck_call_versions_questions_order"), "call_versions", type_="check")
    op.drop_constraint(op.f("ck_call_versions_closing_order"), "call_versions", type_="check")
    op.drop_constraint(op.f("ck_call_versions_occupation_order"), "call_versions", type_="check")
    op.drop_column("call_versions", "closes_at")
    op.drop_column("call_versions", "answers_until")
    op.drop_column("call_versions", "questions_until")
    op.drop_column("call_versions", "visit_duty")
    op.drop_index(op.f("ix_visit_bookings_organisation_id"), table_name="visit_bookings")
    op.drop_table("visit_bookings")
    op.drop_index(op.f("ix_visit_slots_call_id"), table_name="visit_slots")
    op.drop_table("visit_slots")
    op.drop_index(op.f("ix_questions_organisation_id"), table_name="questions")
    op.drop_index(op.f("ix_questions_call_id"), table_name="questions")
    op.drop_table("questions")
