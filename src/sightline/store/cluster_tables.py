"""The tables of several machines: which cluster uses this database, and who watches which camera."""

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text

from sightline.store.columns import UtcMicroseconds
from sightline.store.table_words import metadata, of_camera

camera_lease = Table(
    "camera_lease",
    metadata,
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    # A name that no other life of a process has.
    Column("owner", Text, nullable=False),
    # The machine, as people call it.
    Column("place", Text, nullable=False),
    # By the clock of the database, which all machines share.
    Column("leased_until", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("venue_id", "camera_id"),
    of_camera(),
)

cluster_head = Table(
    "cluster_head",
    metadata,
    # There is one: `head`.
    Column("name", String(20), primary_key=True),
    # Of the key file in the shared folder; who sees another file sees another folder.
    Column("key_sha256", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
)
