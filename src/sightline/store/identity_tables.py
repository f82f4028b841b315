"""Tables of faces and of enrolled staff, sealed: the store has no key, and can read none of them."""

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from sightline.store.columns import UtcMicroseconds
from sightline.store.table_words import metadata

face_template = Table(
    "face_template",
    metadata,
    Column("venue_id", String(50), nullable=False),
    # The pseudonym, not the row of `visitor`: a run that is replaced makes that row anew, and the seal is
    # bound to the name.
    Column("pseudo_id", String(64), nullable=False),
    Column("model", String(100), nullable=False),
    Column("dims", Integer, nullable=False),
    # Nonce, then float32 numbers encrypted, then the tag.
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    # How many faces the mean is of.
    Column("faces", Integer, nullable=False),
    # Later than that of each change before it, see `face_templates.put_templates`: whoever has seen all up to
    # one moment finds what is new.
    Column("updated_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("venue_id", "pseudo_id", "model"),
    # Which keys are in use is asked at each start.
    Index(None, "key_id"),
    # What has changed since, and who has one at all, without a look at the rows themselves.
    Index("ix_face_template_changes", "venue_id", "model", "dims", "updated_at", "pseudo_id"),
)

enrolled_staff = Table(
    "enrolled_staff",
    metadata,
    Column("venue_id", String(50), nullable=False),
    # As the shop calls them; the seal is bound to it.
    Column("name", String(50), nullable=False),
    Column("model", String(100), nullable=False),
    Column("dims", Integer, nullable=False),
    # Nonce, then float32 numbers encrypted, then the tag.
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", String(16), nullable=False),
    # How many pictures the mean is of.
    Column("crops", Integer, nullable=False),
    Column("enrolled_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("venue_id", "name"),
    Index(None, "key_id"),
)
