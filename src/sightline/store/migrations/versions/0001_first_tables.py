"""The first tables: places, footage, events, evidence, ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_places()
    _make_footage()
    _make_events()
    _make_evidence()
    _make_ledger()


def _make_places() -> None:
    op.create_table(
        "venue",
        sa.Column("id", sa.String(length=50), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_venue"),
    )
    op.create_table(
        "camera",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("id", sa.String(length=50), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_camera_venue_id"),
        sa.PrimaryKeyConstraint("venue_id", "id", name="pk_camera"),
    )


def _make_footage() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_until", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at_source", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("analysed_frames", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("visitors", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"], ["camera.venue_id", "camera.id"], name="fk_run_venue_id_camera_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index(
        "ix_run_venue_id_camera_id_recorded_at", "run", ["venue_id", "camera_id", "recorded_at"], unique=False
    )
    op.create_table(
        "track",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("track_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("role_confidence", sa.Float(), nullable=False),
        sa.Column("role_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_track_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "track_id", name="pk_track"),
    )
    op.create_table(
        "recording_segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("zero_at", sa.BigInteger(), nullable=False),
        sa.Column("codec", sa.Text(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"],
            ["camera.venue_id", "camera.id"],
            name="fk_recording_segment_venue_id_camera_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_segment"),
        sa.UniqueConstraint(
            "venue_id", "camera_id", "path", name="uq_recording_segment_venue_id_camera_id_path"
        ),
    )
    op.create_index(
        "ix_recording_segment_venue_id_camera_id_started_at",
        "recording_segment",
        ["venue_id", "camera_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "coverage",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("minute_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("frames_seen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"], ["camera.venue_id", "camera.id"], name="fk_coverage_venue_id_camera_id"
        ),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", "minute_at", name="pk_coverage"),
    )


def _make_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"], ["camera.venue_id", "camera.id"], name="fk_event_venue_id_camera_id"
        ),
        sa.CheckConstraint("state IN ('current', 'superseded')", name=op.f("ck_event_state")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_event_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index(
        "ix_event_venue_id_camera_id_kind_started_at",
        "event",
        ["venue_id", "camera_id", "kind", "started_at"],
        unique=False,
    )
    op.create_index("ix_event_venue_id_started_at", "event", ["venue_id", "started_at"], unique=False)
    op.create_table(
        "event_participant",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("role_confidence", sa.Float(), nullable=False),
        sa.Column("role_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_event_participant_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "position", name="pk_event_participant"),
    )
    op.create_table(
        "linked_evidence",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("video_evidence", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_linked_evidence_event_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name="pk_linked_evidence"),
    )


def _make_evidence() -> None:
    op.create_table(
        "segment_counter",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("next_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"],
            ["camera.venue_id", "camera.id"],
            name="fk_segment_counter_venue_id_camera_id",
        ),
        sa.PrimaryKeyConstraint("venue_id", "camera_id", name="pk_segment_counter"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wanted_from", sa.BigInteger(), nullable=False),
        sa.Column("wanted_until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name="fk_evidence_event_id"),
        sa.ForeignKeyConstraint(
            ["venue_id", "camera_id"], ["camera.venue_id", "camera.id"], name="fk_evidence_venue_id_camera_id"
        ),
        sa.CheckConstraint(
            "state IN ('wanted', 'sealed', 'missing', 'deleted')", name=op.f("ck_evidence_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_incident_id", "evidence", ["incident_id"], unique=False)
    op.create_index("ix_evidence_state_created_at", "evidence", ["state", "created_at"], unique=False)
    op.create_index(
        "ix_evidence_venue_id_camera_id_wanted_from",
        "evidence",
        ["venue_id", "camera_id", "wanted_from"],
        unique=False,
    )
    op.create_index(
        "uq_evidence_of_event",
        "evidence",
        ["event_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'deleted'"),
        postgresql_where=sa.text("state <> 'deleted'"),
    )
    op.create_table(
        "evidence_part",
        sa.Column("evidence_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("camera_id", sa.String(length=50), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("wanted_from", sa.BigInteger(), nullable=False),
        sa.Column("wanted_until", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("viewing_copy", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name="fk_evidence_part_evidence_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", "part", name="pk_evidence_part"),
        sa.UniqueConstraint(
            "venue_id", "camera_id", "file_name", name="uq_evidence_part_venue_id_camera_id_file_name"
        ),
    )


def _make_ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("entry_hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entry"),
        sa.UniqueConstraint("venue_id", "position", name="uq_ledger_entry_venue_id_position"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_ledger_entry_subject_kind_subject_id",
        "ledger_entry",
        ["subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "ledger_seal",
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("venue_id", "position", name="pk_ledger_seal"),
    )
