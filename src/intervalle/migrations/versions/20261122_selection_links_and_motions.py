"""A declared link says of which kind it is; a question put to the vote may be taken back before anybody voted."""

import sqlalchemy as sa
from alembic import op

revision = "selection_links_and_motions"
down_revision = "selection_seats_offered"

LINKS = ("employment", "mandate", "board", "family", "money", "subsidy", "rival", "other")


def upgrade() -> None:
    kinds = sa.Enum(*LINKS, name="link", native_enum=False, create_constraint=True, length=48)
    op.add_column("recusals", sa.Column("link", kinds, nullable=True))
    _outcomes("'adopted', 'rejected', 'withdrawn'")


def downgrade() -> None:
    op.execute("UPDATE motions SET outcome = 'rejected' WHERE outcome = 'withdrawn'")
    _outcomes("'adopted', 'rejected'")
    op.drop_column("recusals", "link")


def _outcomes(allowed: str) -> None:
    op.drop_constraint(op.f("ck_motions_outcome"), "motions", type_="check")
    op.create_check_constraint(op.f("ck_motions_outcome"), "motions", f"outcome IN ({allowed})")
