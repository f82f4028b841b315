"""The stays of one camera and hour, as they were told: what a box tells its centre of."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from sightline.domain.edge import HOUR
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.statements import visible
from sightline.store.visitor_tables import stay, visitor

AS_TOLD = (
    *("at", "zone", "event_id", "camera_id", "run_id", "track_id", "age_bracket", "gender", "is_repeat"),
    *("track_frames", "detection_conf", "engagement_score", "behavior_type", "body_orientation", "posture"),
)


def stays_of_hour(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, hour_at: datetime
) -> list[Stay]:
    """The stays that begin within an hour of UTC, in order of time; `camera_id` empty: those without one."""
    query = (
        select(visitor.c.pseudo_id, visitor.c.lasting, stay.c.dwell_ms, *(stay.c[name] for name in AS_TOLD))
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(
            stay.c.venue_id == venue_id,
            stay.c.at >= hour_at,
            stay.c.at < hour_at + HOUR,
            stay.c.camera_id == camera_id,
            visible(scope, stay),
        )
        .order_by(stay.c.at, stay.c.key)
    )
    return [
        Stay(
            pseudo_id=row.pseudo_id,
            lasting=row.lasting,
            dwell=timedelta(milliseconds=row.dwell_ms),
            **{name: row._mapping[name] for name in AS_TOLD},
        )
        for row in connection.execute(query)
    ]
