"""How boxes move between frames: one Kalman filter for all tracks at once, in seconds and body heights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """What is assumed about people, in body heights, so that neither perspective nor resolution matters.

    Attributes:
        speed: spread of a walker's speed in the picture, heights per second. It is also what is
            assumed of a track seen only once.
        growth: the same for the width and the height of the box, heights per second.
        persistence_s: for how long a velocity is kept before the walker has stopped or turned.
        jitter: spread of the detector's box around the true one, heights.
    """

    speed: float = 0.6
    growth: float = 0.15
    persistence_s: float = 20.0
    jitter: float = 0.06


def to_cxcywh(xyxy: npt.NDArray[np.floating]) -> Floats:
    """Centre and size, float64 (N, 4), of boxes (N, 4) given by two corners."""
    boxes = xyxy.T.astype(np.float64, order="C")
    corner, size = boxes[:2], boxes[2:]
    size -= corner
    corner += size / 2
    return np.ascontiguousarray(boxes.T)


class BoxMotion:
    """Position, velocity and their uncertainty for N boxes, kept as arrays.

    The four coordinates (cx, cy, w, h) are filtered independently: each has a position, a velocity
    and a 2x2 covariance, so predicting and updating is arithmetic on (N, 4) arrays, without matrices.

    Attributes:
        position: float64 (N, 4), cxcywh pixels.
        velocity: float64 (N, 4), pixels per second.

    Source:
        The velocity is an Ornstein-Uhlenbeck process: it decays towards standing still with
        `persistence_s`, and its spread never exceeds `speed`. Published trackers use a constant velocity
        per frame, whose uncertainty runs away during long gaps; for short steps the two agree.
    """

    def __init__(self, gait: Gait) -> None:
        self._gait = gait
        self._spread = np.array([gait.speed, gait.speed, gait.growth, gait.growth]) ** 2
        self._hold(np.empty((6, 0, 4)))

    def _hold(self, state: Floats) -> None:
        """One array, so that a call works on several planes: with few boxes, calls are what costs."""
        self._state = state
        self.position: Floats
        self._variance: Floats
        self.position, self.velocity, self._pp, self._pv, self._vv, self._variance = state

    def __len__(self) -> int:
        return len(self.position)

    def start(self, measured: Floats) -> None:
        """Append boxes seen for the first time, float64 (K, 4), cxcywh pixels; their velocity is unknown."""
        scale = measured[:, 3:] ** 2
        fresh = np.zeros((6, *measured.shape))
        fresh[0], fresh[2], fresh[4] = measured, self._gait.jitter**2 * scale, self._spread * scale
        self._hold(np.concatenate([self._state, fresh], axis=1))
        self._expect()

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Forget the boxes for which `mask`, bool (N,), is false."""
        self._hold(self._state.compress(mask, axis=1))

    def predict(self, elapsed_s: float) -> None:
        """Move every box on by `elapsed_s` seconds, >= 0, and widen its uncertainty accordingly."""
        tau = self._gait.persistence_s
        kept = float(np.exp(-elapsed_s / tau))
        reach = tau * (1 - kept)
        spread = self._spread * np.square(self.position[:, 3:])
        widened = 2 * reach * self._pv
        widened += reach**2 * self._vv
        widened += spread * tau**2 * max(2 * elapsed_s / tau - 3 + 4 * kept - kept**2, 0.0)
        self._pp += widened
        self.position += reach * self.velocity
        self.velocity *= kept
        self._pv += reach * self._vv
        self._pv *= kept
        self._pv += spread * tau * (1 - kept) ** 2
        self._vv *= kept**2
        self._vv += spread * (1 - kept**2)
        size = self.position[:, 2:]
        np.maximum(size, 1.0, out=size)  # a box can shrink, never turn inside out
        self._expect()

    def _expect(self) -> None:
        np.add(self._pp, np.square(self._gait.jitter * self.position[:, 3:]), out=self._variance)

    def shift(self, by: Floats) -> None:
        """Move every box by pixels (2,), without a change of its own velocity."""
        self.position[:, :2] += by

    def innovation_variance(self) -> Floats:
        """How far the measured box may lie from the predicted `position`, squared pixels, float64 (N, 4)."""
        return self._variance

    def update(self, rows: Rows, measured: Floats) -> None:
        """Correct the boxes `rows`, int (K,), by what was measured, float64 (K, 4), cxcywh pixels."""
        state = self._state.take(rows, axis=1)
        gain = state[2:4] / state[5]  # of position and velocity
        state[:2] += gain * (measured - state[0])
        state[4] -= gain[1] * state[3]
        state[2:4] *= 1 - gain[0]
        for plane, corrected in zip(self._state[:5], state, strict=False):
            plane[rows] = corrected
