"""What a shop's box has still to tell its centre, and what the centre has of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "edge_venue",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("centre", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("skew_us", sa.BigInteger(), nullable=True),
        sa.Column("uncertainty_us", sa.BigInteger(), nullable=True),
        sa.Column("centre_timezone", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_edge_venue_venue_id"),
        sa.PrimaryKeyConstraint("venue_id", name="pk_edge_venue"),
    )
    op.create_table(
        "edge_hour",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sent_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("refusals", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", "hour_at", name="pk_edge_hour"),
    )
    op.create_index(
        "ix_edge_hour_waiting",
        "edge_hour",
        ["hour_at"],
        unique=False,
        sqlite_where=sa.text("version > sent_version"),
        postgresql_where=sa.text("version > sent_version"),
    )
    op.create_table(
        "told_hour",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(length=16), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", "hour_at", name="pk_told_hour"),
        sqlite_with_rowid=False,
    )
