"""One person's way through the shop as key positions in time, and the smooth motion in between."""

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from sightline.simulate.layout import Spot
from sightline.simulate.lens import FloatArray

# People neither start nor turn at once: positions are a weighted mean over this window.
_SMOOTH_S = np.linspace(-0.36, 0.36, 7)
_WEIGHTS = np.exp(-0.5 * (_SMOOTH_S / 0.17) ** 2)
_WEIGHTS /= _WEIGHTS.sum()


class Activity(IntEnum):
    """What the body does; the pose blends between them."""

    WALK = 0
    IDLE = 1
    BROWSE = 2
    WAIT = 3
    SERVE = 4
    TALK = 5


@dataclass(frozen=True, slots=True)
class Motion:
    """A walk sampled at T times.

    Attributes:
        xy: (T, 2) floor metres.
        facing: (T, 2) unit vectors on the floor.
        speed: (T,) metres per second.
        distance: (T,) metres walked so far, drives the legs.
        doing: (T, len(Activity)) weights that sum to 1.
    """

    xy: FloatArray
    facing: FloatArray
    speed: FloatArray
    distance: FloatArray
    doing: FloatArray


@dataclass(frozen=True, slots=True)
class Walk:
    """Key times (K,), positions (K, 2), and for each leg between two keys its facing and activity."""

    times: FloatArray
    xy: FloatArray
    facing: FloatArray
    doing: tuple[Activity, ...]

    @property
    def start(self) -> float:
        return float(self.times[0])

    @property
    def end(self) -> float:
        return float(self.times[-1])

    def rough_xy(self, times: FloatArray) -> FloatArray:
        """Positions (T, 2) without smoothing; enough for planning."""
        return np.stack([np.interp(times, self.times, self.xy[:, axis]) for axis in (0, 1)], axis=1)

    def at(self, times: FloatArray) -> Motion:
        """Smooth motion at any `times` (T,), seconds of the scenario."""
        moments = times[:, None] + _SMOOTH_S
        xy = np.stack(
            [np.interp(moments, self.times, self.xy[:, axis]) @ _WEIGHTS for axis in (0, 1)], axis=1
        )
        steps = np.hypot(*np.diff(self.xy, axis=0).T)
        walked = np.concatenate([[0.0], np.cumsum(steps)])
        gait = np.interp(moments, self.times, walked) @ _WEIGHTS
        ahead = np.interp(moments + 0.05, self.times, walked) @ _WEIGHTS
        behind = np.interp(moments - 0.05, self.times, walked) @ _WEIGHTS
        leg = np.clip(np.searchsorted(self.times, moments, side="right") - 1, 0, len(self.doing) - 1)
        facing = np.einsum("tkd,k->td", self.facing[leg], _WEIGHTS)
        facing /= np.maximum(np.hypot(facing[:, 0], facing[:, 1]), 1e-6)[:, None]
        one_hot = np.eye(len(Activity))[np.asarray(self.doing, dtype=int)]
        doing = np.einsum("tka,k->ta", one_hot[leg], _WEIGHTS)
        return Motion(xy=xy, facing=facing, speed=(ahead - behind) / 0.1, distance=gait, doing=doing)


@dataclass(slots=True)
class WalkBuilder:
    """Appends legs; `now` and `here` are where the walk has got to."""

    now: float
    here: Spot
    _times: list[float] = field(init=False)
    _xy: list[Spot] = field(init=False)
    _facing: list[Spot] = field(default_factory=list, init=False)
    _doing: list[Activity] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._times, self._xy = [self.now], [self.here]

    def go(self, way: list[Spot], *, speed: float) -> None:
        """Walk along `way` at `speed` m/s."""
        for spot in way:
            length = math.dist(self.here, spot)
            if length < 1e-6:
                continue
            self._leg(self.now + length / speed, spot, _unit(self.here, spot), Activity.WALK)

    def stay(self, until: float, *, toward: Spot, doing: Activity) -> None:
        """Stand at the present place until the given time, looking at a spot."""
        if until > self.now + 1e-6:
            self._leg(until, self.here, _unit(self.here, toward), doing)

    def _leg(self, until: float, spot: Spot, facing: Spot, doing: Activity) -> None:
        self._times.append(until)
        self._xy.append(spot)
        self._facing.append(facing)
        self._doing.append(doing)
        self.now, self.here = until, spot

    def build(self) -> Walk:
        return Walk(
            times=np.array(self._times),
            xy=np.array(self._xy, dtype=np.float64),
            facing=np.array(self._facing, dtype=np.float64),
            doing=tuple(self._doing),
        )


def join(walks: list[Walk]) -> Walk:
    """One walk from consecutive ones; each must start when and where the one before ends."""
    return Walk(
        times=np.concatenate([walks[0].times, *(walk.times[1:] for walk in walks[1:])]),
        xy=np.concatenate([walks[0].xy, *(walk.xy[1:] for walk in walks[1:])]),
        facing=np.concatenate([walk.facing for walk in walks]),
        doing=tuple(activity for walk in walks for activity in walk.doing),
    )


def _unit(a: Spot, b: Spot) -> Spot:
    length = math.dist(a, b)
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length) if length > 1e-9 else (0.0, 1.0)
