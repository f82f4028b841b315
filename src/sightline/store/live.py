"""What a live camera tells while it runs: its run grows, its events and tracks are added piece by piece.

Nothing here fails because of what became of a run meanwhile, and everything may be told twice: a writer that
was cut off tells all of it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from sightline.domain.event import ServiceEvent
from sightline.domain.matching import StoredSpan, match_rerun
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.claims import want_evidence
from sightline.store.clips import ClipRule
from sightline.store.event_ids import event_ids
from sightline.store.events import PAGE, StoredEvent, list_events, write_events
from sightline.store.runs import StoredRun, StoredTrack, get_run
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import event, run, track

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
"""Where the footage of a camera that goes on recording ends."""


def begin_run(scope: Scope, connection: Connection, new: StoredRun) -> None:
    """Store a run that has just begun; told again, it replaces what was told.

    Args:
        new: of kind `live`, without `finished_at`; `recorded_until` as far as it got, at first `recorded_at`.

    Raises:
        StoreError: outside the scope, no such camera, or not a live run.
    """
    demand(scope, new.venue_id)
    if new.kind != "live" or new.finished_at is not None:
        raise StoreError(f"run {new.id!r} is not one that goes on; those of a file are stored when they end")
    upsert(connection, run, [new.row()], ("id",))


def extend_run(
    scope: Scope,
    connection: Connection,
    run_id: str,
    *,
    recorded_until: datetime,
    frames: int,
    analysed_frames: int,
    open_since: datetime | None,
) -> bool:
    """Note how far a run has got.

    Args:
        recorded_until: end of the last picture that its events account for.
        frames, analysed_frames: since the beginning of the run, not since the last call.
        open_since: start of the earliest thing that is going on and not concluded; None when nothing is.

    Returns:
        False when the run is unknown or has ended.

    Raises:
        StoreError: outside the scope.
    """
    return _update(
        scope,
        connection,
        run_id,
        recorded_until=recorded_until,
        frames=frames,
        analysed_frames=analysed_frames,
        open_since=open_since,
    )


def finish_run(
    scope: Scope,
    connection: Connection,
    run_id: str,
    *,
    at: datetime,
    recorded_until: datetime | None = None,
    frames: int | None = None,
    analysed_frames: int | None = None,
    warnings: Sequence[str] | None = None,
    visitors: dict[str, int | None] | None = None,
) -> bool:
    """End a run: all that had begun is concluded and stored. What is not given stays as it was told last.

    Args:
        at: wall clock.

    Returns:
        False when the run is unknown or has ended before.

    Raises:
        StoreError: outside the scope.
    """
    given: dict[str, Any] = {
        "recorded_until": recorded_until,
        "frames": frames,
        "analysed_frames": analysed_frames,
        "warnings": None if warnings is None else list(warnings),
        "visitors": visitors,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    return _update(scope, connection, run_id, finished_at=at, open_since=None, **changes)


def unfinished_runs(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, camera_id: str | None = None
) -> list[StoredRun]:
    """Live runs without an end, oldest first: those that go on, and those that were killed."""
    query = select(run).where(visible(scope, run), run.c.kind == "live", run.c.finished_at.is_(None))
    if venue_id is not None:
        query = query.where(run.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(run.c.camera_id == camera_id)
    return [StoredRun.of(row) for row in connection.execute(query.order_by(run.c.recorded_at, run.c.id))]


def add_tracks(scope: Scope, connection: Connection, run_id: str, tracks: Sequence[StoredTrack]) -> bool:
    """Store tracks of a run; one that is known is replaced. False, and nothing stored, without the run.

    Raises:
        StoreError: outside the scope.
    """
    known = get_run(scope, connection, run_id)
    if known is None:
        return False
    demand(scope, known.venue_id)
    rows = [one.row(run_id, known.venue_id, known.camera_id) for one in tracks]
    upsert(connection, track, rows, ("run_id", "track_id"))
    return True


def append_events(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    events: Sequence[ServiceEvent],
    rule: ClipRule,
    at: datetime,
    recovered: bool = False,
) -> tuple[str, ...]:
    """Add concluded events of a live run and claim their footage, post-roll in full.

    An event that is stored already adds nothing and changes nothing: one of the same kind, start and people;
    and one that another analysis of this stretch found, told by an overlap of half or more
    (`domain.matching`). People at the same time in the same place are different events: within the run itself
    only the same track ids make the same event, unless `recovered`.

    Args:
        run_id: the run that concluded them.
        at: when they are stored.
        recovered: the events are of footage analysed again after a kill. Its track ids are those of another
            tracker, so events of the run itself are told by their overlap, too, each for one at most; the
            stored one is kept even when the new one reaches further.

    Returns:
        ids of the events that are new, in the order given.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    here = _Camera(scope, connection, venue_id, camera_id)
    unknown = here.not_stored(events)
    rivals = here.analysed_like(list(unknown.values()), besides=None if recovered else run_id)
    told = match_rerun(
        [_span(one.kind, one.started_at, one.ended_at, one.id) for one in rivals],
        [_span(one.kind, one.started_at, one.ended_at, "") for one in unknown.values()],
    )
    new = [
        StoredEvent.of(
            one, event_id=event_id, venue_id=venue_id, camera_id=camera_id, run_id=run_id, created_at=at
        )
        for place, (event_id, one) in enumerate(unknown.items())
        if place not in told
    ]
    if not new:
        return ()
    write_events(scope, connection, new)
    of_run = get_run(scope, connection, run_id)
    for one in new:
        since = of_run.recorded_at if of_run else one.started_at - rule.pre
        want_evidence(scope, connection, one, rule=rule, footage=(since, FAR_FUTURE), at=at)
    return tuple(one.id for one in new)


@dataclass(frozen=True, slots=True)
class _Camera:
    """What is stored of one camera, as far as it may be the same as what is told now."""

    scope: Scope
    connection: Connection
    venue_id: str
    camera_id: str

    def not_stored(self, events: Sequence[ServiceEvent]) -> dict[str, ServiceEvent]:
        """Those of `events` whose id no event has, in whatever state, by that id."""
        named = {next(event_ids(self.venue_id, self.camera_id, one)): one for one in events}
        known: set[str] = set()
        ids = list(named)
        for first in range(0, len(ids), PAGE):
            query = select(event.c.id).where(event.c.id.in_(ids[first : first + PAGE]))
            known |= set(self.connection.execute(query).scalars())
        return {event_id: one for event_id, one in named.items() if event_id not in known}

    def analysed_like(self, events: Sequence[ServiceEvent], *, besides: str | None) -> list[StoredEvent]:
        """Current events of any analysis but the run `besides` that may overlap one of `events` by half."""
        if not events:
            return []
        # An event that shares half of the longer of the two starts at most twice its length before its end.
        reach = max(timedelta(seconds=2), *(2 * one.duration for one in events))
        found = list_events(
            self.scope,
            self.connection,
            venue_id=self.venue_id,
            camera_id=self.camera_id,
            start=min(one.started_at for one in events) - reach,
            end=max(one.ended_at for one in events) + timedelta(seconds=1),
        )
        return [one for one in found if one.run_id is not None and one.run_id != besides]


def _span(kind: str, started_at: datetime, ended_at: datetime, event_id: str) -> StoredSpan:
    """Without people: ids of tracks mean nothing outside their run."""
    return StoredSpan(event_id, kind, started_at, ended_at, frozenset([-1 if event_id else -2]))


def _update(scope: Scope, connection: Connection, run_id: str, **values: Any) -> bool:
    row = connection.execute(select(run.c.venue_id).where(run.c.id == run_id)).one_or_none()
    if row is None:
        return False
    demand(scope, row.venue_id)
    changed = connection.execute(
        update(run).where(run.c.id == run_id, run.c.finished_at.is_(None)).values(**values)
    )
    return changed.rowcount > 0
