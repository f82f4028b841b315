"""What happened by the hour, before each camera and in each zone, counted as stays come.

What is right is what `store/recount` says.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table, case, delete, func

from sightline.domain.scope import Scope
from sightline.domain.stay import FACING, HIGHLY_ENGAGED, MODERATELY_ENGAGED
from sightline.store.many_rows import among, as_stored, put_rows
from sightline.store.statements import demand
from sightline.store.told_stay import ToldStay
from sightline.store.visitor_tables import hour_rollup, label_rollup

MILLION = 1_000_000
PLACE = ("venue_id", "hour_at", "camera_id", "zone")
SUMS = (
    *("stays", "dwell_ms", "quality_n", "frames_sum", "confidence_millionths"),
    *("scored_n", "score_millionths"),
)
EXTREMES = ("score_min", "score_max")
MORE_SUMS = ("high_n", "moderate_n", "oriented_n", "orientation_millionths", "facing_n", "away_n")
LABELLED = (*PLACE, "kind", "label")


def count_hours(scope: Scope, connection: Connection, venue_id: str, stays: Sequence[ToldStay]) -> None:
    """Count new stays of one venue in its hours and labels.

    Args:
        stays: those that are not counted yet, in any order.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    hours: dict[tuple[int, str, str], _Hour] = {}
    labels: dict[tuple[int, str, str, str, str], int] = defaultdict(int)
    for one in stays:
        place = (one.hour_us, one.camera_id, one.zone)
        hour = hours.get(place)
        if hour is None:
            hour = hours[place] = _Hour()
        hour.add(one)
        if one.behavior_type is not None:
            labels[*place, "behavior", one.behavior_type] += 1
        if one.posture is not None:
            labels[*place, "posture", one.posture] += 1
    put_rows(
        connection,
        hour_rollup,
        (*PLACE, *SUMS, *EXTREMES, *MORE_SUMS),
        [(venue_id, *place, *hours[place].values()) for place in sorted(hours)],
        conflict=PLACE,
        changes=_added_hour,
    )
    put_rows(
        connection,
        label_rollup,
        (*LABELLED, "stays"),
        [(venue_id, *key, labels[key]) for key in sorted(labels)],
        conflict=LABELLED,
        changes=_added_label,
    )


def forget_hours(scope: Scope, connection: Connection, venue_id: str, hours: Collection[int]) -> None:
    """Drop what was counted in these hours of one venue (their begins in microseconds).

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    for table in (hour_rollup, label_rollup):
        hour_at = as_stored(table.c.hour_at)
        connection.execute(
            delete(table).where(table.c.venue_id == venue_id, among(connection, hour_at, hours))
        )


class _Hour:
    """The sums of some stays of one hour and place."""

    __slots__ = ("away", "confidence", "dwell", "facing", "frames", "high", "moderate", "orientation",
                 "oriented", "quality", "score", "score_max", "score_min", "scored", "stays")  # fmt: skip

    def __init__(self) -> None:
        self.stays = self.dwell = 0
        self.quality = self.frames = self.confidence = 0
        self.scored = self.score = self.high = self.moderate = 0
        self.oriented = self.orientation = self.facing = self.away = 0
        self.score_min: float | None = None
        self.score_max: float | None = None

    def add(self, one: ToldStay) -> None:
        self.stays += 1
        self.dwell += one.dwell_ms
        if one.track_frames is not None and one.detection_conf is not None:
            self.quality += 1
            self.frames += one.track_frames
            self.confidence += round(one.detection_conf * MILLION)
        score = one.engagement_score
        if score is not None:
            self.scored += 1
            self.score += round(score * MILLION)
            self.high += score >= HIGHLY_ENGAGED
            self.moderate += MODERATELY_ENGAGED <= score < HIGHLY_ENGAGED
            self.score_min = score if self.score_min is None else min(score, self.score_min)
            self.score_max = score if self.score_max is None else max(score, self.score_max)
        orientation = one.body_orientation
        if orientation is not None:
            self.oriented += 1
            self.orientation += round(orientation * MILLION)
            self.facing += orientation > FACING
            self.away += orientation < -FACING

    def values(self) -> tuple[float | None, ...]:
        """In the order of the table."""
        return (
            *(self.stays, self.dwell, self.quality, self.frames, self.confidence),
            *(self.scored, self.score, self.score_min, self.score_max, self.high, self.moderate),
            *(self.oriented, self.orientation, self.facing, self.away),
        )


def _added_hour(table: Table, new: Any) -> dict[str, Any]:
    least, most = table.c.score_min, table.c.score_max
    return {name: table.c[name] + new[name] for name in SUMS + MORE_SUMS} | {
        # A comparison with NULL is not true, so an unknown side leaves the other.
        "score_min": case((new.score_min < least, new.score_min), else_=func.coalesce(least, new.score_min)),
        "score_max": case((new.score_max > most, new.score_max), else_=func.coalesce(most, new.score_max)),
    }


def _added_label(table: Table, new: Any) -> dict[str, Any]:
    return {"stays": table.c.stays + new.stays}
