"""Files to analyse."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # For each event that is deleted the database looks for what refers to it: without, a venue takes hours.
    op.create_index("ix_evidence_event_id", "evidence", ["event_id"], unique=False)
    op.create_table(
        "video_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("video_name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=True),
        sa.Column("time_unknown", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("current_frame", sa.Integer(), nullable=True),
        sa.Column("total_frames", sa.Integer(), nullable=True),
        sa.Column("frames_to_process", sa.Integer(), nullable=True),
        sa.Column("fps", sa.Float(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("visitors_detected", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'processing', 'completed', 'failed', 'cancelled')",
            name="state",
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_video_job_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_video_job"),
    )
    op.create_index("ix_video_job_created_at", "video_job", ["created_at"], unique=False)
    op.create_index(
        "ix_video_job_open",
        "video_job",
        ["priority", "created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'processing')"),
        postgresql_where=sa.text("state IN ('pending', 'processing')"),
    )
    op.create_index("ix_video_job_venue_id_created_at", "video_job", ["venue_id", "created_at"], unique=False)
    op.create_table(
        "job_processor",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job_processor"),
    )
