"""Where the people of a camera stood, a stretch of at most a minute at a time, for showing it later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sightline.domain.track import Box, TrackedFrame

LONGEST = timedelta(minutes=1)
STEP = timedelta(milliseconds=180)
"""No more pictures than about five a second: between two of them whoever shows them draws a line."""


@dataclass(frozen=True, slots=True)
class SeenBox:
    """One person in one picture. `box` is xyxy in shares of the picture's width and height."""

    at: datetime
    track_id: int
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStretch:
    """All people of a stretch.

    Attributes:
        begins_at, ends_at: first and last picture with anybody in it.
        width, height: pixels of the picture.
    """

    begins_at: datetime
    ends_at: datetime
    width: int
    height: int
    boxes: tuple[SeenBox, ...]


@dataclass(slots=True)
class BoxCollector:
    """Turns pictures into stretches; keeps a minute of them at most. Every picture has to be shown to it."""

    _boxes: list[SeenBox] = field(default_factory=list)
    _size: tuple[int, int] = (0, 0)
    _last: datetime | None = None

    def see(self, frame: TrackedFrame) -> Iterator[BoxStretch]:
        """The stretch that is complete with this picture, if one is. To be iterated to its end."""
        size = (frame.width, frame.height)
        if self._boxes and (size != self._size or frame.captured_at - self._boxes[0].at >= LONGEST):
            yield from self.finish()
        if not frame.people or (self._last is not None and frame.captured_at - self._last < STEP):
            return
        self._size, self._last = size, frame.captured_at
        for person in frame.people:
            x1, y1, x2, y2 = person.box
            relative = (x1 / frame.width, y1 / frame.height, x2 / frame.width, y2 / frame.height)
            self._boxes.append(SeenBox(frame.captured_at, person.track_id, relative))

    def finish(self) -> Iterator[BoxStretch]:
        """What has been seen since the last complete stretch."""
        if self._boxes:
            boxes, self._boxes = tuple(self._boxes), []
            yield BoxStretch(
                begins_at=boxes[0].at,
                ends_at=boxes[-1].at,
                width=self._size[0],
                height=self._size[1],
                boxes=boxes,
            )
