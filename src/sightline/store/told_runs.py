"""Runs of boxes, as far as a centre has to know them: who was where how long, in the events that were told.

The figures of service know a person by run and track, and how long their track lasted.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from sightline.domain.scope import Scope
from sightline.errors import Conflict
from sightline.store.events import PAGE, StoredEvent
from sightline.store.many_rows import among
from sightline.store.runs import StoredRun
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import event, run, track

OF_A_BOX = "edge"
"""The kind of run of which only this is known."""
SOURCE = "told by the shop's box"

Spans = Mapping[tuple[str, int], tuple[datetime, datetime]]
"""First and last sight of a track, by run and track."""


def track_spans(scope: Scope, connection: Connection, events: Iterable[StoredEvent]) -> Spans:
    """The spans of the people in these events, as far as their tracks are stored."""
    wanted = sorted({(one.run_id, who.track_id) for one in events if one.run_id for who in one.participants})
    found: dict[tuple[str, int], tuple[datetime, datetime]] = {}
    for first in range(0, len(wanted), PAGE):
        query = select(track.c.run_id, track.c.track_id, track.c.first_at, track.c.last_at).where(
            tuple_(track.c.run_id, track.c.track_id).in_(wanted[first : first + PAGE]), visible(scope, track)
        )
        found |= {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}
    return found


def put_told_runs(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    events: Sequence[StoredEvent],
    spans: Spans,
    *,
    at: datetime,
) -> None:
    """Store the runs that these events are of, and the tracks of their people; one without a span has none.

    Raises:
        Conflict: a run belongs to another venue; nothing must be stored.
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    ids = sorted({one.run_id for one in events if one.run_id})
    columns = (run.c.id, run.c.venue_id, run.c.kind, run.c.recorded_at, run.c.recorded_until)
    known = {
        row.id: row for row in connection.execute(select(*columns).where(among(connection, run.c.id, ids)))
    }
    if taken := sorted(row.id for row in known.values() if row.venue_id != venue_id):
        raise Conflict(f"the run id {taken[0]} is taken; ids of runs hold for the whole site")
    there = track_spans(scope, connection, events)
    for run_id in ids:
        mine = [one for one in events if one.run_id == run_id]
        since, until = min(one.started_at for one in mine), max(one.ended_at for one in mine)
        row = known.get(run_id)
        if row is None:
            new = _run(run_id, venue_id, camera_id, since, until, at)
            connection.execute(insert(run).values(new.row()))
        elif row.kind != OF_A_BOX:
            continue  # analysed here as well: its tracks are ours
        elif since < row.recorded_at or until > row.recorded_until:
            span = {
                "recorded_at": min(since, row.recorded_at),
                "recorded_until": max(until, row.recorded_until),
            }
            connection.execute(update(run).where(run.c.id == run_id).values(**span))
        _put_tracks(connection, run_id, venue_id, camera_id, mine, spans, there)


def told_events(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, span: tuple[datetime, datetime]
) -> list[str]:
    """Ids of the current events of a camera that begin in [start, end) and that its box told of."""
    of_box = select(run.c.id).where(run.c.id == event.c.run_id, run.c.kind == OF_A_BOX).exists()
    query = select(event.c.id).where(
        event.c.venue_id == venue_id,
        event.c.camera_id == camera_id,
        event.c.started_at >= span[0],
        event.c.started_at < span[1],
        event.c.state == "current",
        event.c.run_id.is_(None) | of_box,
        visible(scope, event),
    )
    return list(connection.execute(query.order_by(event.c.id)).scalars())


def _run(
    run_id: str, venue_id: str, camera_id: str, since: datetime, until: datetime, at: datetime
) -> StoredRun:
    return StoredRun(
        id=run_id,
        venue_id=venue_id,
        camera_id=camera_id,
        source_name=SOURCE,
        source_sha256=None,
        recorded_at=since,
        recorded_until=until,
        recorded_at_source=SOURCE,
        started_at=at,
        finished_at=at,
        software=SOURCE,
        analysis={},
        frames=0,
        analysed_frames=0,
        warnings=(),
        visitors={},
        kind=OF_A_BOX,
    )


def _put_tracks(
    connection: Connection,
    run_id: str,
    venue_id: str,
    camera_id: str,
    events: Sequence[StoredEvent],
    spans: Spans,
    there: Spans,
) -> None:
    people = {who.track_id: who for one in events for who in one.participants}
    told = {track_id: spans.get((run_id, track_id)) for track_id in sorted(people)}
    changed = {track_id: span for track_id, span in told.items() if there.get((run_id, track_id)) != span}
    rows: list[dict[str, Any]] = [
        {
            "run_id": run_id,
            "track_id": track_id,
            "venue_id": venue_id,
            "camera_id": camera_id,
            "first_at": span[0],
            "last_at": span[1],
            "frames": 0,
            "role": people[track_id].role.value,
            "role_confidence": people[track_id].role_confidence,
            "role_reason": people[track_id].role_reason,
        }
        for track_id, span in changed.items()
        if span is not None
    ]
    upsert(connection, track, rows, ("run_id", "track_id"))
    without = [track_id for track_id, span in changed.items() if span is None]
    if without:
        of_them = (track.c.run_id == run_id) & among(connection, track.c.track_id, without)
        connection.execute(delete(track).where(of_them))
