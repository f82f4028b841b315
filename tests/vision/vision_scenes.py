"""Pictures for the detector tests: plain ones, and a room in which painted people walk."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from sightline.vision.picture import ArrayPicture

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360
Box = tuple[float, float, float, float]


def picture(width: int, height: int, seconds: float = 0.0, grey: int = 90) -> ArrayPicture:
    return ArrayPicture(np.full((height, width, 3), grey, np.uint8), NOON + timedelta(seconds=seconds))


class Room:
    """A textured room with sensor noise; `show` paints it with people at given feet."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        coarse = self._rng.integers(90, 170, (HEIGHT // 20, WIDTH // 20, 3))
        self._empty = np.kron(coarse, np.ones((20, 20, 1))).astype(np.float32)
        self._noise = [self._rng.normal(0, 2, self._empty.shape).astype(np.float32) for _ in range(7)]

    @staticmethod
    def tall(feet_y: float) -> float:
        """Body height in pixels at a row of the floor."""
        return 40 + 0.3 * feet_y

    def box(self, feet: tuple[float, float]) -> Box:
        tall = self.tall(feet[1])
        return (feet[0] - 0.18 * tall, feet[1] - tall, feet[0] + 0.18 * tall, feet[1])

    def show(
        self,
        seconds: float,
        *people: tuple[float, float],
        shadow: Box | None = None,
        counter: Box | None = None,
    ) -> ArrayPicture:
        image = self._empty.copy()
        if shadow:
            rows, columns = _slices(shadow)
            image[rows, columns] *= 0.7
        for number, feet in enumerate(sorted(people, key=lambda spot: spot[1])):
            self._paint(image, feet, seconds, number)
        if counter:
            rows, columns = _slices(counter)
            image[rows, columns] = self._empty[rows, columns]
        noisy = image + self._noise[int(self._rng.integers(len(self._noise)))]
        return ArrayPicture(np.clip(noisy, 0, 255).astype(np.uint8), NOON + timedelta(seconds=seconds))

    def _paint(self, image: npt.NDArray[np.float32], feet: tuple[float, float], t: float, who: int) -> None:
        left, top, right, bottom = self.box(feet)
        wide, tall = right - left, bottom - top
        sway = 0.012 * tall * np.sin(2.1 * t + who)
        parts = (
            ((0.3, 0.0, 0.7, 0.14), (150, 180, 230)),
            ((0.0, 0.14, 1.0, 0.55), ((30, 60, 220), (200, 60, 30), (40, 170, 40))[who % 3]),
            ((0.1, 0.55, 0.9, 1.0), (40, 30, 25)),
        )
        for (x1, y1, x2, y2), colour in parts:
            lean = sway * (1 - y1)
            box = (left + x1 * wide + lean, top + y1 * tall, left + x2 * wide + lean, top + y2 * tall)
            rows, columns = _slices(box)
            image[rows, columns] = colour


def _slices(box: Box) -> tuple[slice, slice]:
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    return slice(y1, y2), slice(x1, x2)
