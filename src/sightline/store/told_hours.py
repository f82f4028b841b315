"""What a centre has been told by the boxes of its shops, an hour of a camera at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from sightline.domain.edge import HOUR
from sightline.domain.scope import Scope
from sightline.errors import Conflict
from sightline.store.coverage import add_coverage, coverage_between
from sightline.store.covered_hours import recount_covered_hours
from sightline.store.edge_marks import mark_events
from sightline.store.edge_tables import told_hour
from sightline.store.events import PAGE, StoredEvent, events_of, write_events
from sightline.store.links import link_evidence, links_of_events
from sightline.store.many_rows import among
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import coverage, event, linked_evidence
from sightline.store.told_runs import Spans, put_told_runs, told_events

KEYS = ("venue_id", "camera_id", "hour_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHour:
    """What was told last of one camera and hour.

    Attributes:
        camera_id: empty for stays without a camera.
        content: 16 bytes that stand for the content.
    """

    venue_id: str
    camera_id: str
    hour_at: datetime
    version: int
    content: bytes
    told_at: datetime


def get_told_hour(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, hour_at: datetime
) -> ToldHour | None:
    """What was told last of an hour, None when nothing was."""
    query = select(told_hour).where(
        told_hour.c.venue_id == venue_id,
        told_hour.c.camera_id == camera_id,
        told_hour.c.hour_at == hour_at,
        visible(scope, told_hour),
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else ToldHour(**(dict(row._mapping) | {"content": bytes(row.content)}))


def put_told_hour(scope: Scope, connection: Connection, told: ToldHour) -> None:
    """Note what was told, in place of what was told before.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, told.venue_id)
    row = {name: getattr(told, name) for name in ToldHour.__slots__}
    upsert(connection, told_hour, [row], KEYS)


def replace_told_events(
    scope: Scope,
    connection: Connection,
    place: tuple[str, str, datetime],
    events: Sequence[StoredEvent],
    *,
    videos: Mapping[str, Mapping[str, Any]],
    spans: Spans,
    at: datetime,
) -> None:
    """Make these the events of a venue, camera and hour. One told before, but not now, is superseded.

    Args:
        events: of this place, each with the run of the box that found it, as far as one did.
        spans: of the tracks of their people, as far as they are known.
        videos: where their video is, by event id; one without an entry has none, as far as is known.
        at: when this happens.

    Raises:
        Conflict: an id belongs to an event or run of another venue; nothing must be stored.
        StoreError: outside the scope, or no such camera.
    """
    venue_id, camera_id, hour_at = place
    demand(scope, venue_id)
    ids = [one.id for one in events]
    _refuse_ids_of_others(connection, venue_id, ids)
    known = {one.id: one for one in events_of(scope, connection, ids)}
    changed = [one for one in events if known.get(one.id) != one]
    if events:
        put_told_runs(scope, connection, venue_id, camera_id, events, spans, at=at)
    if changed:
        write_events(scope, connection, changed)
    there = told_events(scope, connection, venue_id, camera_id, (hour_at, hour_at + HOUR))
    _supersede(scope, connection, sorted(set(there) - set(ids)))
    _link(scope, connection, ids, videos, at)


def replace_coverage(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    hour_at: datetime,
    minutes: Mapping[datetime, int],
) -> None:
    """Make these the minutes of one hour in which a camera looked.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    here = {"venue_id": venue_id, "camera_id": camera_id}
    stored = coverage_between(scope, connection, **here, start=hour_at, end=hour_at + HOUR)
    known = {one.minute_at: one.frames_seen for one in stored}
    gone = sorted(known.keys() - minutes.keys())
    if gone:
        of_camera = (coverage.c.venue_id == venue_id) & (coverage.c.camera_id == camera_id)
        connection.execute(delete(coverage).where(of_camera, coverage.c.minute_at.in_(gone)))
        recount_covered_hours(scope, connection, venue_id, camera_id, gone)
    changed = {minute: seen for minute, seen in minutes.items() if known.get(minute) != seen}
    if changed:
        add_coverage(scope, connection, venue_id, camera_id, changed)


def _refuse_ids_of_others(connection: Connection, venue_id: str, ids: Sequence[str]) -> None:
    query = select(event.c.id).where(among(connection, event.c.id, ids), event.c.venue_id != venue_id)
    taken = connection.execute(query.order_by(event.c.id).limit(1)).scalar_one_or_none()
    if taken is not None:
        raise Conflict(f"the event id {taken} is taken; ids of events hold for the whole site")


def _supersede(scope: Scope, connection: Connection, gone: Sequence[str]) -> None:
    for first in range(0, len(gone), PAGE):
        chunk = gone[first : first + PAGE]
        connection.execute(update(event).where(event.c.id.in_(chunk)).values(state="superseded"))
    mark_events(scope, connection, gone)


def _link(
    scope: Scope,
    connection: Connection,
    ids: Sequence[str],
    videos: Mapping[str, Mapping[str, Any]],
    at: datetime,
) -> None:
    linked = links_of_events(scope, connection, ids)
    for event_id in ids:
        video = videos.get(event_id) or {}
        if video and linked.get(event_id) != dict(video):
            link_evidence(scope, connection, event_id, video, at=at)
        elif not video and event_id in linked:
            connection.execute(delete(linked_evidence).where(linked_evidence.c.event_id == event_id))
            mark_events(scope, connection, [event_id])
