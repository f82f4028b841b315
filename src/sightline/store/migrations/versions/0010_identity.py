"""Templates of faces, sealed; clips under a hold that are to go once it is lifted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "face_template",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("pseudo_id", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("dims", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("faces", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "pseudo_id", "model", name="pk_face_template"),
    )
    op.create_index("ix_face_template_key_id", "face_template", ["key_id"], unique=False)
    op.add_column("evidence", sa.Column("erase_asked_at", sa.BigInteger(), nullable=True))
    asked = sa.text("erase_asked_at IS NOT NULL")
    op.create_index(
        "ix_evidence_erase_asked", "evidence", ["venue_id"], sqlite_where=asked, postgresql_where=asked
    )
