"""Distances on the picture plane. Nothing here knows about frames, files, people or models."""

import numpy as np
import numpy.typing as npt

from sightline.domain.track import Point

PointArray = npt.NDArray[np.float64]


def signed_distances(points: PointArray, polygon: PointArray) -> PointArray:
    """How deep each point lies inside a polygon.

    Args:
        points: float64 array (N, 2), xy, any unit.
        polygon: float64 array (K, 2), K >= 3, xy in the same unit; closed by itself, either direction.

    Returns:
        float64 array (N,): distance to the nearest edge, positive inside, negative outside, in the same unit.
        No points give an empty array.

    Raises:
        ValueError: either array is not of the shape above.

    Source:
        Even-odd rule, so that a polygon that crosses itself has holes where it overlaps.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have shape (N, 2), got {points.shape}")
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
        raise ValueError(f"polygon must have shape (K >= 3, 2), got {polygon.shape}")

    starts, ends = polygon, np.concatenate((polygon[1:], polygon[:1]))
    edges = ends - starts
    offsets = points[:, None, :] - starts[None, :, :]
    lengths = np.maximum((edges**2).sum(axis=1), np.finfo(np.float64).tiny)
    along = np.clip((offsets * edges).sum(axis=2) / lengths, 0.0, 1.0)
    ways = offsets - along[..., None] * edges
    nearest = np.sqrt((ways**2).sum(axis=2).min(axis=1, initial=np.inf))

    y = points[:, 1, None]
    spans = (starts[:, 1] > y) != (ends[:, 1] > y)
    slope = np.divide(edges[:, 0], edges[:, 1], out=np.zeros(len(edges)), where=edges[:, 1] != 0)
    crosses = spans & (points[:, 0, None] < starts[:, 0] + (y - starts[:, 1]) * slope)
    inside = crosses.sum(axis=1) % 2 == 1
    signed: PointArray = np.where(inside, nearest, -nearest)
    return signed


def left_of_line(points: PointArray, a: Point, b: Point) -> PointArray:
    """How far each point lies to the left of the endless line through `a` and `b`.

    Left is the left hand of somebody who stands at `a` on the picture as it is seen and looks to `b`. As the
    y axis of a picture points down, that is where (bx - ax)(py - ay) - (by - ay)(px - ax) < 0.

    Args:
        points: float64 array (N, 2), xy.
        a, b: two different points in the same unit.

    Returns:
        float64 array (N,): distance to the line, positive on its left, negative on its right.

    Raises:
        ValueError: `a` and `b` are the same point.
    """
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = float(np.hypot(dx, dy))
    if length == 0:
        raise ValueError(f"a line needs two different points, got {a} twice")
    distances: PointArray = (dy * (points[:, 0] - a[0]) - dx * (points[:, 1] - a[1])) / length
    return distances


def polygon_area(polygon: PointArray) -> float:
    """Area of a polygon (K, 2) in its square unit; 0 when all its points lie on one line."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
