"""A search of a million lots: words with their vocabulary, what lists are sorted by, and the indexes of both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from intervalle import guards

revision = "premises_search"
down_revision = "premises_imports_undo"

PUBLIC = "published_at IS NOT NULL AND withdrawn_at IS NULL"
ORDERS = {
    "ix_premises_of_commune": (["commune_code", "published_at", "id"], PUBLIC),
    "ix_premises_in_qpv": (["published_at", "id"], f"{PUBLIC} AND qpv_code <> ''"),
    "ix_premises_largest": (["largest", "published_at", "id"], PUBLIC),
    "ix_premises_lowest_rent": (["lowest_rent_cents", "published_at", "id"], PUBLIC),
}


def upgrade() -> None:
    op.create_table(
        "premises_words",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_premises_words")),
    )
    op.create_index("ix_premises_words_word", "premises_words", ["word"])
    op.create_index(
        "ix_premises_words_likeness", "premises_words", ["word"], postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )  # fmt: skip
    op.drop_index("ix_premises_haystack", table_name="premises")
    read = sa.Computed("to_tsvector('simple'::regconfig, haystack)".replace(":", r"\:"), persisted=True)
    op.add_column("premises", sa.Column("words", postgresql.TSVECTOR(), read, nullable=False))
    op.add_column("premises", sa.Column("largest", sa.Numeric(12, 2), server_default="0", nullable=False))
    op.add_column("premises", sa.Column("lowest_rent_cents", sa.BigInteger(), nullable=True))
    for statement in (guards.SORTED, guards.VOCABULARY):
        op.execute(statement.replace(":", r"\:"))
    # Each row is written again: its triggers fill what is new.
    op.execute("UPDATE premises SET name = name")
    op.create_index("ix_premises_words", "premises", ["words"], postgresql_using="gin")
    for name, (columns, condition) in ORDERS.items():
        op.create_index(name, "premises", columns, postgresql_where=sa.text(condition))
    op.drop_column("saved_searches", "token_hash")


def downgrade() -> None:
    op.add_column("saved_searches", sa.Column("token_hash", sa.LargeBinary(), nullable=True))
    # The links were forgotten: each row is given one that nobody holds, and stays.
    op.execute("UPDATE saved_searches SET token_hash = sha256(convert_to(gen_random_uuid()::text || id, 'UTF8'))")
    op.alter_column("saved_searches", "token_hash", nullable=False)
    op.create_unique_constraint(op.f("uq_saved_searches_token_hash"), "saved_searches", ["token_hash"])
    for name in [*ORDERS, "ix_premises_words"]:
        op.drop_index(name, table_name="premises")
    op.execute("DROP TRIGGER premises_words_added ON premises")
    op.execute("DROP TRIGGER premises_words_changed ON premises")
    op.execute("DROP FUNCTION premises_words_kept()")
    op.execute("DROP FUNCTION premises_query(text)")
    op.execute("DROP TRIGGER premises_haystack_kept ON premises")
    for name in ("added", "changed", "removed"):
        op.execute(f"DROP TRIGGER lots_haystack_{name} ON lots")
    op.execute(guards.HAYSTACK.replace(":", r"\:"))
    for column in ("lowest_rent_cents", "largest", "words"):
        op.drop_column("premises", column)
    op.create_index(
        "ix_premises_haystack", "premises", ["haystack"], postgresql_using="gin",
        postgresql_ops={"haystack": "gin_trgm_ops"},
    )  # fmt: skip
    op.drop_table("premises_words")
