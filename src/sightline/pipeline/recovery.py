"""What a killed camera left unfinished: recorded files to adopt, runs to bring to their end.

The order: files first, before anybody records again; then, beside the camera that records again, the footage
of each unfinished run from shortly before the first thing that had begun is analysed once more.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

from sightline.domain.event import ServiceEvent
from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, DiskFull, SourceError
from sightline.pipeline.camera_plan import CameraPlan
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.store.coverage import count_coverage
from sightline.store.database import Database
from sightline.store.gaps import close_open_gaps, open_gaps
from sightline.store.live import (
    add_tracks,
    append_events,
    close_ongoing,
    finish_run,
    note_merges,
    unfinished_runs,
)
from sightline.store.recordings import last_segment, put_segments, segments_between
from sightline.store.runs import StoredRun
from sightline.store.track_ids import highest_live_track_id, highest_track_id
from sightline.video.adoption import adopt_parts, described_segment
from sightline.video.disk import PART_SUFFIX
from sightline.video.replay import read_footage
from sightline.video.segment_name import named_start

log = structlog.get_logger()

LEAD = timedelta(seconds=60)
"""Before what had begun: tracks and roles need some time to form again.

Over 75 kills in simulated shops, 15 s found all 96 open events again, and 35 that never were: staff who had
walked out before that were taken for customers. 60 s found the same 96 and nothing else.
"""
LEARNING_LEAD = timedelta(seconds=90)
"""The same for a detector that has to learn first what the empty scene looks like."""
FORGETTING = timedelta(minutes=10)
"""How far before the last known file one without a row is looked for."""
EVER = datetime(9999, 12, 31, tzinfo=UTC)
NUMBERS_KEPT = 1_000
"""Of tracks, for what a killed run has not told yet: the run after it begins at the next such number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What was there of a camera before this start.

    Attributes:
        last_seen_at: end of its footage, or the start of a gap that has lasted since; None for a new camera.
        footage_until: end of its footage; None when nothing is recorded.
        open_gap: the gap that lasts, as it is stored.
        runs: those without an end, oldest first.
        last_track_id: numbers of tracks go on after this one, so that none is given twice by a camera.
    """

    last_seen_at: datetime | None
    footage_until: datetime | None
    open_gap: Gap | None
    runs: tuple[StoredRun, ...]
    last_track_id: int


def settle_footage(database: Database, recordings_dir: Path, venue_id: str, camera_id: str) -> Leftovers:
    """Make whole files of what was being written, enter files that no row names, and see what is unfinished.

    To be called while nobody records this camera; all of it may be done again.

    Raises:
        StoreError: the database cannot be read or written.
    """
    scope, camera = Scope.of(venue_id), (venue_id, camera_id)
    try:
        adopt_parts(recordings_dir, "/".join(camera))
    except (DiskFull, ConfigError) as error:
        log.warning("a file left by a kill stays as it is", camera="/".join(camera), reason=str(error))
    with database.reading() as connection:
        last = last_segment(scope, connection, *camera)
        known = set()
        if last is not None:
            since = last.started_at - FORGETTING
            known = {one.path for one in segments_between(scope, connection, *camera, since, EVER)}
    unnamed = _without_row(recordings_dir, "/".join(camera), last, known)
    with database.transaction() as connection:
        put_segments(scope, connection, *camera, unnamed)
        return _leftovers(scope, connection, *camera)


def _without_row(
    recordings_dir: Path, name: str, last: RecordedSegment | None, known: set[str]
) -> list[RecordedSegment]:
    """Published files that no row names; older ones than the last known by far have been looked at before."""
    oldest = last.started_at - FORGETTING if last is not None else None
    found = []
    for path in sorted((recordings_dir / name).glob("*")):
        started_at = named_start(path)
        if started_at is None or path.suffix == PART_SUFFIX or (oldest and started_at < oldest):
            continue
        if path.relative_to(recordings_dir).as_posix() in known:
            continue
        try:
            found.append(described_segment(recordings_dir, path))
        except SourceError as error:
            log.warning("a recorded file cannot be entered", camera=name, reason=str(error))
    return found


def _leftovers(scope: Scope, connection: Connection, venue_id: str, camera_id: str) -> Leftovers:
    camera = (venue_id, camera_id)
    last = last_segment(scope, connection, *camera)
    footage_end = last.ended_at if last is not None else None
    gap = None
    open_ones = [one.gap for one in open_gaps(scope, connection, venue_id=venue_id, camera_id=camera_id)]
    if open_ones:
        gap = min(open_ones, key=lambda one: one.started_at)
        if footage_end is not None and footage_end > gap.started_at + timedelta(seconds=1):
            # It had ended, and the kill came before that was stored.
            after = segments_between(scope, connection, *camera, gap.started_at, EVER)
            begun = [one.started_at for one in after if one.started_at > gap.started_at]
            close_open_gaps(scope, connection, *camera, min(begun, default=footage_end))
            gap = None
    runs = tuple(unfinished_runs(scope, connection, venue_id=venue_id, camera_id=camera_id))
    last_id = highest_live_track_id(scope, connection, venue_id, camera_id)
    return Leftovers(
        last_seen_at=gap.started_at if gap is not None else footage_end,
        footage_until=footage_end,
        open_gap=gap,
        runs=runs,
        last_track_id=(last_id // NUMBERS_KEPT + 1) * NUMBERS_KEPT if runs else last_id,
    )


class Recovery:
    """Brings the unfinished runs of one camera to their end, in a thread of its own, beside live cameras.

    One camera of the process after the other, behind the live ones in the inference pool. Stopped half way,
    it has stored nothing, and the next start does it again.

    Args:
        until: end of the footage that was there at this start; what is later is another run's.
    """

    _one_at_a_time = threading.Lock()

    def __init__(
        self,
        runs: tuple[StoredRun, ...],
        plan: CameraPlan,
        *,
        until: datetime,
        database: Database,
        pool: InferencePool,
    ) -> None:
        self._runs, self._plan, self._until = runs, plan, until
        self._database, self._pool = database, pool
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"recover {plan.name}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is still something to do."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End early if need be; whether the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._one_at_a_time.acquire(timeout=0.2):
            if self._stop.is_set():
                return
        try:
            self._finish_all()
        finally:
            self._one_at_a_time.release()

    def _finish_all(self) -> None:
        ends = [one.recorded_at for one in self._runs[1:]] + [self._until]
        for run, until in zip(self._runs, ends, strict=True):
            try:
                if not self._stop.is_set():
                    finish_killed_run(
                        run,
                        self._plan,
                        until=until,
                        database=self._database,
                        pool=self._pool,
                        stop=self._stop,
                    )
            except Exception:  # top of the thread: the live camera goes on
                log.exception(
                    "a run that was killed could not be finished, the next start tries again",
                    camera=self._plan.name,
                    run=run.id,
                )


def finish_killed_run(
    run: StoredRun,
    plan: CameraPlan,
    *,
    until: datetime,
    database: Database,
    pool: InferencePool,
    stop: threading.Event | None = None,
) -> tuple[str, ...]:
    """Analyse the end of a run once more and store what it shows, in one transaction with the run's end.

    Args:
        until: footage from here on belongs to the run after it.
        stop: nothing is stored when it is set meanwhile.

    Returns:
        ids of the events that were added, or completed because they went on when it was killed.

    Raises:
        SightlineError: the footage, the detector or the database failed; nothing was stored.
    """
    stop = stop or threading.Event()
    scope, camera = Scope.of(plan.venue_id), (plan.venue_id, plan.camera_id)
    detector = plan.detector()
    since = min(run.open_since or run.recorded_until, run.recorded_until)
    start = max(run.recorded_at, since - (LEARNING_LEAD if detector.needs_every_picture else LEAD))
    with database.reading() as connection:
        segments = segments_between(scope, connection, *camera, start, until)
        first_id = highest_track_id(scope, connection, run.id)
    segments = [one for one in segments if one.started_at < until]
    found = _Found(since=since, until=run.recorded_until)
    looks = plan.looks()
    watch = LiveWatch(
        rules=plan.rules,
        tracker=plan.tracker,
        on_report=found.add,
        clothes=plan.clothes(),
        looks=looks,
        cues=plan.cues(),
    )
    watch.number_from(first_id)
    troubles: list[Exception] = []
    slot = pool.slot(
        detector, watch.take, on_trouble=troubles.append, name=f"{plan.name} (again)", patient=True
    )
    try:
        with read_footage(
            segments, plan.recordings_dir, analysis_fps=plan.analysis_fps, start=start, end=until, stop=stop
        ) as reading:
            for frame in reading:
                if frame.captured_at >= until or not slot.put(frame, stop):
                    break
    finally:
        slot.close(drain=not stop.is_set(), timeout_s=60)
    if stop.is_set():
        return ()
    if troubles:
        raise troubles[0]
    if looks is not None:
        looks.finish()
    watch.finish()
    with database.transaction() as connection:
        return _store(scope, connection, run, plan, found, segments, list(reading.warnings))


class _Found:
    """What the second look at a run shows, as far as it was not told the first time."""

    def __init__(self, *, since: datetime, until: datetime) -> None:
        self.events: list[ServiceEvent] = []
        self.tracks: list[SeenTrack] = []
        self.merges: list[dict[str, Any]] = []
        self.coverage: Counter[datetime] = Counter()
        self.seen_until = until
        self._since = since
        self._told_until = until

    def add(self, report: WatchReport) -> None:
        self.events += [event for event in report.events if event.ended_at >= self._since]
        # Who had gone by then had been told; the numbers of the two looks have nothing in common.
        if report.until > self._told_until or report.concluded_at is None:
            self.tracks += report.tracks
            self.merges += [one.document() for one in report.merges]
        if report.until > self._told_until:
            self.coverage.update(report.coverage)
            self.seen_until = max(self.seen_until, report.until)


def _store(
    scope: Scope,
    connection: Connection,
    run: StoredRun,
    plan: CameraPlan,
    found: _Found,
    segments: list[RecordedSegment],
    warnings: list[str],
) -> tuple[str, ...]:
    at = datetime.now(UTC)
    added = append_events(
        scope,
        connection,
        venue_id=run.venue_id,
        camera_id=run.camera_id,
        run_id=run.id,
        events=found.events,
        rule=plan.clip_rule,
        at=at,
        recovered=True,
    )
    closed = close_ongoing(
        scope,
        connection,
        venue_id=run.venue_id,
        camera_id=run.camera_id,
        run_id=run.id,
        rule=plan.clip_rule,
        at=at,
    )
    add_tracks(scope, connection, run.id, [track.stored() for track in found.tracks])
    if found.merges:
        note_merges(scope, connection, run.id, found.merges)
    plan.visitors.enter(
        scope,
        connection,
        found.tracks,
        venue_id=run.venue_id,
        camera_id=run.camera_id,
        run_id=run.id,
        zone=plan.zone,
    )
    count_coverage(scope, connection, run.venue_id, run.camera_id, found.coverage)
    finish_run(
        scope,
        connection,
        run.id,
        at=at,
        recorded_until=max([found.seen_until, *(one.ended_at for one in segments)]),
        analysed_frames=run.analysed_frames + sum(found.coverage.values()),
        warnings=[*run.warnings, *warnings],
    )
    log.info(
        "a run that was killed has been finished",
        camera=f"{run.venue_id}/{run.camera_id}",
        events=len(added),
        closed=len(closed),
    )
    return added
