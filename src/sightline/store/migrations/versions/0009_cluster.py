"""Which machine watches which cameras; ten thousand video jobs that wait."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "camera_lease",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"],
            ["camera.venue_id", "camera.id"],
            name="fk_camera_lease_venue_id_camera_id",
        ),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", name="pk_camera_lease"),
    )
    op.create_table(
        "cluster_head",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cluster_head"),
    )
    _index_jobs()


def _index_jobs() -> None:
    """In the order in which jobs are taken, with what decides whether one is; and by state."""
    op.drop_index("ix_video_job_created_at", table_name="video_job")
    op.create_index("ix_video_job_created_at_state", "video_job", ["created_at", "state"], unique=False)
    op.drop_index("ix_video_job_open", table_name="video_job")
    _index_where(
        "ix_video_job_open",
        "state IN ('pending', 'processing')",
        ["priority", "created_at", "id", "state", "due_at", "venue_id", "camera_id"],
    )
    _index_where("ix_video_job_under_way", "state = 'processing'", ["venue_id", "camera_id"])


def _index_where(name: str, condition: str, columns: list[Any]) -> None:
    where = sa.text(condition)
    op.create_index(name, "video_job", columns, sqlite_where=where, postgresql_where=where)
