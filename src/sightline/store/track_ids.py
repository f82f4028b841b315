"""Numbers of tracks: they count within a recording, and go on from run to run of a live camera."""

from sqlalchemy import ColumnElement, Connection, and_, func, select

from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.tables import event, event_participant, run, track


def highest_track_id(scope: Scope, connection: Connection, run_id: str) -> int:
    """The highest number of any track of a run, also of one that only an event names; 0 without any."""
    return _highest(scope, connection, run.c.id == run_id)


def highest_live_track_id(scope: Scope, connection: Connection, venue_id: str, camera_id: str) -> int:
    """The same over all live runs of a camera."""
    of_camera = and_(run.c.venue_id == venue_id, run.c.camera_id == camera_id, run.c.kind == "live")
    return _highest(scope, connection, of_camera)


def _highest(scope: Scope, connection: Connection, of_runs: ColumnElement[bool]) -> int:
    of_tracks = (
        select(func.max(track.c.track_id))
        .join(run, run.c.id == track.c.run_id)
        .where(of_runs, visible(scope, track))
    )
    of_events = (
        select(func.max(event_participant.c.track_id))
        .join(event, event.c.id == event_participant.c.event_id)
        .join(run, run.c.id == event.c.run_id)
        .where(of_runs, visible(scope, event))
    )
    return max(connection.execute(query).scalar() or 0 for query in (of_tracks, of_events))
