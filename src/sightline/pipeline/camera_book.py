"""All that is stored of one live camera while it runs, handed to the store writer piece by piece."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection

from sightline.domain.event import Identity, ServiceEvent
from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap
from sightline.domain.scope import Scope
from sightline.domain.seen_boxes import BoxStretch
from sightline.pipeline.live_watch import WatchReport
from sightline.pipeline.store_writer import StoreWriter
from sightline.pipeline.visitor_book import VisitorBook
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.store.alerts import clear_alert, raise_alert
from sightline.store.clips import ClipRule
from sightline.store.coverage import count_coverage
from sightline.store.gaps import close_open_gaps, open_gap
from sightline.store.live import (
    add_tracks,
    append_events,
    begin_run,
    close_ongoing,
    confirm_events,
    extend_run,
    finish_run,
    note_merges,
    withdraw_events,
)
from sightline.store.outbox import cancel_items
from sightline.store.recordings import put_segment
from sightline.store.runs import StoredRun
from sightline.store.seen_boxes import add_boxes
from sightline.store.status import put_status

LATENCIES_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from the picture that concluded an event to its commit, over the last thousand events."""

    count: int
    p50_s: float | None
    p95_s: float | None
    max_s: float | None


@dataclass(slots=True)
class _Progress:
    """What the watch brought since the last write, added up, so that an outage does not pile up pictures."""

    ongoing: dict[Identity, ServiceEvent] = field(default_factory=dict)
    withdrawn: dict[Identity, ServiceEvent] = field(default_factory=dict)
    events: list[ServiceEvent] = field(default_factory=list)
    concluded_at: list[datetime] = field(default_factory=list)
    tracks: list[SeenTrack] = field(default_factory=list)
    merges: list[dict[str, Any]] = field(default_factory=list)
    coverage: Counter[datetime] = field(default_factory=Counter)
    boxes: list[BoxStretch] = field(default_factory=list)
    until: datetime | None = None
    open_since: datetime | None = None
    analysed: int = 0
    frames: int = 0
    status: tuple[datetime, Mapping[str, Any]] | None = None


class CameraBook:
    """One camera's side of the store writer; no method waits.

    Attributes:
        events: stored since the book was opened.
    """

    def __init__(self, writer: StoreWriter, venue_id: str, camera_id: str) -> None:
        self.events = 0
        self._writer = writer
        self._scope = Scope.of(venue_id)
        self._venue_id, self._camera_id = venue_id, camera_id
        self._rule = ClipRule()
        self._frames: Callable[[], int] = lambda: 0
        self._lock = threading.Lock()
        self._progress = _Progress()
        self._queued = False
        self._run_id: str | None = None
        self._zone: tzinfo = UTC
        self._visitors = VisitorBook()
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._latency_count = 0
        self._latency_max_s = 0.0

    def begin(
        self,
        run: StoredRun,
        *,
        rule: ClipRule,
        frames: Callable[[], int],
        zone: tzinfo,
        visitors: VisitorBook,
    ) -> None:
        """What is reported from now on belongs to this run.

        Args:
            zone: the venue's.
            visitors: where those who came are entered.
            rule: how much footage goes with an event.
            frames: number of packets received since the run began, asked for at each write.
        """
        self._run_id, self._rule, self._frames = run.id, rule, frames
        self._zone, self._visitors = zone, visitors
        self._submit("run", lambda connection: begin_run(self._scope, connection, run))

    def finish(self, at: datetime, *, warnings: list[str] | None = None) -> None:
        """The run is over, after all that was reported before."""
        run_id = self._run_id
        assert run_id is not None

        def store(connection: Connection) -> None:
            close_ongoing(
                self._scope,
                connection,
                venue_id=self._venue_id,
                camera_id=self._camera_id,
                run_id=run_id,
                rule=self._rule,
                at=at,
            )
            finish_run(self._scope, connection, run_id, at=at, frames=self._frames(), warnings=warnings)

        self._submit("end of the run", store, urgent=True)

    def report(self, report: WatchReport) -> None:
        """What the watch says after a picture. Events, also those that go on, are committed at once."""
        with self._lock:
            progress = self._progress
            for event in report.withdrawn:
                progress.ongoing.pop(event.identity, None)
                progress.withdrawn[event.identity] = event
            for event in report.confirmed:
                progress.withdrawn.pop(event.identity, None)
                progress.ongoing[event.identity] = event
            progress.events += report.events
            if report.events and report.concluded_at is not None:
                progress.concluded_at += [report.concluded_at] * len(report.events)
            progress.tracks += report.tracks
            progress.merges += [one.document() for one in report.merges]
            progress.coverage.update(report.coverage)
            progress.boxes += report.boxes
            progress.until, progress.open_since = report.until, report.open_since
            progress.analysed += sum(report.coverage.values())
        self._tell_progress(urgent=bool(report.events or report.confirmed or report.withdrawn))

    def put_status(self, status: Mapping[str, Any]) -> None:
        """The camera's counters as of now; only the last ones before a write are stored."""
        with self._lock:
            self._progress.status = (datetime.now(UTC), status)
        self._tell_progress(urgent=False)

    def add_segment(self, segment: RecordedSegment) -> None:
        """A recorded file is whole."""
        camera = (self._venue_id, self._camera_id)
        self._submit("segment", lambda connection: put_segment(self._scope, connection, *camera, segment))

    def put_gap(self, gap: Gap) -> None:
        """Nothing comes from the camera any more; or, told again with its end, it is back."""
        camera = (self._venue_id, self._camera_id)

        def store(connection: Connection) -> None:
            open_gap(self._scope, connection, *camera, gap)

        self._submit("gap", store)

    def close_gaps(self, ended_at: datetime) -> None:
        """The camera is back; whatever gap was open has ended."""
        camera = (self._venue_id, self._camera_id)

        def store(connection: Connection) -> None:
            close_open_gaps(self._scope, connection, *camera, ended_at)

        self._submit("end of gaps", store)

    def raise_alert(
        self, alert_type: str, *, severity: str, title: str, message: str, at: datetime, **data: Any
    ) -> None:
        """A person should know; the same again changes nothing while it holds."""

        def store(connection: Connection) -> None:
            raise_alert(
                self._scope,
                connection,
                venue_id=self._venue_id,
                alert_type=alert_type,
                subject=self._camera_id,
                severity=severity,
                title=title,
                message=message,
                data=data,
                at=at,
            )

        self._submit(f"alert {alert_type}", store)

    def clear_alert(self, alert_type: str, at: datetime) -> None:
        """It holds no more."""

        def store(connection: Connection) -> None:
            clear_alert(
                self._scope,
                connection,
                venue_id=self._venue_id,
                alert_type=alert_type,
                subject=self._camera_id,
                at=at,
            )

        self._submit(f"end of the alert {alert_type}", store)

    @property
    def latency(self) -> Latency:
        """How long events took so far."""
        with self._lock:
            kept = sorted(self._latencies)
            count, longest = self._latency_count, self._latency_max_s
        if not kept:
            return Latency(0, None, None, None)
        return Latency(count, kept[len(kept) // 2], kept[min(len(kept) - 1, len(kept) * 95 // 100)], longest)

    def _submit(self, what: str, store: Callable[[Connection], None], *, urgent: bool = False) -> None:
        label = f"{what} of {self._venue_id}/{self._camera_id}"
        self._writer.submit(_Told(label, store), urgent=urgent)

    def _tell_progress(self, *, urgent: bool) -> None:
        with self._lock:
            queued, self._queued = self._queued, True
        if not queued:
            self._writer.submit(_ProgressWrite(self), urgent=urgent)
        elif urgent:
            self._writer.hurry()

    def _take_progress(self) -> _Progress:
        with self._lock:
            taken, self._queued = self._progress, False
            total = replace(taken, frames=self._frames())
            self._progress = _Progress(
                until=taken.until, open_since=taken.open_since, analysed=taken.analysed
            )
        return total

    def _store_progress(self, connection: Connection, progress: _Progress) -> int:
        """All of it; how many of the events are new."""
        scope, camera = self._scope, (self._venue_id, self._camera_id)
        new: tuple[str, ...] = ()
        if self._run_id is not None and progress.until is not None:
            if progress.merges:
                note_merges(scope, connection, self._run_id, progress.merges)
            if progress.tracks:
                self._store_tracks(connection, self._run_id, progress.tracks)
            new = self._store_events(connection, self._run_id, progress)
            where = {"venue_id": self._venue_id, "camera_id": self._camera_id, "run_id": self._run_id}
            add_boxes(scope, connection, **where, stretches=progress.boxes)
            extend_run(
                scope,
                connection,
                self._run_id,
                recorded_until=progress.until,
                frames=progress.frames,
                analysed_frames=progress.analysed,
                open_since=progress.open_since,
            )
        if progress.coverage:
            count_coverage(scope, connection, *camera, progress.coverage)
        if progress.status is not None:
            at, status = progress.status
            put_status(scope, connection, *camera, status, at=at)
        return len(new)

    def _store_tracks(self, connection: Connection, run_id: str, tracks: list[SeenTrack]) -> None:
        venue_id, camera_id = self._venue_id, self._camera_id
        if not add_tracks(self._scope, connection, run_id, [track.stored() for track in tracks]):
            return
        self._visitors.enter(
            self._scope,
            connection,
            tracks,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            zone=self._zone,
        )

    def _store_events(self, connection: Connection, run_id: str, progress: _Progress) -> tuple[str, ...]:
        """Those that go on, then those that are finished; ids of the finished ones that are new."""
        scope, venue_id, camera_id, at = self._scope, self._venue_id, self._camera_id, datetime.now(UTC)
        withdrawn, ongoing = list(progress.withdrawn.values()), list(progress.ongoing.values())
        if withdrawn:
            gone = withdraw_events(
                scope, connection, venue_id=venue_id, camera_id=camera_id, events=withdrawn
            )
            for event_id in gone:
                reason = "it came to nothing: who waited turned out to be staff"
                cancel_items(scope, connection, reason, now=at, event_id=event_id)
        if ongoing:
            confirm_events(
                scope,
                connection,
                venue_id=venue_id,
                camera_id=camera_id,
                run_id=run_id,
                events=ongoing,
                rule=self._rule,
                at=at,
            )
        if not progress.events:
            return ()
        return append_events(
            scope,
            connection,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            events=progress.events,
            rule=self._rule,
            at=at,
        )

    def _progress_stored(self, progress: _Progress, new: int, at: datetime) -> None:
        with self._lock:
            self.events += new
            for concluded_at in progress.concluded_at:
                latency_s = (at - concluded_at) / timedelta(seconds=1)
                self._latencies.append(latency_s)
                self._latency_count += 1
                self._latency_max_s = max(self._latency_max_s, latency_s)


@dataclass(frozen=True, slots=True)
class _Told:
    """A write that was complete when it was told."""

    label: str
    _store: Callable[[Connection], None]

    def prepare(self) -> None:
        """Nothing to prepare."""

    def store(self, connection: Connection) -> None:
        self._store(connection)

    def stored(self, at: datetime) -> None:
        """Nothing follows."""


class _ProgressWrite:
    """What the watch brought until the writer took it up."""

    def __init__(self, book: CameraBook) -> None:
        self._book = book
        self._progress = _Progress()
        self._new = 0

    @property
    def label(self) -> str:
        return f"progress of {self._book._venue_id}/{self._book._camera_id}"

    def prepare(self) -> None:
        self._progress = self._book._take_progress()

    def store(self, connection: Connection) -> None:
        self._new = self._book._store_progress(connection, self._progress)

    def stored(self, at: datetime) -> None:
        self._book._progress_stored(self._progress, self._new, at)
