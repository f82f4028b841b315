"""What people say of events, and where who stood in the pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "event_verdict",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("verdict IN ('confirmed', 'dismissed')", name=op.f("ck_event_verdict_verdict")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_verdict_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_verdict")),
    )
    op.create_index(
        "ix_event_verdict_venue_id_verdict", "event_verdict", ["venue_id", "verdict"], unique=False
    )
    op.create_table(
        "seen_boxes",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", "begins_at", name=op.f("pk_seen_boxes")),
    )
    op.create_index("ix_seen_boxes_begins_at", "seen_boxes", ["begins_at"], unique=False)
