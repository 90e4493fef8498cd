"""Each place a need names has a narrow row of its own; what changed since the last matching is written down."""

import sqlalchemy as sa
from alembic import op

from intervalle import guards_needs

revision = "calls_match_queue"
down_revision = "calls_batches_and_asked"


def upgrade() -> None:
    op.create_table(
        "match_queue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=True),
        sa.Column("need_id", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.Date(), server_default="2000-01-01", nullable=False),
        sa.CheckConstraint("num_nonnulls(lot_id, need_id) = 1", name=op.f("ck_match_queue_one_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_queue")),
    )
    op.create_index(op.f("ix_match_queue_due"), "match_queue", ["due"])
    op.create_table(
        "need_places",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("area_min", sa.BigInteger(), nullable=False),
        sa.Column("area_max", sa.BigInteger(), nullable=False),
        sa.Column("budget_cents_month", sa.BigInteger(), nullable=True),
        sa.Column("wanted_from", sa.Date(), nullable=True),
        sa.Column("wanted_until", sa.Date(), nullable=True),
        sa.Column("halves", sa.Integer(), nullable=False),
        sa.Column("asks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_need_places_need_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("place", "need_id", name=op.f("pk_need_places")),
    )
    op.create_index(op.f("ix_need_places_need_id"), "need_places", ["need_id"])
    for statement in guards_needs.NEEDS:
        op.execute(statement.replace(":", r"\:"))
    # Every open need gets its rows and its turn: set against all lots once, all pairs are looked at.
    op.execute("UPDATE needs SET closed_at = closed_at WHERE closed_at IS NULL")
    op.execute(
        "INSERT INTO match_queue (lot_id, due) SELECT DISTINCT lot_id, upper(during) - 364 FROM occupancies "
        "WHERE upper(during) - 364 > current_date"
    )


def downgrade() -> None:
    for table, triggers in (
        ("needs", ("needs_looked_for_added", "needs_looked_for_changed")),
        ("lots", ("lots_to_match_added", "lots_to_match_changed")),
        ("premises", ("premises_to_match",)),
        ("occupancies", ("uses_to_match_added", "uses_to_match_changed", "uses_to_match_removed")),
    ):
        for trigger in triggers:
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in ("needs_looked_for", "lots_to_match", "premises_to_match", "uses_to_match"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_index(op.f("ix_need_places_need_id"), table_name="need_places")
    op.drop_table("need_places")
    op.drop_index(op.f("ix_match_queue_due"), table_name="match_queue")
    op.drop_table("match_queue")
