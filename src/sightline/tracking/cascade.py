"""The tracker itself: tracks and detections are matched in stages, the surest first."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections
from sightline.domain.track import TrackedBox
from sightline.tracking.association import Likeness, Predicted, assign, overlap
from sightline.tracking.camera_motion import common_shift
from sightline.tracking.motion import BoxMotion, Gait, to_cxcywh
from sightline.tracking.resemblance import ALONE, LOOKS_A_FRAME, FrameLooks, Look, Wardrobe, doubtful

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

SURE = (0.4, 1.01)
"""Scores of detections that are believed by themselves: they may start a track.

Small detectors on small people rarely say more than 0.6; a third of the people at a shop's till score below
that. The public trackers' 0.6 fits large models.
"""
DOUBTED = (0.1, SURE[0])
"""Scores of detections that are believed only where a track is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One round of matching among the tracks and detections that earlier rounds left over.

    Attributes:
        scores: detections from this score (inclusive) to that one (exclusive) take part.
        likeness: what a pair gains by, see `association`.
        unseen: tracks not seen for longer than this take no part; those of the last frame always do.
        unconfirmed: match the tracks that still wait for their second detection, and only them.
    """

    scores: tuple[float, float]
    likeness: Likeness
    unseen: timedelta = timedelta.max
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """When a track begins and when it ends.

    Attributes:
        start_score: an unmatched detection from this score on starts a track.
        memory: how long a track that is not seen is kept.
        doubt: how long a track seen only once is kept; at least until the next frame.
    """

    start_score: float = SURE[0]
    memory: timedelta = timedelta(seconds=5)
    doubt: timedelta = timedelta(0)


class CascadeTracker:
    """A tracker made of a motion model, matching stages and rules of life. See `Tracker` for `update`."""

    def __init__(
        self, name: str, *, gait: Gait, stages: Sequence[Stage], life: Life, follows_camera: bool = False
    ) -> None:
        """Put a tracker together.

        Args:
            follows_camera: move all tracks with the picture when people tell that it moved, see
                `camera_motion`.
        """
        self.name = name
        self._follows_camera = follows_camera
        self.memory = life.memory
        self._gait, self._stages, self._life = gait, tuple(stages), life
        self._motion = BoxMotion(gait)
        self._wardrobe = Wardrobe()
        self._id: Rows = np.empty(0, np.intp)  # 0 while unconfirmed
        self._seen_s: Floats = np.empty(0)
        self._last_id = 0
        self._first_at: datetime | None = None
        self._now_s = 0.0

    def facts(self) -> dict[str, float | str]:
        """Name and parameters, for the manifest."""
        life = {"memory_s": self.memory.total_seconds(), "start_score": self._life.start_score}
        return {"name": self.name, **life, **asdict(self._gait)}

    def update(
        self, captured_at: datetime, detections: Detections, look: Look | None = None
    ) -> list[TrackedBox]:
        """See `Tracker.update`."""
        first_frame = self._first_at is None
        before_s = self._advance(captured_at)
        self._forget(before_s)
        boxes = to_cxcywh(detections.boxes)
        scores = np.clip(detections.scores.astype(np.float64), 0.0, 1.0)
        owner = np.full(len(boxes), -1, np.intp)  # row of the track of each detection
        if self._follows_camera:
            self._follow(boxes[scores >= SURE[0]], before_s)
        looks = FrameLooks(look, len(boxes)) if look is not None else None
        for stage in self._stages:
            self._match(stage, boxes, scores, owner, before_s, looks)
        found = (owner >= 0).nonzero()[0]
        self._motion.update(owner[found], boxes[found])
        self._seen_s[owner[found]] = self._now_s
        self._confirm(owner[found])
        if looks is not None:
            self._learn(looks, boxes, owner)
        self._start(boxes, scores, owner, confirmed=first_frame)
        return self._seen(detections, owner)

    def _advance(self, captured_at: datetime) -> float:
        """Predict all tracks for `captured_at`; returns the time of the frame before, seconds."""
        before_s = self._now_s
        if self._first_at is None:
            self._first_at = captured_at
            return before_s
        self._now_s = (captured_at - self._first_at).total_seconds()
        if self._now_s < before_s:
            raise ValueError(f"frames must come in order of time, {captured_at} is too early")
        self._motion.predict(self._now_s - before_s)
        return before_s

    def _forget(self, before_s: float) -> None:
        unseen_s = self._now_s - self._seen_s
        kept = unseen_s <= np.where(
            self._id > 0, self.memory.total_seconds(), self._life.doubt.total_seconds()
        )
        kept |= (self._id == 0) & (self._seen_s >= before_s)
        if not kept.all():
            self._motion.keep(kept)
            self._wardrobe.keep(kept)
            self._id, self._seen_s = self._id[kept], self._seen_s[kept]

    def _follow(self, sure: Floats, before_s: float) -> None:
        shift = common_shift(self._motion.position[self._seen_s >= before_s], sure)
        if shift is not None:
            self._motion.shift(shift)

    def _match(
        self,
        stage: Stage,
        boxes: Floats,
        scores: Floats,
        owner: Rows,
        before_s: float,
        looks: FrameLooks | None,
    ) -> None:
        lowest, below = stage.scores
        found = ((owner < 0) & (scores >= lowest) & (scores < below)).nonzero()[0]
        if not len(found):
            return
        free = (self._id == 0) if stage.unconfirmed else (self._id > 0)
        free[owner[owner >= 0]] = False
        free &= self._seen_s >= min(before_s, self._now_s - stage.unseen.total_seconds())
        tracks = free.nonzero()[0]
        if not len(tracks):
            return
        predicted = Predicted(self._motion.position[tracks], self._motion.innovation_variance()[tracks])
        gain, allowed = stage.likeness(predicted, boxes[found], scores[found])
        if looks is not None:
            doubted, rivals = (each.nonzero()[0] for each in doubtful(allowed))
            doubted = doubted[self._wardrobe.known(tracks[doubted])]
            if len(doubted) and len(rivals):
                here = np.ix_(doubted, rivals)
                resembling = self._wardrobe.resemble(tracks[doubted], looks.of(found[rivals]))
                gain[here] = stage.likeness.weighed(gain[here], resembling)
        rows, columns = assign(gain, allowed)
        owner[found[columns]] = tracks[rows]

    def _learn(self, looks: FrameLooks, boxes: Floats, owner: Rows) -> None:
        """Keep what was seen in doubt, and look at some whom nobody looked at for a while.

        Only at people who stand alone: else it is somebody else's clothes that would be learnt.
        """
        matched = (owner >= 0).nonzero()[0]
        near, _ = overlap(boxes[matched], boxes)
        near[np.arange(len(matched)), matched] = 0
        alone = matched[near.max(axis=1, initial=0) <= ALONE]
        due = alone[self._wardrobe.is_due(owner[alone], self._now_s)]
        # Unknown ones first, then by row, so that the same detections are asked for again and again.
        due = due[np.argsort(self._wardrobe.known(owner[due]), kind="stable")][:LOOKS_A_FRAME]
        learnt = np.union1d(np.intersect1d(alone, looks.seen), due)
        if len(learnt):
            self._wardrobe.learn(owner[learnt], looks.of(learnt), self._now_s)

    def _confirm(self, rows: Rows) -> None:
        fresh = rows[self._id[rows] == 0]
        self._id[fresh] = self._last_id + 1 + np.arange(len(fresh))
        self._last_id += len(fresh)

    def _start(self, boxes: Floats, scores: Floats, owner: Rows, *, confirmed: bool) -> None:
        fresh = ((owner < 0) & (scores >= self._life.start_score)).nonzero()[0]
        if not len(fresh):
            return
        rows = len(self._id) + np.arange(len(fresh))
        owner[fresh] = rows
        self._motion.start(boxes[fresh])
        self._wardrobe.add(len(fresh))
        self._id = np.concatenate([self._id, np.zeros(len(fresh), np.intp)])
        self._seen_s = np.concatenate([self._seen_s, np.full(len(fresh), self._now_s)])
        if confirmed:
            self._confirm(rows)

    def _seen(self, detections: Detections, owner: Rows) -> list[TrackedBox]:
        shown = (owner >= 0).nonzero()[0]
        shown = shown[self._id[owner[shown]] > 0]
        ids = self._id[owner[shown]]
        order = np.argsort(ids)
        shown = shown[order]
        return [
            TrackedBox(track_id, (x1, y1, x2, y2), score)
            for track_id, (x1, y1, x2, y2), score in zip(
                ids[order].tolist(),
                detections.boxes[shown].tolist(),
                np.clip(detections.scores[shown], 0.0, 1.0).tolist(),
                strict=True,
            )
        ]
