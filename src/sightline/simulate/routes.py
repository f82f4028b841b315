"""Shortest ways around furniture, so that nobody walks through a shelf."""

import itertools

import numpy as np
import numpy.typing as npt

from sightline.simulate.layout import COUNTER, GONDOLA, STAFF_SHELF, STAND, WALL_SHELF, Spot
from sightline.simulate.lens import FloatArray

Area = tuple[tuple[float, float], tuple[float, float]]
"""A rectangle on the floor: x (from, to), y (from, to)."""

BODY_RADIUS = 0.3
FURNITURE: tuple[Area, ...] = tuple((solid.x, solid.y) for solid in (COUNTER, GONDOLA, STAFF_SHELF, STAND))
FAR_WALL: tuple[Area, ...] = ((WALL_SHELF.x, WALL_SHELF.y),)


def route(start: Spot, goal: Spot, *, avoid: tuple[Area, ...] = ()) -> list[Spot]:
    """Corner points of the shortest way from `start` to `goal`, without `start`, with `goal`.

    Args:
        start, goal: floor metres. An area that holds either of them is not avoided.
        avoid: areas nobody crosses, besides the furniture.

    Source:
        Dijkstra on the visibility graph of the areas grown by the radius of a body.
    """
    grown = [_grow(area, BODY_RADIUS) for area in FURNITURE + FAR_WALL] + list(avoid)
    blocks = [area for area in grown if not (_inside(start, area) or _inside(goal, area))]
    corners = [spot for area in blocks for spot in _corners(area)]
    nodes = [start, goal, *(spot for spot in corners if _standable(spot, blocks))]
    return _shortest(nodes, blocks)[1:]


def _shortest(nodes: list[Spot], blocks: list[Area]) -> list[Spot]:
    """Way from node 0 to node 1; straight when no way exists."""
    spots = np.array(nodes)
    lengths = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    lengths[_crossing(spots, blocks)] = np.inf
    best = np.full(len(nodes), np.inf)
    best[0] = 0.0
    came = np.zeros(len(nodes), dtype=int)
    waiting = np.ones(len(nodes), dtype=bool)
    while waiting[1] and np.isfinite(best[waiting].min()):
        here = int(np.argmin(np.where(waiting, best, np.inf)))
        waiting[here] = False
        shorter = waiting & (best[here] + lengths[here] < best)
        best[shorter] = best[here] + lengths[here][shorter]
        came[shorter] = here
    if waiting[1]:
        return [nodes[0], nodes[1]]
    way = [1]
    while way[-1] != 0:
        way.append(int(came[way[-1]]))
    return [nodes[index] for index in reversed(way)]


def _grow(area: Area, by: float) -> Area:
    (x1, x2), (y1, y2) = area
    return ((x1 - by, x2 + by), (y1 - by, y2 + by))


def _corners(area: Area) -> list[Spot]:
    (x1, x2), (y1, y2) = _grow(area, 0.02)
    return list(itertools.product((x1, x2), (y1, y2)))


def _inside(spot: Spot, area: Area) -> bool:
    (x1, x2), (y1, y2) = area
    return x1 < spot[0] < x2 and y1 < spot[1] < y2


def _standable(spot: Spot, blocks: list[Area]) -> bool:
    in_room = 0.2 < spot[0] < 9.7 and 0.6 < spot[1] < 7.9
    return in_room and not any(_inside(spot, block) for block in blocks)


def _crossing(spots: FloatArray, blocks: list[Area]) -> npt.NDArray[np.bool_]:
    """For every pair of spots (N, N), whether the straight way runs through any block (slab test)."""
    crossing = np.zeros((len(spots), len(spots)), dtype=bool)
    step = spots[None] - spots[:, None]
    step[np.abs(step) < 1e-9] = 1e-9
    for block in blocks:
        first = (np.array([side[0] for side in block]) - spots[:, None]) / step
        second = (np.array([side[1] for side in block]) - spots[:, None]) / step
        enter = np.maximum(np.minimum(first, second).max(axis=2), 0.0)
        leave = np.minimum(np.maximum(first, second).min(axis=2), 1.0)
        crossing |= leave - enter > 1e-9
    return crossing
