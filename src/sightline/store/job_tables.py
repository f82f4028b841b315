"""The tables of video jobs: files to analyse, what became of them, and who takes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from sightline.store.columns import JsonText, UtcMicroseconds
from sightline.store.table_words import index_where, metadata

video_job = Table(
    "video_job",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("camera_id", String(50), nullable=False),
    # `upload` or `url`.
    Column("source", Text, nullable=False),
    # As the sender called it; never a path of ours.
    Column("video_name", Text, nullable=False),
    Column("url", Text),
    # Of the file in the folder of jobs.
    Column("file_name", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", String(64)),
    Column("recorded_at", UtcMicroseconds),
    Column("time_unknown", Boolean, nullable=False, server_default=false()),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("created_by", Text, nullable=False),
    # A pending one is not taken before.
    Column("due_at", UtcMicroseconds),
    Column("started_at", UtcMicroseconds),
    Column("finished_at", UtcMicroseconds),
    Column("leased_by", Text),
    Column("leased_until", UtcMicroseconds),
    Column("cancel_asked", Boolean, nullable=False, server_default=false()),
    # Progress.
    Column("current_frame", Integer),
    Column("total_frames", Integer),
    Column("frames_to_process", Integer),
    Column("fps", Float),
    Column("duration_s", Float),
    # What it came to, when it is done.
    Column("run_id", Text),
    Column("visitors_detected", Integer),
    Column("result", JsonText),
    CheckConstraint("state IN ('pending', 'processing', 'completed', 'failed', 'cancelled')", name="state"),
    Index(None, "venue_id", "created_at"),
    Index(None, "created_at", "state"),
    # In the order in which jobs are taken, with what decides whether one is.
    index_where(
        "ix_video_job_open",
        "state IN ('pending', 'processing')",
        *("priority", "created_at", "id", "state", "due_at", "venue_id", "camera_id"),
    ),
    index_where("ix_video_job_under_way", "state = 'processing'", "venue_id", "camera_id"),
)

job_processor = Table(
    "job_processor",
    metadata,
    # Of a process that takes jobs; it tells every few seconds that it lives.
    Column("name", String(200), primary_key=True),
    Column("seen_at", UtcMicroseconds, nullable=False),
)
