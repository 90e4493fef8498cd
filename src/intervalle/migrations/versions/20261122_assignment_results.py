"""Results published by a dated act; the letter of an offer from the reserve."""

import sqlalchemy as sa
from alembic import op

revision = "assignment_results"
down_revision = "assignment_release"


def upgrade() -> None:
    op.create_table(
        "results_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_results_notices_call_id")),
        sa.ForeignKeyConstraint(["published_by_id"], ["users.id"], name=op.f("fk_results_notices_published_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results_notices")),
        sa.UniqueConstraint("call_id", name=op.f("uq_results_notices_call_id")),
    )
    op.add_column("awards", sa.Column("letter_file_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_awards_letter_file_id"), "awards", "stored_files", ["letter_file_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_awards_letter_file_id"), "awards", type_="foreignkey")
    op.drop_column("awards", "letter_file_id")
    op.drop_table("results_notices")
