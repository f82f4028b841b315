"""What a live camera tells while it runs: its run grows, its events and tracks are added piece by piece.

Nothing here fails because of what became of a run meanwhile, and everything may be told twice: a writer that
was cut off tells all of it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sightline.domain.event import ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.claims import drop_claim, want_evidence
from sightline.store.clips import ClipRule
from sightline.store.edge_marks import mark_events, mark_events_between
from sightline.store.event_ids import event_ids
from sightline.store.events import PAGE, StoredEvent, write_events
from sightline.store.evidence import FINAL, PROVISIONAL, evidence_of_events
from sightline.store.known_events import become_of_ongoing, standing, still_ongoing, told_elsewhere
from sightline.store.runs import StoredRun, StoredTrack, get_run
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import event, run, track

MERGES_KEPT = 500
"""Of a run without an end; evidence has those of its own people in its manifest."""
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
    if tracks:
        span = min(one.first_at for one in tracks), max(one.last_at for one in tracks)
        mark_events_between(scope, connection, known.venue_id, known.camera_id, *span)
    return True


def note_merges(
    scope: Scope, connection: Connection, run_id: str, merges: Sequence[Mapping[str, Any]]
) -> bool:
    """Note in the analysis of a run who came back under their number, the newest `MERGES_KEPT` of them.

    Args:
        merges: JSON values; those that are noted already are not noted twice.

    Returns:
        False when the run is unknown, another venue's, or has ended.
    """
    known = get_run(scope, connection, run_id)
    if known is None:
        return False
    before = [one for one in known.analysis.get("merges", []) if one not in merges]
    analysis = {**known.analysis, "merges": [*before, *merges][-MERGES_KEPT:]}
    return _update(scope, connection, run_id, analysis=analysis)


def confirm_events(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    events: Sequence[ServiceEvent],
    rule: ClipRule,
    at: datetime,
) -> tuple[str, ...]:
    """Store events that are confirmed and go on, and claim provisional footage up to their end so far.

    One that is stored already changes nothing, unless it was withdrawn: then it is told again.

    Args:
        events: as `ServiceWatch.take_confirmed` tells them: `append_events` completes each under the same id.
        at: when they are stored.

    Returns:
        ids of the events that go on from now, in the order given.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    named = _named(venue_id, camera_id, events)
    known = standing(scope, connection, list(named))
    unknown = {event_id: one for event_id, one in named.items() if event_id not in known}
    told = told_elsewhere(
        scope, connection, venue_id=venue_id, camera_id=camera_id, events=unknown, besides=run_id
    )
    withdrawn = {event_id for event_id, one in known.items() if one.withdrawn}
    new = [
        StoredEvent.of(
            one,
            event_id=event_id,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            created_at=known[event_id].created_at if event_id in known else at,
            ongoing=True,
        )
        for event_id, one in named.items()
        if event_id in withdrawn or (event_id in unknown and event_id not in told)
    ]
    if new:
        write_events(scope, connection, new)
        _want(scope, connection, run_id, new, rule=rule, stage=PROVISIONAL, at=at)
    return tuple(one.id for one in new)


def withdraw_events(
    scope: Scope, connection: Connection, *, venue_id: str, camera_id: str, events: Sequence[ServiceEvent]
) -> tuple[str, ...]:
    """Note that events which were told while they lasted never came true; footage only wanted is forgotten.

    One that is not stored, or has been concluded, stays as it is.

    Returns:
        ids of the events that are withdrawn now.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    known = standing(scope, connection, list(_named(venue_id, camera_id, events)))
    ids = [event_id for event_id, one in known.items() if one.ongoing and not one.withdrawn]
    for first in range(0, len(ids), PAGE):
        chunk = ids[first : first + PAGE]
        connection.execute(update(event).where(event.c.id.in_(chunk)).values(state="superseded"))
    mark_events(scope, connection, ids)
    for claim in evidence_of_events(scope, connection, ids).values():
        drop_claim(scope, connection, claim.id)
    return tuple(ids)


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

    One that was told while it lasted (`confirm_events`) is completed under its id, even when it was withdrawn
    meanwhile. Any other that is stored already adds nothing and changes nothing: one of the same kind, start
    and people; and one that another analysis of this stretch found, told by an overlap of half or more
    (`domain.matching`). People at the same time in the same place are different events: within the run itself
    only the same track ids make the same event, unless `recovered`.

    Args:
        run_id: the run that concluded them.
        at: when they are stored.
        recovered: the events are of footage analysed again after a kill. Its track ids are those of another
            tracker, so events of the run itself are told by their overlap, too, each for one at most; the
            stored one is kept even when the new one reaches further. One that the run had told while it
            lasted is completed by the new one that covers half of it or more.

    Returns:
        ids of the events that are finished now and were not before, in the order given.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    named = _named(venue_id, camera_id, events)
    known = standing(scope, connection, list(named))
    unknown = {event_id: one for event_id, one in named.items() if event_id not in known}
    here = {"venue_id": venue_id, "camera_id": camera_id}
    besides = None if recovered else run_id
    told = told_elsewhere(scope, connection, **here, events=unknown, besides=besides)
    born = {event_id: one.created_at for event_id, one in known.items() if one.ongoing}
    ids = {event_id: event_id for event_id in named if event_id in born}
    ids |= {event_id: event_id for event_id in unknown if event_id not in told}
    if recovered:
        fresh = {event_id: unknown[event_id] for event_id in ids if event_id in unknown}
        become = become_of_ongoing(scope, connection, **here, run_id=run_id, events=fresh)
        for event_id, one in become.items():
            if one.id not in named:
                ids[event_id], born[one.id] = one.id, one.created_at
    new = [
        StoredEvent.of(
            one,
            event_id=ids[event_id],
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            created_at=born.get(ids[event_id], at),
        )
        for event_id, one in named.items()
        if event_id in ids
    ]
    if new:
        write_events(scope, connection, new)
        _want(scope, connection, run_id, new, rule=rule, stage=FINAL, at=at)
    return tuple(one.id for one in new)


def close_ongoing(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    run_id: str,
    rule: ClipRule,
    at: datetime,
) -> tuple[str, ...]:
    """Finish, as they stand, the events that a run told while they lasted and that nothing will conclude.

    Returns:
        ids of the events that are finished now.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    left = still_ongoing(scope, connection, venue_id=venue_id, camera_id=camera_id, run_id=run_id)
    if left:
        write_events(scope, connection, [replace(one, ongoing=False) for one in left])
        _want(scope, connection, run_id, left, rule=rule, stage=FINAL, at=at)
    return tuple(one.id for one in left)


def _named(venue_id: str, camera_id: str, events: Sequence[ServiceEvent]) -> dict[str, ServiceEvent]:
    """`events` by the id of each."""
    return {next(event_ids(venue_id, camera_id, one)): one for one in events}


def _want(
    scope: Scope,
    connection: Connection,
    run_id: str,
    events: Sequence[StoredEvent],
    *,
    rule: ClipRule,
    stage: str,
    at: datetime,
) -> None:
    """Claim the footage of each event from the start of its run, unless evidence of that stage is there."""
    known = evidence_of_events(scope, connection, [one.id for one in events])
    there = evidence_of_events(scope, connection, [one.id for one in events], stage=stage)
    of_run = get_run(scope, connection, run_id)
    for one in events:
        if one.id in there:
            continue
        since = of_run.recorded_at if of_run else one.started_at - rule.pre
        want_evidence(
            scope,
            connection,
            one,
            rule=rule,
            footage=(since, FAR_FUTURE),
            incident_id=known[one.id].incident_id if one.id in known else None,
            stage=stage,
            at=at,
        )


def _update(scope: Scope, connection: Connection, run_id: str, **values: Any) -> bool:
    row = connection.execute(select(run.c.venue_id).where(run.c.id == run_id)).one_or_none()
    if row is None:
        return False
    demand(scope, row.venue_id)
    changed = connection.execute(
        update(run).where(run.c.id == run_id, run.c.finished_at.is_(None)).values(**values)
    )
    return changed.rowcount > 0
