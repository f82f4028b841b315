"""The pinhole camera of the simulated shop: metres in the room to pixels in the picture."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

WIDTH = 1280
HEIGHT = 720


@dataclass(frozen=True)
class Lens:
    """A fixed camera without distortion.

    Room axes are metres: x along the back wall to the right, y away from the camera, z up.

    Attributes:
        position: where it hangs, (x, y, z) metres.
        yaw_deg: turned to the right of the y axis.
        tilt_deg: turned below the horizon.
        field_of_view_deg: horizontal.
    """

    position: tuple[float, float, float]
    yaw_deg: float
    tilt_deg: float
    field_of_view_deg: float

    @cached_property
    def focal_px(self) -> float:
        return float(WIDTH / 2 / np.tan(np.radians(self.field_of_view_deg / 2)))

    @cached_property
    def axes(self) -> FloatArray:
        """Rows are right, down and forward in room axes, shape (3, 3)."""
        yaw, tilt = np.radians(self.yaw_deg), np.radians(self.tilt_deg)
        forward = np.array([np.sin(yaw) * np.cos(tilt), np.cos(yaw) * np.cos(tilt), -np.sin(tilt)])
        right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
        return np.stack([right, np.cross(forward, right), forward])

    def project(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Room points (..., 3), metres, to pixels xy (..., 2) and depth along the lens axis (...), metres."""
        seen = (points - np.asarray(self.position)) @ self.axes.T
        depth = np.maximum(seen[..., 2], 1e-3)
        centre = np.array([WIDTH / 2, HEIGHT / 2])
        return centre + self.focal_px * seen[..., :2] / depth[..., None], depth

    def rays(self, scale: int = 1) -> FloatArray:
        """Direction of the ray through every pixel, (HEIGHT*scale, WIDTH*scale, 3), forward part 1."""
        xs = (np.arange(WIDTH * scale) + 0.5) / scale - WIDTH / 2
        ys = (np.arange(HEIGHT * scale) + 0.5) / scale - HEIGHT / 2
        grid = np.stack(np.broadcast_arrays(xs[None, :], ys[:, None], self.focal_px), axis=-1)
        directions: FloatArray = (grid / self.focal_px) @ self.axes
        return directions

    def floor_to_relative(self, spots: FloatArray) -> list[list[float]]:
        """Floor points (N, 2) in metres to picture points in 0..1, clipped to the picture."""
        flat = np.concatenate([spots, np.zeros((len(spots), 1))], axis=1)
        pixels, _ = self.project(flat)
        relative = np.clip(pixels / [WIDTH, HEIGHT], 0.0, 1.0)
        return [[round(float(x), 4), round(float(y), 4)] for x, y in relative]


CAMERA = Lens(position=(0.9, 0.12, 3.2), yaw_deg=32.0, tilt_deg=29.0, field_of_view_deg=80.0)
