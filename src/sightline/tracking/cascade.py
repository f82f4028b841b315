"""The tracker itself: tracks and detections are matched in stages, the surest first."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from sightline.domain.detection import Detections
from sightline.domain.track import TrackedBox
from sightline.tracking.association import Likeness, Meeting, Pairs, assign, overlap
from sightline.tracking.camera_motion import common_shift
from sightline.tracking.missing import Merge, Missing, MissingPeople
from sightline.tracking.motion import BoxMotion, Gait, to_cxcywh
from sightline.tracking.resemblance import ALONE, LOOKS_A_FRAME, FrameLooks, Look, Wardrobe, doubtful

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

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
        absence: how long the number of one that looks are known of is kept for who comes back.
        door: how long a track last seen at a door is kept, without looks, too; at least until the next frame.
        doubt: how long a track seen only once is kept; at least until the next frame.
    """

    start_score: float = SURE[0]
    memory: timedelta = timedelta(seconds=5)
    absence: timedelta = timedelta(seconds=20)
    door: timedelta = timedelta(seconds=1)
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
        self._ranges = {stage.scores for stage in stages}
        self._memory_s, self._absence_s = life.memory.total_seconds(), life.absence.total_seconds()
        self._door_s, self._doubt_s = life.door.total_seconds(), life.doubt.total_seconds()
        self._motion = BoxMotion(gait)
        self._wardrobe = Wardrobe()
        self._id: Rows = np.empty(0, np.intp)  # 0 while unconfirmed
        self._seen_s: Floats = np.empty(0)
        self._measured: Floats = np.empty((0, 4))  # boxes as last detected, cxcywh
        self._missing = MissingPeople()
        self._at_door: Mask = np.empty(0, bool)  # when seen last
        self._patience_s: Floats = np.empty(0)  # for how long each may be unseen
        self._merges: list[Merge] = []
        self._last_id = 0
        self._first_at: datetime | None = None
        self._now_s = 0.0

    def facts(self) -> dict[str, float | str]:
        """See `Tracker.facts`."""
        spans = {"memory_s": self._life.memory, "absence_s": self._life.absence, "door_s": self._life.door}
        life = {name: span.total_seconds() for name, span in spans.items()}
        return {"name": self.name, **life, "start_score": self._life.start_score, **asdict(self._gait)}

    @property
    def missing(self) -> Collection[int]:
        """See `Tracker.missing`."""
        return self._missing.track_ids

    def take_merges(self) -> list[Merge]:
        """See `Tracker.take_merges`."""
        taken, self._merges = self._merges, []
        return taken

    def end_all(self) -> None:
        """See `Tracker.end_all`."""
        self._keep(np.zeros(len(self._id), bool))
        self._missing = MissingPeople()

    def update(
        self,
        captured_at: datetime,
        detections: Detections,
        look: Look | None = None,
        at_door: Mask | None = None,
    ) -> list[TrackedBox]:
        """See `Tracker.update`."""
        first_frame = self._first_at is None
        before_s = self._advance(captured_at)
        self._forget(before_s)
        boxes = to_cxcywh(detections.boxes)
        scores = np.minimum(np.maximum(detections.scores, 0.0, dtype=np.float64), 1.0)
        if self._follows_camera:
            self._follow(boxes.take((scores >= SURE[0]).nonzero()[0], axis=0), before_s)
        looks = FrameLooks(look, len(boxes)) if look is not None else None
        owner = self._matched(boxes, scores, before_s, looks)  # row of the track of each detection
        found = (owner >= 0).nonzero()[0]
        rows, measured = owner[found], boxes.take(found, axis=0)
        self._motion.update(rows, measured)
        self._seen_s[rows], self._measured[rows] = self._now_s, measured
        if looks is not None:
            self._reunite(looks, boxes, owner)
        self._confirm(rows)
        if at_door is None:
            self._at_door[rows], self._patience_s[rows] = False, self._memory_s
        else:
            self._at_door[rows] = at_door[found]
            self._patience_s[rows] = np.where(at_door[found], self._door_s, self._memory_s)
        if looks is not None:
            self._learn(looks, boxes, owner)
        self._start(boxes, scores, owner, at_door, confirmed=first_frame)
        return self._seen(detections, scores, owner)

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
        kept = self._seen_s >= before_s
        if self._now_s - before_s > self._memory_s:  # nobody watched: anybody may have come and gone
            kept &= self._id == 0
            self._missing = MissingPeople()
        else:
            self._missing.forget(self._now_s - self._absence_s)
        kept |= self._now_s - self._seen_s <= self._patience_s
        if not kept.all():
            if self._now_s - before_s <= self._memory_s:
                self._miss(((self._id > 0) & ~self._at_door & ~kept).nonzero()[0])
            self._keep(kept)

    def _miss(self, rows: Rows) -> None:
        rows = rows[self._wardrobe.known(rows)]
        self._missing.add([
            Missing(int(self._id[row]), float(self._seen_s[row]), self._measured[row].copy(), mean)
            for row, mean in zip(rows, self._wardrobe.means(rows), strict=True)
        ])  # fmt: skip

    def _keep(self, kept: Mask) -> None:
        self._motion.keep(kept)
        self._wardrobe.keep(kept)
        self._id, self._seen_s = self._id[kept], self._seen_s[kept]
        self._measured, self._at_door = self._measured[kept], self._at_door[kept]
        self._patience_s = self._patience_s[kept]

    def _follow(self, sure: Floats, before_s: float) -> None:
        shift = common_shift(self._motion.position[self._seen_s >= before_s], sure)
        if shift is not None:
            self._motion.shift(shift)

    def _matched(self, boxes: Floats, scores: Floats, before_s: float, looks: FrameLooks | None) -> Rows:
        """Go through the stages; returns the row of the track of each detection, -1 for none."""
        owner: Rows = np.full(len(boxes), -1, np.intp)
        if not len(self._id):
            return owner
        motion = self._motion
        meeting = Meeting(motion.position, motion.innovation_variance(), boxes, scores)
        free = {True: self._id == 0, False: self._id > 0}  # tracks without a detection, by unconfirmed
        unmatched = {each: (scores >= each[0]) & (scores < each[1]) for each in self._ranges}
        for stage in self._stages:
            found, tracks = unmatched[stage.scores], free[stage.unconfirmed]
            if not np.count_nonzero(found):
                continue
            if stage.unseen < timedelta.max:
                tracks = tracks & (self._seen_s >= min(before_s, self._now_s - stage.unseen.total_seconds()))
            if not np.count_nonzero(tracks):
                continue
            pairs = stage.likeness(meeting, tracks, found)
            if looks is not None:
                pairs = self._weighed(stage.likeness, pairs, looks, (len(tracks), len(found)))
            rows, columns = assign(pairs)
            owner[columns] = rows
            free[stage.unconfirmed][rows] = False
            for each in unmatched.values():
                each[columns] = False
        return owner

    def _weighed(self, likeness: Likeness, pairs: Pairs, looks: FrameLooks, shape: tuple[int, int]) -> Pairs:
        """Those pairs that have a rival also by their looks."""
        allowed = np.zeros(shape, bool)
        allowed[pairs.rows, pairs.columns] = True
        doubted, rivals = (each.nonzero()[0] for each in doubtful(allowed))
        doubted = doubted[self._wardrobe.known(doubted)]
        if not (len(doubted) and len(rivals)):
            return pairs
        resembling = np.full(shape, np.nan)
        resembling[np.ix_(doubted, rivals)] = self._wardrobe.resemble(doubted, looks.of(rivals), looks.even)
        alike = resembling[pairs.rows, pairs.columns]
        return pairs._replace(gain=np.where(np.isnan(alike), pairs.gain, likeness.weighed(pairs.gain, alike)))

    def _learn(self, looks: FrameLooks, boxes: Floats, owner: Rows) -> None:
        """Keep what was seen in doubt, and look at some whom nobody looked at for a while.

        Only at people who stand alone: else it is somebody else's clothes that would be learnt.
        """
        alone = _alone((owner >= 0).nonzero()[0], boxes)
        due = alone[self._wardrobe.is_due(owner[alone], self._now_s)]
        # Unknown ones first, then by row, so that the same detections are asked for again and again.
        due = due[np.argsort(self._wardrobe.known(owner[due]), kind="stable")][:LOOKS_A_FRAME]
        learnt = np.union1d(np.intersect1d(alone, looks.seen), due)
        if len(learnt):
            self._wardrobe.learn(owner[learnt], looks.of(learnt), self._now_s)

    def _reunite(self, looks: FrameLooks, boxes: Floats, owner: Rows) -> None:
        """Give those their number back who are about to get a new one and were here before.

        Who was first seen at a door has come in.
        """
        found = (owner >= 0).nonzero()[0]
        found = found[(self._id[owner[found]] == 0) & ~self._at_door[owner[found]]]
        found = _alone(found[self._missing.near(boxes[found])], boxes)
        if not len(found):
            return
        vectors = looks.of(found)
        known = (self._id > 0).nonzero()[0]
        others = self._wardrobe.means(known[self._wardrobe.known(known)])
        for one in self._missing.reunited(boxes[found], vectors, others, same=looks.same):
            row, lost = owner[found[one.place]], one.missing
            self._id[row] = lost.track_id
            self._wardrobe.learn(np.array([row]), lost.mean[None], self._now_s)
            assert self._first_at is not None
            self._merges.append(
                Merge(
                    track_id=lost.track_id,
                    lost_at=self._first_at + timedelta(seconds=lost.seen_s),
                    back_at=self._first_at + timedelta(seconds=self._now_s),
                    cosine=one.cosine,
                    runner_up=one.runner_up,
                    heights=one.heights,
                )
            )

    def _confirm(self, rows: Rows) -> None:
        fresh = rows[self._id[rows] == 0]
        if len(fresh):
            self._id[fresh] = self._last_id + 1 + np.arange(len(fresh))
            self._last_id += len(fresh)

    def _start(
        self, boxes: Floats, scores: Floats, owner: Rows, at_door: Mask | None, *, confirmed: bool
    ) -> None:
        fresh = ((owner < 0) & (scores >= self._life.start_score)).nonzero()[0]
        if not len(fresh):
            return
        rows = len(self._id) + np.arange(len(fresh))
        doors = np.zeros(len(fresh), bool) if at_door is None else at_door[fresh]
        patience_s = np.full(len(fresh), self._doubt_s)
        self._motion.start(boxes[fresh])
        self._wardrobe.add(len(fresh))
        self._id = np.concatenate([self._id, np.zeros(len(fresh), np.intp)])
        self._seen_s = np.concatenate([self._seen_s, np.full(len(fresh), self._now_s)])
        self._measured = np.concatenate([self._measured, boxes[fresh]])
        self._at_door = np.concatenate([self._at_door, doors])
        if confirmed:
            patience_s = np.where(doors, self._door_s, self._memory_s)
            owner[fresh] = rows
            self._confirm(rows)
        self._patience_s = np.concatenate([self._patience_s, patience_s])

    def _seen(self, detections: Detections, scores: Floats, owner: Rows) -> list[TrackedBox]:
        shown = (owner >= 0).nonzero()[0]
        ids = self._id[owner[shown]]
        order = ids.argsort()
        shown = shown[order]
        boxes = zip(*detections.boxes.take(shown, axis=0).T.tolist(), strict=True)
        return list(map(TrackedBox, ids[order].tolist(), boxes, scores[shown].tolist()))


def _alone(rows: Rows, boxes: Floats) -> Rows:
    """Those of the detections `rows` that overlap no other one by much."""
    own, others, area, _ = overlap(boxes[rows], boxes)
    alone = np.ones(len(rows), bool)
    alone[own[(area > ALONE) & (rows[own] != others)]] = False
    return rows[alone]
