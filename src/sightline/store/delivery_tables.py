"""The tables of what leaves the site, as `tables` has the others."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sightline.store.columns import JsonText, UtcMicroseconds
from sightline.store.table_words import IS_WAITING, index_where, metadata

# What leaves the site in place of a clip where masks are drawn or faces blurred; the clip stays untouched.
released_copy = Table(
    "released_copy",
    metadata,
    Column("evidence_id", ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("venue_id", String(50), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("derived_from", String(64), nullable=False),
    Column("masks", JsonText, nullable=False),
    Column("created_at", UtcMicroseconds, nullable=False),
    # By which models faces and heads were found; NULL: faces are shown.
    Column("blurred_by", JsonText),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("step", Integer, nullable=False),
    # Waits for earlier steps of its chain until then; NULL: as long as it takes.
    Column("patient_until", UtcMicroseconds),
    Column("event_id", Text),
    Column("evidence_id", Text),
    Column("payload", JsonText, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("due_at", UtcMicroseconds, nullable=False),
    Column("leased_by", Text),
    Column("leased_until", UtcMicroseconds),
    Column("settled_at", UtcMicroseconds),
    Column("last_error", Text),
    Column("answer", JsonText),
    CheckConstraint("state IN ('waiting', 'sent', 'dead', 'cancelled')", name="state"),
    UniqueConstraint("key", "channel", "destination"),
    index_where("ix_outbox_waiting", IS_WAITING, "channel", "destination", "due_at"),
    Index(None, "chain", "step"),
    Index(None, "event_id"),
    Index(None, "venue_id", "state", "created_at"),
    sqlite_autoincrement=True,
)

# Videos without a camera of ours: received by the hosted-video protocol, or made of frames for an alert.
hosted_video = Table(
    "hosted_video",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("received_at", UtcMicroseconds, nullable=False),
    Column("deleted_at", UtcMicroseconds),
    Index(None, "venue_id", "received_at"),
)

# The address is made of the id and a token that only the site's link key can make: no token is stored.
private_link = Table(
    "private_link",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("evidence_id", ForeignKey("evidence.id")),
    Column("part", Integer, nullable=False, server_default=text("0")),
    Column("hosted_video_id", ForeignKey("hosted_video.id")),
    # What it was made for, such as one alert: asked for again, it is the same link.
    Column("purpose", Text, unique=True),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", UtcMicroseconds, nullable=False),
    Column("revoked_at", UtcMicroseconds),
    CheckConstraint("(evidence_id IS NULL) <> (hosted_video_id IS NULL)", name="shows_one_thing"),
    Index(None, "evidence_id"),
    Index(None, "hosted_video_id"),
    Index(None, "venue_id", "created_at"),
)

# Views by the hour; those of an hour that is over go into the ledger as one entry.
link_view = Table(
    "link_view",
    metadata,
    Column("link_id", ForeignKey("private_link.id", ondelete="CASCADE"), primary_key=True),
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("venue_id", String(50), nullable=False),
    Column("views", Integer, nullable=False),
    Column("last_at", UtcMicroseconds, nullable=False),
    Column("entered_at", UtcMicroseconds),
    index_where("ix_link_view_to_enter", "entered_at IS NULL", "hour_at"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String(32), primary_key=True),
    # NULL: an administrator's, for all venues.
    Column("venue_id", ForeignKey("venue.id")),
    Column("name", Text, nullable=False),
    # Of a key with 256 random bits; a slow hash would protect nothing more.
    Column("key_sha256", String(64), nullable=False, unique=True),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("revoked_at", UtcMicroseconds),
)
