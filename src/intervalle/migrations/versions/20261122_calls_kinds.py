"""calls_kinds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calls_kinds"
down_revision = "assignment_results"


def upgrade() -> None:
    op.add_column(
        "call_versions", sa.Column("titles_excluded", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("call_versions", sa.Column("documents", sa.Text(), server_default="", nullable=False))
    op.add_column("call_versions", sa.Column("beneficiary_id", sa.BigInteger(), nullable=True))
    op.add_column("call_versions", sa.Column("direct_ground", sa.Text(), server_default="", nullable=False))
    op.add_column("call_versions", sa.Column("exemption", sa.Text(), nullable=True))
    op.add_column("call_versions", sa.Column("statement_url", sa.Text(), server_default="", nullable=False))
    op.add_column("call_versions", sa.Column("statement_on", sa.Date(), nullable=True))
    op.add_column("call_versions", sa.Column("max_lots", sa.SmallInteger(), nullable=True))
    op.add_column(
        "call_versions",
        sa.Column("incompatible_uses", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_call_versions_beneficiary_id"), "call_versions", "organisations", ["beneficiary_id"], ["id"]
    )
    op.add_column(
        "calls", sa.Column("co_organiser_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False)
    )
    op.add_column(
        "calls",
        sa.Column(
            "kind",
            sa.Enum(
                "dated",
                "rolling",
                "recurring",
                "direct",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            server_default="dated",
            nullable=False,
        ),
    )
    op.add_column("calls", sa.Column("follows_id", sa.BigInteger(), nullable=True))
    op.create_unique_constraint(op.f("uq_calls_follows_id"), "calls", ["follows_id"])
    op.create_foreign_key(op.f("fk_calls_follows_id"), "calls", "calls", ["follows_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_call_versions_max_lots_range"), "call_versions", "max_lots IS NULL OR max_lots BETWEEN 1 AND 50"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_call_versions_max_lots_range"), "call_versions", type_="check")
    op.drop_constraint(op.f("fk_calls_follows_id"), "calls", type_="foreignkey")
    op.drop_constraint(op.f("uq_calls_follows_id"), "calls", type_="unique")
    op.drop_column("calls", "follows_id")
    op.drop_column("calls", "kind")
    op.drop_column("calls", "co_organiser_ids")
    op.drop_constraint(op.f("fk_call_versions_beneficiary_id"), "call_versions", type_="foreignkey")
    op.drop_column("call_versions", "incompatible_uses")
    op.drop_column("call_versions", "max_lots")
    op.drop_column("call_versions", "statement_on")
    op.drop_column("call_versions", "statement_url")
    op.drop_column("call_versions", "exemption")
    op.drop_column("call_versions", "direct_ground")
    op.drop_column("call_versions", "beneficiary_id")
    op.drop_column("call_versions", "documents")
    op.drop_column("call_versions", "titles_excluded")
