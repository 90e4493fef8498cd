"""calls_documents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "calls_documents"
down_revision = "house_notices"


def upgrade() -> None:
    op.create_table(
        "application_documents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "statutes",
                "registration",
                "ess_proof",
                "board",
                "accounts",
                "budget",
                "activity_report",
                "insurance",
                "tax",
                "bank",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=48,
            ),
            nullable=False,
        ),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sent_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("structure_document_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["added_by_id"], ["users.id"], name=op.f("fk_application_documents_added_by_id")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_application_documents_application_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name=op.f("fk_application_documents_file_id")),
        sa.ForeignKeyConstraint(
            ["structure_document_id"],
            ["structure_documents.id"],
            name=op.f("fk_application_documents_structure_document_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_documents")),
        sa.UniqueConstraint(
            "application_id",
            "structure_document_id",
            name=op.f("uq_application_documents_application_id_structure_document_id"),
        ),
    )
    op.create_index(
        op.f("ix_application_documents_application_id"), "application_documents", ["application_id"], unique=False
    )
    op.add_column(
        "call_versions",
        sa.Column("required_documents", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("call_versions", "required_documents")
    op.drop_index(op.f("ix_application_documents_application_id"), table_name="application_documents")
    op.drop_table("application_documents")
