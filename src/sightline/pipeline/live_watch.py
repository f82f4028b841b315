"""Tracks and rules of one live camera: pictures with detections go in, reports for the store come out."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.domain.crossing import Crossing, LineCount, LineCounter, LineTally
from sightline.domain.detection import Detections
from sightline.domain.event import Role, ServiceEvent
from sightline.domain.line_alarm import LineNow
from sightline.domain.role import NO_CUES
from sightline.domain.scene import CameraRules, GoneTrack, ServiceWatch
from sightline.domain.seen_boxes import BoxCollector, BoxStretch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.track_looks import NOTHING_SEEN
from sightline.domain.zone import ZoneKind
from sightline.pipeline.looking import Looks, StaffCues
from sightline.pipeline.loop import Doors, customers, look_of
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.tracking.cascade import SURE
from sightline.tracking.missing import Merge
from sightline.tracking.protocol import Tracker
from sightline.video.picture import Frame
from sightline.vision.clothes import Clothes


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """What one picture, or the lack of any, has brought.

    Attributes:
        until: capture time of the last picture watched.
        concluded_at: capture time of the picture that concluded the events; None when none did.
        events: finished, by their end.
        confirmed: events confirmed with this picture that go on, see `ServiceWatch.take_confirmed`.
        withdrawn: events told as confirmed before that came to nothing, as they were told.
        ongoing: all confirmed events that go on, with their ends so far.
        lines: each line as it is now; none when nobody can be seen any more.
        tracks: gone for good.
        coverage: pictures watched, by the minute in which they were captured.
        open_since: start of the earliest thing that goes on, see `ServiceWatch.open_since`.
        boxes: where everybody stood, in stretches that are complete.
        crossings: who crossed which of the lines that are drawn to count over.
        merges: who came back under their number after a long gap.
    """

    until: datetime
    concluded_at: datetime | None
    events: tuple[ServiceEvent, ...]
    tracks: tuple[SeenTrack, ...]
    coverage: Mapping[datetime, int]
    open_since: datetime | None
    confirmed: tuple[ServiceEvent, ...] = ()
    withdrawn: tuple[ServiceEvent, ...] = ()
    ongoing: tuple[ServiceEvent, ...] = ()
    lines: tuple[LineNow, ...] = ()
    boxes: tuple[BoxStretch, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    merges: tuple[Merge, ...] = ()


class LiveWatch:
    """What `watch_footage` is to a recording, for a stream without an end: nothing is kept of what is over.

    A hole in the stream is time that passes. Pictures of another size end all that goes on, because boxes
    and zones no longer fit; tracks keep counting on. A picture that is not later than the last one is left
    out and counted. Safe to call from several threads.

    Args:
        rules: of the camera, with `lost_after` as long as the tracker's memory.
        tracker: makes a fresh one.
        on_report: called after each picture; must not wait.
        clothes: what the tracker knows people by beside their motion.
        looks, cues: given where people are looked at closer.
        on_quiet: told when nobody is in sight any more, nor may come back, (True) or somebody may be (False),
            on each change.

    Attributes:
        late: pictures left out because they were not later than the last one.
    """

    def __init__(
        self,
        *,
        rules: CameraRules,
        tracker: Callable[[], Tracker],
        on_report: Callable[[WatchReport], None],
        on_quiet: Callable[[bool], None] = lambda _: None,
        clothes: Clothes | None = None,
        looks: Looks | None = None,
        cues: StaffCues | None = None,
    ) -> None:
        self.late = 0
        self._clothes, self._looks, self._cues = clothes, looks, cues
        self._rules = rules
        self._fresh_tracker = tracker
        self._on_report = on_report
        self._on_quiet = on_quiet
        self._lock = threading.Lock()
        self._tracker = tracker()
        self._watch = ServiceWatch(rules)
        self._sightings: Counter[int] = Counter()
        self._collector = BoxCollector()
        self._doors = Doors(rules.zones)
        self._line_counter, self._line_tally = LineCounter(rules.lines), LineTally(rules.lines)
        self._size: tuple[int, int] | None = None
        self._last_at: datetime | None = None
        self._ids_before = self._last_id = 0
        self._quiet = False

    def number_from(self, last_id: int) -> None:
        """Numbers of tracks begin after this one; to be said before the first picture."""
        self._ids_before = self._last_id = last_id

    @property
    def last_at(self) -> datetime | None:
        """Capture time of the last picture watched."""
        return self._last_at

    def people_now(self) -> dict[str, int]:
        """In view, or lost for a moment: `customers` (whoever is not staff), `staff`, `waiting` in line."""
        with self._lock:
            roles = list(self._watch.present().values())
            waiting = sum(line.length for line in self._watch.lines_now())
        staff = roles.count(Role.STAFF)
        return {"customers": len(roles) - staff, "staff": staff, "waiting": waiting}

    def line_counts(self) -> tuple[LineCount, ...]:
        """Who came in and went out over each line that is drawn, since the start."""
        with self._lock:
            return self._line_tally.counts()

    def take(self, frame: Frame, detections: Detections) -> None:
        """Watch the next picture."""
        with self._lock:
            if self._last_at is not None and frame.captured_at <= self._last_at:
                self.late += 1
                return
            ended = self._resize(frame)
            self._last_at = frame.captured_at
            look, at_door = look_of(self._clothes, frame, detections), self._doors.hold(frame, detections)
            tracked_boxes = self._tracker.update(frame.captured_at, detections, look, at_door)
            people = tuple(map(self._renumbered, tracked_boxes))
            self._sightings.update(person.track_id for person in people)
            self._last_id = max(self._last_id, *(person.track_id for person in people), 0)
            tracked = TrackedFrame(
                captured_at=frame.captured_at, width=frame.width, height=frame.height, people=people
            )
            cues = self._cues.see(frame, people) if self._cues is not None else NO_CUES
            events = (*ended, *self._watch.see(tracked, cues))
            crossings = tuple(self._line_counter.see(tracked))
            if self._rules.lines:
                self._line_tally.see(crossings, self._watch.present())
            if self._looks is not None:
                whom, others = customers(people, self._watch)
                self._looks.see(frame, whom, self._watch.standing_in(ZoneKind.QUEUE), others)
            minute = frame.captured_at.replace(second=0, microsecond=0)
            boxes = tuple(self._collector.finish() if events else self._collector.see(tracked))
            self._report(
                events, {minute: 1}, concluded_at=frame.captured_at, boxes=boxes, crossings=crossings
            )
            self._tell_quiet(detections)

    def finish(self) -> None:
        """End what goes on, each at its last sighting: the camera stops, or has shown nothing for long.

        Watching may go on afterwards; nobody keeps their number then, since they were told as gone. After a
        hole longer than `rules.lost_after` the events are the same as if they had been ended by the next
        picture.
        """
        with self._lock:
            if self._last_at is not None:
                boxes = tuple(self._collector.finish())
                self._tracker.end_all()
                self._report(tuple(self._watch.finish()), {}, concluded_at=None, boxes=boxes)

    def _resize(self, frame: Frame) -> list[ServiceEvent]:
        size, before = (frame.width, frame.height), self._size
        self._size = size
        if before is None or size == before:
            return []
        ended = self._watch.finish()
        self._tracker = self._fresh_tracker()
        self._ids_before = self._last_id
        return ended

    def _renumbered(self, person: TrackedBox) -> TrackedBox:
        """Numbers go on where the tracker before ended: they count within one run of the camera."""
        return replace(person, track_id=person.track_id + self._ids_before) if self._ids_before else person

    def _merges(self) -> tuple[Merge, ...]:
        taken = self._tracker.take_merges()
        return tuple(replace(one, track_id=one.track_id + self._ids_before) for one in taken)

    def _report(
        self,
        events: tuple[ServiceEvent, ...],
        coverage: Mapping[datetime, int],
        concluded_at: datetime | None,
        boxes: tuple[BoxStretch, ...],
        crossings: tuple[Crossing, ...] = (),
    ) -> None:
        assert self._last_at is not None
        missing = [track + self._ids_before for track in self._tracker.missing]
        report = WatchReport(
            until=self._last_at,
            concluded_at=concluded_at,
            events=events,
            tracks=tuple(map(self._seen, self._watch.take_gone(missing))),
            coverage=coverage,
            open_since=self._watch.open_since(),
            confirmed=tuple(self._watch.take_confirmed()),
            withdrawn=tuple(self._watch.take_withdrawn()),
            ongoing=tuple(self._watch.ongoing()),
            lines=self._watch.lines_now() if concluded_at is not None else (),
            boxes=boxes,
            crossings=crossings,
            merges=self._merges(),
        )
        self._on_report(report)

    def _seen(self, gone: GoneTrack) -> SeenTrack:
        track_id = gone.span.track_id
        if self._cues is not None:
            self._cues.forget(track_id)
        return SeenTrack(
            span=gone.span,
            role=gone.role,
            frames=self._sightings.pop(track_id, 0),
            zones=gone.zones,
            looks=self._looks.take(track_id) if self._looks is not None else NOTHING_SEEN,
        )

    def _tell_quiet(self, detections: Detections) -> None:
        """Quiet: nobody present, lost ones included, and nothing that may be a first sight of somebody."""
        gone = not self._watch.present() and not self._tracker.missing
        quiet = gone and not (detections.scores >= SURE[0]).any()
        if quiet != self._quiet:
            self._quiet = quiet
            self._on_quiet(quiet)
