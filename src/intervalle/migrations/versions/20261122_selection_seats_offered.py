"""Everybody is invited to a panel: an offer knows its person, and is accepted, declined or withdrawn. Seats held stay."""

import sqlalchemy as sa
from alembic import op

revision = "selection_seats_offered"
down_revision = "selection_college_quorums"

PENDING = "accepted_at IS NULL AND declined_at IS NULL AND revoked_at IS NULL"


def upgrade() -> None:
    op.drop_index("uq_seat_invitations_pending", table_name="seat_invitations")
    op.drop_column("seat_invitations", "token_hash")
    op.drop_column("seat_invitations", "organisation_id")
    op.add_column("seat_invitations", sa.Column("user_id", sa.BigInteger(), nullable=True))
    op.add_column("seat_invitations", sa.Column("alternate_of_id", sa.BigInteger(), nullable=True))
    op.add_column("seat_invitations", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("seat_invitations", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("seat_invitations", sa.Column("decline_reason", sa.Text(), server_default="", nullable=False))
    op.create_foreign_key(op.f("fk_seat_invitations_user_id"), "seat_invitations", "users", ["user_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_seat_invitations_alternate_of_id"), "seat_invitations", "seats", ["alternate_of_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_seat_invitations_ended_once"),
        "seat_invitations",
        "num_nonnulls(accepted_at, declined_at, revoked_at) <= 1",
    )
    op.create_check_constraint(
        op.f("ck_seat_invitations_reason_when_declined"),
        "seat_invitations",
        "declined_at IS NOT NULL OR decline_reason = ''",
    )
    op.create_check_constraint(
        op.f("ck_seat_invitations_alternate_is_not_chair"), "seat_invitations", "alternate_of_id IS NULL OR NOT chair"
    )
    op.create_index(op.f("ix_seat_invitations_user_id"), "seat_invitations", ["user_id"])
    op.create_index(
        "uq_seat_invitations_pending", "seat_invitations", ["panel_id", sa.literal_column("lower(email)")],
        unique=True, postgresql_where=sa.text(PENDING),
    )  # fmt: skip
    op.execute(
        "UPDATE seat_invitations SET user_id = users.id FROM users WHERE lower(users.email) = lower(seat_invitations.email)"
    )


def downgrade() -> None:
    op.drop_index("uq_seat_invitations_pending", table_name="seat_invitations")
    op.drop_constraint(op.f("ck_seat_invitations_ended_once"), "seat_invitations", type_="check")
    op.execute("UPDATE seat_invitations SET revoked_at = declined_at WHERE declined_at IS NOT NULL")
    for name in ("decline_reason", "declined_at", "reminded_at", "alternate_of_id", "user_id"):
        op.drop_column("seat_invitations", name)
    op.add_column("seat_invitations", sa.Column("organisation_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_seat_invitations_organisation_id"), "seat_invitations", "organisations", ["organisation_id"], ["id"]
    )
    # The links of before held a secret; those of nobody's now.
    op.add_column(
        "seat_invitations",
        sa.Column(
            "token_hash", sa.LargeBinary(), server_default=sa.text("uuid_send(gen_random_uuid())"), nullable=False
        ),
    )
    op.alter_column("seat_invitations", "token_hash", server_default=None)
    op.create_unique_constraint(op.f("uq_seat_invitations_token_hash"), "seat_invitations", ["token_hash"])
    op.create_index(
        "uq_seat_invitations_pending", "seat_invitations", ["panel_id", sa.literal_column("lower(email)")],
        unique=True, postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL"),
    )  # fmt: skip
