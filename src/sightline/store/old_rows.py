"""What is older than a site keeps goes, some rows at a time. Visits have their own way: `old_visits`.

Each function removes some `limit` rows of one venue, the oldest first, and says how many: called until it
says 0, nothing that is due is left. No centre is told: a box and its centre each keep what they have for as
long as they are set to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, select, tuple_

from sightline.domain.local_time import HOUR, day_start
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.delivery_tables import hosted_video, outbox, private_link
from sightline.store.edge_tables import edge_hour, told_hour
from sightline.store.job_tables import video_job
from sightline.store.jobs import CANCELLED, COMPLETED, FAILED
from sightline.store.many_rows import among
from sightline.store.statements import demand
from sightline.store.tables import camera, camera_gap, coverage, event, evidence, run, track
from sightline.store.venues import get_venue
from sightline.store.visitor_tables import coverage_hour

ONE_DAY = timedelta(days=1)
WAITING = "waiting"


def remove_old_hours_told(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """What a box has told of hours, or has still to tell, and what a centre was told of them.

    To be done before the hours themselves go: what is half gone must not be told as the whole of it.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    gone = 0
    for table in (edge_hour, told_hour):
        old = (table.c.venue_id == venue_id) & (table.c.hour_at <= before - HOUR)
        gone += _remove_first(connection, table, old, [table.c.hour_at], limit - gone)
    return gone


def remove_old_events(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Events that ended before a time, with the people in them, their deliveries, the rows of their clips.

    An event whose clip is there, or still to be made or sent, stays as long as that: a hold keeps both.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    kept = exists().where(evidence.c.event_id == event.c.id, evidence.c.state != "deleted")
    to_send = exists().where(outbox.c.event_id == event.c.id, outbox.c.state == WAITING)
    over = (event.c.ended_at < before) & ~event.c.ongoing & ~kept & ~to_send
    query = select(event.c.id).where(event.c.venue_id == venue_id, event.c.started_at < before, over)
    ids = connection.execute(query.order_by(event.c.started_at).limit(limit)).scalars().all()
    clips = connection.execute(select(evidence.c.id).where(among(connection, evidence.c.event_id, ids)))
    _remove_evidence(connection, clips.scalars().all())
    connection.execute(delete(outbox).where(among(connection, outbox.c.event_id, ids)))
    connection.execute(delete(event).where(among(connection, event.c.id, ids)))
    return len(ids)


def remove_old_clips(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Rows of deleted clips that a person had asked for, of no event.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    query = select(evidence.c.id).where(
        evidence.c.venue_id == venue_id,
        evidence.c.event_id.is_(None),
        evidence.c.state == "deleted",
        evidence.c.wanted_until < before,
    )
    ids = connection.execute(query.order_by(evidence.c.wanted_until).limit(limit)).scalars().all()
    _remove_evidence(connection, ids)
    return len(ids)


def remove_old_tracks(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Tracks that ended before a time; an analysis that is over goes with the last of its tracks.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    begun = select(run.c.id).where(run.c.venue_id == venue_id, run.c.recorded_at < before)
    gone = 0
    for run_id in connection.execute(begun.order_by(run.c.recorded_at)).scalars().all():
        old = (track.c.run_id == run_id) & (track.c.last_at < before)
        gone += _remove_first(connection, track, old, [track.c.track_id], limit - gone)
        if gone >= limit:
            return gone
    there = exists().where(track.c.run_id == run.c.id)
    over = (run.c.recorded_until < before) & run.c.finished_at.is_not(None) & ~there
    return gone + _remove_first(
        connection, run, (run.c.venue_id == venue_id) & over, [run.c.recorded_at], limit - gone
    )


def remove_old_coverage(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Minutes that cameras looked, a local day of a camera at a time, with the hours made of them; gaps.

    Args:
        before: the begin of a local day of the venue.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    zone = ZoneInfo(venue.timezone)
    cameras = connection.execute(select(camera.c.id).where(camera.c.venue_id == venue_id)).scalars().all()
    gone = 0
    for camera_id in sorted(cameras):
        here = (coverage.c.venue_id == venue_id) & (coverage.c.camera_id == camera_id)
        first = select(coverage.c.minute_at).where(here).order_by(coverage.c.minute_at).limit(1)
        oldest = connection.execute(first).scalar_one_or_none()
        if oldest is None or oldest >= before:
            continue
        if gone >= limit:
            return gone
        until = min(before, day_start(oldest.astimezone(zone).date() + ONE_DAY, zone))
        gone += connection.execute(delete(coverage).where(here, coverage.c.minute_at < until)).rowcount
        hours = (coverage_hour.c.venue_id == venue_id) & (coverage_hour.c.camera_id == camera_id)
        connection.execute(delete(coverage_hour).where(hours, coverage_hour.c.hour_at < until))
    over = (camera_gap.c.venue_id == venue_id) & (camera_gap.c.ended_at < before)
    return gone + _remove_first(connection, camera_gap, over, [camera_gap.c.started_at], max(0, limit - gone))


def remove_old_deliveries(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """What was sent, given up or cancelled, and is of no clip that is there; videos that are deleted.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    kept = exists().where(evidence.c.id == outbox.c.evidence_id, evidence.c.state != "deleted")
    settled = (outbox.c.venue_id == venue_id) & (outbox.c.state != WAITING) & (outbox.c.created_at < before)
    gone = _remove_first(connection, outbox, settled & ~kept, [outbox.c.created_at], limit)
    query = select(hosted_video.c.id).where(
        hosted_video.c.venue_id == venue_id, hosted_video.c.deleted_at < before
    )
    ids = connection.execute(query.order_by(hosted_video.c.deleted_at).limit(limit - gone)).scalars().all()
    connection.execute(delete(private_link).where(among(connection, private_link.c.hosted_video_id, ids)))
    connection.execute(delete(hosted_video).where(among(connection, hosted_video.c.id, ids)))
    return gone + len(ids)


def remove_old_jobs(
    scope: Scope, connection: Connection, venue_id: str, before: datetime, *, limit: int
) -> int:
    """Jobs that have ended. A file that a failed one left is removed by the next cleaning of their folder.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    ended = video_job.c.state.in_([COMPLETED, FAILED, CANCELLED]) & (video_job.c.finished_at < before)
    of_venue = video_job.c.venue_id == venue_id
    return _remove_first(connection, video_job, of_venue & ended, [video_job.c.created_at], limit)


def _remove_evidence(connection: Connection, ids: Sequence[str]) -> None:
    """Rows of deleted clips, with the links to them. The ledger tells of them still."""
    connection.execute(delete(private_link).where(among(connection, private_link.c.evidence_id, ids)))
    connection.execute(delete(evidence).where(among(connection, evidence.c.id, ids)))


def _remove_first(
    connection: Connection,
    table: Table,
    condition: ColumnElement[bool],
    order: Sequence[ColumnElement[object]],
    limit: int,
) -> int:
    """Delete the first rows that meet a condition; how many."""
    key = [*table.primary_key.columns]
    first = select(*key).where(condition).order_by(*order).limit(limit)
    return connection.execute(delete(table).where(tuple_(*key).in_(first))).rowcount
