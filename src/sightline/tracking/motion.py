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
    boxes = xyxy.astype(np.float64)
    size = boxes[:, 2:] - boxes[:, :2]
    return np.concatenate([boxes[:, :2] + size / 2, size], axis=1)


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
        self.position: Floats = np.empty((0, 4))
        self.velocity: Floats = np.empty((0, 4))
        self._pp: Floats = np.empty((0, 4))
        self._pv: Floats = np.empty((0, 4))
        self._vv: Floats = np.empty((0, 4))

    def __len__(self) -> int:
        return len(self.position)

    def start(self, measured: Floats) -> None:
        """Append boxes seen for the first time, float64 (K, 4), cxcywh pixels; their velocity is unknown."""
        scale = measured[:, 3:] ** 2
        self.position = np.concatenate([self.position, measured])
        self.velocity = np.concatenate([self.velocity, np.zeros_like(measured)])
        self._pp = np.concatenate([self._pp, np.broadcast_to(self._gait.jitter**2 * scale, measured.shape)])
        self._pv = np.concatenate([self._pv, np.zeros_like(measured)])
        self._vv = np.concatenate([self._vv, self._spread * scale])

    def keep(self, mask: npt.NDArray[np.bool_]) -> None:
        """Forget the boxes for which `mask`, bool (N,), is false."""
        self.position, self.velocity = self.position[mask], self.velocity[mask]
        self._pp, self._pv, self._vv = self._pp[mask], self._pv[mask], self._vv[mask]

    def predict(self, elapsed_s: float) -> None:
        """Move every box on by `elapsed_s` seconds, >= 0, and widen its uncertainty accordingly."""
        tau = self._gait.persistence_s
        kept = np.exp(-elapsed_s / tau)
        reach = tau * (1 - kept)
        spread = self._spread * self.position[:, 3:] ** 2
        noise_pp = spread * tau**2 * max(2 * elapsed_s / tau - 3 + 4 * kept - kept**2, 0.0)
        self.position += reach * self.velocity
        self.velocity *= kept
        # A box can shrink, never turn inside out.
        self.position[:, 2:] = np.maximum(self.position[:, 2:], 1.0)
        self._pp += 2 * reach * self._pv + reach**2 * self._vv + noise_pp
        self._pv = kept * (self._pv + reach * self._vv) + spread * tau * (1 - kept) ** 2
        self._vv = kept**2 * self._vv + spread * (1 - kept**2)

    def shift(self, by: Floats) -> None:
        """Move every box by pixels (2,), without a change of its own velocity."""
        self.position[:, :2] += by

    def innovation_variance(self) -> Floats:
        """How far the next measured box may lie from `position`, squared pixels, float64 (N, 4)."""
        return self._pp + (self._gait.jitter * self.position[:, 3:]) ** 2

    def update(self, rows: Rows, measured: Floats) -> None:
        """Correct the boxes `rows`, int (K,), by what was measured, float64 (K, 4), cxcywh pixels."""
        pp, pv = self._pp[rows], self._pv[rows]
        total = pp + (self._gait.jitter * self.position[rows, 3:]) ** 2
        gain_p, gain_v = pp / total, pv / total
        surprise = measured - self.position[rows]
        self.position[rows] += gain_p * surprise
        self.velocity[rows] += gain_v * surprise
        self._pp[rows] = (1 - gain_p) * pp
        self._pv[rows] = (1 - gain_p) * pv
        self._vv[rows] -= gain_v * pv
