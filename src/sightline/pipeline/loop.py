"""The loop over one recording: frames in, tracks and events out. Writes nothing but tracks.csv."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TextIO

from sightline.domain.detection import Detections
from sightline.domain.event import Role, ServiceEvent
from sightline.domain.role import NO_CUES
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.seen_boxes import BoxCollector, BoxStretch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.track_looks import NOTHING_SEEN
from sightline.pipeline.looking import Looks, StaffCues
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.tracking.mot_files import mot_lines
from sightline.tracking.protocol import Tracker
from sightline.video.picture import Frame


class TimedFrame(Protocol):
    """What tracking and rules need to know of a picture: everything but its pixels. See `Frame`."""

    @property
    def captured_at(self) -> datetime: ...
    @property
    def index(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFootage:
    """What one pass over a recording found.

    Attributes:
        events: in order of their start.
        tracks: every confirmed track.
        coverage: analysed frames by the minute (aware UTC) in which they were captured.
        boxes: where everybody stood.
    """

    events: tuple[ServiceEvent, ...]
    tracks: tuple[SeenTrack, ...]
    coverage: dict[datetime, int]
    boxes: tuple[BoxStretch, ...] = ()

    @property
    def analysed_frames(self) -> int:
        return sum(self.coverage.values())


def watch_footage(
    detected: Iterable[tuple[TimedFrame, Detections]],
    *,
    tracker: Tracker,
    rules: CameraRules,
    tracks_file: TextIO,
    on_frame: Callable[[TimedFrame], None],
    looks: Looks | None = None,
    cues: StaffCues | None = None,
) -> WatchedFootage:
    """Track and judge every given frame, in capture order.

    Args:
        detected: frames as chosen by the video room, each with the people in it; time only ever comes from
            their `captured_at`.
        tracks_file: receives MOTChallenge lines; frames are numbered from 1 as in the source.
        on_frame: called after each frame, for progress; must not wait.
        looks, cues: given where people are looked at closer; the frames must have their pixels then.

    Returns:
        Events, tracks and coverage. The end of the footage closes what is still open.
    """
    watch = ServiceWatch(rules)
    sightings: Counter[int] = Counter()
    coverage: Counter[datetime] = Counter()
    events: list[ServiceEvent] = []
    collector, boxes = BoxCollector(), list[BoxStretch]()
    for frame, detections in detected:
        people = tuple(tracker.update(frame.captured_at, detections))
        coverage[frame.captured_at.replace(second=0, microsecond=0)] += 1
        sightings.update(person.track_id for person in people)
        tracks_file.writelines(mot_lines(frame.index + 1, people))
        seen = TrackedFrame(
            captured_at=frame.captured_at, width=frame.width, height=frame.height, people=people
        )
        boxes += collector.see(seen)
        events += watch.see(seen, cues.see(pixels_of(frame), people) if cues is not None else NO_CUES)
        if looks is not None:
            whom, others = customers(people, watch)
            looks.see(pixels_of(frame), whom, watch.in_queue(), others)
        on_frame(frame)
    events += watch.finish()
    if looks is not None:
        looks.finish()
    return WatchedFootage(
        events=tuple(sorted(events, key=lambda event: (event.started_at, event.kind))),
        tracks=tuple(_seen_tracks(watch, sightings, looks)),
        coverage=dict(coverage),
        boxes=(*boxes, *collector.finish()),
    )


def pixels_of(frame: TimedFrame) -> Frame:
    """The picture, where somebody has to look at it.

    Raises:
        TypeError: it has been left out, see `Means.needs_pixels`.
    """
    if not isinstance(frame, Frame):
        raise TypeError(f"people are to be looked at closer, and picture {frame.index} has no pixels")
    return frame


def customers(people: Sequence[TrackedBox], watch: ServiceWatch) -> tuple[list[TrackedBox], list[TrackedBox]]:
    """The people of a picture who count and are not taken for staff; and the others: nobody looks closer."""
    roles = watch.present()
    whom: tuple[list[TrackedBox], list[TrackedBox]] = ([], [])
    for one in people:
        whom[roles.get(one.track_id, Role.STAFF) is Role.STAFF].append(one)
    return whom


def _seen_tracks(watch: ServiceWatch, sightings: Mapping[int, int], looks: Looks | None) -> list[SeenTrack]:
    roles = watch.roles()
    return [
        SeenTrack(
            span=span,
            role=roles[span.track_id],
            frames=sightings[span.track_id],
            zones=watch.zones_of(span.track_id),
            looks=looks.take(span.track_id) if looks is not None else NOTHING_SEEN,
        )
        for span in watch.track_spans()
    ]
