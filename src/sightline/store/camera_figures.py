"""What is stored of each camera of some venues, in one figure each."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from sightline.domain.event import EventKind
from sightline.domain.scope import Scope
from sightline.store.review_tables import counts
from sightline.store.statements import visible
from sightline.store.tables import camera, event, recording_segment

CameraKey = tuple[str, str]
"""Venue and camera."""


def events_since(
    scope: Scope, connection: Connection, since: Mapping[str, datetime]
) -> dict[tuple[CameraKey, EventKind], int]:
    """How many events of each camera and kind began since then; those that go on count, too.

    Args:
        since: by venue.
    """
    if not since:
        return {}
    begun = or_(*(and_(event.c.venue_id == one, event.c.started_at >= at) for one, at in since.items()))
    query = (
        select(event.c.venue_id, event.c.camera_id, event.c.kind, func.count())
        .where(begun, counts(), visible(scope, event))
        .group_by(event.c.venue_id, event.c.camera_id, event.c.kind)
    )
    return {
        ((venue_id, camera_id), EventKind(kind)): int(count)
        for venue_id, camera_id, kind, count in connection.execute(query)
    }


def recorded_until(scope: Scope, connection: Connection) -> dict[CameraKey, datetime]:
    """When the last finished file of each camera ends; none for a camera of which nothing is recorded."""
    # The end of the index for each camera: there may be a file for every minute of weeks.
    last = (
        select(recording_segment.c.ended_at)
        .where(
            recording_segment.c.venue_id == camera.c.venue_id, recording_segment.c.camera_id == camera.c.id
        )
        .order_by(recording_segment.c.ended_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(camera.c.venue_id, camera.c.id, last).where(visible(scope, camera))
    found = connection.execute(query)
    return {(venue_id, camera_id): at for venue_id, camera_id, at in found if at is not None}
