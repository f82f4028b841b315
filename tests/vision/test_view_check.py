"""A covered, blinded or turned camera is noticed; people, light and night are not taken for one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from vision_scenes import NOON

from sightline.vision.view_check import ViewCheck, ViewState

Gray = npt.NDArray[np.uint8]
Change = Callable[[Gray], Gray]
STEP_S = 5


class Shop:
    """A room of shelves, 160 x 90, with sensor noise and people who are somewhere else in each picture."""

    def __init__(self, seed: int = 3) -> None:
        self._rng = np.random.default_rng(seed)
        image = np.full((90, 160), 120.0, np.float32)
        for _ in range(60):
            x, y = self._rng.integers(0, 150), self._rng.integers(0, 80)
            wide, high = self._rng.integers(6, 26), self._rng.integers(4, 20)
            image[y : y + high, x : x + wide] = self._rng.integers(30, 220)
        self.empty = image

    def show(self, people: int = 3) -> Gray:
        image = self.empty.copy()
        for _ in range(people):
            x, y = self._rng.integers(0, 145), self._rng.integers(10, 50)
            image[y : y + 36, x : x + 13] = self._rng.integers(20, 90)
        noisy = image + self._rng.normal(0, 2, image.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    def noise(self, deviation: float) -> npt.NDArray[np.float64]:
        return self._rng.normal(0, deviation, self.empty.shape)


class Watch:
    """A view check that has learnt the shop for two minutes, and its clock."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.check, self.seconds = shop, ViewCheck(), 0
        assert set(self.through(lambda gray: gray, 120)) == {ViewState.OK}

    def through(self, change: Change, seconds: int, people: int = 3) -> list[ViewState]:
        states = []
        for _ in range(seconds // STEP_S):
            at = NOON + timedelta(seconds=self.seconds)
            states.append(self.check.see(change(self.shop.show(people)), at))
            self.seconds += STEP_S
        return states


def shifted(dx: int, dy: int) -> Change:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return lambda gray: np.asarray(
        cv2.warpAffine(gray, matrix, (160, 90), borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def blurred(sigma: float) -> Change:
    return lambda gray: np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma), np.uint8)


def as_is(gray: Gray) -> Gray:
    return gray


@pytest.fixture
def watch() -> Watch:
    return Watch(Shop())


def by_infrared(gray: Gray) -> Gray:
    """A lamp beside the lens: bright in the middle, dark in the corners, other greys, more noise."""
    y, x = np.mgrid[:90, :160]
    spot = np.exp(-(((x - 80) / 64) ** 2) - ((y - 45) / 40) ** 2)
    noise = np.random.default_rng(1).normal(0, 4, gray.shape)
    return np.clip(20 + 200 * spot * (gray / 255.0) ** 0.6 + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda gray: (gray * 0.12).astype(np.uint8), id="nearly all lights off"),
        pytest.param(lambda gray: np.clip(gray * 1.3 + 20, 0, 255).astype(np.uint8), id="lights on"),
        pytest.param(by_infrared, id="night"),
        pytest.param(shifted(1, 1), id="trembling"),
    ],
)
def test_light_and_trembling_are_no_alarm(watch: Watch, change: Change) -> None:
    assert set(watch.through(change, 120)) == {ViewState.OK}


def test_a_crowd_is_no_alarm(watch: Watch) -> None:
    assert set(watch.through(as_is, 120, people=14)) == {ViewState.OK}


def test_somebody_who_stands_before_the_lens_is_no_alarm(watch: Watch) -> None:
    def hidden(gray: Gray) -> Gray:
        gray[:, 30:110] = 40
        return gray

    assert set(watch.through(hidden, 120)) == {ViewState.OK}


@pytest.mark.parametrize(
    ("change", "expected", "after_s"),
    [
        pytest.param(lambda gray: np.full_like(gray, 7), ViewState.COVERED, 10, id="a cap"),
        pytest.param(blurred(5), ViewState.COVERED, 10, id="smeared"),
        pytest.param(lambda gray: np.full_like(gray, 253), ViewState.BLINDED, 10, id="a torch"),
        pytest.param(shifted(6, 3), ViewState.MOVED, 30, id="pushed"),
        pytest.param(lambda gray: gray[:, ::-1].copy(), ViewState.MOVED, 30, id="turned away"),
    ],
)
def test_a_wrong_view_is_said_after_its_time_and_taken_back(
    watch: Watch, change: Change, expected: ViewState, after_s: int
) -> None:
    states = watch.through(change, 60)
    assert states == [ViewState.OK] * (after_s // STEP_S) + [expected] * (12 - after_s // STEP_S)
    assert watch.through(as_is, 15) == [expected, ViewState.OK, ViewState.OK]


def test_a_hand_that_passes_is_not_said(watch: Watch) -> None:
    assert watch.through(lambda gray: np.full_like(gray, 7), 10) == [ViewState.OK] * 2
    assert watch.through(as_is, 10) == [ViewState.OK] * 2
    assert watch.through(lambda gray: np.full_like(gray, 7), 10) == [ViewState.OK] * 2


def test_a_new_view_is_learnt_after_ten_minutes_and_the_old_one_still_known(watch: Watch) -> None:
    states = watch.through(shifted(9, 4), 12 * 60)
    assert states.count(ViewState.MOVED) * STEP_S == pytest.approx(10 * 60 + 5, abs=10)
    assert states[-1] is ViewState.OK
    assert set(watch.through(as_is, 120)) == {ViewState.OK}
    assert watch.through(shifted(-9, 6), 60)[-1] is ViewState.MOVED


def test_a_new_view_can_be_accepted_at_once(watch: Watch) -> None:
    assert watch.through(shifted(9, 4), 60)[-1] is ViewState.MOVED
    watch.check.accept()
    assert set(watch.through(shifted(9, 4), 120)) == {ViewState.OK}
    assert watch.through(as_is, 60)[-1] is ViewState.MOVED


def test_a_hole_in_the_pictures_does_not_count_as_waiting(watch: Watch) -> None:
    assert watch.through(lambda gray: np.full_like(gray, 7), 5) == [ViewState.OK]
    watch.seconds += 600
    assert watch.through(lambda gray: np.full_like(gray, 7), 5) == [ViewState.OK]


def test_a_bare_wall_is_never_said_to_move() -> None:
    rng = np.random.default_rng(2)
    check = ViewCheck()
    for step in range(60):
        wall = np.tile(np.linspace(60 + step, 160 - step / 2, 160), (90, 1))
        gray = np.clip(wall + rng.normal(0, 2, wall.shape), 0, 255).astype(np.uint8)
        assert check.see(gray, NOON + timedelta(seconds=STEP_S * step)) is ViewState.OK


FIXED = ("corridor-faces-a.avi", "one-by-one-person-detection.mp4", "pets09-s2l1.mp4",
         "supermarket-checkout-cctv.mp4", "town-centre-street.mp4")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FIXED)
def test_no_fixed_camera_of_the_shared_videos_alarms(shared: Path, name: str) -> None:
    """Pictures of the clip as if five seconds lay between them: the people change, the view stays."""
    check, states = ViewCheck(), set()
    with av.open(str(shared / "videos" / name)) as video:
        rate = float(video.streams.video[0].average_rate or 10)
        every = max(1, round(rate if rate * 40 < 1000 else rate / 2))
        shown = 0
        for index, frame in enumerate(video.decode(video=0)):
            if index % every or shown >= 60:
                continue
            gray = frame.reformat(160, 90, "gray").to_ndarray()
            states.add(check.see(gray, NOON + timedelta(seconds=STEP_S * shown)))
            shown += 1
    assert states == {ViewState.OK}
