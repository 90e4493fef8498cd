"""Sessions of a panel: presence, points discussed, marks changed, votes, finalists and their hearings."""

import sqlalchemy as sa
from alembic import op

revision = "selection_meetings"
down_revision = "accounts_structures"


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("panel_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_meetings_closed_after_opened")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["users.id"], name=op.f("fk_meetings_closed_by_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_meetings_opened_by_id")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_meetings_panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_panel_id"), "meetings", ["panel_id"], unique=False)
    op.create_index(
        "uq_meetings_open", "meetings", ["panel_id"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "discussions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_discussions_ended_after_started")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_discussions_application_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_discussions_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussions")),
    )
    op.create_index(op.f("ix_discussions_application_id"), "discussions", ["application_id"], unique=False)
    op.create_index(
        "uq_discussions_current",
        "discussions",
        ["meeting_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "hearings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("panel_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes BETWEEN 5 AND 240", name=op.f("ck_hearings_minutes_range")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_hearings_application_id")),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_hearings_panel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearings")),
    )
    op.create_index(op.f("ix_hearings_panel_id"), "hearings", ["panel_id"], unique=False)
    op.create_index(
        "uq_hearings_standing",
        "hearings",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "motions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("shortlists", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("adopted", "rejected", name="outcome", native_enum=False, create_constraint=True, length=48),
            nullable=True,
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_motions_closed_with_outcome")),
        sa.CheckConstraint("NOT shortlists OR application_id IS NOT NULL", name=op.f("ck_motions_shortlists_a_file")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_motions_application_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_motions_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_motions")),
    )
    op.create_index(op.f("ix_motions_meeting_id"), "motions", ["meeting_id"], unique=False)
    op.create_table(
        "presences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("left_at IS NULL OR left_at >= arrived_at", name=op.f("ck_presences_left_after_arrived")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_presences_meeting_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_presences_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presences")),
    )
    op.create_index("ix_presences_seat_id", "presences", ["seat_id"], unique=False)
    op.create_index(
        "uq_presences_here",
        "presences",
        ["meeting_id", "seat_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "ballots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("seat_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "choice",
            sa.Enum("for", "against", "abstain", name="choice", native_enum=False, create_constraint=True, length=48),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_ballots_motion_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_ballots_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballots")),
        sa.UniqueConstraint("motion_id", "seat_id", name=op.f("uq_ballots_motion_id_seat_id")),
    )
    op.create_table(
        "mark_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("meeting_id", sa.BigInteger(), nullable=False),
        sa.Column("sheet_id", sa.BigInteger(), nullable=False),
        sa.Column("criterion_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.SmallInteger(), nullable=True),
        sa.Column("after", sa.SmallInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_mark_changes_reason_given")),
        sa.CheckConstraint("before IS DISTINCT FROM after", name=op.f("ck_mark_changes_really_changed")),
        sa.ForeignKeyConstraint(["criterion_id"], ["criteria.id"], name=op.f("fk_mark_changes_criterion_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_mark_changes_meeting_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["score_sheets.id"], name=op.f("fk_mark_changes_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_changes")),
    )
    op.create_index(op.f("ix_mark_changes_sheet_id"), "mark_changes", ["sheet_id"], unique=False)
    op.create_table(
        "shortlistings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_shortlistings_application_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_shortlistings_created_by_id")),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_shortlistings_motion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shortlistings")),
    )
    op.create_index(op.f("ix_shortlistings_application_id"), "shortlistings", ["application_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_shortlistings_application_id"), table_name="shortlistings")
    op.drop_table("shortlistings")
    op.drop_index(op.f("ix_mark_changes_sheet_id"), table_name="mark_changes")
    op.drop_table("mark_changes")
    op.drop_table("ballots")
    op.drop_index("uq_presences_here", table_name="presences", postgresql_where=sa.text("left_at IS NULL"))
    op.drop_index("ix_presences_seat_id", table_name="presences")
    op.drop_table("presences")
    op.drop_index(op.f("ix_motions_meeting_id"), table_name="motions")
    op.drop_table("motions")
    op.drop_index("uq_hearings_standing", table_name="hearings", postgresql_where=sa.text("cancelled_at IS NULL"))
    op.drop_index(op.f("ix_hearings_panel_id"), table_name="hearings")
    op.drop_table("hearings")
    op.drop_index("uq_discussions_current", table_name="discussions", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_discussions_application_id"), table_name="discussions")
    op.drop_table("discussions")
    op.drop_index("uq_meetings_open", table_name="meetings", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index(op.f("ix_meetings_panel_id"), table_name="meetings")
    op.drop_table("meetings")
