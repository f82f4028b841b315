"""Numbers of tracks, which count within one run."""

from sqlalchemy import Connection, func, select

from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.tables import event, event_participant, track


def highest_track_id(scope: Scope, connection: Connection, run_id: str) -> int:
    """The highest number of any track of a run, also of one that only an event names; 0 without any."""
    of_tracks = select(func.max(track.c.track_id)).where(track.c.run_id == run_id, visible(scope, track))
    of_events = (
        select(func.max(event_participant.c.track_id))
        .join(event, event.c.id == event_participant.c.event_id)
        .where(event.c.run_id == run_id, visible(scope, event))
    )
    return max(connection.execute(query).scalar() or 0 for query in (of_tracks, of_events))
