"""Several pictures are looked at at once; nobody downstream may notice."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sightline.domain.detection import Detections
from sightline.errors import ModelError, SourceUnavailable
from sightline.pipeline.detecting import ONE_MORE, detected_ahead
from sightline.vision.picture import ArrayPicture, Picture

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARALLEL = 3


class SlowFirst:
    """Takes longest for every third picture, so that answers overtake each other. Score tells the picture."""

    name = "slow first"
    note = ""
    parallel = PARALLEL

    def __init__(self) -> None:
        self.at_once = 0
        self.most_at_once = 0
        self._guard = threading.Lock()

    def facts(self) -> dict[str, str | int | float]:
        return {}

    def detect(self, picture: Picture) -> Detections:
        number = round((picture.captured_at - START).total_seconds())
        with self._guard:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.02 if number % 3 == 0 else 0.001)
        with self._guard:
            self.at_once -= 1
        if number == 1000:
            raise ModelError("gave up")
        return Detections(np.array([[0, 0, 1, 1]], np.float32), np.array([number], np.float32))


def pictures(count: int, taken: list[int] | None = None) -> Iterator[ArrayPicture]:
    for number in range(count):
        if taken is not None:
            taken.append(number)
        yield ArrayPicture(np.zeros((4, 4, 3), np.uint8), START + timedelta(seconds=number))


def test_answers_come_in_order_of_capture_however_long_each_takes() -> None:
    detector = SlowFirst()
    numbers = [answer.scores[0] for _, answer in detected_ahead(pictures(20), detector)]  # type: ignore[arg-type]
    assert numbers == list(range(20))
    assert detector.most_at_once > 1


def test_no_more_pictures_are_held_than_needed() -> None:
    taken: list[int] = []
    for done, _ in enumerate(detected_ahead(pictures(30, taken), SlowFirst())):  # type: ignore[arg-type]
        assert len(taken) <= done + PARALLEL + ONE_MORE + 1


def test_what_a_detector_raises_comes_at_the_turn_of_its_picture() -> None:
    bad = ArrayPicture(np.zeros((4, 4, 3), np.uint8), START + timedelta(seconds=1000))
    answers = detected_ahead([*pictures(2), bad, *pictures(2)], SlowFirst())  # type: ignore[list-item]
    assert [next(answers)[1].scores[0], next(answers)[1].scores[0]] == [0, 1]
    with pytest.raises(ModelError, match="gave up"):
        next(answers)


def test_what_reading_raises_reaches_the_caller() -> None:
    def broken() -> Iterator[ArrayPicture]:
        yield from pictures(2)
        raise SourceUnavailable("the camera went away")

    with pytest.raises(SourceUnavailable):
        list(detected_ahead(broken(), SlowFirst()))  # type: ignore[arg-type]
