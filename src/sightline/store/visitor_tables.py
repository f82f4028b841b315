"""The tables of visitors: stays as they were told, and what is made of them in the same transaction.

Sums are whole numbers, so that adding and taking away leaves no crumbs: milliseconds, and millionths for
values between -1 and 100. Days are counted since 1970-01-01 on the venue's calendar; an hour is the instant
at which it began there. docs/design/platform.md says what each figure is.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from sightline.store.columns import UtcMicroseconds
from sightline.store.table_words import index_where, metadata

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up an INTEGER PRIMARY KEY only."""

visitor = Table(
    "visitor",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("venue_id", ForeignKey("venue.id"), nullable=False),
    Column("pseudo_id", String(64), nullable=False),
    # False: a pseudonym of one track on one day, under which nobody is met again.
    Column("lasting", Boolean, nullable=False, server_default=true()),
    # Begin of the first stay, end of the last one.
    Column("first_at", UtcMicroseconds, nullable=False),
    Column("last_at", UtcMicroseconds, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("dwell_ms", BigInteger, nullable=False),
    # The newest label told, and the begin of the stay that told it.
    Column("age_bracket", String(10)),
    Column("age_at", UtcMicroseconds),
    Column("gender", String(1)),
    Column("gender_at", UtcMicroseconds),
    # The last of their days in `visitor_day`, and the last one with `returned`.
    Column("last_day", Integer),
    Column("last_return", Integer),
    UniqueConstraint("venue_id", "pseudo_id"),
    # Those who are listed, among however many faceless ones. Nothing that a visit changes is in it.
    Index("ix_visitor_known", "venue_id", sqlite_where=text("lasting = 1"), postgresql_where=text("lasting")),
)

# Stays, visits and days refer to their venue and visitor without a constraint: PostgreSQL would look them up
# for each row of a thousand, and take longer than for all the rest. Nothing writes these tables but
# `store/stays`, in a transaction that holds both; `store/recount` finds what is astray.

stay = Table(
    "stay",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    # Of venue and event id, or of the content (store/told_stay): told again, it is the same stay.
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("venue_id", String(50), nullable=False),
    Column("visitor_id", RowId, nullable=False),
    Column("camera_id", String(50), nullable=False),
    # The analysis that found it; NULL: told by another program.
    Column("run_id", Text),
    Column("track_id", Integer),
    Column("event_id", Text),
    Column("at", UtcMicroseconds, nullable=False),
    Column("zone", Text, nullable=False),
    Column("dwell_ms", BigInteger, nullable=False),
    Column("age_bracket", String(10)),
    Column("gender", String(1)),
    Column("is_repeat", Boolean, nullable=False, server_default=false()),
    Column("track_frames", Integer),
    Column("detection_conf", Float),
    Column("engagement_score", Float),
    Column("behavior_type", Text),
    Column("body_orientation", Float),
    Column("posture", Text),
    # Who was in which zone in a window, without looking up the rows themselves. Stays of one person are found
    # in it by their visits: an index by visitor would take each of a thousand stays to a page of its own.
    Index(None, "venue_id", "at", "zone", "visitor_id"),
    index_where("ix_stay_of_run", "run_id IS NOT NULL", "run_id"),
)

visit = Table(
    "visit",
    metadata,
    Column("visitor_id", RowId, primary_key=True, autoincrement=False),
    Column("started_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("venue_id", String(50), nullable=False),
    Column("ended_at", UtcMicroseconds, nullable=False),
    Column("dwell_ms", BigInteger, nullable=False),
    Column("stays", Integer, nullable=False),
    # A sender marked one of its stays as that of somebody known.
    Column("marked", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

visitor_day = Table(
    "visitor_day",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("visitor_id", RowId, primary_key=True, autoincrement=False),
    # Stays that begin in the day.
    Column("stays", Integer, nullable=False),
    # Visits that begin in the day, with the dwell of all their stays; how many of them are returns.
    Column("visits", Integer, nullable=False),
    Column("dwell_ms", BigInteger, nullable=False),
    Column("returns", Integer, nullable=False),
    # Stays of the day that their sender marked.
    Column("marked", Integer, nullable=False),
    # Whether there is one of `returns` or of `marked`.
    Column("returned", Boolean, nullable=False),
    # The day before of this person, and the day before with `returned`: see `store.day_links`.
    Column("previous_day", Integer),
    Column("previous_return", Integer),
    sqlite_with_rowid=False,
)

hour_rollup = Table(
    "hour_rollup",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("camera_id", String(50), primary_key=True),
    Column("zone", Text, primary_key=True),
    Column("stays", Integer, nullable=False),
    Column("dwell_ms", BigInteger, nullable=False),
    # Over the stays that carry both frames and confidence.
    Column("quality_n", Integer, nullable=False),
    Column("frames_sum", BigInteger, nullable=False),
    Column("confidence_millionths", BigInteger, nullable=False),
    # Over the stays that carry an engagement score. The extremes are of the stays that are there.
    Column("scored_n", Integer, nullable=False),
    Column("score_millionths", BigInteger, nullable=False),
    Column("score_min", Float),
    Column("score_max", Float),
    Column("high_n", Integer, nullable=False),
    Column("moderate_n", Integer, nullable=False),
    # Over the stays that carry an orientation.
    Column("oriented_n", Integer, nullable=False),
    Column("orientation_millionths", BigInteger, nullable=False),
    Column("facing_n", Integer, nullable=False),
    Column("away_n", Integer, nullable=False),
    sqlite_with_rowid=False,
)

label_rollup = Table(
    "label_rollup",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("camera_id", String(50), primary_key=True),
    Column("zone", Text, primary_key=True),
    # `behavior` or `posture`.
    Column("kind", String(10), primary_key=True),
    Column("label", Text, primary_key=True),
    Column("stays", Integer, nullable=False),
    sqlite_with_rowid=False,
)

coverage_hour = Table(
    "coverage_hour",
    metadata,
    Column("venue_id", String(50), primary_key=True),
    Column("hour_at", UtcMicroseconds, primary_key=True, autoincrement=False),
    Column("camera_id", String(50), primary_key=True),
    # Minutes of the hour in which the camera looked.
    Column("minutes", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# A person counted what a stretch of video shows; what the product had found there is kept beside it.
audited_stretch = Table(
    "audited_stretch",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("venue_id", String(50), nullable=False),
    Column("camera_id", String(50), nullable=False),
    # `visitors`, or a kind of event.
    Column("rule", Text, nullable=False),
    Column("started_at", UtcMicroseconds, nullable=False),
    Column("ended_at", UtcMicroseconds, nullable=False),
    Column("found", Integer, nullable=False),
    Column("truth", Integer, nullable=False),
    # Of what was found, how many were right; NULL where only numbers were compared.
    Column("matched", Integer),
    Column("audited_at", UtcMicroseconds, nullable=False),
    Column("audited_by", Text, nullable=False),
    Column("note", Text),
    Index(None, "venue_id", "rule", "audited_at"),
)
