"""How people behaved, added up from the rollups: sums of a window, of its hours, of its zones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Label, Row, Table, func, select

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.visitor_tables import hour_rollup, label_rollup

BEHAVIOR, POSTURE = "behavior", "posture"


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviorSums:
    """What the stays of a stretch add up to.

    Attributes:
        stays: all of them; `dwell_ms` is theirs.
        scored_n: those that carry an engagement score; `score_millionths`, the extremes, `high_n` (70 and
            more) and `moderate_n` (50 to less than 70) are over them.
        oriented_n: those that carry an orientation; `orientation_millionths`, `facing_n`, `away_n` likewise.
    """

    stays: int = 0
    dwell_ms: int = 0
    scored_n: int = 0
    score_millionths: int = 0
    high_n: int = 0
    moderate_n: int = 0
    oriented_n: int = 0
    orientation_millionths: int = 0
    facing_n: int = 0
    away_n: int = 0
    score_min: float | None = None
    score_max: float | None = None


class EngagedHour(NamedTuple):
    """One local hour, which began at `hour_at` (UTC): all stays, and the scored ones with their sum."""

    hour_at: datetime
    stays: int
    scored_n: int
    score_millionths: int


EXTREMES = ("score_min", "score_max")
COUNTS = [name for name in BehaviorSums.__slots__ if name not in EXTREMES]


def behavior_sums(scope: Scope, connection: Connection, venue_id: str, window: Window) -> BehaviorSums:
    """Of the stays of a venue in a window."""
    within = _within(scope, hour_rollup, venue_id, window)
    return _read(connection.execute(select(*_added(hour_rollup)).where(*within)).one())


def engagement_by_hour(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> list[EngagedHour]:
    """Each local hour of a window with a stay, in order."""
    table = hour_rollup
    query = (
        select(table.c.hour_at, *(func.sum(table.c[name]) for name in EngagedHour._fields[1:]))
        .where(*_within(scope, table, venue_id, window))
        .group_by(table.c.hour_at)
        .order_by(table.c.hour_at)
    )
    return [EngagedHour(row[0], *map(int, row[1:])) for row in connection.execute(query).all()]


def behavior_by_zone(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> dict[str, BehaviorSums]:
    """By zone, those without a stay left out."""
    query = (
        select(hour_rollup.c.zone, *_added(hour_rollup))
        .where(*_within(scope, hour_rollup, venue_id, window))
        .group_by(hour_rollup.c.zone)
    )
    return {row.zone: _read(row) for row in connection.execute(query)}


def label_counts(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> dict[tuple[str, str], int]:
    """Stays by (kind, label), kind being `behavior` or `posture`."""
    table = label_rollup
    query = (
        select(table.c.kind, table.c.label, func.sum(table.c.stays).label("stays"))
        .where(*_within(scope, table, venue_id, window))
        .group_by(table.c.kind, table.c.label)
    )
    return {(row.kind, row.label): int(row.stays) for row in connection.execute(query)}


def behaviors_by_hour(
    scope: Scope, connection: Connection, venue_id: str, window: Window, labels: Sequence[str]
) -> list[tuple[datetime, str, int]]:
    """Begin of the local hour, behaviour, stays: of those behaviours that are in `labels`."""
    table = label_rollup
    query = (
        select(table.c.hour_at, table.c.label, func.sum(table.c.stays))
        .where(*_within(scope, table, venue_id, window))
        .where(table.c.kind == BEHAVIOR, table.c.label.in_(labels))
        .group_by(table.c.hour_at, table.c.label)
    )
    return [(hour_at, label, int(stays)) for hour_at, label, stays in connection.execute(query).all()]


def behaviors_by_zone(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> dict[tuple[str, str], int]:
    """Stays that carry a behaviour, by (zone, label)."""
    table = label_rollup
    query = (
        select(table.c.zone, table.c.label, func.sum(table.c.stays).label("stays"))
        .where(*_within(scope, table, venue_id, window), table.c.kind == BEHAVIOR)
        .group_by(table.c.zone, table.c.label)
    )
    return {(row.zone, row.label): int(row.stays) for row in connection.execute(query)}


def _within(scope: Scope, table: Table, venue_id: str, window: Window) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.venue_id == venue_id,
        visible(scope, table),
        table.c.hour_at >= window.start,
        table.c.hour_at < window.end,
    )


def _added(table: Any) -> list[Label[Any]]:
    """Every figure of `table`, or of a subquery of its figures, added up."""
    counts = [func.coalesce(func.sum(table.c[name]), 0).label(name) for name in COUNTS]
    lowest, highest = func.min(table.c.score_min), func.max(table.c.score_max)
    return [*counts, lowest.label("score_min"), highest.label("score_max")]


def _read(row: Row[Any]) -> BehaviorSums:
    # PostgreSQL adds up big whole numbers as decimals.
    counts = {name: int(getattr(row, name)) for name in COUNTS}
    return BehaviorSums(**counts, score_min=row.score_min, score_max=row.score_max)
