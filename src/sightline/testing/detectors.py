"""A detector that sees what a script says, so that a whole recording can be analysed without a model."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from sightline.domain.detection import Detections
from sightline.domain.track import Box
from sightline.vision.picture import Picture

Script = Callable[[float], Sequence[Box]]
"""Seconds since the first picture -> the people in sight, xyxy pixels."""


class ScriptedDetector:
    """See `vision.picture.Detector`. Every box is certain.

    Args:
        began_at: what the script's seconds count from; default the first picture.
    """

    def __init__(self, script: Script, began_at: datetime | None = None) -> None:
        self.name = "scripted"
        self.note = ""
        self.parallel = 1
        self.batch = 1
        self.needs_every_picture = False
        self._script = script
        self._began_at = began_at

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name}

    def detect(self, picture: Picture) -> Detections:
        self._began_at = self._began_at or picture.captured_at
        boxes = self._script((picture.captured_at - self._began_at).total_seconds())
        if not boxes:
            return Detections.none()
        return Detections(np.array(boxes, np.float32), np.ones(len(boxes), np.float32))

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        return [self.detect(picture) for picture in pictures]
