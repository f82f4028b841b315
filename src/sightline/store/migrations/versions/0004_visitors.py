"""Visitors: stays, and the figures made of them; where a venue is; audited stretches."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from sightline.domain.local_time import local_hour

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # Columns without checks of their own: SQLite would have to copy the table, which others refer to.
    for column in (
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("venue_type", sa.Text(), nullable=True),
        sa.Column("h3_zone", sa.String(length=20), nullable=True),
        sa.Column("opening_hours", sa.Text(), nullable=True),
    ):
        op.add_column("venue", column)
    op.create_table(
        "audited_stretch",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("truth", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=True),
        sa.Column("audited_at", sa.BigInteger(), nullable=False),
        sa.Column("audited_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audited_stretch"),
    )
    op.create_index(
        "ix_audited_stretch_venue_id_rule_audited_at",
        "audited_stretch",
        ["venue_id", "rule", "audited_at"],
        unique=False,
    )
    op.create_table(
        "coverage_hour",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "hour_at", "camera_id", name="pk_coverage_hour"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hour_rollup",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("stays", sa.Integer(), nullable=False),
        sa.Column("dwell_ms", sa.BigInteger(), nullable=False),
        sa.Column("quality_n", sa.Integer(), nullable=False),
        sa.Column("frames_sum", sa.BigInteger(), nullable=False),
        sa.Column("confidence_millionths", sa.BigInteger(), nullable=False),
        sa.Column("scored_n", sa.Integer(), nullable=False),
        sa.Column("score_millionths", sa.BigInteger(), nullable=False),
        sa.Column("score_min", sa.Float(), nullable=True),
        sa.Column("score_max", sa.Float(), nullable=True),
        sa.Column("high_n", sa.Integer(), nullable=False),
        sa.Column("moderate_n", sa.Integer(), nullable=False),
        sa.Column("oriented_n", sa.Integer(), nullable=False),
        sa.Column("orientation_millionths", sa.BigInteger(), nullable=False),
        sa.Column("facing_n", sa.Integer(), nullable=False),
        sa.Column("away_n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "hour_at", "camera_id", "zone", name="pk_hour_rollup"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label_rollup",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("stays", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "venue_id", "hour_at", "camera_id", "zone", "kind", "label", name="pk_label_rollup"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visitor",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("pseudo_id", sa.String(length=64), nullable=False),
        sa.Column("lasting", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("dwell_ms", sa.BigInteger(), nullable=False),
        sa.Column("age_bracket", sa.String(length=10), nullable=True),
        sa.Column("age_at", sa.BigInteger(), nullable=True),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("gender_at", sa.BigInteger(), nullable=True),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("last_return", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_visitor_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visitor"),
        sa.UniqueConstraint("venue_id", "pseudo_id", name="uq_visitor_venue_id_pseudo_id"),
    )
    op.create_index(
        "ix_visitor_known",
        "visitor",
        ["venue_id"],
        unique=False,
        sqlite_where=sa.text("lasting = 1"),
        postgresql_where=sa.text("lasting"),
    )
    op.create_table(
        "stay",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("visitor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("track_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("dwell_ms", sa.BigInteger(), nullable=False),
        sa.Column("age_bracket", sa.String(length=10), nullable=True),
        sa.Column("gender", sa.String(length=1), nullable=True),
        sa.Column("is_repeat", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("track_frames", sa.Integer(), nullable=True),
        sa.Column("detection_conf", sa.Float(), nullable=True),
        sa.Column("engagement_score", sa.Float(), nullable=True),
        sa.Column("behavior_type", sa.Text(), nullable=True),
        sa.Column("body_orientation", sa.Float(), nullable=True),
        sa.Column("posture", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_stay"),
        sa.UniqueConstraint("key", name="uq_stay_key"),
    )
    op.create_index(
        "ix_stay_of_run",
        "stay",
        ["run_id"],
        unique=False,
        sqlite_where=sa.text("run_id IS NOT NULL"),
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stay_venue_id_at_zone_visitor_id",
        "stay",
        ["venue_id", "at", "zone", "visitor_id"],
        unique=False,
    )
    op.create_index("ix_stay_visitor_id_at", "stay", ["visitor_id", "at"], unique=False)
    op.create_table(
        "visit",
        sa.Column(
            "visitor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("dwell_ms", sa.BigInteger(), nullable=False),
        sa.Column("stays", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", "started_at", name="pk_visit"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visitor_day",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "visitor_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("stays", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("dwell_ms", sa.BigInteger(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("previous_day", sa.Integer(), nullable=True),
        sa.Column("previous_return", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("venue_id", "day", "visitor_id", name="pk_visitor_day"),
        sqlite_with_rowid=False,
    )
    _fill_coverage_hours()


def _fill_coverage_hours() -> None:
    """Add up by the local hour what cameras have looked at so far; by the quarter first: no hour cuts one."""
    connection = op.get_bind()
    epoch, quarter = datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=15)
    venues = connection.execute(sa.text("SELECT id, timezone FROM venue"))
    zones = {row.id: ZoneInfo(row.timezone) for row in venues}
    quarters = connection.execute(
        sa.text(
            "SELECT venue_id, camera_id, minute_at / 900000000 AS quarter, count(*) AS minutes FROM coverage"
            " WHERE frames_seen > 0 GROUP BY venue_id, camera_id, minute_at / 900000000"
        )
    )
    counted: Counter[tuple[str, int, str]] = Counter()
    for row in quarters:
        hour = local_hour(epoch + quarter * row.quarter, zones[row.venue_id])
        counted[row.venue_id, (hour - epoch) // timedelta(microseconds=1), row.camera_id] += row.minutes
    rows = [
        {"venue_id": venue, "hour_at": hour, "camera_id": camera, "minutes": minutes}
        for (venue, hour, camera), minutes in sorted(counted.items())
    ]
    if rows:
        connection.execute(
            sa.text(
                "INSERT INTO coverage_hour (venue_id, hour_at, camera_id, minutes)"
                " VALUES (:venue_id, :hour_at, :camera_id, :minutes)"
            ),
            rows,
        )
