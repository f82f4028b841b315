"""The loop over one recording: frames in, tracks and events out. Writes nothing but tracks.csv."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TextIO

import numpy as np
import numpy.typing as npt

from sightline.domain.crossing import Crossing, LineCount, LineCounter, LineTally
from sightline.domain.detection import Detections
from sightline.domain.event import Role, ServiceEvent
from sightline.domain.role import NO_CUES
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.seen_boxes import BoxCollector, BoxStretch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.track_looks import NOTHING_SEEN
from sightline.domain.zone import FloorPlan, Zone, ZoneKind
from sightline.pipeline.looking import Looks, StaffCues
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.tracking.missing import Merge
from sightline.tracking.mot_files import mot_lines
from sightline.tracking.protocol import Tracker
from sightline.tracking.resemblance import Look
from sightline.video.picture import Frame
from sightline.vision.clothes import Clothes


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
        merges: who came back under their number after a long gap.
        crossings: who crossed which of the lines that are drawn to count over, in the order it was seen.
        lines: what these come to, for each line.
    """

    events: tuple[ServiceEvent, ...]
    tracks: tuple[SeenTrack, ...]
    coverage: dict[datetime, int]
    boxes: tuple[BoxStretch, ...] = ()
    merges: tuple[Merge, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    lines: tuple[LineCount, ...] = ()

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
    clothes: Clothes | None = None,
    looks: Looks | None = None,
    cues: StaffCues | None = None,
) -> WatchedFootage:
    """Track and judge every given frame, in capture order.

    Args:
        detected: frames as chosen by the video room, each with the people in it; time only ever comes from
            their `captured_at`.
        tracks_file: receives MOTChallenge lines; frames are numbered from 1 as in the source.
        on_frame: called after each frame, for progress; must not wait.
        clothes: what the tracker knows people by beside their motion.
        looks, cues: given where people are looked at closer. Where any of the three is given, the frames must
            have their pixels.

    Returns:
        Events, tracks and coverage. The end of the footage closes what is still open.
    """
    watch = ServiceWatch(rules)
    sightings: Counter[int] = Counter()
    coverage: Counter[datetime] = Counter()
    events: list[ServiceEvent] = []
    collector, boxes = BoxCollector(), list[BoxStretch]()
    counter, crossings = LineCounter(rules.lines), list[Crossing]()
    doors = Doors(rules.zones)
    for frame, detections in detected:
        look, at_door = look_of(clothes, frame, detections), doors.hold(frame, detections)
        people = tuple(tracker.update(frame.captured_at, detections, look, at_door))
        coverage[frame.captured_at.replace(second=0, microsecond=0)] += 1
        sightings.update(person.track_id for person in people)
        tracks_file.writelines(mot_lines(frame.index + 1, people))
        seen = TrackedFrame(
            captured_at=frame.captured_at, width=frame.width, height=frame.height, people=people
        )
        boxes += collector.see(seen)
        crossings += counter.see(seen)
        events += watch.see(seen, cues.see(pixels_of(frame), people) if cues is not None else NO_CUES)
        if looks is not None:
            whom, others = customers(people, watch)
            looks.see(pixels_of(frame), whom, watch.standing_in(ZoneKind.QUEUE), others)
        on_frame(frame)
    events += watch.finish()
    if looks is not None:
        looks.finish()
    tally = LineTally(rules.lines)
    tally.see(crossings, {track: decision.role for track, decision in watch.roles().items()})
    return WatchedFootage(
        events=tuple(sorted(events, key=lambda event: (event.started_at, event.kind))),
        tracks=tuple(_seen_tracks(watch, sightings, looks)),
        coverage=dict(coverage),
        boxes=(*boxes, *collector.finish()),
        merges=tuple(tracker.take_merges()),
        crossings=tuple(crossings),
        lines=tally.counts(),
    )


def look_of(clothes: Clothes | None, frame: TimedFrame, people: Detections) -> Look | None:
    """How the tracker may ask what people of a picture look like; None: it is to go by motion alone."""
    if clothes is None:
        return None
    picture, vectors = pixels_of(frame), clothes.vectors
    return Look(lambda rows: vectors(picture, people.boxes[rows]), clothes.even, clothes.same)


class Doors:
    """The zones of a camera where people come in and go out."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._plan = FloorPlan(tuple(zone for zone in zones if zone.kind is ZoneKind.ENTRANCE), None)

    def hold(self, frame: TimedFrame, people: Detections) -> npt.NDArray[np.bool_] | None:
        """Whose feet are in one of them, (N,); None without any."""
        if not self._plan.zones:
            return None
        feet = [((x1 + x2) / 2, y2) for x1, _, x2, y2 in people.boxes.tolist()]
        located = self._plan.locate(feet, frame.width, frame.height)
        return np.array([max(where.depths.values()) > 0 for where in located], bool)


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
