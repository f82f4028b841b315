"""Detection ahead of tracking: several pictures at once, answers in order of capture."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from sightline.domain.detection import Detections
from sightline.video.picture import Frame
from sightline.vision.picture import Detector

ONE_MORE = 1
"""Pictures that wait beside those being looked at, so that no thread runs dry while the caller tracks."""


def detected_ahead(frames: Iterable[Frame], detector: Detector) -> Generator[tuple[Frame, Detections]]:
    """Every frame with its detections, in the order given.

    While the caller tracks and judges one frame, the next ones are being looked at: `detector.parallel` at
    once. At most that many and one more are held, so memory stays flat.

    Raises:
        SightlineError: whatever reading or detecting raised, when its frame's turn comes.
    """
    pending: deque[tuple[Frame, Future[Detections]]] = deque()
    with ThreadPoolExecutor(detector.parallel, "detect") as looking:
        try:
            for frame in frames:
                pending.append((frame, looking.submit(detector.detect, frame)))
                if len(pending) > detector.parallel + ONE_MORE:
                    done, answer = pending.popleft()
                    yield done, answer.result()
            while pending:
                done, answer = pending.popleft()
                yield done, answer.result()
        finally:
            for _, answer in pending:
                answer.cancel()
