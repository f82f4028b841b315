"""The tables, as SQLAlchemy sees them. The database is made by `migrations/`; a test holds the two together.

Times are microseconds since 1970 UTC. Ids that others are told are text.
"""

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
    UniqueConstraint,
    false,
    text,
    true,
)

from sightline.store.columns import JsonText, UtcMicroseconds
from sightline.store.table_words import ALERT_IS_OPEN, index_where, metadata, of_camera

venue = Table(
    "venue",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("address", Text),
    Column("city", Text),
    Column("country", Text),
    Column("venue_type", Text),
    # H3 cell of resolution 9; NULL without coordinates.
    Column("h3_zone", String(20)),
    # Spans in minutes for Monday to Sunday; NULL: the usual ones.
    Column("opening_hours", JsonText),
)

camera = Table(
    "camera",
    metadata,
    Column("venue_id", ForeignKey("venue.id"), primary_key=True),
    Column("id", String(50), primary_key=True),
    Column("name", Text, nullable=False),
    Column("source_label", Text, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    # NULL: known from recordings only. Never an address with its password.
    Column("settings", JsonText),
    Column("origin", Text),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("removed_at", UtcMicroseconds),
)


run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("source_name", Text, nullable=False),
    Column("source_sha256", String(64)),
    Column("recorded_at", UtcMicroseconds, nullable=False),
    Column("recorded_until", UtcMicroseconds, nullable=False),
    Column("recorded_at_source", Text, nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
    Column("finished_at", UtcMicroseconds),
    Column("software", Text, nullable=False),
    Column("analysis", JsonText, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("analysed_frames", Integer, nullable=False),
    Column("warnings", JsonText, nullable=False),
    Column("visitors", JsonText, nullable=False),
    # A live run has no end while it runs; then `open_since` tells since when something is going on.
    Column("kind", Text, nullable=False, server_default=text("'file'")),
    Column("open_since", UtcMicroseconds),
    of_camera(),
    Index(None, "venue_id", "camera_id", "recorded_at"),
    index_where("ix_run_unfinished", "finished_at IS NULL", "venue_id", "camera_id"),
)

recording_segment = Table(
    "recording_segment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("path", Text, nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
    Column("ended_at", UtcMicroseconds, nullable=False),
    Column("zero_at", UtcMicroseconds, nullable=False),
    Column("codec", Text, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    of_camera(),
    UniqueConstraint("venue_id", "camera_id", "path"),
    Index(None, "venue_id", "camera_id", "started_at"),
    Index(None, "venue_id", "camera_id", "ended_at"),
    Index(None, "started_at"),
)

track = Table(
    "track",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("track_id", Integer, primary_key=True, autoincrement=False),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("first_at", UtcMicroseconds, nullable=False),
    Column("last_at", UtcMicroseconds, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("role_confidence", Float, nullable=False),
    Column("role_reason", Text, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    # No foreign key: a superseded event remembers its replaced run. NULL: told by another program.
    Column("run_id", Text),
    Column("kind", Text, nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
    Column("ended_at", UtcMicroseconds, nullable=False),
    Column("confirmed_at", UtcMicroseconds),
    Column("score", Float, nullable=False),
    Column("details", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    # Told while it lasts: its end so far. What concludes it takes its place under the same id.
    Column("ongoing", Boolean, nullable=False, server_default=false()),
    of_camera(),
    CheckConstraint("state IN ('current', 'superseded')", name="state"),
    CheckConstraint("ended_at >= started_at", name="ends_after_start"),
    Index(None, "venue_id", "started_at"),
    Index(None, "venue_id", "camera_id", "kind", "started_at"),
)

event_participant = Table(
    "event_participant",
    metadata,
    Column("event_id", ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("track_id", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("role_confidence", Float, nullable=False),
    Column("role_reason", Text, nullable=False),
)

linked_evidence = Table(
    "linked_evidence",
    metadata,
    Column("event_id", ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Column("video_evidence", JsonText, nullable=False),
    Column("linked_at", UtcMicroseconds, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Text, primary_key=True),
    # NULL: a clip that a person asked for, of no event.
    Column("event_id", ForeignKey("event.id")),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("incident_id", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("wanted_from", UtcMicroseconds, nullable=False),
    Column("wanted_until", UtcMicroseconds, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("sealed_at", UtcMicroseconds),
    Column("manifest", Text),
    Column("manifest_sha256", String(64)),
    Column("signature", Text),
    Column("key_id", Text),
    Column("failure", Text),
    # `provisional`: the clip of an event that goes on; its final one is a piece of evidence of its own.
    Column("stage", Text, nullable=False, server_default=text("'final'")),
    # A legal hold: no retention touches it.
    Column("held_at", UtcMicroseconds),
    Column("held_by", Text),
    Column("hold_reason", Text),
    # The clips lie at the far end only, compared before they went from here.
    Column("moved_at", UtcMicroseconds),
    # Why a person asked for it, in their words.
    Column("note", Text),
    # It shows somebody who was erased while a hold kept it: it goes once the hold is lifted.
    Column("erase_asked_at", UtcMicroseconds),
    of_camera(),
    CheckConstraint("state IN ('wanted', 'sealed', 'missing', 'deleted')", name="state"),
    index_where("uq_evidence_of_event", "state <> 'deleted'", "event_id", "stage", unique=True),
    Index(None, "venue_id", "camera_id", "wanted_from"),
    Index(None, "state", "created_at"),
    index_where("ix_evidence_erase_asked", "erase_asked_at IS NOT NULL", "venue_id"),
    # Whole, unlike the one above: for each event that is deleted the database looks for what refers to it.
    Index(None, "event_id"),
)

evidence_part = Table(
    "evidence_part",
    metadata,
    Column("evidence_id", ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("wanted_from", UtcMicroseconds, nullable=False),
    Column("wanted_until", UtcMicroseconds, nullable=False),
    Column("sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("starts_at", UtcMicroseconds),
    Column("ends_at", UtcMicroseconds),
    Column("viewing_copy", Text),
    UniqueConstraint("venue_id", "camera_id", "file_name"),
)

segment_counter = Table(
    "segment_counter",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("camera_id", String(50), primary_key=True),
    Column("next_index", Integer, nullable=False),
    of_camera(),
)

# Neither ledger table refers to a venue row: the record of a deletion outlives what was deleted.
ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("venue_id", String(50), nullable=False),
    Column("at", UtcMicroseconds, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("position", Integer),
    Column("previous_hash", String(64)),
    Column("entry_hash", String(64)),
    UniqueConstraint("venue_id", "position"),
    Index(None, "subject_kind", "subject_id"),
    index_where("ix_ledger_entry_unsealed", "position IS NULL", "venue_id"),
    sqlite_autoincrement=True,
)

ledger_seal = Table(
    "ledger_seal",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("entry_count", Integer, nullable=False),
    Column("head_hash", String(64), nullable=False),
    Column("signed_at", UtcMicroseconds, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

coverage = Table(
    "coverage",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("camera_id", String(50), primary_key=True),
    Column("minute_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("frames_seen", Integer, nullable=False),
    of_camera(),
)

camera_gap = Table(
    "camera_gap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
    Column("ended_at", UtcMicroseconds),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    of_camera(),
    CheckConstraint("ended_at >= started_at", name="ends_after_start"),
    UniqueConstraint("venue_id", "camera_id", "started_at", "reason"),
    index_where("ix_camera_gap_open", "ended_at IS NULL", "venue_id", "camera_id"),
)

camera_status = Table(
    "camera_status",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("camera_id", String(50), primary_key=True),
    Column("at", UtcMicroseconds, nullable=False),
    Column("status", JsonText, nullable=False),
    of_camera(),
)

alert = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("alert_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("data", JsonText, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("cleared_at", UtcMicroseconds),
    Column("acknowledged", Boolean, nullable=False, server_default=false()),
    Column("acknowledged_at", UtcMicroseconds),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    index_where("uq_alert_open", ALERT_IS_OPEN, "venue_id", "alert_type", "subject", unique=True),
    Index(None, "venue_id", "created_at"),
    # An id is told to others, so it must not come back for another alert.
    sqlite_autoincrement=True,
)
