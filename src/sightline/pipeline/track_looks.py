"""Closer looks at the tracks of one camera: crops are taken in the frame loop, and looked at beside it."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
import structlog

from sightline.domain.body_pose import BodyPose
from sightline.domain.engagement import bearing_of
from sightline.domain.stationarity import Movement
from sightline.domain.track import Box, TrackedBox
from sightline.domain.track_looks import NOTHING_SEEN, TimedBearing, TrackLooks
from sightline.errors import SightlineError
from sightline.pipeline.face_looks import BestFaces
from sightline.pipeline.look_models import OpenLooks, SiteLooks
from sightline.pipeline.look_sampling import LookSampler, upper_part
from sightline.pipeline.look_worker import LookWorker
from sightline.vision.crop import Crop, cut
from sightline.vision.picture import Picture
from sightline.vision.pose import CROP_MARGIN

log = structlog.get_logger()

MOST_BEARINGS = 600
"""Kept of one track: an hour of looks each 6 seconds. Beyond it every second one of the older half goes."""
TROUBLE_EVERY_S = 60.0


@dataclass(slots=True)
class _Known:
    """What is known of one track so far; the pictures it came from are gone."""

    movement: Movement = field(default_factory=Movement)
    faces: BestFaces = field(default_factory=BestFaces)
    bearings: list[TimedBearing] = field(default_factory=list)

    def add(self, bearing: TimedBearing) -> None:
        self.bearings.append(bearing)
        if len(self.bearings) > MOST_BEARINGS:
            del self.bearings[1 : MOST_BEARINGS // 2 : 2]


@dataclass(frozen=True, slots=True)
class _PoseWanted:
    """One person in one picture, waiting for the pose model; speed and queue as of that picture."""

    track_id: int
    at: datetime
    crop: Crop
    box: Box
    speed: float | None
    in_queue: bool


@dataclass(slots=True)
class LookCounts:
    """What became of the looks that were chosen.

    Attributes:
        faces, poses: people looked at, whether or not something was found.
        let_go: there was no time for them.
        failed: a model failed on them.
        busy_s: time the looks took, seconds.
    """

    faces: int = 0
    poses: int = 0
    let_go: int = 0
    failed: int = 0
    busy_s: float = 0.0


class CloserLooks:
    """See `Looks`.

    Args:
        site: the models, shared.
        worker: who looks; shared among the cameras of a process, or of this recording alone.
        picture_ms: what analysing a picture costs besides, nominal milliseconds.
        patient: of recorded footage: waits rather than letting anything go.
        name: of the camera, for the log.
    """

    def __init__(
        self, site: SiteLooks, worker: LookWorker, *, picture_ms: float, patient: bool, name: str = ""
    ) -> None:
        self._site, self._worker = site, worker
        self._picture_ms, self._patient, self._name = picture_ms, patient, name
        self._sampler: LookSampler | None = None
        self._waiting: list[_PoseWanted] = []
        self._guard = threading.Lock()
        self._known: dict[int, _Known] = {}
        self._counts = LookCounts()
        self._since = monotonic()
        self._told_at = -TROUBLE_EVERY_S

    def see(
        self,
        frame: Picture,
        people: Sequence[TrackedBox],
        in_queue: Collection[int],
        others: Sequence[TrackedBox] = (),
    ) -> None:
        """See `Looks.see`."""
        opened = self._site.open()
        if opened.faces is None and opened.pose is None:
            return
        if self._sampler is None:
            self._sampler = LookSampler(opened.costs(self._picture_ms))
        at = frame.captured_at
        with self._guard:
            known = {one.track_id: self._known.setdefault(one.track_id, _Known()) for one in people}
        if opened.pose is not None:
            for one in people:
                known[one.track_id].movement.see(at, one.box, picture_height=frame.height)
        chosen = self._sampler.choose(at, people)
        if chosen.closes_call:
            self._look_at_poses(opened)
        boxes = [upper_part(one.box) for one in chosen.faces]
        boxes += [around(one.box, CROP_MARGIN) for one in chosen.poses]
        crops = iter(cut(frame, boxes))
        for one in chosen.faces:
            there = _overlapping(one, [*people, *others])
            self._ask(partial(self._see_face, opened, one.track_id, next(crops), there), 1)
        for one in chosen.poses:
            speed, queues = known[one.track_id].movement.speed, one.track_id in in_queue
            self._waiting.append(_PoseWanted(one.track_id, at, next(crops), one.box, speed, queues))
            if opened.pose is not None and len(self._waiting) == opened.pose.group:
                self._look_at_poses(opened)

    def take(self, track_id: int) -> TrackLooks:
        """See `Looks.take`. What has not been looked at by then is not looked at."""
        if self._sampler is not None:
            self._sampler.forget(track_id)
        wanted, faces = self._site.wanted, self._site.open().faces
        with self._guard:
            known = self._known.pop(track_id, None)
            if known is None:
                return NOTHING_SEEN
            votes, template = known.faces.votes(), None
            if faces is not None and faces.embedder is not None and votes.may_be_known_again:
                template = known.faces.template(faces.embedder.name)
        return TrackLooks(
            age_bracket=votes.age_bracket.label if wanted.demographics else None,
            gender=votes.gender.label if wanted.demographics else None,
            template=template,
            bearings=tuple(known.bearings),
        )

    def finish(self) -> None:
        """See `Looks.finish`."""
        if self._waiting:
            self._look_at_poses(self._site.open())
        self._worker.finish()

    def facts(self) -> Mapping[str, str | int | float]:
        """See `Looks.facts`."""
        return self._site.open().facts

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Looks.notes`."""
        return self._site.open().notes

    @property
    def counts(self) -> LookCounts:
        """A copy, as of now."""
        with self._guard:
            return replace(self._counts)

    def status(self) -> dict[str, Any]:
        """See `Looks.status`."""
        counts = self.counts
        return {
            **self._site.open().state,
            "faces_looked_at": counts.faces,
            "poses_looked_at": counts.poses,
            "let_go": counts.let_go,
            "failed": counts.failed,
            "busy_s": round(counts.busy_s, 3),
            "share": round(counts.busy_s / max(1.0, monotonic() - self._since), 4),
        }

    def _ask(self, look: partial[None], people: int) -> None:
        if not self._worker.put(
            partial(self._timed, look), partial(self._fail, people), patient=self._patient
        ):
            with self._guard:
                self._counts.let_go += people

    def _look_at_poses(self, opened: OpenLooks) -> None:
        """Ask for a call of the pose model with all who wait for it."""
        wanted, self._waiting = self._waiting, []
        self._ask(partial(self._see_poses, opened, wanted), len(wanted))

    def _timed(self, look: partial[None]) -> None:
        began = monotonic()
        try:
            look()
        finally:
            with self._guard:
                self._counts.busy_s += monotonic() - began

    def _see_face(self, opened: OpenLooks, track_id: int, crop: Crop, people: list[Box]) -> None:
        with self._guard:
            known = self._known.get(track_id)
        if known is None or opened.faces is None:
            return
        face = opened.faces.see(crop, np.array(people, np.float32), known.faces)
        with self._guard:
            self._counts.faces += 1
            if face is not None:
                known.faces.add(face)

    def _see_poses(self, opened: OpenLooks, wanted: Sequence[_PoseWanted]) -> None:
        with self._guard:
            still = [one for one in wanted if one.track_id in self._known]
        if not still or opened.pose is None:
            return
        boxes = np.array([one.box for one in still], np.float32)
        found = opened.pose.of_people([one.crop for one in still], boxes)
        with self._guard:
            self._counts.poses += len(still)
            for one, poses in zip(still, found, strict=True):
                pose = BodyPose(poses.points[0]) if len(poses) else None
                bearing = bearing_of(pose, one.speed, in_queue_zone=one.in_queue)
                known = self._known.get(one.track_id)
                if bearing is not None and known is not None:
                    known.add(TimedBearing(one.at, bearing))

    def _fail(self, people: int, error: Exception) -> None:
        """Once a minute at most: whatever it is, it may happen at each look."""
        with self._guard:
            self._counts.failed += people
            if monotonic() - self._told_at < TROUBLE_EVERY_S:
                return
            self._told_at = monotonic()
        log.warning(
            "somebody could not be looked at closer",
            camera=self._name or None,
            reason=str(error),
            exc_info=None if isinstance(error, SightlineError) else error,
        )


def around(box: Box, margin: float) -> Box:
    """A box with a margin on each side, a share of its longer side."""
    x1, y1, x2, y2 = box
    more = margin * max(x2 - x1, y2 - y1)
    return (x1 - more, y1 - more, x2 + more, y2 + more)


def _overlapping(one: TrackedBox, everybody: Sequence[TrackedBox]) -> list[Box]:
    """The box of a person, then those of all whose face may be in their crop."""
    x1, y1, x2, y2 = upper_part(one.box)
    return [
        one.box,
        *(
            other.box
            for other in everybody
            if other.track_id != one.track_id
            and other.box[0] < x2
            and other.box[2] > x1
            and other.box[1] < y2
            and other.box[3] > y1
        ),
    ]
