"""The tables of boxes and their centre: what a box has still to tell, and what a centre was told.

A box that has no centre has no row in any of them.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, text

from sightline.store.columns import UtcMicroseconds
from sightline.store.table_words import index_where, metadata

edge_venue = Table(
    "edge_venue",
    metadata,
    # A venue with a row has, or had, a centre: each change of it marks its hour from then on.
    Column("venue_id", ForeignKey("venue.id"), primary_key=True),
    # A hash of the centre's address: another centre has to be told everything.
    Column("centre", String(64), nullable=False),
    Column("since", UtcMicroseconds, nullable=False),
    # Of the last exchange: when, how far the centre's clock was ahead, and by how much that may be off.
    Column("answered_at", UtcMicroseconds),
    Column("skew_us", BigInteger),
    Column("uncertainty_us", BigInteger),
    Column("centre_timezone", Text),
    # Why nothing gets through now, and since when; NULL: it does.
    Column("error", Text),
    Column("failing_since", UtcMicroseconds),
)

edge_hour = Table(
    "edge_hour",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    # Empty: stays that were told without a camera.
    Column("camera_id", String(50), primary_key=True),
    # Of UTC.
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    # Counts the changes; the centre has all up to `sent_version`.
    Column("version", BigInteger, nullable=False),
    Column("sent_version", BigInteger, nullable=False, server_default=text("0")),
    Column("changed_at", UtcMicroseconds, nullable=False),
    Column("sent_at", UtcMicroseconds),
    # The centre will not have it as it is: how often it was tried, when it is tried again, and why not.
    Column("refusals", Integer, nullable=False, server_default=text("0")),
    Column("due_at", UtcMicroseconds),
    Column("refusal", Text),
    index_where("ix_edge_hour_waiting", "version > sent_version", "hour_at"),
)

told_hour = Table(
    "told_hour",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("camera_id", String(50), primary_key=True),
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    # 16 bytes of SHA-256 over the content: a box that was set back counts the same versions again.
    Column("content", LargeBinary(16), nullable=False),
    Column("told_at", UtcMicroseconds, nullable=False),
    sqlite_with_rowid=False,
)
