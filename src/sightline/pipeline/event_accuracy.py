"""How well events agree with a known truth: precision, recall, and how far starts and ends are off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.domain.detection import FloatArray
from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.overlap import pairwise_iou
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.simulate.truth import EventTruth, Truth

KINDS = (EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE)
SAME_PERSON_IOU = 0.3
VISIBLE_ENOUGH = 0.2
"""Share of a body that must be seen for the person to count as seen in a frame of the true tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Found events held against true ones, of one kind.

    Attributes:
        true, found, matched: numbers of events.
        start_errors_s, end_errors_s: absolute, seconds, one per matched event.
        missed, invented: what was not matched, for a person to look at.
    """

    kind: EventKind
    true: int
    found: int
    matched: int
    start_errors_s: tuple[float, ...]
    end_errors_s: tuple[float, ...]
    missed: tuple[str, ...]
    invented: tuple[str, ...]

    @property
    def precision(self) -> float | None:
        return self.matched / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.matched / self.true if self.true else None


def true_tracks(truth: Truth, analysis_fps: float) -> Iterable[TrackedFrame]:
    """The truth as a perfect tracker would give it, at about `analysis_fps` frames a second."""
    step = max(1, round(truth.fps / analysis_fps))
    for frame in range(0, truth.frames, step):
        people = tuple(
            TrackedBox(track.person_id, _box(track.boxes[frame - track.first_frame]), 1.0)
            for track in truth.tracks
            if frame in track.frames and track.visible[frame - track.first_frame] >= VISIBLE_ENOUGH
        )
        yield TrackedFrame(
            captured_at=truth.at(frame / truth.fps), width=truth.width, height=truth.height, people=people
        )


def events_from(frames: Iterable[TrackedFrame], rules: CameraRules) -> list[ServiceEvent]:
    """What the rules conclude from tracked frames."""
    watch = ServiceWatch(rules)
    events = [event for frame in frames for event in watch.see(frame)]
    return events + watch.finish()


def people_of(truth: Truth, seen: Iterable[tuple[int, int, TrackedBox]]) -> dict[int, int]:
    """Which true person each track mostly followed.

    Args:
        seen: frame number in the video, track id and box, for every sighting.
    """
    votes: dict[int, Counter[int]] = {}
    by_frame: dict[int, list[tuple[int, TrackedBox]]] = {}
    for frame, track_id, box in seen:
        by_frame.setdefault(frame, []).append((track_id, box))
    for frame, sightings in by_frame.items():
        present = [track for track in truth.tracks if frame in track.frames]
        if not present:
            continue
        true_boxes = np.stack([track.boxes[frame - track.first_frame] for track in present])
        boxes = np.array([box.box for _, box in sightings], np.float32)
        for (track_id, _), overlaps in zip(sightings, pairwise_iou(boxes, true_boxes), strict=True):
            best = int(overlaps.argmax())
            if overlaps[best] >= SAME_PERSON_IOU:
                votes.setdefault(track_id, Counter())[present[best].person_id] += 1
    return {track_id: counted.most_common(1)[0][0] for track_id, counted in votes.items()}


def agreement(
    truth: Truth, events: Sequence[ServiceEvent], kind: EventKind, people: dict[int, int] | None = None
) -> Agreement:
    """Match found to true events of one kind, one to one.

    An event is right when the same customer is in it and it overlaps the true one by half or more of the
    longer of the two; among several pairings the one with most overlap counts.

    Args:
        people: true person of each track; None when the track ids are the true ones.
    """
    wanted = list(truth.events_of(kind.value))
    found = [event for event in events if event.kind is kind]
    share = np.zeros((len(wanted), len(found)))
    for row, one in enumerate(wanted):
        for column, event in enumerate(found):
            customer = event.participants[-1].track_id
            person = customer if people is None else people.get(customer)
            if person == one.customer_id:
                share[row, column] = _common_share(truth, one, event)
    share[share < 0.5] = 0
    rows, columns = linear_sum_assignment(-share)
    pairs = [(row, column) for row, column in zip(rows, columns, strict=True) if share[row, column] > 0]
    matched_rows, matched_columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return Agreement(
        kind=kind,
        true=len(wanted),
        found=len(found),
        matched=len(pairs),
        start_errors_s=tuple(
            abs((found[column].started_at - truth.at(wanted[row].start)).total_seconds())
            for row, column in pairs
        ),
        end_errors_s=tuple(
            abs((found[column].ended_at - truth.at(wanted[row].end)).total_seconds()) for row, column in pairs
        ),
        missed=tuple(
            f"seed {truth.seed}: {kind.value} of {one.customer_id} {one.start:.1f}-{one.end:.1f} s"
            for row, one in enumerate(wanted)
            if row not in matched_rows
        ),
        invented=tuple(
            f"seed {truth.seed}: {kind.value} of {_whom(event, people)} {_seconds(truth, event)}"
            for column, event in enumerate(found)
            if column not in matched_columns
        ),
    )


def pooled(parts: Sequence[Agreement]) -> Agreement:
    """Several recordings as one."""
    return Agreement(
        kind=parts[0].kind,
        true=sum(part.true for part in parts),
        found=sum(part.found for part in parts),
        matched=sum(part.matched for part in parts),
        start_errors_s=tuple(error for part in parts for error in part.start_errors_s),
        end_errors_s=tuple(error for part in parts for error in part.end_errors_s),
        missed=tuple(text for part in parts for text in part.missed),
        invented=tuple(text for part in parts for text in part.invented),
    )


def _common_share(truth: Truth, one: EventTruth, event: ServiceEvent) -> float:
    start, end = truth.at(one.start), truth.at(one.end)
    common = min(end, event.ended_at) - max(start, event.started_at)
    longer = max(end - start, event.duration, timedelta(microseconds=1))
    return max(common / longer, 0.0)


def _seconds(truth: Truth, event: ServiceEvent) -> str:
    def offset(at: datetime) -> float:
        return (at - truth.recorded_at).total_seconds()

    return f"{offset(event.started_at):.1f}-{offset(event.ended_at):.1f} s"


def _whom(event: ServiceEvent, people: dict[int, int] | None) -> str:
    tracks = [person.track_id for person in event.participants]
    return " and ".join(str(track if people is None else people.get(track, f"?{track}")) for track in tracks)


def _box(row: FloatArray) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in row)
    return (x1, y1, x2, y2)
