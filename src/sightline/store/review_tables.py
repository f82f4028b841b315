"""The tables behind reviewing events: what people say of them, and where who stood in their pictures."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    exists,
)

from sightline.store.columns import UtcMicroseconds
from sightline.store.table_words import metadata
from sightline.store.tables import event

# One a event: the last one given. Earlier ones stand in the ledger.
event_verdict = Table(
    "event_verdict",
    metadata,
    Column("event_id", ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Column("venue_id", String(50), nullable=False),
    Column("verdict", Text, nullable=False),
    # In the words of who gave it; the ledger does not hold it.
    Column("reason", Text, nullable=False),
    Column("given_by", Text, nullable=False),
    Column("given_at", UtcMicroseconds, nullable=False),
    CheckConstraint("verdict IN ('confirmed', 'dismissed')", name="verdict"),
    Index(None, "venue_id", "verdict"),
)

# A stretch of at most a minute of one camera, see `store.seen_boxes`. No reference to the run: that is
# replaced by another look at the same footage, and so are these rows.
seen_boxes = Table(
    "seen_boxes",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("camera_id", String(50), primary_key=True),
    Column("begins_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("ends_at", UtcMicroseconds, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Index(None, "begins_at"),
)


def is_dismissed() -> ColumnElement[bool]:
    """Whether a person said of the row of `event` that there was no such event."""
    return exists().where(event_verdict.c.event_id == event.c.id, event_verdict.c.verdict == "dismissed")


def counts() -> ColumnElement[bool]:
    """Whether the row of `event` counts in figures: it is the last look's, and nobody dismissed it.

    Whether one that still goes on counts is for each figure to say.
    """
    return and_(event.c.state == "current", ~is_dismissed())
