"""How well boxes with scores agree with labelled ones, over many pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sightline.domain.detection import Detections, FloatArray
from sightline.domain.overlap import pairwise_iou

SAME_IOU = 0.5


@dataclass(slots=True)
class Tally:
    """Detections judged so far: their scores, whether each was right, and how many people there were."""

    scores: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    people: int = 0

    def add(self, found: Detections, boxes: FloatArray, ignore: FloatArray) -> None:
        """Judge one picture.

        Best score first, each detection takes the free labelled box that it overlaps most, by at least
        `SAME_IOU`; without one it is wrong, unless it overlaps a box of `ignore` that much: then it does not
        count at all.

        Args:
            boxes, ignore: float32 arrays (N, 4), xyxy pixels of the same picture.
        """
        self.people += len(boxes)
        order = np.argsort(-found.scores, kind="stable")
        overlaps = pairwise_iou(found.boxes[order], boxes)
        excused = np.any(pairwise_iou(found.boxes[order], ignore) >= SAME_IOU, axis=1)
        for row, score in enumerate(found.scores[order]):
            best = int(overlaps[row].argmax()) if len(boxes) else -1
            right = best >= 0 and bool(overlaps[row, best] >= SAME_IOU)
            if right:
                overlaps[:, best] = 0  # taken
            elif excused[row]:
                continue
            self.scores.append(float(score))
            self.right.append(right)

    @property
    def precision(self) -> float | None:
        return sum(self.right) / len(self.right) if self.right else None

    @property
    def recall(self) -> float | None:
        return sum(self.right) / self.people if self.people else None

    def average_precision(self) -> float | None:
        """Area under precision over recall, all points: precision at a recall is the best at it or beyond.

        Source:
            Pascal VOC 2010 and later. COCO samples the same curve at 101 points, so its figures differ a
            little.
        """
        if not self.people:
            return None
        order = np.argsort(-np.array(self.scores), kind="stable")
        right = np.cumsum(np.array(self.right, float)[order])
        precision = right / np.arange(1, len(right) + 1)
        best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
        gained = np.diff(right / self.people, prepend=0.0)
        return float((gained * best_from_here).sum())


def middle_ratio(times: Sequence[float], reference: Sequence[float]) -> float:
    """Median over pictures of the time one took to that of the reference on the same picture."""
    return float(np.median(np.array(times) / np.array(reference)))
