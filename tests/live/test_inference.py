"""Many cameras share a few threads: in order, in turn, and never waiting for one another."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from camera_stories import NOON, picture

from sightline.domain.detection import Detections
from sightline.pipeline.inference import InferencePool, Slot
from sightline.video.picture import Frame
from sightline.vision.picture import Picture


class SlowDetector:
    """Takes its time, and says in the score how many pictures it had seen before, to be told apart by."""

    def __init__(self, took_s: float = 0.0, *, parallel: int = 8, batch: int = 1) -> None:
        self.name, self.note = "slow", ""
        self.parallel, self.batch = parallel, batch
        self.needs_every_picture = False
        self.sizes: list[int] = []
        self.most_at_once = 0
        self._took_s = took_s
        self._at_once = 0
        self._lock = threading.Lock()

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name}

    def detect(self, picture: Picture) -> Detections:
        return self.detect_many([picture])[0]

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        with self._lock:
            self.sizes.append(len(pictures))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self._took_s)
        with self._lock:
            self._at_once -= 1
        return [seconds_as_box(one) for one in pictures]


def seconds_as_box(one: Picture) -> Detections:
    at_s = (one.captured_at - NOON).total_seconds()
    return Detections(np.array([[0, 0, 10, 10 + at_s]], np.float32), np.ones(1, np.float32))


class Camera:
    """What came out of one slot."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.bottoms: list[float] = []
        self.troubles: list[Exception] = []
        self.wait_for: threading.Event | None = None

    def handle(self, frame: Frame, detections: Detections) -> None:
        if self.wait_for is not None:
            self.wait_for.wait(5)
        self.frames.append(frame)
        self.bottoms.append(float(detections.boxes[0, 3]))

    @property
    def seconds(self) -> list[float]:
        return [(frame.captured_at - NOON).total_seconds() for frame in self.frames]


NewSlot = Callable[..., tuple[Slot, Camera]]


@pytest.fixture
def pool() -> Iterator[InferencePool]:
    pool = InferencePool(2)
    yield pool
    assert pool.close(drain=False)


@pytest.fixture
def camera(pool: InferencePool) -> NewSlot:
    def new(detector: SlowDetector, capacity: int = 5) -> tuple[Slot, Camera]:
        one = Camera()
        return pool.slot(detector, one.handle, on_trouble=one.troubles.append, capacity=capacity), one

    return new


def test_pictures_of_a_camera_are_handled_in_order_by_one_thread_at_a_time(camera: NewSlot) -> None:
    slot, seen = camera(SlowDetector(0.002), capacity=100)
    for number in range(50):
        slot.offer(picture(number))
    assert slot.close()
    assert seen.seconds == list(range(50))
    assert slot.counts.inferred == slot.counts.offered == 50


def test_a_full_line_loses_its_oldest_picture_and_says_so(camera: NewSlot) -> None:
    slot, seen = camera(SlowDetector())
    seen.wait_for = threading.Event()
    slot.offer(picture(0))
    while slot.counts.inferred == 0:
        time.sleep(0.001)
    for number in range(1, 9):
        slot.offer(picture(number))
    seen.wait_for.set()
    assert slot.close()
    assert seen.seconds == [0, 4, 5, 6, 7, 8]
    assert slot.counts.dropped == 3


def test_too_much_work_is_shared_evenly(pool: InferencePool, camera: NewSlot) -> None:
    detector = SlowDetector(0.005)
    cameras = [camera(detector) for _ in range(8)]
    for number in range(60):
        for slot, _ in cameras:
            slot.offer(picture(number))
        time.sleep(0.01)
    handled = [slot.counts.handled for slot, _ in cameras]
    dropped = [slot.counts.dropped for slot, _ in cameras]
    assert min(dropped) > 10
    assert max(handled) - min(handled) <= 2


def test_a_slow_handler_holds_up_no_other_camera(camera: NewSlot) -> None:
    (stuck, sleeper), (slot, seen) = camera(SlowDetector()), camera(SlowDetector())
    sleeper.wait_for = threading.Event()
    for number in range(5):
        stuck.offer(picture(number))
        slot.offer(picture(number))
    assert slot.close(timeout_s=2)
    assert len(seen.frames) == 5
    assert not stuck.close(drain=False, timeout_s=0.05)
    sleeper.wait_for.set()


def test_a_still_picture_gets_the_last_detections_again(camera: NewSlot) -> None:
    detector = SlowDetector()
    slot, seen = camera(detector)
    for number, still in enumerate([False, True, True, False, True]):
        slot.offer(picture(number, still=still))
        assert wait_until(lambda: slot.waiting == 0)
    assert seen.bottoms == [10, 10, 10, 13, 13]
    assert (slot.counts.inferred, slot.counts.repeated, len(detector.sizes)) == (2, 3, 2)


@pytest.mark.parametrize("first", ["nothing was seen before", "the size changed"])
def test_a_still_picture_is_looked_at_when_there_is_nothing_to_repeat(camera: NewSlot, first: str) -> None:
    slot, seen = camera(SlowDetector())
    if first == "the size changed":
        slot.offer(picture(0, size=(640, 480)))
    slot.offer(picture(1, still=True))
    assert slot.close()
    assert seen.bottoms[-1] == 11


def test_a_still_picture_after_a_lost_one_is_looked_at(camera: NewSlot) -> None:
    """It is like the picture that was lost, not like the one that was looked at."""
    slot, seen = camera(SlowDetector(), capacity=2)
    seen.wait_for = threading.Event()
    slot.offer(picture(0))
    while slot.counts.inferred == 0:
        time.sleep(0.001)
    slot.offer(picture(1))  # somebody comes in
    slot.offer(picture(2, still=True))
    slot.offer(picture(3, still=True))
    seen.wait_for.set()
    assert slot.close()
    assert (seen.seconds, seen.bottoms) == ([0, 2, 3], [10, 12, 12])


def test_a_model_with_a_batch_gets_pictures_of_several_cameras_at_once(camera: NewSlot) -> None:
    detector = SlowDetector(0.02, parallel=1, batch=4)
    cameras = [camera(detector) for _ in range(6)]
    for number in range(5):
        for slot, _ in cameras:
            slot.offer(picture(number))
    for slot, seen in cameras:
        assert slot.close()
        assert seen.bottoms == [10, 11, 12, 13, 14]
    assert max(detector.sizes) == 4
    assert detector.most_at_once == 1


def test_a_detector_is_not_called_from_more_threads_than_it_allows(camera: NewSlot) -> None:
    detector = SlowDetector(0.005, parallel=1)
    cameras = [camera(detector) for _ in range(3)]
    for number in range(5):
        for slot, _ in cameras:
            slot.offer(picture(number))
    assert all(slot.close() for slot, _ in cameras)
    assert detector.most_at_once == 1


def test_an_error_is_told_to_its_camera_and_the_next_picture_is_looked_at(camera: NewSlot) -> None:
    class Failing(SlowDetector):
        def detect(self, picture: Picture) -> Detections:
            if picture.captured_at == NOON:
                raise RuntimeError("this picture is too much")
            return super().detect(picture)

    slot, seen = camera(Failing())
    slot.offer(picture(0))
    slot.offer(picture(1))
    assert slot.close()
    assert [str(error) for error in seen.troubles] == ["this picture is too much"]
    assert seen.seconds == [1]
    assert slot.counts.failed == 1


def test_cameras_come_and_go_while_the_pool_runs(pool: InferencePool, camera: NewSlot) -> None:
    detector = SlowDetector(0.001)
    stays, seen = camera(detector, 1000)
    for number in range(100):
        stays.offer(picture(number))
        if number % 10 == 0:
            passing, _ = camera(detector)
            passing.offer(picture(0))
            assert passing.close()
            passing.offer(picture(1))
            assert passing.counts.dropped == 1
    assert stays.close()
    assert seen.seconds == list(range(100))
    assert pool.alive


def test_footage_that_can_wait_leaves_the_threads_to_the_cameras(
    pool: InferencePool, camera: NewSlot
) -> None:
    """More live pictures than can be looked at: of the others one a second is."""
    detector, again = SlowDetector(0.005), Camera()
    patient = pool.slot(detector, again.handle, on_trouble=again.troubles.append, capacity=500, patient=True)
    never = threading.Event()
    cameras = [camera(detector) for _ in range(3)]
    for slot, _ in cameras:
        slot.offer(picture(0))
    assert all(patient.put(picture(number), never) for number in range(300))
    for number in range(1, 500):
        for slot, _ in cameras:
            slot.offer(picture(number))
        time.sleep(0.003)
    assert 1 <= len(again.frames) <= 30
    patient.close(drain=False)


def test_footage_that_can_wait_loses_nothing(camera: NewSlot) -> None:
    slot, seen = camera(SlowDetector(0.001), capacity=2)
    never = threading.Event()
    assert all(slot.put(picture(number), never) for number in range(100))
    assert slot.close()
    assert seen.seconds == list(range(100))
    assert not slot.put(picture(100), never)


def wait_until(holds: Callable[[], bool], timeout_s: float = 30) -> bool:
    until = time.monotonic() + timeout_s
    while not holds() and time.monotonic() < until:
        time.sleep(0.002)
    return holds()
