"""Live cameras: their settings, gaps and counters, runs that go on, alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UNFINISHED = sa.text("finished_at IS NULL")
GAP_OPEN = sa.text("ended_at IS NULL")
ALERT_OPEN = sa.text("cleared_at IS NULL")


def upgrade() -> None:
    _extend_cameras()
    _extend_footage()
    _make_gaps_and_status()
    _make_alerts()


def _extend_cameras() -> None:
    # Columns without checks of their own: SQLite would have to copy the table, which others refer to.
    for column in (
        sa.Column("settings", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("camera", column)


def _extend_footage() -> None:
    op.add_column("run", sa.Column("kind", sa.Text(), server_default=sa.text("'file'"), nullable=False))
    op.add_column("run", sa.Column("open_since", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_run_unfinished",
        "run",
        ["venue_id", "camera_id"],
        unique=False,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index(
        "ix_recording_segment_venue_id_camera_id_ended_at",
        "recording_segment",
        ["venue_id", "camera_id", "ended_at"],
        unique=False,
    )
    op.create_index("ix_recording_segment_started_at", "recording_segment", ["started_at"], unique=False)


def _make_gaps_and_status() -> None:
    op.create_table(
        "camera_gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"],
            ["camera.venue_id", "camera.id"],
            name="fk_camera_gap_venue_id_camera_id",
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_camera_gap_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name="pk_camera_gap"),
        sa.UniqueConstraint(
            "venue_id",
            "camera_id",
            "started_at",
            "reason",
            name="uq_camera_gap_venue_id_camera_id_started_at_reason",
        ),
    )
    op.create_index(
        "ix_camera_gap_open",
        "camera_gap",
        ["venue_id", "camera_id"],
        unique=False,
        sqlite_where=GAP_OPEN,
        postgresql_where=GAP_OPEN,
    )
    op.create_table(
        "camera_status",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"],
            ["camera.venue_id", "camera.id"],
            name="fk_camera_status_venue_id_camera_id",
        ),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", name="pk_camera_status"),
    )


def _make_alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("alert_type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_alert_venue_id"),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alert_severity")),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_venue_id_created_at", "alert", ["venue_id", "created_at"], unique=False)
    op.create_index(
        "uq_alert_open",
        "alert",
        ["venue_id", "alert_type", "subject"],
        unique=True,
        sqlite_where=ALERT_OPEN,
        postgresql_where=ALERT_OPEN,
    )
