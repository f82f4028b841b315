"""A detector that cannot be had yet. The camera is recorded all the same."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from sightline.domain.detection import Detections
from sightline.errors import SightlineError
from sightline.vision.picture import Detector, Picture

TRY_AGAIN_S = 60.0


class LateDetector:
    """See `Detector`. Refuses every picture until the real one can be opened, which it tries once a minute.

    A picture that is refused counts as not observed: unknown, not empty.

    Args:
        name: of the detector that is wanted.
        reason: why it could not be opened.
        open_detector: tries to; raises SightlineError when it still cannot be had.
    """

    parallel, batch = 1, 1
    needs_every_picture = True

    def __init__(self, name: str, reason: SightlineError, open_detector: Callable[[], Detector]) -> None:
        self.name, self.note = name, f"nothing is analysed: {reason}"
        self._reason, self._open = reason, open_detector
        self._lock = threading.Lock()
        self._try_at = monotonic() + TRY_AGAIN_S
        self._opened: Detector | None = None

    def facts(self) -> dict[str, str | int | float]:
        """See `Detector.facts`."""
        return self._opened.facts() if self._opened is not None else {"name": self.name}

    def detect(self, picture: Picture) -> Detections:
        """See `Detector.detect`.

        Raises:
            SightlineError: why the detector cannot be opened.
        """
        return self._real().detect(picture)

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        """See `Detector.detect_many`."""
        return [self.detect(picture) for picture in pictures]

    def _real(self) -> Detector:
        with self._lock:
            if self._opened is None:
                if monotonic() < self._try_at:
                    raise self._reason
                self._try_at = monotonic() + TRY_AGAIN_S
                try:
                    self._opened = self._open()
                except SightlineError as error:
                    self._reason = error
                    raise
            return self._opened
