"""Paints the empty shop once: tiles, shelves full of goods, the counter, walls, light."""

from collections.abc import Callable
from functools import lru_cache

import cv2
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
    STAFF_LINE,
    Solid,
    Surface,
)
from sightline.simulate.lens import HEIGHT, WIDTH
from sightline.simulate.room import Floats, Plane, trace

Picture = npt.NDArray[np.uint8]

_SCALE = 2
_LAMPS = ((2.2, 3.0, 3.3), (2.2, 6.6, 3.3), (5.6, 3.0, 3.3), (5.6, 6.8, 3.3), (8.8, 4.6, 3.3))
_GOODS: Floats = np.array(
    [(52, 60, 190), (60, 150, 215), (70, 140, 80), (160, 100, 60), (190, 190, 200), (90, 80, 150),
     (60, 190, 220), (150, 150, 90), (70, 70, 90), (120, 170, 210), (200, 170, 120), (90, 120, 190),
     (160, 80, 120), (110, 180, 130)],
    dtype=np.float32,
)  # fmt: skip
_FRUIT: Floats = np.array(
    [(40, 140, 235), (60, 190, 90), (50, 60, 200), (70, 210, 235), (60, 120, 120)], dtype=np.float32
)


@lru_cache(maxsize=1)
def paint_backdrop() -> Picture:
    """The shop without people, (HEIGHT, WIDTH, 3) BGR. Deterministic: no seed changes the furniture."""
    traced = trace(_SCALE)
    colour = np.zeros((*traced.surface.shape, 3), dtype=np.float32)
    for surface in np.unique(traced.surface):
        where = traced.surface == surface
        point, axis = traced.point[where], traced.axis[where]
        painted = _painter(int(surface))(point, axis)
        if surface not in (Plane.STREET, Plane.BACK_ROOM):
            painted = painted * _light(point, axis)[:, None]
        colour[where] = painted
    small = cv2.resize(colour, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    picture = np.clip(small, 0, 255).astype(np.uint8)
    picture.setflags(write=False)
    return picture


def _painter(surface: int) -> Callable[[Floats, npt.NDArray[np.int8]], Floats]:
    if surface >= len(Plane):
        solid = SOLIDS[surface - len(Plane)]
        paint = {
            Surface.COUNTER: _counter,
            Surface.TILL: _till,
            Surface.GOODS: _goods,
            Surface.GONDOLA: _goods,
            Surface.STAND: _stand,
        }[solid.surface]
        return lambda point, axis: paint(point, axis, solid)
    return {
        Plane.FLOOR: _floor,
        Plane.LEFT_WALL: _wall,
        Plane.BACK_WALL: _wall,
        Plane.RIGHT_WALL: _wall,
        Plane.STREET: _street,
        Plane.BACK_ROOM: _back_room,
    }[Plane(surface)]


def _light(point: Floats, axis: npt.NDArray[np.int8]) -> Floats:
    """Brightness (N,) of a matt surface under the ceiling lamps, darker in corners and under furniture."""
    total = np.full(len(point), 0.6, dtype=np.float32)
    for lamp in _LAMPS:
        to = np.asarray(lamp, dtype=np.float32) - point
        squared = np.einsum("nd,nd->n", to, to)
        facing = np.abs(to[np.arange(len(to)), axis]) / np.sqrt(squared)
        total += 1.35 * facing / (squared + 1.0)
    shade = np.ones(len(point), dtype=np.float32)
    low = point[:, 2] < 0.02
    for solid in SOLIDS:
        dx = np.maximum(np.maximum(solid.x[0] - point[:, 0], point[:, 0] - solid.x[1]), 0)
        dy = np.maximum(np.maximum(solid.y[0] - point[:, 1], point[:, 1] - solid.y[1]), 0)
        if solid.z[0] == 0:
            shade[low] *= (1 - 0.4 * np.exp(-np.hypot(dx, dy) / 0.16))[low]
    for distance in (point[:, 0], np.abs(ROOM_Y - point[:, 1]), np.abs(ROOM_X - point[:, 0])):
        shade[low] *= (1 - 0.3 * np.exp(-np.abs(distance) / 0.2))[low]
    return total * shade


def _hash(a: Floats, b: Floats, salt: float = 0.0) -> Floats:
    """Repeatable numbers in 0..1 from two integer-valued arrays."""
    mixed = (
        np.sin(a.astype(np.float64) * 12.9898 + b.astype(np.float64) * 78.233 + salt * 37.719) * 43758.5453
    )
    return (mixed - np.floor(mixed)).astype(np.float32)


def _floor(point: Floats, axis: npt.NDArray[np.int8]) -> Floats:  # noqa: ARG001 the painters share one shape
    x, y = point[:, 0], point[:, 1]
    tile_x, tile_y = np.floor(x / 0.6), np.floor(y / 0.6)
    grain = _hash(np.floor(x * 40), np.floor(y * 40), 2.0) - 0.5
    colour: Floats = (
        np.array([168, 178, 184], dtype=np.float32)
        * (1 + 0.07 * (_hash(tile_x, tile_y) - 0.5) + 0.035 * grain)[:, None]
    )
    grout = (np.mod(x, 0.6) < 0.012) | (np.mod(y, 0.6) < 0.012)
    colour[grout] *= 0.72
    (x1, y1), (x2, y2) = STAFF_LINE
    staff = (x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)) & (y < ROOM_Y)
    plank = np.floor(x / 0.14)
    wood = (
        np.array([86, 116, 148], dtype=np.float32)
        * (0.9 + 0.2 * _hash(plank, np.floor(y / 1.1 + plank * 0.37)))[:, None]
    )
    wood *= (1 + 0.06 * np.sin(y * 9 + 3 * np.sin(x * 60)))[:, None]
    colour[staff] = wood[staff]
    tape = (np.abs(x - 3.72) < 0.035) & (y > 2.7) & (y < 3.75)
    sides = (
        ((np.abs(y - 2.72) < 0.022) | (np.abs(y - 3.73) < 0.022))
        & (x > 3.72)
        & (x < 7.3)
        & (np.mod(x, 0.5) < 0.3)
    )
    colour[tape | sides] = (40, 170, 225)
    mat = (x > 8.75) & (x < ROOM_X) & (y > ENTRANCE[0] + 0.05) & (y < ENTRANCE[1] - 0.05)
    colour[mat] = np.array([62, 60, 58], dtype=np.float32) * (1 + 0.25 * grain[mat])[:, None]
    pavement = x > ROOM_X
    colour[pavement] = np.array([205, 208, 210], dtype=np.float32) * (1.25 + 0.1 * grain[pavement])[:, None]
    return colour


def _wall(point: Floats, axis: npt.NDArray[np.int8]) -> Floats:
    x, y, z = point.T
    along = np.where(axis == 0, y, x)
    colour: Floats = np.tile(np.array([196, 208, 214], dtype=np.float32), (len(point), 1))
    colour *= (1 + 0.02 * (_hash(np.floor(along * 30), np.floor(z * 30)) - 0.5))[:, None]
    colour[(z > 2.28) & (z < 2.5)] = (132, 118, 34)
    colour[z < 0.1] = (96, 100, 104)
    for opening, height, wall_axis in ((BACK_DOOR, BACK_DOOR_HEIGHT, 1), (ENTRANCE, ENTRANCE_HEIGHT, 0)):
        frame = (
            (along > opening[0] - 0.08)
            & (along < opening[1] + 0.08)
            & (z < height + 0.08)
            & (axis == wall_axis)
        )
        colour[frame] = (104, 108, 112)
    for start, paper in ((1.75, (60, 90, 190)), (2.35, (120, 140, 60))):
        poster = (axis == 1) & (along > start) & (along < start + 0.45) & (z > 1.15) & (z < 1.8)
        colour[poster] = paper
        text = poster & (np.mod(z, 0.13) < 0.05) & (along > start + 0.06) & (along < start + 0.36)
        colour[text] = (225, 228, 232)
    return colour


def _goods(point: Floats, axis: npt.NDArray[np.int8], solid: Solid) -> Floats:
    """Rows of packs on boards; every board has its own widths and colours."""
    x, y, z = point.T
    along = np.where(axis == 0, y, x)
    pitch = 0.36
    row = np.floor((z - 0.1) / pitch)
    up = np.mod(z - 0.1, pitch) / pitch
    width = 0.16 + 0.14 * _hash(row, np.full_like(row, solid.x[0]), 5.0)
    column = np.floor(along / width)
    across = np.mod(along, width) / width
    kind = np.floor(column / 3)
    pack = _GOODS[(_hash(kind, row, solid.y[0]) * 0.999 * len(_GOODS)).astype(int)]
    colour: Floats = pack * (0.82 + 0.3 * _hash(column, row, 3.0))[:, None]
    label = (np.abs(up - 0.42) < 0.12) & (np.abs(across - 0.5) < 0.33)
    colour[label] = colour[label] * 0.35 + 150
    colour *= (1 - 0.35 * np.abs(across - 0.5) ** 2)[:, None]
    tall = 0.58 + 0.26 * _hash(kind, row, 8.0)
    colour[(up > tall) | (across < 0.06)] = (38, 40, 44)
    board = (up < 0.07) | (z < 0.1)
    colour[board] = (178, 184, 188)
    price = board & (up > 0.01) & (np.mod(along, 0.32) < 0.12) & (z > 0.1)
    colour[price] = (110, 225, 240)
    colour[axis == 2] = (186, 192, 196)
    side = (axis == 0) & (solid.surface is Surface.GONDOLA)
    colour[side] = (150, 158, 164)
    return colour


def _counter(point: Floats, axis: npt.NDArray[np.int8], solid: Solid) -> Floats:
    x, y, z = point.T
    along = np.where(axis == 0, y, x)
    colour: Floats = (
        np.array([70, 106, 150], dtype=np.float32)
        * (1 + 0.08 * np.sin(z * 46 + 2 * np.sin(along * 5)))[:, None]
    )
    colour[(axis != 2) & (np.mod(along, 0.6) < 0.02)] *= 0.6
    colour[(axis != 2) & (z > solid.z[1] - 0.05)] = (188, 196, 204)
    top = axis == 2
    colour[top] = np.array([198, 206, 214], dtype=np.float32)
    colour[top & (np.abs(y - 3.2) < 0.22) & (np.abs(x - 1.85) < 0.14)] = (70, 66, 62)
    return colour


def _till(point: Floats, axis: npt.NDArray[np.int8], solid: Solid) -> Floats:
    colour: Floats = np.tile(np.array([46, 44, 44], dtype=np.float32), (len(point), 1))
    screen = (axis == 1) & (point[:, 2] > solid.z[0] + 0.06) & (point[:, 2] < solid.z[1] - 0.03)
    colour[screen] = (190, 150, 90)
    return colour


def _stand(point: Floats, axis: npt.NDArray[np.int8], solid: Solid) -> Floats:
    x, y, z = point.T
    along = np.where(axis == 0, y, x)
    colour: Floats = (
        np.array([84, 128, 172], dtype=np.float32) * (1 - 0.35 * (np.mod(z, 0.19) < 0.03))[:, None]
    )
    colour[(axis != 2) & (np.mod(along, 0.35) < 0.02)] *= 0.6
    top = axis == 2
    ball = 0.085
    dx, dy = np.mod(x, ball) / ball - 0.5, np.mod(y, ball) / ball - 0.5
    kind = np.floor((x - solid.x[0]) / 0.236) + 3 * np.floor((y - solid.y[0]) / 0.35)
    fruit = _FRUIT[np.mod(kind, len(_FRUIT)).astype(int)] * (1.15 - 1.6 * (dx**2 + dy**2))[:, None]
    colour[top] = fruit[top]
    return colour


def _street(point: Floats, axis: npt.NDArray[np.int8]) -> Floats:  # noqa: ARG001
    """Bright daylight, out of focus."""
    _, y, z = point.T
    glow = np.clip(0.85 + 0.08 * np.sin(y * 1.7) + 0.06 * z, 0, 1.1)
    daylight: Floats = np.array([236, 230, 222], dtype=np.float32) * glow[:, None]
    return daylight


def _back_room(point: Floats, axis: npt.NDArray[np.int8]) -> Floats:  # noqa: ARG001
    x, _, z = point.T
    colour: Floats = np.array([92, 96, 98], dtype=np.float32) * (0.8 + 0.1 * z)[:, None]
    colour[(np.mod(x, 0.7) < 0.55) & (z > 0.2) & (np.mod(z, 0.6) < 0.4)] = (74, 104, 132)
    return colour
