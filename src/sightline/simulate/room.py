"""The empty shop, traced ray by ray: which surface every pixel shows, where it is, and how far."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sightline.simulate.layout import (
    BACK_DOOR,
    BACK_DOOR_HEIGHT,
    ENTRANCE,
    ENTRANCE_HEIGHT,
    ROOM_X,
    ROOM_Y,
    SOLIDS,
    Solid,
)
from sightline.simulate.lens import CAMERA, HEIGHT, WIDTH

Floats = npt.NDArray[np.float32]

FAR = np.float32(1e6)


class Plane(IntEnum):
    """What a ray can end on besides the furniture, which follows as `len(Plane) + index`."""

    FLOOR = 0
    LEFT_WALL = 1
    BACK_WALL = 2
    RIGHT_WALL = 3
    STREET = 4
    BACK_ROOM = 5


STREET_X = 14.0
BACK_ROOM_Y = 10.2


@dataclass(frozen=True, slots=True)
class Traced:
    """One entry per pixel, arrays (H, W) or (H, W, 3), H and W times the scale.

    Attributes:
        surface: a `Plane`, or `len(Plane) + i` for `SOLIDS[i]`.
        point: room metres where the ray ends.
        axis: 0, 1 or 2: along which room axis the surface looks.
    """

    surface: npt.NDArray[np.int8]
    point: Floats
    axis: npt.NDArray[np.int8]


def trace(scale: int) -> Traced:
    """Follow one ray per pixel of a picture `scale` times as wide and high as the video."""
    origin = np.asarray(CAMERA.position, dtype=np.float32)
    ray = CAMERA.rays(scale).astype(np.float32)
    ray[np.abs(ray) < 1e-7] = 1e-7
    best = np.full(ray.shape[:2], FAR, dtype=np.float32)
    surface = np.full(ray.shape[:2], Plane.BACK_WALL, dtype=np.int8)
    axis = np.full(ray.shape[:2], 1, dtype=np.int8)

    def take(
        reach: Floats, where: npt.NDArray[np.bool_], what: int, looks: int | npt.NDArray[np.int8]
    ) -> None:
        closer = where & (reach > 1e-3) & (reach < best)
        best[closer] = reach[closer]
        surface[closer] = what
        axis[closer] = looks[closer] if isinstance(looks, np.ndarray) else looks

    for plane, along, at in (
        (Plane.FLOOR, 2, 0.0),
        (Plane.LEFT_WALL, 0, 0.0),
        (Plane.BACK_WALL, 1, ROOM_Y),
        (Plane.RIGHT_WALL, 0, ROOM_X),
        (Plane.STREET, 0, STREET_X),
        (Plane.BACK_ROOM, 1, BACK_ROOM_Y),
    ):
        reach = (np.float32(at) - origin[along]) / ray[..., along]
        take(reach, _exists(plane, origin, ray, reach), plane, along)
    for index, solid in enumerate(SOLIDS):
        reach, looks = _enter(solid, origin, ray)
        take(reach, reach < FAR, len(Plane) + index, looks)
    return Traced(surface=surface, point=origin + ray * best[..., None], axis=axis)


def _exists(plane: Plane, origin: Floats, ray: Floats, reach: Floats) -> npt.NDArray[np.bool_]:
    """Where a wall is solid: not in its door opening."""
    z = origin[2] + ray[..., 2] * reach
    if plane is Plane.BACK_WALL:
        x = origin[0] + ray[..., 0] * reach
        return np.asarray(~((x > BACK_DOOR[0]) & (x < BACK_DOOR[1]) & (z < BACK_DOOR_HEIGHT)))
    if plane is Plane.RIGHT_WALL:
        y = origin[1] + ray[..., 1] * reach
        return np.asarray(~((y > ENTRANCE[0]) & (y < ENTRANCE[1]) & (z < ENTRANCE_HEIGHT)))
    return np.ones(reach.shape, dtype=bool)


def _enter(solid: Solid, origin: Floats, ray: Floats) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Where rays enter a box (slab method), `FAR` where they miss, and the axis of the face."""
    near = np.full(ray.shape[:2], -FAR, dtype=np.float32)
    far = np.full(ray.shape[:2], FAR, dtype=np.float32)
    looks = np.zeros(ray.shape[:2], dtype=np.int8)
    for axis, (low, high) in enumerate((solid.x, solid.y, solid.z)):
        a = (np.float32(low) - origin[axis]) / ray[..., axis]
        b = (np.float32(high) - origin[axis]) / ray[..., axis]
        first = np.minimum(a, b)
        later = first > near
        near = np.where(later, first, near)
        looks[later] = axis
        far = np.minimum(far, np.maximum(a, b))
    return np.where(near < far, near, FAR), looks


@lru_cache(maxsize=1)
def hiding_range() -> Floats:
    """For every pixel (HEIGHT, WIDTH), the floor distance in metres from the camera beyond which a person is
    hidden by furniture or a wall. The floor hides nobody.
    """
    traced = trace(1)
    x, y, _ = CAMERA.position
    away: Floats = np.hypot(traced.point[..., 0] - np.float32(x), traced.point[..., 1] - np.float32(y))
    away[traced.surface == Plane.FLOOR] = FAR
    away = away.reshape(HEIGHT, WIDTH)
    away.setflags(write=False)
    return away
