"""Stays as they were told, a page at a time in the order of their begin."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, literal, select, tuple_

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.columns import UtcMicroseconds
from sightline.store.statements import visible
from sightline.store.visitor_tables import stay, visitor


class ListedStay(NamedTuple):
    """One stay with the pseudonym of whose it is. `id` only tells where a page ended."""

    id: int
    at: datetime
    pseudo_id: str
    zone: str
    camera_id: str
    dwell_ms: int
    age_bracket: str | None
    gender: str | None
    is_repeat: bool
    track_frames: int | None
    detection_conf: float | None
    engagement_score: float | None
    behavior_type: str | None
    body_orientation: float | None
    posture: str | None
    event_id: str | None


def stay_page(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    window: Window,
    *,
    after: ListedStay | None,
    limit: int,
) -> list[ListedStay]:
    """Stays that begin in a window, by begin and id, at most `limit` of those behind `after`."""
    columns = [(visitor if name == "pseudo_id" else stay).c[name] for name in ListedStay._fields]
    query = (
        select(*columns)
        .join(visitor, visitor.c.id == stay.c.visitor_id)
        .where(stay.c.venue_id == venue_id, visible(scope, stay))
        .where(stay.c.at >= (window.start if after is None else after.at), stay.c.at < window.end)
        .order_by(stay.c.at, stay.c.id)
        .limit(limit)
    )
    if after is not None:
        last = tuple_(literal(after.at, UtcMicroseconds), literal(after.id))
        query = query.where(tuple_(stay.c.at, stay.c.id) > last)
    return [ListedStay._make(row) for row in connection.execute(query).all()]
